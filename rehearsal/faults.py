"""Options `--fail` and `--slow` of `rehearse`: which resources fail or take longer in the simulated cloud."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stacks.errors import GenaiError

PARTS = ("node", "volume")
"""Parts of the cluster that are no resources of Pulumi, but can be slow to go."""


class FaultError(GenaiError):
    """There is no such fault; the message lists what there is."""


def failing(asked: Iterable[str], types: Sequence[str]) -> dict[str, int]:
    """`TYPE[:N]` each; a type may be given by its last part alone, such as NatGateway."""
    result = {}
    for fault in asked:
        head, _, tail = fault.rpartition(":")
        name, count = (head, tail) if tail.isdigit() else (fault, "1")
        result[_known(name, types)] = int(count)
    return result


def slower(asked: Iterable[str], types: Sequence[str]) -> dict[str, float]:
    """`TYPE=SECONDS` each."""
    result = {}
    for fault in asked:
        name, _, seconds = fault.partition("=")
        try:
            result[_known(name, [*types, *PARTS])] = float(seconds)
            if float(seconds) < 0:
                raise FaultError(
                    f"--slow {fault} would need time to run backwards: write for example --slow volume=30."
                )
        except ValueError:
            raise FaultError(f"--slow {fault} names no seconds: write for example --slow volume=30.") from None
    return result


def _known(name: str, types: Sequence[str]) -> str:
    found = [token for token in types if name in (token, token.rpartition(":")[2])]
    if len(found) != 1:
        kind = "no" if not found else "more than one"
        raise FaultError(f"{name!r} is {kind} type of this stack. The known ones are:\n  " + "\n  ".join(types))
    return found[0]
