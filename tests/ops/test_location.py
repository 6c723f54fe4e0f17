"""Where a stack is and what is its own, from whatever can still be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ops.stack.location import ReadableSettings, UnknownLocationError, readable_settings
from ops.stack.settings_file import RefusedStackError
from ops.stack.state import StackState, read

AWS = {"type": "pulumi:providers:aws", "urn": "urn:pulumi:dev::p::pulumi:providers:aws::aws", "custom": True}
GROUP = {
    "type": "azure-native:resources:ResourceGroup",
    "urn": "urn:pulumi:azure::p::azure-native:resources:ResourceGroup::group",
    "custom": True,
}
STACK = {"type": "pulumi:pulumi:Stack", "urn": "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev", "custom": False}


def state(**outputs: Any) -> StackState:
    """A stack in Osaka and East US."""
    resources = [
        {**STACK, "outputs": outputs},
        {**AWS, "inputs": {"region": "ap-northeast-3"}},
        {**GROUP, "inputs": {"location": "eastus"}},
    ]
    return read({"resources": resources})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text(
        "name: genaiplatform\nconfig:\n  aws:region: {value: us-east-1}\n  owner: {default: genaiplatform}\n"
    )
    return tmp_path


def settings(project: Path, stack: str, text: str) -> ReadableSettings:
    (project / f"Pulumi.{stack}.yaml").write_text(text)
    return readable_settings(project, stack)


def test_a_file_that_can_be_read_tells_everything(project: Path) -> None:
    own = "aws:region: eu-west-1, genaiplatform:domain: a.example.com, genaiplatform:owner: anna"
    found = settings(project, "dev", f"config: {{{own}}}")
    assert (found.kind.name, found.problem) == ("aws", "")
    assert (found.known_region(None), found.domain(None)) == ("eu-west-1", "a.example.com")
    assert found.identity(None).owner == "anna"
    named = found.identity(None, owner="zoe", stack_id="a1b2c3d")
    assert (named.owner, named.id) == ("zoe", "a1b2c3d")


def test_the_state_knows_the_region_better_than_a_file_that_was_changed_since(project: Path) -> None:
    found = settings(project, "dev", "config: {aws:region: eu-west-1}")
    assert found.known_region(state()) == "ap-northeast-3"
    assert settings(project, "azure", "config: {azure-native:location: eastus2}").region(state()) == "eastus"


@pytest.mark.parametrize("text", ["config: [", "2026-11-29", "config: {genaiplatform:size: &a [*a]}", "config: 5"])
def test_of_a_broken_file_the_state_tells_region_and_domain(project: Path, text: str) -> None:
    found = settings(project, "dev", text)
    assert found.problem.startswith("Pulumi.dev.yaml")
    assert found.known_region(state()) == "ap-northeast-3"
    assert found.domain(state(litellmUrl="https://litellm.genai.example.com")) == "genai.example.com"
    assert found.domain(state(litellmUrl="http://entry-1.elb.amazonaws.com")) == ""
    assert found.identity(None).owner == "genaiplatform"


def test_a_default_region_is_no_answer_for_a_file_that_cannot_be_read(project: Path) -> None:
    """It may have named another: `down` would look for leftovers in the wrong place."""
    with pytest.raises(UnknownLocationError, match="--region REGION"):
        settings(project, "dev", "config: [").known_region(None)


def test_an_azure_stack_needs_no_region(project: Path) -> None:
    assert settings(project, "azure", "config: [").region(None) == ""


def test_a_stack_without_file_and_state_is_unknown_unless_a_place_is_named(project: Path) -> None:
    found = readable_settings(project, "dev-2")
    found.refuse_unknown_stack(state(), named=False)
    found.refuse_unknown_stack(None, named=True)
    with pytest.raises(UnknownLocationError, match=r"There is no stack 'dev-2'.*no state of it either"):
        found.refuse_unknown_stack(None, named=False)


def test_a_file_that_cannot_be_read_of_a_name_that_says_no_kind_tells_nothing(project: Path) -> None:
    with pytest.raises(UnknownLocationError, match=r"(?s)is no valid YAML.*does not say what kind of stack it is"):
        settings(project, "production", "config: [")


def test_settings_that_are_refused_are_refused_here_too(project: Path) -> None:
    with pytest.raises(RefusedStackError, match="aws:profile would reach only"):
        settings(project, "dev", "config: {aws:profile: work}")


def test_without_a_project_file_the_state_is_all(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}")
    found = readable_settings(tmp_path, "dev")
    assert "Pulumi.yaml cannot be read" in found.problem
    assert found.values == {}
    assert found.known_region(state()) == "ap-northeast-3"
