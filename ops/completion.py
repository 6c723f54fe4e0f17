"""Shell completion of `genai` (Typer): the names of stacks."""

from __future__ import annotations

from pathlib import Path

_ROOT = Path(__file__).parents[1]  # not that of ops.model.recorder, which imports Pulumi: a shell waits for this


def stacks(incomplete: str) -> list[str]:
    """The stacks that have a file `Pulumi.<stack>.yaml` and begin like this."""
    names = (file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in _ROOT.glob("Pulumi.*.yaml"))
    return sorted(name for name in names if name.startswith(incomplete))
