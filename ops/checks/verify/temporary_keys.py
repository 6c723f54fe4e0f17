"""LiteLLM virtual keys that exist only while `genai verify` runs."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from botocore.exceptions import BotoCoreError

from charts.litellm import allowed_routes
from ops.checks.verify.administrator import Administrator, NotFoundError
from ops.checks.verify.litellm import READY
from ops.checks.verify.step import Step, UnprovedError

LIFETIME = "15m"
BUDGET = 0.05
"""USD. LiteLLM ends a key that could not be removed after its lifetime, and before it has spent more than this."""


class TemporaryKeys:
    """Makes keys, and removes them when it is left, whatever happened."""

    def __init__(self, administrator: Administrator, hidden: set[str]) -> None:
        """`hidden` is told every key, so that none is shown."""
        self._administrator = administrator
        self._hidden = hidden
        self._keys: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(UnprovedError, BotoCoreError):
            self.remove()

    def make(self, models: Sequence[str]) -> str:
        """A key for these models alone."""
        key = f"sk-verify-{secrets.token_urlsafe(24)}"
        # Before it is asked for: LiteLLM may make it and its answer get lost.
        self._keys.append(key)
        self._hidden.add(key)
        body = {
            "key": key,
            "key_alias": f"verify-{secrets.token_hex(4)}",
            "models": models,
            "allowed_routes": allowed_routes(models),
            "max_budget": BUDGET,
            "duration": LIFETIME,
        }
        self._administrator.ask("POST", "/key/generate", body)
        return key

    def step(self) -> Step:
        """The step that removes them. Without LiteLLM none was made."""
        return Step(
            name="temporary keys removed",
            prove=self.remove,
            after=(READY,),
            means=f"A key of this proof still works; it ends by itself {LIFETIME} after it was made. Delete what is "
            "called verify-... under Virtual Keys in LiteLLM's UI",
        )

    def remove(self) -> str:
        """Remove them all, and say how many there were."""
        made = len(self._keys)
        while self._keys:
            with suppress(NotFoundError):
                self._administrator.ask("POST", "/key/delete", {"keys": self._keys[-1:]})
            self._keys.pop()
        return f"{made} removed" if made else "none was needed"
