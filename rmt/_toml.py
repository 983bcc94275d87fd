"""TOML files: errors name the file, the line and the key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

__all__ = ["Document"]


class Document:
    """A TOML file and where its keys stand.

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    ValueError
        If the file is missing or is not TOML; the message names the file and the line.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            self.text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise ValueError(f"{self.path}: there is no such file") from None
        except IsADirectoryError:
            raise ValueError(f"{self.path}: is a directory, not a TOML file") from None
        except UnicodeDecodeError:
            raise ValueError(f"{self.path}: is not a text file in UTF-8") from None
        try:
            self.content: dict[str, Any] = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            raise ValueError(f"{self.path}: is not TOML: {error}") from None

    def line_of(self, key: str) -> int | None:
        """The line on which a key stands, e.g. ``grid.alpha``; None if it is not written out."""
        wanted = key.split(".")
        table: list[str] = []
        for number, line in enumerate(self.text.splitlines(), start=1):
            header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line)
            if header:
                table = _parts(header[1])
                if table == wanted:
                    return number
                continue
            assigned = re.match(r"\s*([A-Za-z0-9_.\-\"']+)\s*=", line)
            if assigned and table + _parts(assigned[1]) == wanted:
                return number
        return None if len(wanted) == 1 else self.line_of(".".join(wanted[:-1]))

    def refuse(self, key: str, message: str) -> NoReturn:
        """Raise a ValueError that names file, line and key."""
        line = self.line_of(key)
        where = f"line {line}: " if line else ""
        raise ValueError(f"{self.path}: {where}{key}: {message}")

    def check_keys(
        self, table: Mapping[str, Any], prefix: str, known: Iterable[str], required: Iterable[str] = ()
    ) -> None:
        """Refuse keys that are unknown, and name those that are missing."""
        known = list(known)
        for name in table:
            if name not in known:
                self.refuse(prefix + name, f"unknown key; known are {', '.join(known)}")
        for name in required:
            if name not in table:
                raise ValueError(f"{self.path}: {prefix}{name} is missing")

    def typed(
        self, table: Mapping[str, Any], key: str, kind: type | tuple[type, ...], what: str, prefix: str = ""
    ) -> Any:
        """The value of a key that is there, refused when it is of another type (booleans are not numbers)."""
        value = table[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.refuse(prefix + key, f"must be {what}, not {value!r}")
        return value


def _parts(key: str) -> list[str]:
    return [part.strip().strip("\"'") for part in key.split(".")]
