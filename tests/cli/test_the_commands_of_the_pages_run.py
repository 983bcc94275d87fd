"""Every file and every command of the pages about the workflow is run, in the order in which it stands there."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from mpi import PATH, missing_mpi

GUIDE = Path(__file__).parents[2] / "docs" / "guide"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NEEDS = {"with_dask.py": "distributed", "gain-dask": "distributed", "with_loky.py": "loky", "gain-loky": "loky"}


def steps(page):
    """Files (name, content) and commands of a page."""
    for language, content in BLOCK.findall((GUIDE / page).read_text()):
        first, _, rest = content.partition("\n")
        if language in ("python", "toml", "bash") and first.startswith("# "):
            yield "file", first.removeprefix("# "), rest if language == "bash" else content
        elif language == "console":
            for line in content.splitlines():
                assert line.startswith("$ "), f"{page}: {line!r} is no command"
                yield "command", line.removeprefix("$ "), ""


def missing(command):
    """Why a command cannot be run here, if something it needs is not installed."""
    for word, module in NEEDS.items():
        if word in command and importlib.util.find_spec(module) is None:
            return module
    return missing_mpi() if "mpi" in command else None


@pytest.fixture
def environment(tmp_path):
    """`rmt` and `python` are those of this interpreter; modules of the page are found in its directory."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, arguments in (("rmt", "-m rmt "), ("python", "")):
        script = programs / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments}"$@"\n')
        script.chmod(0o755)
    root = str(Path(importlib.util.find_spec("rmt").origin).parents[1])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PATH": f"{programs}{os.pathsep}{PATH}", "PYTHONPATH": path}


@pytest.mark.skipif(not GUIDE.exists(), reason="the pages are not part of an installed package")
@pytest.mark.parametrize("page", [pytest.param("laptop-to-cluster.md", marks=pytest.mark.slow), "cli.md"])
def test_the_commands_of_the_page_run(page, tmp_path, environment):
    folder = tmp_path / "page"
    folder.mkdir()
    commands = 0
    for kind, text, content in steps(page):
        if kind == "file":
            (folder / text).write_text(content)
            continue
        if missing(text):
            continue
        found = subprocess.run(["bash", "-c", text], cwd=folder, env=environment, capture_output=True, text=True)
        assert found.returncode == 0, f"$ {text}\n{found.stdout}{found.stderr}"
        if "the same bytes" in text:
            assert "the same bytes" in found.stdout
        commands += 1
    assert commands >= 5
    if page == "laptop-to-cluster.md":
        assert len(list((folder / "gain" / "cells").iterdir())) == 6
        assert "function: gain:gain" in (folder / "gain.md").read_text()
        assert r"\toprule" in (folder / "theory.tex").read_text()
