"""Sphinx configuration. Build with ``sphinx-build -W docs docs/_build/html``."""

import rmt

project = "rmt"
author = copyright = "the rmt developers"
version = release = rmt.__version__
extensions = ["sphinx.ext.autodoc", "sphinx.ext.mathjax", "numpydoc", "myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
myst_enable_extensions = ["dollarmath", "amsmath", "deflist"]
myst_heading_anchors = 3
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
autosummary_generate = False  # numpydoc loads autosummary, which would look for .rst sources
autodoc_member_order = "bysource"
autodoc_typehints = "none"
html_theme = "alabaster"
html_theme_options = {
    "description": "Products of heavy-tailed Jacobians",
    "page_width": "1100px",
    "sidebar_width": "240px",
}
