import base64
import pickletools
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from pulumi.dynamic.dynamic import serialize_provider

from charts.litellm import allowed_routes
from charts.shapes import VirtualKeySetting
from components.kubernetes import virtual_key
from components.kubernetes.virtual_key import VirtualKey, VirtualKeyArgs, VirtualKeyError, VirtualKeyProvider
from ops.model.recorder import Secret, record
from tests.components.kubernetes.stand_in import MASTER_KEY, PROXY, Clock, StandIn, running

KEY = "sk-virtual-0123456789"
OTHER_KEY = "sk-virtual-9876543210"
ROUTES = ["/v1/models"]
NOT_FOUND_BY_KUBERNETES = (404, {"kind": "Status", "message": 'services "litellm" not found'})
STARTING = (503, {"kind": "Status", "message": "no endpoints available for service"})
CLUSTER = {"cluster_name": "day", "region": "us-east-1"}
provider = VirtualKeyProvider()


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(virtual_key, "time", clock)
    return clock


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    with running() as world:
        for name, value in world.environment.items():
            monkeypatch.setenv(name, value)
        yield world


def properties(world: StandIn, **others: Any) -> dict[str, Any]:
    """Properties as the engine passes them: an input that is None is not among them."""
    rights = {"models": ["chat"], "allowed_routes": ROUTES}
    limits = {"alias": "demo", "key": KEY, **rights, "max_budget": 5, "duration": "12h"}
    reach = {
        "cluster_name": "day",
        "region": "us-east-1",
        "kubeconfig": world.kubeconfig,
        "namespace": "genai-platform",
        "master_key": MASTER_KEY,
    }
    return {name: value for name, value in {**limits, **reach, **others}.items() if value is not None}


def failure(call: Any, *args: Any) -> str:
    """Return the message, after a look for keys in all that the dynamic provider host shows of an error."""
    with pytest.raises(VirtualKeyError) as caught:
        call(*args)
    shown = "".join(traceback.format_exception(caught.value))
    assert not [secret for secret in (KEY, OTHER_KEY, MASTER_KEY) if secret in shown]
    return str(caught.value)


def test_a_key_is_created_with_its_limits(world: StandIn) -> None:
    result = provider.create(properties(world))
    rights = {"models": ["chat"], "allowed_routes": ROUTES}
    assert world.keys == {KEY: {"key_alias": "demo", **rights, "max_budget": 5, "duration": "12h"}}
    assert (result.id, result.outs) == ("demo", properties(world))


@pytest.mark.parametrize(
    "answer", [(404, {"__type": "ResourceNotFoundException"}), (200, {"cluster": {"status": "DELETING"}})]
)
def test_a_key_whose_cluster_is_gone_is_gone(world: StandIn, answer: tuple[int, Any]) -> None:
    world.eks_answer = answer
    provider.delete("demo", properties(world, kubeconfig="not even asked for"))
    assert world.requests == [("GET", "/clusters/day")]


def test_a_key_is_deleted_also_when_eks_does_not_say_whether_the_cluster_exists(world: StandIn) -> None:
    provider.create(properties(world))
    world.eks_answer = (403, {"__type": "AccessDeniedException", "message": "not authorized"})
    provider.delete("demo", properties(world))
    assert world.keys == {}


def test_no_key_stands_in_a_url(world: StandIn) -> None:
    provider.create(properties(world))
    provider.delete("demo", properties(world))
    paths = {path for _, path in world.requests} - {"/clusters/day"}
    assert paths == {PROXY + action for action in ("update", "generate", "delete")}


def test_a_key_created_twice_is_one_key_with_the_later_limits(world: StandIn) -> None:
    provider.create(properties(world))
    world.keys[KEY]["spend"] = 1.5
    provider.create(properties(world, models=["chat", "echo"], max_budget=None, duration="1h"))
    rights = {"models": ["chat", "echo"], "allowed_routes": ROUTES}
    assert world.keys == {KEY: {"key_alias": "demo", **rights, "max_budget": None, "duration": "1h", "spend": 1.5}}


