"""The directory of a sweep: one immutable file a cell, with its own checksum, written by rename.

``store/sweep.json`` says what was asked; ``store/cells/<key>.npz`` are the results; ``store/set-aside/`` holds files that
were not what their name said; ``store/failed/<key>.json`` the last failure of a cell; ``store/runs/`` times and versions.
A cell file is an npz archive whose zip comment carries the sweep's identity, the cell's key and a SHA-256 of the rest, so
that a truncated, damaged, renamed or foreign file is told from a good one by reading it once.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import re
import time
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmt._files import write_atomically
from rmt.sweep.definition import Definition

__all__ = ["SetAside", "Store", "StoreError", "pack_cell", "unpack_cell"]

COMMENT = re.compile(rb"rmt-cell 1 ([0-9a-f]{16}) ([0-9a-f]{32}) ([0-9a-f]{64})\Z")
COMMENT_LENGTH = len(b"rmt-cell 1 ") + 16 + 1 + 32 + 1 + 64
RECORD = "__cell__"
STALE_SECONDS = 24 * 3600.0


class StoreError(ValueError):
    """A store that cannot be used or written; what is finished stays."""


@dataclasses.dataclass(frozen=True)
class SetAside:
    """A file that was not what its name said, and where it is now.

    Parameters
    ----------
    name : str
    reason : str
    moved_to : Path
    """

    name: str
    reason: str
    moved_to: Path


def pack_cell(identity: str, key: str, record: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """The bytes of a cell file: equal content gives equal bytes (archive dates are fixed).

    Parameters
    ----------
    identity, key : str
    record : mapping
        What JSON can hold: parameters, seeds, versions.
    arrays : mapping of str to ndarray

    Returns
    -------
    bytes
    """
    stream = io.BytesIO()
    text = json.dumps(record, sort_keys=True).encode()
    content: dict[str, Any] = {RECORD: np.frombuffer(text, np.uint8), **arrays}
    np.savez(stream, **content)
    body = stream.getvalue()[:-2]  # the last two bytes are the length of the comment, zero
    digest = hashlib.sha256(body).hexdigest()
    comment = f"rmt-cell 1 {identity} {key} {digest}".encode()
    return body + len(comment).to_bytes(2, "little") + comment


def why_bad(content: bytes, identity: str, key: str) -> str | None:
    """Why the bytes are not a cell of this name and sweep, or None if they are.

    Parameters
    ----------
    content : bytes
    identity, key : str

    Returns
    -------
    str or None
    """
    found = COMMENT.search(content[-COMMENT_LENGTH:])
    length = content[-COMMENT_LENGTH - 2 : -COMMENT_LENGTH]
    if not found or length != COMMENT_LENGTH.to_bytes(2, "little"):
        return "it is empty" if not content else "it is truncated, or not a file of a sweep"
    of_sweep, of_key, digest = (part.decode() for part in found.groups())
    if hashlib.sha256(content[: -COMMENT_LENGTH - 2]).hexdigest() != digest:
        return "it is damaged: the checksum does not fit"
    if of_sweep != identity:
        return "it belongs to another sweep"
    return None if of_key == key else f"it is the cell {of_key}"


def unpack_cell(content: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The record and the arrays of a cell file.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    dict
    dict of str to ndarray
    """
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    record: dict[str, Any] = json.loads(arrays.pop(RECORD).tobytes())
    return record, arrays


