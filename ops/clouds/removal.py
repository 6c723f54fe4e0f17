"""One step of a removal, whatever the cloud."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

Item = Mapping[str, Any]
"""One entry of a list that a cloud answered with."""


class PermanentError(Exception):
    """A step that would not work a minute later either."""


class RemovalStep(Protocol):
    """One step of a removal: what is printed is what is run."""

    @property
    def command(self) -> str:
        """The same as a shell command."""

    def run(self) -> None:
        """Do it; a thing that is gone already is no error. PermanentError when trying again is of no use."""
