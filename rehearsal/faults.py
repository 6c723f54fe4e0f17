"""Reads the faults that a user asks for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stacks.errors import GenaiError

PARTS = ("node", "volume")
"""Things of the cluster that no resource stands for, but that can be slow to go."""


class FaultError(GenaiError):
    """There is no such fault; the message lists what there is."""


def failing(asked: Iterable[str], types: Sequence[str]) -> dict[str, int]:
    """`TYPE[:N]` each; a type may be given by its last part alone, such as NatGateway."""
    result = {}
    for one in asked:
        head, _, tail = one.rpartition(":")
        name, count = (head, tail) if tail.isdigit() else (one, "1")
        result[_known(name, types)] = int(count)
    return result


def slower(asked: Iterable[str], types: Sequence[str]) -> dict[str, float]:
    """`TYPE=SECONDS` each."""
    result = {}
    for one in asked:
        name, _, seconds = one.partition("=")
        try:
            result[_known(name, [*types, *PARTS])] = float(seconds)
            if float(seconds) < 0:
                raise FaultError(f"--slow {one} would need time to run backwards: write for example --slow volume=30.")
        except ValueError:
            raise FaultError(f"--slow {one} names no seconds: write for example --slow volume=30.") from None
    return result


def _known(name: str, types: Sequence[str]) -> str:
    found = [one for one in types if name in (one, one.rpartition(":")[2])]
    if len(found) != 1:
        kind = "no" if not found else "more than one"
        raise FaultError(f"{name!r} is {kind} type of this stack. The known ones are:\n  " + "\n  ".join(types))
    return found[0]
