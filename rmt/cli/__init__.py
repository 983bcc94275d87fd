"""The command line: ``rmt COMMAND``; one module a command, imported when the command is run."""

from rmt.cli.frame import main
from rmt.cli.registry import COMMANDS, Command

__all__ = ["COMMANDS", "Command", "main"]
