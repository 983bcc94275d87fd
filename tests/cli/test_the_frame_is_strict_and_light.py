"""`rmt`: exit statuses, one line for what went wrong, and no module imported that is not needed."""

import json
import subprocess
import sys
import types

import pytest

import rmt
from rmt.cli import COMMANDS, frame, main


def run(*arguments, capsys):
    try:
        status = main(arguments)
    except SystemExit as leaving:
        status = leaving.code
    output = capsys.readouterr()
    return status, output.out, output.err


@pytest.fixture
def command(monkeypatch):
    """Installs a command `probe` whose `run` is given."""

    def install(run):
        module = types.ModuleType("rmt.cli.probe_command", "A probe.")
        module.add_arguments = lambda parser: parser.add_argument("--number", type=int)
        module.run = run
        monkeypatch.setitem(sys.modules, "rmt.cli.probe_command", module)
        monkeypatch.setitem(COMMANDS, "probe", frame.Command("probe", "a probe"))

    return install


def test_about_prints_the_versions(capsys):
    status, out, _ = run("about", "--json", capsys=capsys)
    assert status == 0
    assert json.loads(out) == rmt.about()
    status, out, _ = run("about", capsys=capsys)
    assert status == 0
    assert f"rmt       {rmt.__version__}" in out


def test_help_names_every_command(capsys):
    status, out, _ = run("--help", capsys=capsys)
    assert status == 0
    for name, known in COMMANDS.items():
        assert name in out
        assert known.summary.split()[0] in out
    assert "130" in out


def test_help_imports_no_command():
    code = (
        "import sys; from rmt.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "loaded = [m for m in sys.modules if m.endswith('_command') or m.split('.')[0] in"
        " ('scipy', 'matplotlib', 'sympy', 'pandas')]\n"
        "assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize(
    "arguments", [["nonsense"], [], ["about", "--nonsense"], ["probe", "--number", "x"], ["--nonsense"]]
)
def test_wrong_arguments_give_one_line_and_status_2(arguments, command, capsys):
    command(lambda arguments: 0)
    status, out, err = run(*arguments, capsys=capsys)
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1
    assert "error" in err


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("alpha = 3\n must be in (0, 2]"), "rmt probe: error: alpha = 3 must be in (0, 2]\n"),
        (
            FileNotFoundError(2, "No such file or directory", "w.npz"),
            "rmt probe: error: w.npz: No such file or directory\n",
        ),
        (PermissionError(13, "Permission denied", "out"), "rmt probe: error: out: Permission denied\n"),
        (ImportError("onnx is missing"), "rmt probe: error: onnx is missing\n"),
    ],
)
def test_bad_input_gives_one_line_and_status_2(error, line, command, capsys, monkeypatch):
    def fail(arguments):
        raise error

    command(fail)
    assert run("probe", capsys=capsys) == (2, "", line)
    monkeypatch.setenv("RMT_DEBUG", "1")
    with pytest.raises(type(error)):
        main(["probe"])


def test_a_defect_of_ours_keeps_its_traceback(command):
    def fail(arguments):
        raise ZeroDivisionError

    command(fail)
    with pytest.raises(ZeroDivisionError):
        main(["probe"])


def test_ctrl_c_is_130(command, capsys):
    def interrupt(arguments):
        raise KeyboardInterrupt

    command(interrupt)
    assert run("probe", capsys=capsys) == (130, "", "rmt probe: interrupted\n")


def test_python_m_rmt_is_the_same_command():
    found = subprocess.run([sys.executable, "-m", "rmt", "--version"], capture_output=True, text=True, check=True)
    assert found.stdout == f"rmt {rmt.__version__}\n"


def test_a_reader_that_leaves_is_no_error():
    pipe = f"{sys.executable} -m rmt about | true"
    found = subprocess.run(["bash", "-o", "pipefail", "-c", pipe], capture_output=True, text=True)
    assert found.stderr == ""
    assert found.returncode == 0
