"""Settings of Pulumi's providers that would let one identity make a cluster and another ask it are refused."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from types import ModuleType

import botocore.session
import pulumi_aws
import pulumi_azure_native
import pulumi_azuread
import pulumi_databricks
import pytest
from pydantic.alias_generators import to_camel

from ops.model.recorder import record
from ops.project import ROOT
from ops.stack.settings_file import StackConfigError, read
from stacks.errors import SettingsError
from stacks.provider_settings import ALLOWED, INSTEAD, refusals
from tests import azure_program

PROVIDERS = {"aws": pulumi_aws, "azure-native": pulumi_azure_native, "azuread": pulumi_azuread}
REFUSED = [f"{namespace}:{name}" for namespace, names in INSTEAD.items() for name in names]


def _keys(package: ModuleType) -> set[str]:
    parameters = inspect.signature(package.Provider._internal_init).parameters
    names = {name for name in parameters if name not in ("__self__", "resource_name", "opts", "__props__")}
    return {to_camel(name) for name in names}


@pytest.mark.parametrize("namespace", PROVIDERS)
def test_every_key_of_a_provider_is_known_here(namespace: str) -> None:
    of_provider = _keys(PROVIDERS[namespace])
    known = ALLOWED[namespace].keys() | INSTEAD[namespace].keys()
    assert of_provider - known == set()
    # What older versions called it.
    assert known - of_provider <= {"assumeRole"}
    assert not ALLOWED[namespace].keys() & INSTEAD[namespace].keys()


@pytest.mark.parametrize("key", [key for key in REFUSED if key.startswith("aws:")])
def test_an_identity_in_a_setting_of_aws_is_refused_before_anything_is_made(key: str) -> None:
    with pytest.raises(SettingsError) as error:
        record(config={key: "hunter2"}, secret_keys=[key])
    assert f"{key} would reach only Pulumi's provider, not kubectl, Helm and the genai commands" in str(error.value)
    assert INSTEAD["aws"][key.removeprefix("aws:")] in str(error.value)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("key", [key for key in REFUSED if key.startswith("az")])
def test_an_identity_in_a_setting_of_azure_is_refused_before_anything_is_made(key: str) -> None:
    with pytest.raises(SettingsError) as error:
        azure_program.run({key: "hunter2"})
    assert f"{key} would reach only Pulumi's provider, not `az`" in str(error.value)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("aws:assumeRoles[0].roleArn", "role_arn"),
        ("aws:profil", "no setting of that provider"),
        ("kubernetes:context", "has no effect, the program reaches its cluster by a kubeconfig of its own"),
        ("eks:anything", "has no effect"),
        ("azure-native:location", "is a setting of stacks of the kind azure or databricks, and this is none"),
        ("databricks:host", "is a setting of stacks of the kind databricks, and this is none"),
        ("azuread:partnerId", "is a setting of stacks of the kind azure or mcp, and this is none"),
    ],
)
def test_what_would_be_passed_over_in_silence_is_refused(key: str, says: str) -> None:
    (told,) = refusals([key], "aws", "dev")
    assert says in told
    assert f"`pulumi config rm -s dev {key}`" in told


def test_no_setting_leads_to_another_workspace_than_the_one_that_is_made() -> None:
    for key in _keys(pulumi_databricks):
        (told,) = refusals([f"databricks:{key}"], "databricks", "databricks")
        assert "has no effect, the program reaches the workspace that it makes by a provider of its own" in told


def test_what_changes_nobodys_identity_is_allowed() -> None:
    harmless = [f"{namespace}:{name}" for namespace, names in ALLOWED.items() for name in names]
    assert refusals([*harmless, "pulumi:tags", "random:anything", "genaiplatform:size"], "azure", "dev") == []
    record(config={"aws:region": "eu-west-1", "aws:defaultTags": json.dumps({"tags": {"Team": "a"}})})


@pytest.mark.parametrize(("stack", "key"), [("dev", "aws:assumeRoles"), ("azure", "azure-native:subscriptionId")])
def test_the_commands_refuse_it_too(stack: str, key: str, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / f"Pulumi.{stack}.yaml").write_text(f"config:\n  {key}: [hunter2]\n", encoding="utf-8")
    with pytest.raises(StackConfigError, match=f"{key} would reach only") as error:
        read(tmp_path, stack)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("imports", ["[aws]", "{imports: [aws]}"])
def test_what_only_pulumi_imports_is_refused_by_the_commands(imports: str, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: genaiplatform\n", encoding="utf-8")
    (tmp_path / "Pulumi.dev.yaml").write_text(f"environment: {imports}\n", encoding="utf-8")
    with pytest.raises(StackConfigError, match=r"Pulumi\.dev\.yaml imports environments of Pulumi ESC"):
        read(tmp_path, "dev")


def test_two_profiles_are_refused_because_pulumi_and_the_aws_command_choose_differently(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("AWS_DEFAULT_PROFILE", "home")
    assert botocore.session.Session().profile == "home"
    with pytest.raises(SettingsError, match="AWS_PROFILE is work and AWS_DEFAULT_PROFILE is home"):
        record()
    monkeypatch.setenv("AWS_DEFAULT_PROFILE", "work")
    record()


def test_a_stack_that_says_it_is_azure_may_set_the_location_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    settings = {"genaiplatform:kind": "azure", "azure-native:location": "eastus2"}
    (tmp_path / "Pulumi.front.yaml").write_text(json.dumps({"config": settings}))
    assert read(tmp_path, "front").values["azure-native:location"] == "eastus2"
