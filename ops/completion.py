"""Shell completion of `genai` (Typer): the names of stacks."""

from __future__ import annotations

from ops import project


def stacks(incomplete: str) -> list[str]:
    """The stacks that have a file `Pulumi.<stack>.yaml` and begin like this."""
    return [name for name in project.stack_files(project.ROOT) if name.startswith(incomplete)]
