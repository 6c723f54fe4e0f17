"""The two pinned charts as far as the day sees them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from charts import versions


@dataclass(frozen=True, kw_only=True)
class Chart:
    """What a chart brings into the cluster under a release name, and the values it knows (its values.yaml)."""

    version: str
    services: tuple[str, ...]
    """Suffixes of the names of its services."""
    values: Mapping[str, Any]
    """Known keys; an empty mapping takes anything below."""


_ANY: Mapping[str, Any] = {}


def _keys(*names: str) -> dict[str, Any]:
    return dict.fromkeys(names, _ANY)


_POD = _keys(
    "replicas", "replicaCount", "resources", "podAnnotations", "extraEnv", "livenessProbe", "readinessProbe"
) | _keys("startupProbe", "hpa", "podSecurityContext", "securityContext", "service", "nodeSelector", "tolerations")

CHARTS: Mapping[str, Chart] = {
    versions.LITELLM_CHART: Chart(
        version=versions.LITELLM_CHART_VERSION,
        services=("",),
        values={
            **_keys("fullnameOverride", "nameOverride", "monolith", "masterKey", "redis", "serviceAccounts"),
            **_keys("migrationJob", "ui", "backend", "ingress"),
            "image": _keys("repository", "tag", "pullPolicy"),
            "database": {"writer": _keys("host", "port", "dbname", "sslMode", "passwordSecret"), "reader": _ANY},
            "gateway": {**_POD, **_keys("config", "envSecrets", "envConfigMaps")},
        },
    ),
    versions.LANGFUSE_CHART: Chart(
        version=versions.LANGFUSE_CHART_VERSION,
        services=("-web",),
        values=_keys(
            "langfuse", "postgresql", "redis", "clickhouse", "s3", "nameOverride", "fullnameOverride", "global"
        ),
    ),
}


def problems(inputs: Mapping[str, Any]) -> Iterator[str]:
    """What Helm would not find, and values that the chart would silently ignore."""
    chart = CHARTS.get(str(inputs.get("chart")))
    if chart is None:
        yield f"chart {inputs.get('chart')!r} is not one of {', '.join(CHARTS)}"
        return
    if inputs.get("version") != chart.version:
        yield f"version {inputs.get('version')!r} of {inputs['chart']} is not the pinned {chart.version}"
    yield from _unknown(inputs.get("values", {}), chart.values, "values")


def _unknown(values: Any, known: Mapping[str, Any], where: str) -> Iterator[str]:
    if known and isinstance(values, Mapping):
        for key, item in values.items():
            if key not in known:
                yield f"{where}.{key} is no value of the chart"
            else:
                yield from _unknown(item, known[key], f"{where}.{key}")
