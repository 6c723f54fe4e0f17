"""Which pinned versions a recorded program uses, and which of them lose their support."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date

from catalogue import pins
from catalogue.pins import Pin
from ops.model.needs import artifacts
from ops.model.recorder import Recording

_ARTIFACTS = {
    (pin.name.removeprefix("oci://"), pin.version): pin
    for pin in (
        pins.LITELLM_CHART,
        pins.LITELLM_IMAGE,
        pins.LANGFUSE_CHART,
        pins.LANGFUSE_IMAGE,
        pins.CLICKHOUSE_IMAGE,
        pins.POSTGRES_IMAGE,
    )
}


def ending(recording: Recording, today: date) -> list[Pin]:
    """What the program uses whose support is over, or ends soon; first what ends first."""
    soon = {pin for pin in in_use(recording) if pin.warning(today)}
    return sorted(soon, key=lambda pin: (pin.ends or date.max, pin.name, pin.version))


def in_use(recording: Recording) -> Iterator[Pin]:
    """Every pin that the program, its commands and its workflow use. What is set to another version has none."""
    for resource in recording.resources:
        match resource.type:
            case "eks:index:Cluster":
                yield from _known(pins.KUBERNETES.get(resource.inputs["version"]))
            case "aws:rds/cluster:Cluster":
                yield from _known(pins.AURORA.get(resource.inputs["engineVersion"].partition(".")[0]))
            case "aws:elasticache/replicationGroup:ReplicationGroup":
                yield pins.VALKEY
            case _:
                yield from _known(pins.AZURE_NATIVE.get(resource.type))
    for name, version in artifacts(recording):
        yield from _known(_ARTIFACTS.get((name, version.partition("@")[0])))
    if any(resource.type in pins.AZURE_NATIVE for resource in recording.resources):
        yield from pins.AZURE_APIS
    yield from _known(pins.PYTHON.get(f"{sys.version_info.major}.{sys.version_info.minor}"))
    yield pins.PULUMI
    yield from pins.ACTIONS.values()


def _known(pin: Pin | None) -> Iterator[Pin]:
    if pin is not None:
        yield pin
