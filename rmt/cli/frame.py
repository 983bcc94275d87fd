"""The frame of the command line: parsing, exit statuses, one clear line for what went wrong."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from rmt._version import __version__
from rmt.cli.options import apply_config, config_of
from rmt.cli.registry import COMMANDS, Command

__all__ = ["EXIT_BAD_INPUT", "EXIT_FAILED", "EXIT_INTERRUPTED", "EXIT_OK", "main"]

EXIT_OK = 0
EXIT_FAILED = 1  # the command ran, and what it checked does not hold
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells have it

STATUSES = (
    "exit status: 0 done; 1 what was checked does not hold; 2 bad input, with one line on stderr; 130 interrupted"
)


class OneLineParser(argparse.ArgumentParser):
    """A parser whose errors are one line without the usage in front of it."""

    def error(self, message: str) -> NoReturn:
        """Print one line and leave with status 2."""
        self.exit(EXIT_BAD_INPUT, f"{self.prog}: error: {' '.join(message.split())} (see {self.prog} --help)\n")


def _named(argv: Sequence[str]) -> Command | None:
    """The command in the arguments: the first one that is not an option of ``rmt`` itself."""
    for argument in argv:
        if not argument.startswith("-"):
            return COMMANDS.get(argument)
    return None


def build_parser(command: Command | None = None, config: str | None = None) -> argparse.ArgumentParser:
    """The parser of ``rmt``; only the command to be run is imported, the others are known by their one line.

    Parameters
    ----------
    command : Command, optional
    config : str, optional
        TOML file with options of the command.

    Returns
    -------
    argparse.ArgumentParser
    """
    parser = OneLineParser(
        prog="rmt",
        description="Random-matrix theory for products of heavy-tailed Jacobians.",
        epilog=f"rmt COMMAND --help explains a command. {STATUSES}.",
    )
    parser.add_argument("--version", action="version", version=f"rmt {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for known in COMMANDS.values():
        if known is not command:
            subparsers.add_parser(known.name, help=known.summary)
            continue
        module = importlib.import_module(known.module)
        sub = subparsers.add_parser(
            known.name,
            help=known.summary,
            description=module.__doc__,
            epilog="\n\n".join(filter(None, [getattr(module, "EPILOG", None), STATUSES])),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(sub)
        sub.add_argument(
            "--config", metavar="TOML", help=f"file whose table [{known.name}] holds options; the command line wins"
        )
        if config is not None:
            apply_config(sub, known.name, config)
        sub.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments after ``rmt``; default ``sys.argv[1:]``.

    Returns
    -------
    int
        0 done; 1 what was checked does not hold; 2 bad input (one line on stderr); 130 interrupted by Ctrl-C.

    Notes
    -----
    With ``RMT_DEBUG=1`` in the environment errors are raised with their traceback instead.

    Examples
    --------
    >>> main(["about", "--json"])  # doctest: +ELLIPSIS
    {
      "rmt": ...
    0
    """
    arguments_given = list(sys.argv[1:] if argv is None else argv)
    command = _named(arguments_given)
    prog = f"rmt {command.name}" if command else "rmt"
    try:
        arguments = build_parser(command, config_of(arguments_given)).parse_args(arguments_given)
        return int(arguments.run(arguments))
    except KeyboardInterrupt:
        print(f"{prog}: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # `rmt ... | head`: the reader has left, which is no error of ours
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK
    except (ValueError, OSError, ImportError) as error:
        if os.environ.get("RMT_DEBUG"):
            raise
        print(f"{prog}: error: {_one_line(error)}", file=sys.stderr)
        return EXIT_BAD_INPUT


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}"
    return " ".join(str(error).split()) or type(error).__name__
