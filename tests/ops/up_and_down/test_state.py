"""What an exported deployment of Pulumi says."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from ops.model.recorder import Secret
from ops.stack.state import engine_urn, read, short
from tests.ops.up_and_down.stand_in import EMPTY, STACK, holding, resource

VPC = "urn:pulumi:dev::genaiplatform::genai:aws:Network$aws:ec2/vpc:Vpc::network-vpc"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


def secret(value: object) -> dict[str, str]:
    return {**SECRET, "plaintext": json.dumps(value)}


def test_a_stack_that_was_never_up_is_empty() -> None:
    assert EMPTY.empty
    assert read({}).empty
    assert read({"manifest": {}, "metadata": {}}).empty


def test_a_stack_with_nothing_but_an_operation_that_never_ended_is_not_empty() -> None:
    state = holding(pending=(VPC,))
    assert not state.empty
    assert state.pending == ["creating aws:ec2/vpc:Vpc network-vpc"]


def test_a_resource_is_told_as_the_program_would_have_registered_it() -> None:
    provider = "urn:pulumi:dev::genaiplatform::pulumi:providers:aws::default_7_51_1"
    state = holding(
        resource(
            VPC,
            parent=STACK,
            provider=f"{provider}::0a1b",
            dependencies=[STACK],
            propertyDependencies={"cidrBlock": [STACK], "tags": []},
            inputs={"cidrBlock": "10.0.0.0/16", "key": secret("s3cret"), "list": [secret({"a": 1})]},
        )
    )
    vpc = state.resources[1]
    assert (vpc.urn, vpc.type, vpc.name, vpc.custom) == (VPC, "aws:ec2/vpc:Vpc", "network-vpc", True)
    assert (vpc.parent, vpc.provider) == (STACK, provider)
    assert vpc.dependencies == {STACK}
    assert vpc.property_dependencies == {"cidrBlock": {STACK}}
    assert vpc.inputs == {"cidrBlock": "10.0.0.0/16", "key": Secret("s3cret"), "list": [Secret({"a": 1})]}
    assert state.created[VPC] == datetime(2026, 11, 26, 8, 0, 0, 123456, tzinfo=UTC)


def test_secret_outputs_are_known_as_such() -> None:
    state = holding(resource(VPC), litellmUrl="http://entry", keys={"demo": secret("sk-1")}, master=secret("sk-2"))
    assert state.outputs == {"litellmUrl": "http://entry", "keys": {"demo": Secret("sk-1")}, "master": Secret("sk-2")}
    assert "sk-" not in repr(state.outputs)


def test_what_did_not_become_ready_or_is_still_to_be_deleted_is_unfinished() -> None:
    ready, broken, replaced = (f"{VPC}-{name}" for name in ("ready", "broken", "replaced"))
    state = holding(resource(ready), resource(broken, initErrors=["timed out"]), resource(replaced, delete=True))
    assert state.unfinished == [broken, replaced]


def test_urns_of_plan_and_engine_are_the_same_when_the_stack_is_left_out() -> None:
    top = "urn:pulumi:dev::genaiplatform::pulumi:pulumi:Stack$genai:aws:Cache::cache"
    assert engine_urn(top) == "urn:pulumi:dev::genaiplatform::genai:aws:Cache::cache"
    assert engine_urn(VPC) == VPC
    assert engine_urn(STACK) == STACK


def test_people_read_type_and_name() -> None:
    assert short(VPC) == "aws:ec2/vpc:Vpc network-vpc"