def test_an_alias_that_belongs_to_an_older_key_passes_to_the_new_one(world: StandIn) -> None:
    provider.create(properties(world, key=OTHER_KEY))
    provider.create(properties(world, alias="untouched", key="sk-virtual-of-another-alias"))
    provider.create(properties(world))
    assert {settings["key_alias"]: key for key, settings in world.keys.items()} == {
        "demo": KEY,
        "untouched": "sk-virtual-of-another-alias",
    }


def test_changed_limits_are_updated_in_place_and_the_expiry_stays(world: StandIn) -> None:
    old, new = properties(world), properties(world, models=["echo"], max_budget=None)
    provider.create(old)
    world.keys[KEY] |= {"duration": "set at create", "spend": 1.5}
    diff = provider.diff("demo", old, new)
    assert (diff.changes, diff.replaces) == (True, [])
    assert provider.update("demo", old, new).outs == new
    rights = {"models": ["echo"], "allowed_routes": ROUTES}
    expected = {"key_alias": "demo", **rights, "max_budget": None, "duration": "set at create", "spend": 1.5}
    assert world.keys == {KEY: expected}


def test_a_key_made_before_its_routes_were_limited_is_limited_by_the_next_up(world: StandIn) -> None:
    new = properties(world)
    old = {name: value for name, value in new.items() if name != "allowed_routes"}
    provider.create(new)
    del world.keys[KEY]["allowed_routes"]
    assert provider.diff("demo", old, new).changes
    provider.update("demo", old, new)
    assert world.keys[KEY]["allowed_routes"] == ROUTES


@pytest.mark.parametrize("duration", ["24h", None])
def test_a_changed_duration_starts_anew(world: StandIn, duration: str | None) -> None:
    old, new = properties(world), properties(world, duration=duration)
    provider.create(old)
    provider.update("demo", old, new)
    assert world.keys[KEY]["duration"] == duration


def test_a_changed_key_takes_the_place_of_the_old_one_even_when_the_master_key_changed_too(world: StandIn) -> None:
    old, new = properties(world), properties(world, key=OTHER_KEY)
    provider.create(old)
    diff = provider.diff("demo", old | {"master_key": "sk-master-of-the-morning"}, new)
    assert (diff.changes, diff.replaces) == (True, [])
    provider.update("demo", old | {"master_key": "sk-master-of-the-morning"}, new)
    assert list(world.keys) == [OTHER_KEY]
    assert world.keys[OTHER_KEY]["duration"] == "12h"


def test_a_key_that_litellm_lost_is_there_after_an_update(world: StandIn) -> None:
    old, new = properties(world), properties(world, models=["echo"])
    provider.update("demo", old, new)
    assert world.keys[KEY]["models"] == ["echo"]
    assert world.keys[KEY]["duration"] == "12h"


def test_a_changed_alias_replaces_the_key_and_the_old_one_goes_first(world: StandIn) -> None:
    diff = provider.diff("demo", properties(world), properties(world, alias="other"))
    assert (diff.changes, diff.replaces, diff.delete_before_replace) == (True, ["alias"], True)


@pytest.mark.parametrize("name", ["kubeconfig", "namespace", "master_key"])
def test_what_delete_needs_is_updated_in_place(world: StandIn, name: str) -> None:
    diff = provider.diff("demo", properties(world), properties(world, **{name: "other"}))
    assert (diff.changes, diff.replaces) == (True, [])


def test_a_second_up_and_a_change_of_our_own_code_are_no_change(world: StandIn) -> None:
    outputs = provider.create(properties(world, __provider="old")).outs or {}
    diff = provider.diff("demo", outputs, properties(world, __provider="new"))
    assert (diff.changes, diff.replaces) == (False, [])


def test_a_key_is_deleted_and_one_that_is_gone_counts_as_deleted(world: StandIn) -> None:
    provider.create(properties(world))
    provider.create(properties(world, alias="other", key=OTHER_KEY))
    provider.delete("demo", properties(world))
    assert list(world.keys) == [OTHER_KEY]
    provider.delete("demo", properties(world))
    assert list(world.keys) == [OTHER_KEY]


def test_a_service_that_is_gone_is_no_proof_that_the_key_is(world: StandIn) -> None:
    world.failures = [NOT_FOUND_BY_KUBERNETES]
    message = failure(provider.delete, "demo", properties(world))
    assert 'the Kubernetes API does not pass it on to LiteLLM (404: services "litellm" not found)' in message


