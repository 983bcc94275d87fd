"""Builds the compiled kernels: every ``ext/_name.pyx`` becomes the private module ``rmt._name``.

All other metadata is in pyproject.toml.
"""

import os
from pathlib import Path

import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup

EXT = Path("ext")
KERNELS = sorted(EXT.glob("_*.pyx"))
if not KERNELS:
    raise RuntimeError("no kernels found in ext/: the source distribution is incomplete (MANIFEST.in must graft ext)")
SHARED = [str(path) for pattern in ("*.pxd", "*.h") for path in sorted(EXT.glob(pattern))]

extensions = [
    Extension(
        f"rmt.{path.stem}",
        [str(path)],
        depends=SHARED,
        include_dirs=[str(EXT), numpy.get_include()],
        define_macros=[("NPY_NO_DEPRECATED_API", "NPY_1_7_API_VERSION")],
        # -g0: the interpreter's own flags would make every module five times larger.
        # -fno-math-errno and -fno-trapping-math let loops over libm vectorise; unlike -ffast-math they keep NaN and inf.
        extra_compile_args=["-O3", "-g0", "-fno-math-errno", "-fno-trapping-math"],
    )
    for path in KERNELS
]

setup(
    ext_modules=cythonize(
        extensions,
        include_path=[str(EXT)],
        build_dir="build/cython",
        compiler_directives={
            "language_level": 3,
            "boundscheck": False,
            "wraparound": False,
            "initializedcheck": False,
            "cdivision": True,
            "embedsignature": True,
        },
    ),
    options={"build_ext": {"parallel": os.cpu_count()}},
)