class Store:
    """The directory of one sweep.

    Parameters
    ----------
    path : str or Path
    definition : Definition
    """

    def __init__(self, path: str | Path, definition: Definition) -> None:
        self.path = Path(path)
        self.definition = definition
        self.cells = self.path / "cells"

    def open(self, *, accept_changed_source: bool = False) -> None:
        """Make the directory, or check that it is of this sweep.

        Raises
        ------
        StoreError
            If it holds another sweep, the function's source has changed, or it cannot be written.
        """
        if self.path.exists() and not self.path.is_dir():
            raise StoreError(f"store = {str(self.path)!r} is not a directory")
        asked = self.path / "sweep.json"
        try:
            if asked.exists():
                self._compare(asked, accept_changed_source)
            elif self.path.exists() and any(self.path.iterdir()) and not self.cells.exists():
                raise StoreError(f"store = {str(self.path)!r} is a directory of something else: it has no sweep.json")
            for folder in ("cells", "failed", "runs"):
                (self.path / folder).mkdir(parents=True, exist_ok=True)
            text = json.dumps(self.definition.content(), indent=2, sort_keys=True) + "\n"
            if not asked.exists() or asked.read_text() != text:
                write_atomically(asked, text)
            probe = write_atomically(self.cells / f".probe-{os.getpid()}", b"", sync=False)
            probe.unlink()
        except OSError as error:
            raise StoreError(self.cannot_write(error)) from error

    def cannot_write(self, error: OSError) -> str:
        """One line for a disk that is full, read-only or not ours."""
        reason = error.strerror or str(error)
        return f"store = {str(self.path)!r} cannot be written: {reason}; finished cells are kept, run again to go on"

    def _compare(self, asked: Path, accept_changed_source: bool) -> None:
        try:
            before = json.loads(asked.read_text())
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise StoreError(f"{asked} is damaged: move it away if the cells are those of this sweep") from None
        now = json.loads(json.dumps(self.definition.content()))
        differing = [name for name in now if before.get(name) != now[name] and name != "source"]
        if differing:
            changes = "; ".join(f"{name} was {before.get(name)!r} and is {now[name]!r}" for name in differing)
            raise StoreError(
                f"store = {str(self.path)!r} belongs to another sweep: {changes}; choose another directory"
            )
        if before.get("source") != now["source"] and not accept_changed_source:
            raise StoreError(
                f"store = {str(self.path)!r}: the source of {self.definition.function} has changed since its cells were "
                f"computed. If the numbers change, give the sweep a new version= (now {self.definition.version!r}) and "
                "another directory; if they do not, pass accept_changed_source=True once"
            )

    def path_of(self, key: str) -> Path:
        """The file of a cell."""
        return self.cells / f"{key}.npz"

    def scan(self) -> tuple[set[str], list[SetAside]]:
        """Keys of all good cells; every other file is set aside, temporary files of dead processes are removed."""
        good: set[str] = set()
        aside: list[SetAside] = []
        try:
            entries = list(os.scandir(self.cells))
        except FileNotFoundError:
            return good, aside
        for entry in entries:
            if entry.name.startswith("."):
                self._remove_if_stale(entry)
                continue
            key = entry.name.removesuffix(".npz")
            reason = self._why_bad(entry, key)
            if reason is None:
                good.add(key)
            elif reason:
                moved = self._set_aside(Path(entry.path), reason)
                aside += [moved] if moved else []
        return good, aside

    def _why_bad(self, entry: os.DirEntry[str], key: str) -> str | None:
        if not entry.name.endswith(".npz") or not re.fullmatch("[0-9a-f]{32}", key) or not entry.is_file():
            return "it is not a file of a sweep"
        try:
            with open(entry.path, "rb") as stream:
                return why_bad(stream.read(), self.definition.identity, key)
        except FileNotFoundError:
            return ""  # another process has set it aside meanwhile

    def _set_aside(self, path: Path, reason: str) -> SetAside | None:
        folder = self.path / "set-aside"
        folder.mkdir(exist_ok=True)
        target, count = folder / path.name, 1
        while target.exists():
            count += 1
            target = folder / f"{path.name}.{count}"
        try:
            os.replace(path, target)
        except FileNotFoundError:
            return None
        return SetAside(path.name, reason, target)

    @staticmethod
    def _remove_if_stale(entry: os.DirEntry[str]) -> None:
        """Temporary files: `.name.PID.random.tmp`. Processes of other machines cannot be asked, so those wait a day."""
        found = re.search(r"\.(\d+)\.[^.]+\.tmp\Z", entry.name)
        try:
            if found and _is_dead(int(found[1])) and time.time() - entry.stat().st_mtime > 60.0:
                os.unlink(entry.path)
            elif time.time() - entry.stat().st_mtime > STALE_SECONDS:
                os.unlink(entry.path)
        except FileNotFoundError:
            pass  # another process was faster

    def read(self, key: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """The record and arrays of a cell.

        Raises
        ------
        StoreError
            If the file is missing or damaged.
        """
        path = self.path_of(key)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise StoreError(f"cell {key} is not computed yet") from None
        reason = why_bad(content, self.definition.identity, key)
        if reason:
            raise StoreError(f"{path}: {reason}")
        return unpack_cell(content)

    def add(self, contents: Iterable[tuple[str, bytes]]) -> tuple[int, list[str]]:
        """Add cell files from elsewhere; returns how many were new, and what was refused and why."""
        new, refused = 0, []
        for name, content in contents:
            key = name.removesuffix(".npz")
            reason = why_bad(content, self.definition.identity, key)
            if reason:
                refused.append(f"{name}: {reason}")
            elif not self.path_of(key).exists():
                try:
                    write_atomically(self.path_of(key), content, sync=False)
                except OSError as error:
                    raise StoreError(self.cannot_write(error)) from error
                new += 1
        return new, refused

    def pack(self, target: Path, keys: Iterable[str]) -> Path:
        """One uncompressed zip archive of ``sweep.json`` and the cells; equal content gives equal bytes."""
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(zipfile.ZipInfo("sweep.json"), json.dumps(self.definition.content(), sort_keys=True))
            for key in sorted(keys):
                archive.writestr(zipfile.ZipInfo(f"cells/{key}.npz"), self.path_of(key).read_bytes())
        return write_atomically(target, stream.getvalue())


def contents_of(source: Path) -> Iterable[tuple[str, bytes]]:
    """Names and bytes of the cells of another store, or of a pack.

    Parameters
    ----------
    source : Path

    Returns
    -------
    iterable of (str, bytes)
    """
    if source.is_dir():
        if not (source / "cells").is_dir():
            raise StoreError(f"{source}: is not the store of a sweep")
        for path in sorted((source / "cells").glob("*.npz")):
            yield path.name, path.read_bytes()
        return
    try:
        with zipfile.ZipFile(source) as archive:
            if "sweep.json" not in archive.namelist():  # of a truncated pack the directory of its last cell is found
                raise zipfile.BadZipFile("it has no sweep.json")
            for name in archive.namelist():
                if name.startswith("cells/"):
                    yield name.removeprefix("cells/"), archive.read(name)
    except FileNotFoundError:
        raise StoreError(f"{source}: there is no such store or pack") from None
    except zipfile.BadZipFile as error:
        raise StoreError(f"{source}: is not a pack, or is damaged ({error})") from None


def _is_dead(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
