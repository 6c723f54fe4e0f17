"""The table of what is pinned: well formed, the only copy, and equal to what the files that cannot read it say."""

from __future__ import annotations

import importlib
import inspect
import re
import tomllib
from datetime import date, timedelta
from typing import Any

import pytest
import yaml

from catalogue import pins
from catalogue.pins import ACTIONS, AZURE_NATIVE, KUBERNETES, PULUMI, PYTHON, Pin
from ops.project import ROOT

WORKFLOWS = {path.name: path.read_text("utf-8") for path in (ROOT / ".github" / "workflows").glob("*.yml")}


def _pins(value: Any) -> list[Pin]:
    if isinstance(value, Pin):
        return [value]
    if isinstance(value, dict):
        return [pin for item in value.values() for pin in _pins(item)]
    return [pin for item in value for pin in _pins(item)] if isinstance(value, tuple) else []


PINS = [pin for name, value in vars(pins).items() if not name.startswith("_") for pin in _pins(value)]
ENDS = date(2027, 3, 27)
PIN = Pin(name="Kubernetes", version="1.35", source="there", instead="another", ends=ENDS)


def test_every_pin_has_a_source_and_what_to_do() -> None:
    assert len(PINS) > 40
    for pin in PINS:
        assert pin.name
        assert pin.version
        assert pin.instead
        assert "." in pin.source or pin.source.startswith("the SDK"), pin
        assert re.fullmatch(r"|sha256:[0-9a-f]{64}|[0-9a-f]{40}", pin.digest), pin


@pytest.mark.parametrize(
    ("days", "says"),
    [
        (61, ""),
        (60, "support of Kubernetes 1.35 ends on 2027-03-27, in 60 days"),
        (1, "support of Kubernetes 1.35 ends on 2027-03-27, in 1 day"),
        (0, "support of Kubernetes 1.35 ended on 2027-03-27"),
        (-400, "support of Kubernetes 1.35 ended on 2027-03-27"),
    ],
)
def test_a_version_is_spoken_of_from_60_days_before_its_end_on(days: int, says: str) -> None:
    today = ENDS - timedelta(days=days)
    assert PIN.warning(today) == says
    assert PIN.supported(today) == (days > 0)


def test_what_has_no_published_end_is_never_spoken_of() -> None:
    assert pins.LITELLM_IMAGE.warning(date.max) == ""
    assert pins.LITELLM_IMAGE.supported(date.max)


def test_nothing_is_pinned_that_had_ended_when_the_table_was_written() -> None:
    written = date(2026, 11, 29)
    assert [f"{pin.name} {pin.version}" for pin in PINS if not pin.supported(written)] == ["Kubernetes 1.33"]


def test_newer_versions_of_kubernetes_end_later() -> None:
    ends = [pin.ends for pin in KUBERNETES.values() if pin.ends]
    assert len(ends) == len(KUBERNETES)
    assert ends == sorted(ends)


def test_an_image_is_pulled_by_its_digest_where_one_is_known() -> None:
    assert pins.CLICKHOUSE_IMAGE.image.startswith("docker.io/clickhouse/clickhouse-server:26.8.20.9@sha256:9b61e3c6")
    assert pins.LITELLM_IMAGE.image == "ghcr.io/berriai/litellm:v1.108.14"


def test_there_is_no_second_copy_of_a_version() -> None:
    versions = {pin.version for pin in PINS if len(pin.version) >= 6}
    folders = ("charts", "components", "ops", "policies", "rehearsal", "stacks")
    texts = {
        path: path.read_text("utf-8")
        for folder in folders
        for pattern in ("*.py", "*.xml")
        for path in (ROOT / folder).rglob(pattern)
    }
    for path, text in texts.items():
        copies = [version for version in versions if f'"{version}"' in text]
        copies += re.findall(r"api-version=\d\S*", text) if path.suffix == ".py" else []
        assert copies == [], path


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_workflows_use_the_actions_of_the_table_by_commit(workflow: str) -> None:
    used = re.findall(r"uses: ([\w/-]+)@(\w+) # (\S+)", WORKFLOWS[workflow])
    assert used
    assert len(used) == WORKFLOWS[workflow].count("uses:")
    for name, commit, version in used:
        assert (commit, version) == (ACTIONS[name].digest, ACTIONS[name].version)


def test_workflows_use_the_pulumi_and_the_pythons_of_the_table() -> None:
    everything = "".join(WORKFLOWS.values())
    assert set(re.findall(r"pulumi-version: (\S+)", everything)) == {PULUMI.version}
    assert set(re.findall(r'"(3\.\d+)"', everything)) <= set(PYTHON)
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]
    assert needed == f">={min(PYTHON, key=_minor)},<3.{_minor(max(PYTHON, key=_minor)) + 1}"


def _minor(version: str) -> int:
    return int(version.split(".")[1])


def test_the_settings_file_has_the_defaults_of_the_table() -> None:
    settings = yaml.safe_load((ROOT / "Pulumi.yaml").read_text("utf-8"))["config"]
    defaults = {name: str(settings[name]["default"]) for name in ("kubernetesVersion", "auroraVersion")}
    assert defaults == {"kubernetesVersion": pins.KUBERNETES_VERSION, "auroraVersion": pins.AURORA_VERSION}
    assert pins.AURORA_VERSION.split(".")[0] in pins.AURORA
    assert pins.KUBERNETES_VERSION in KUBERNETES


def test_the_policy_asks_key_vault_with_the_version_of_the_table() -> None:
    policies = "".join(path.read_text("utf-8") for path in (ROOT / "policies" / "apim").rglob("*.xml"))
    assert set(re.findall(r"\?api-version=([\w.-]+)", policies)) == {pins.KEY_VAULT_SECRETS_API.version}


def test_the_documentation_asks_azure_with_versions_of_the_table() -> None:
    docs = "".join(path.read_text("utf-8") for path in (ROOT / "docs").glob("*.md"))
    asked = set(re.findall(r"api-version=([\w.-]+)", docs))
    assert asked
    assert asked <= {pin.version for pin in pins.AZURE_APIS}


@pytest.mark.parametrize("token", AZURE_NATIVE)
def test_the_table_has_the_version_that_the_azure_sdk_calls(token: str) -> None:
    _, module, name = token.split(":")
    source = inspect.getsource(getattr(importlib.import_module(f"pulumi_azure_native.{module}"), name))
    versions = set(re.findall(r"Uses Azure REST API version (\d{4}-\d\d-\d\d(?:-preview)?)", source))
    assert versions == {AZURE_NATIVE[token].version}


def test_key_vault_is_asked_with_a_version_that_outlives_2027_02_27() -> None:
    assert pins.KEY_VAULT_API.version >= "2026-02-01"
    assert {pin.ends for token, pin in AZURE_NATIVE.items() if "keyvault" in token and pin.version < "2026-02-01"} == {
        date(2027, 2, 27)
    }
