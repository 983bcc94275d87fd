"""Options of a command out of a TOML file, checked like those of the command line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from rmt._toml import Document

__all__ = ["apply_config", "config_of"]


def config_of(argv: Sequence[str]) -> str | None:
    """The file after ``--config``, looked up before the arguments are parsed, because it sets their defaults.

    Parameters
    ----------
    argv : sequence of str

    Returns
    -------
    str or None
    """
    for index, argument in enumerate(argv):
        if argument.startswith("--config="):
            return argument.removeprefix("--config=")
        if argument == "--config" and index + 1 < len(argv):
            return argv[index + 1]
    return None


def apply_config(parser: argparse.ArgumentParser, command: str, path: str) -> None:
    """Make the options of a file the defaults of a parser.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Of the command.
    command : str
        Name of the table in the file.
    path : str

    Returns
    -------
    None

    Raises
    ------
    ValueError
        If a key is unknown or its value is not one the option takes; the message names file, line and key.
    """
    document = Document(path)
    table = document.content.get(command)
    if not isinstance(table, dict):
        raise ValueError(f"{path}: there is no table [{command}]")
    actions = {name: action for action in parser._actions for name in _names(action)}
    document.check_keys(table, f"{command}.", sorted(actions))
    for key, value in table.items():
        action = actions[key]
        action.default = _value(document, f"{command}.{key}", action, value)
        if not action.option_strings:  # a positional argument that the file holds may be left out
            action.nargs = "?"
            action.required = False
        action.required = False


def _names(action: argparse.Action) -> list[str]:
    """`--sigma-w` is the key `sigma_w` or `sigma-w`; help and the file itself are no options of the file."""
    if isinstance(action, argparse._HelpAction) or action.dest in ("config", "help"):
        return []
    long = [name.removeprefix("--") for name in action.option_strings if name.startswith("--")] or [action.dest]
    long = [name for name in long if not name.startswith("no-")]
    return sorted({*long, *(name.replace("-", "_") for name in long)})


def _value(document: Document, key: str, action: argparse.Action, value: Any) -> Any:
    if action.nargs == 0 or isinstance(action, argparse.BooleanOptionalAction):
        if not isinstance(value, bool):
            document.refuse(key, f"must be true or false, not {value!r}")
        return action.const if isinstance(action, argparse._StoreConstAction) and value else value
    many = action.nargs in ("+", "*") or isinstance(action.nargs, int) or isinstance(action, argparse._AppendAction)
    if many != isinstance(value, list):
        document.refuse(key, f"must be {'a list' if many else 'one value'}, not {value!r}")
    found = [_one(document, key, action, item) for item in (value if many else [value])]
    return found if many else found[0]


def _one(document: Document, key: str, action: argparse.Action, value: Any) -> Any:
    if isinstance(value, bool | dict | list):
        document.refuse(key, f"must be a number or a string, not {value!r}")
    kind: Any = action.type or str
    try:
        converted = kind(str(value))
    except argparse.ArgumentTypeError as error:
        document.refuse(key, str(error))
    except (TypeError, ValueError):
        document.refuse(key, f"{value!r} is not what --{key.rpartition('.')[2]} takes")
    if action.choices is not None and converted not in action.choices:
        document.refuse(key, f"{value!r} must be one of {', '.join(map(str, action.choices))}")
    return converted
