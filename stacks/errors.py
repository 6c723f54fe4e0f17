"""Errors that a command shows as sentences, with the exit code that it then ends with (`ops.typer_command`)."""

from __future__ import annotations

from typing import ClassVar


class GenaiError(Exception):
    """What whoever runs this can put right: the message says what is wrong, where, and what to set instead."""

    exit_code: ClassVar[int] = 2


class SettingsError(GenaiError):
    """Settings are refused, one sentence a line."""
