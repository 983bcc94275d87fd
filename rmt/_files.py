"""Files appear by rename: a reader sees the old file or the whole new one, never a half-written one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

__all__ = ["write_atomically"]


def write_atomically(path: str | os.PathLike[str], content: bytes | str, *, sync: bool = True) -> Path:
    """Write ``content`` to a temporary name in the same directory, then rename it to ``path``.

    Text is encoded as UTF-8. If anything fails the temporary file is removed and ``path`` is untouched. ``sync=False`` does
    not wait for the disk: a power cut may then lose the content (a killed process may not), which is right for files that
    carry their own checksum and are made again when it fails.
    """
    target = Path(path)
    data = content.encode() if isinstance(content, str) else content
    # The process in the name tells whose file it is when a killed process has left one behind.
    handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.{os.getpid()}.", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            if sync:
                os.fsync(stream.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return target
