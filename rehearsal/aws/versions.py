"""Versions that EKS, Aurora and ElastiCache offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catalogue.pins import AURORA_OFFERED, KUBERNETES

OFFERED: Mapping[str, Sequence[str]] = {
    # Release calendar in the EKS user guide; older versions are in extended support, which we do not want.
    "eks": tuple(KUBERNETES),
    "aurora-postgresql": AURORA_OFFERED,
    # "Supported engine versions" in the ElastiCache user guide.
    "valkey": ("7.2", "8.0", "8.1", "8.2"),
}


def refusal(engine: str, version: str) -> str | None:
    """What AWS says to a version that it does not offer; None for one it does."""
    if version in OFFERED.get(engine, ()):
        return None
    return f"InvalidParameterCombination: Cannot find version {version} for {engine}"