def test_a_4xx_fails_at_once_with_the_reason_litellm_gives(world: StandIn) -> None:
    world.failures = [None, None, (400, {"error": {"message": f"Invalid key {KEY}", "code": "400"}})]
    message = failure(provider.create, properties(world))
    assert "Virtual key 'demo': LiteLLM refuses it (400: Invalid key [key])" in message
    assert len(world.requests) == 3


def test_a_refused_identity_is_told_from_a_refused_master_key(world: StandIn) -> None:
    identity = properties(world, kubeconfig=world.kubeconfig.replace("of-the-plugin", "of-somebody-else"))
    assert "the Kubernetes API does not pass it on" in failure(provider.create, identity)
    master_key = properties(world, master_key=OTHER_KEY)
    assert "LiteLLM refuses it (401: Invalid proxy server token [master_key])" in failure(provider.create, master_key)


def test_litellm_that_has_just_started_is_waited_for(world: StandIn) -> None:
    world.failures = [STARTING, None, None, (500, "Internal Server Error"), STARTING]
    provider.create(properties(world))
    assert list(world.keys) == [KEY]


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("operation", ["create", "update", "delete"])
def test_litellm_that_never_answers_ends_in_a_sentence(
    world: StandIn, clock: Clock, operation: str, status: int
) -> None:
    world.failures = [(status, {"error": {"message": f"no database for {KEY} and {MASTER_KEY}"}})] * 9999
    now = properties(world)
    arguments: dict[str, list[Any]] = {"create": [now], "update": ["demo", now, now], "delete": ["demo", now]}
    message = failure(getattr(provider, operation), *arguments[operation])
    assert f"has not answered for 2 minutes ({status}: no database for [key] and [master_key])" in message
    assert "`kubectl --namespace genai-platform get pods` shows why" in message
    assert 120 <= clock.now < 130


@pytest.mark.usefixtures("world")
def test_a_cluster_that_is_unreachable_ends_in_a_sentence() -> None:
    with running() as gone:
        old = properties(gone)
    assert "Connection refused" in failure(provider.delete, "demo", old)


def test_a_key_without_a_model_is_refused_because_litellm_would_take_it_to_mean_all() -> None:
    with pytest.raises(ValueError, match="'demo' names no model"):
        VirtualKeyArgs(
            setting=VirtualKeySetting(alias="demo"),
            key=KEY,
            **CLUSTER,
            kubeconfig="{}",
            namespace="n",
            master_key="m",
        )


def test_the_state_refers_to_the_provider_by_a_name_that_stays() -> None:
    pickled = base64.b64decode(serialize_provider(provider))
    names = [argument for _, argument, _ in pickletools.genops(pickled) if isinstance(argument, str)]
    assert names == ["components.kubernetes.virtual_key", "VirtualKeyProvider"]  # frozen: a rename strands every state


def test_the_key_is_registered_under_its_own_type_with_its_secrets_secret() -> None:
    args = VirtualKeyArgs(
        setting=VirtualKeySetting(alias="demo", models=("chat",)),
        key=KEY,
        cluster_name="day",
        region="us-east-1",
        kubeconfig="{}",
        namespace="genai-platform",
        master_key=MASTER_KEY,
    )

    def program() -> None:
        VirtualKey("demo", args)

    inputs = dict(record(program).one("pulumi-python:dynamic/genai:VirtualKey").inputs)
    del inputs["__provider"]
    rights = {"models": ["chat"], "allowed_routes": allowed_routes(["chat"])}
    expected = {"alias": "demo", **rights, **CLUSTER, "kubeconfig": "{}", "namespace": "genai-platform"}
    assert inputs == {**expected, "key": Secret(KEY), "master_key": Secret(MASTER_KEY)}


def test_a_key_of_one_person_reaches_her_mcp_servers_and_says_whose_it_is(world: StandIn) -> None:
    provider.create(properties(world, mcp_servers=["drive"], user="anna@example.com"))
    assert world.keys[KEY]["user_id"] == "anna@example.com"
    assert world.keys[KEY]["object_permission"] == {"mcp_servers": ["drive"]}
