"""A file that this command alone writes."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

HEADER = "# Written by `genai env`, which writes it anew: change nothing here.\n"


class NotOursError(Exception):
    """There is something of that name that somebody else made; the message says what to do."""


def write(file: Path, text: str) -> None:
    """Put the text into the file, which only its owner can read (mode 600) and which is never there half.

    NotOursError for a link, and for a file that was not written here; OSError passes through.
    """
    if file.is_symlink() or (file.exists() and not _is_ours(file)):
        raise NotOursError(f"{file} was not written by `genai env`: name another file, or remove it first.")
    _replace(file, HEADER + text)


def refuse_existing(file: Path) -> None:
    """NotOursError when `write_once` could not make this file."""
    if file.is_symlink() or file.exists():
        raise NotOursError(f"{file} exists: name another file, or remove it first.")
    if not os.access(file.parent, os.W_OK):
        raise NotOursError(f"{file} cannot be written: name a file in a folder that is there and is yours.")


def write_once(file: Path, text: str) -> None:
    """The same for a file that is never written anew: NotOursError when it cannot be written."""
    refuse_existing(file)
    try:
        _replace(file, text)
    except OSError as error:
        raise NotOursError(f"{file} cannot be written: {error.strerror}.") from error


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
