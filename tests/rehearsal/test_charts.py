"""The pinned charts take what the program gives them, and no key that they do not know. No engine needed."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from catalogue.pins import LANGFUSE_CHART, LITELLM_CHART
from rehearsal.kubernetes import charts
from rehearsal.kubernetes.kinds import RELEASE
from tests.program import VARIANTS, recorded

LITELLM, LANGFUSE = LITELLM_CHART.name, LANGFUSE_CHART.name


def release(chart: str, variant: str = "day") -> dict[str, Any]:
    """What the program hands to Helm."""
    [inputs] = [resource.inputs for resource in recorded(variant).of_type(RELEASE) if resource.inputs["chart"] == chart]
    return copy.deepcopy(dict(inputs))


def put(inputs: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """The inputs with one value more."""
    *above, last = path.split(".")
    inside = inputs["values"]
    for key in above:
        inside = inside.setdefault(key, {})
    inside[last] = value
    return inputs


def known_paths(values: Mapping[str, Any], known: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Where the chart knows the keys, among the values that the program gives."""
    for key, value in values.items():
        yield above + key
        if isinstance(value, Mapping) and known[key]:
            yield from known_paths(value, known[key], f"{above}{key}.")


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("chart", [LITELLM, LANGFUSE])
def test_the_program_gives_values_that_the_charts_know(chart: str, variant: str) -> None:
    assert list(charts.problems(release(chart, variant))) == []


@pytest.mark.parametrize(
    ("chart", "path"),
    [
        (LITELLM, "replicas"),
        (LITELLM, "monolith.bogus"),
        (LITELLM, "database.writer.passwordSecret.usernamekey"),
        (LITELLM, "gateway.hpa.enable"),
        (LITELLM, "serviceAccounts.litellm"),
        (LITELLM, "migrationJob.hooks.helm.enable"),
        (LANGFUSE, "replicas"),
        (LANGFUSE, "langfuse.bogus"),
        (LANGFUSE, "langfuse.web.pod.additionalEnvfrom"),
        (LANGFUSE, "langfuse.salt.secretRef"),
        (LANGFUSE, "postgresql.auth.existingSecretKey"),
        (LANGFUSE, "redis.hosst"),
        (LANGFUSE, "clickhouse.clusterEnabled"),
        (LANGFUSE, "s3.bukket"),
        (LANGFUSE, "s3.mediaUpload.maxContentSize"),
    ],
)
def test_a_key_that_the_chart_would_silently_ignore_is_refused(chart: str, path: str) -> None:
    assert list(charts.problems(put(release(chart), path, "x"))) == [f"values.{path} is no value of the chart"]


@pytest.mark.parametrize("chart", [LITELLM, LANGFUSE])
def test_whatever_key_of_the_program_is_misspelt_is_refused(chart: str) -> None:
    paths = list(known_paths(release(chart)["values"], charts.CHARTS[chart].values))
    assert len(paths) > 30
    for path in paths:
        assert list(charts.problems(put(release(chart), f"{path}x", "x"))), path


@pytest.mark.parametrize(
    ("chart", "path"),
    [
        (LITELLM, "gateway.config.proxy_config.litellm_settings.anything"),
        (LITELLM, "gateway.podAnnotations.anything"),
        (LITELLM, "gateway.resources.requests.ephemeral-storage"),
        (LANGFUSE, "langfuse.serviceAccount.annotations.anything"),
        (LANGFUSE, "langfuse.auth.providers.azureAd.clientId"),
    ],
)
def test_what_the_chart_passes_on_as_it_is_takes_any_key(chart: str, path: str) -> None:
    assert list(charts.problems(put(release(chart), path, "x"))) == []
