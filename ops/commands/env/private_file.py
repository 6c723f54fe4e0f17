"""File that only its owner can read, and that only `genai env` overwrites."""

from __future__ import annotations

import tempfile
from pathlib import Path

from stacks.errors import GenaiError

HEADER = "# Written by `genai env`, which writes it anew: change nothing here.\n"


class PrivateFileError(GenaiError):
    """The file cannot be written, or somebody else made it; the message says what to do."""


def write(file: Path, text: str) -> None:
    """Put the text into the file, which only its owner can read (mode 600) and which is never there half.

    PrivateFileError for a link, for a file that was not written here, and for a folder that takes none.
    """
    try:
        _write(file, text)
    except OSError as error:
        raise PrivateFileError(f"{file} cannot be written: {error.strerror}.") from error


def _write(file: Path, text: str) -> None:
    if file.is_symlink() or (file.exists() and not _is_ours(file)):
        raise PrivateFileError(f"{file} was not written by `genai env`: name another file, or remove it first.")
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=file.parent, prefix=f".{file.name}.", delete=False
    ) as new:
        new.write(HEADER + text)
    try:
        Path(new.name).replace(file)  # takes the place of a link too, so nobody can lead it elsewhere meanwhile
    finally:
        Path(new.name).unlink(missing_ok=True)


def _is_ours(file: Path) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8", errors="replace").startswith(HEADER)
