"""File that only its owner can read, and that only `genai env` overwrites."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from stacks.errors import GenaiError

HEADER = "# Written by `genai env`, which writes it anew: change nothing here.\n"


class PrivateFileError(GenaiError):
    """The file cannot be written, or somebody else made it; the message says what to do."""


def refuse_existing(file: Path) -> None:
    """PrivateFileError when `write_once` could not make this file."""
    if file.is_symlink() or file.exists():
        raise PrivateFileError(f"{file} exists: name another file, or remove it first.")
    if not os.access(file.parent, os.W_OK):
        raise PrivateFileError(f"{file} cannot be written: name a file in a folder that is there and is yours.")


def write_once(file: Path, text: str) -> None:
    """The same as `write` for a file that is never written anew. PrivateFileError when it cannot be made."""
    refuse_existing(file)
    try:
        _replace(file, text)
    except OSError as error:
        raise PrivateFileError(f"{file} cannot be written: {error.strerror}.") from error


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
    _replace(file, HEADER + text)


def _replace(file: Path, text: str) -> None:
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=file.parent, prefix=f".{file.name}.", delete=False
    ) as new:
        new.write(text)
    try:
        Path(new.name).replace(file)  # takes the place of a link too, so nobody can lead it elsewhere meanwhile
    finally:
        Path(new.name).unlink(missing_ok=True)


def _is_ours(file: Path) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8", errors="replace").startswith(HEADER)
