import base64
import math
import pickletools
from collections.abc import Iterator
from typing import Any

import pytest
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import Settings, configure

from components.kubernetes import drain_gate
from components.kubernetes.drain_gate import DrainError, DrainGate, DrainGateArgs, DrainGateProvider
from ops.model.recorder import record
from tests.components.kubernetes.stand_in import Clock, StandIn, running

VOLUME = "/api/v1/persistentvolumes/pvc-1"
NODE = "/api/v1/nodes/i-1"
CLAIM = "/apis/karpenter.sh/v1/nodeclaims/general-purpose-1"
DEMO = "/api/v1/namespaces/demo"
SERVICE = "/api/v1/namespaces/default/services/web"
JOB = "/apis/batch/v1/namespaces/default/jobs/load"
SYSTEM = [f"/api/v1/namespaces/{name}" for name in ("default", "kube-system", "kube-public", "kube-node-lease")]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(drain_gate, "time", clock)
    monkeypatch.setattr(DrainGateProvider, "polling_interval", 30.0)
    return clock


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Iterator[StandIn]:
    with running() as world:
        for name, value in world.environment.items():
            monkeypatch.setenv(name, value)
        world.add(*SYSTEM)
        yield world


def properties(world: StandIn, **others: str) -> dict[str, Any]:
    kubeconfig = {"kubeconfig": world.kubeconfig, "namespace": "genai-platform"}
    return {"cluster_name": "day", "region": "us-east-1", **kubeconfig, **others}


def drain(world: StandIn, **others: str) -> None:
    DrainGateProvider().delete("day", properties(world, **others))


def failure(world: StandIn, **others: str) -> str:
    with pytest.raises(DrainError) as caught:
        drain(world, **others)
    return str(caught.value)


def deletions(world: StandIn) -> list[str]:
    return [path.partition("?")[0] for method, path in world.requests if method == "DELETE"]


def test_an_empty_cluster_is_drained(world: StandIn) -> None:
    drain(world)
    assert world.requests[0] == ("GET", "/clusters/day")
    assert deletions(world) == []


@pytest.mark.parametrize(
    "answer",
    [
        (404, {"__type": "ResourceNotFoundException", "message": "No cluster found for name: day."}),
        (200, {"cluster": {"status": "DELETING"}}),
    ],
)
def test_a_cluster_that_eks_has_no_more_or_deletes_already_is_drained_without_its_api(
    world: StandIn, answer: tuple[int, Any]
) -> None:
    world.eks_answer = answer
    world.add(DEMO, NODE)
    drain(world, kubeconfig="not even asked for")
    assert world.requests == [("GET", "/clusters/day")]


def test_an_active_cluster_whose_api_is_unreachable_is_not_drained(world: StandIn) -> None:
    with running() as gone:
        kubeconfig = gone.kubeconfig
    message = failure(world, kubeconfig=kubeconfig)
    assert "EKS says that cluster day is ACTIVE, but its API cannot be used" in message
    assert "Connection refused" in message
    assert "Run the same `pulumi destroy` again" in message


def test_when_eks_refuses_to_be_asked_nothing_is_touched(world: StandIn) -> None:
    world.eks_answer = (403, {"__type": "AccessDeniedException", "message": "not authorized"})
    message = failure(world)
    assert "EKS does not say whether cluster day still exists in us-east-1" in message
    assert "not authorized" in message
    assert "credentials of its account that allow eks:DescribeCluster" in message
    assert world.requests == [("GET", "/clusters/day")]


def test_eks_is_asked_with_the_profile_of_the_environment(world: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert "The config profile (nobody) could not be found" in failure(world)
    assert world.requests == []


def test_an_api_that_refuses_the_identity_is_told_from_one_that_is_unreachable(world: StandIn) -> None:
    message = failure(world, kubeconfig=world.kubeconfig.replace("of-the-plugin", "of-somebody-else"))
    assert "The API of cluster day refuses to be emptied (401: Unauthorized)" in message
    assert "the AWS identity that made the stack" in message


def test_a_running_platform_fails_at_once_and_nothing_is_touched(world: StandIn) -> None:
    world.add("/api/v1/namespaces/genai-platform", DEMO, CLAIM)
    assert "Namespace genai-platform is still in cluster day" in failure(world)
    assert len(world.requests) == 2
    assert deletions(world) == []


def test_what_the_user_added_by_hand_is_removed_and_the_systems_own_is_not(world: StandIn) -> None:
    world.add(
        DEMO,
        JOB,
        "/apis/batch/v1/namespaces/default/cronjobs/report",
        "/apis/apps/v1/namespaces/kube-system/deployments/metrics-server",
        "/apis/apps/v1/namespaces/default/statefulsets/queue",
        "/api/v1/namespaces/default/pods/debug",
        "/apis/networking.k8s.io/v1/namespaces/default/ingresses/web",
        "/api/v1/namespaces/default/persistentvolumeclaims/data",
    )
    world.add(SERVICE, spec={"type": "LoadBalancer"})
    system = [*SYSTEM, "/api/v1/namespaces/default/services/kubernetes", "/api/v1/namespaces/kube-system/pods/agent"]
    world.add(system[-2], spec={"type": "ClusterIP"})
    world.add(system[-1], metadata={"name": "agent", "namespace": "kube-system", "ownerReferences": [{}]})
    job = world.objects[JOB]
    drain(world)
    assert sorted(world.objects) == sorted(system)
    assert job["deletedWith"] == "propagationPolicy=Background"


def test_nodes_go_only_after_slow_load_balancers_and_volumes_are_gone(
    world: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(Settings(project="project", stack="stack"))  # as the host of dynamic providers does: no engine to log to
    claim = "/api/v1/namespaces/default/persistentvolumeclaims/data"
    world.add(claim, VOLUME, CLAIM, NODE)
    world.add(SERVICE, spec={"type": "LoadBalancer"})
    world.goes_with = {claim: VOLUME, CLAIM: NODE}
    world.polls_to_go = {SERVICE: 2, VOLUME: 3, CLAIM: 1, NODE: 2}
    drain(world)
    assert sorted(world.objects) == sorted(SYSTEM)
    polls = [path for _, path in world.requests]
    last_look_at_services = max(i for i, path in enumerate(polls) if path == "/api/v1/services")
    first_look_at_volumes = polls.index("/api/v1/persistentvolumes")
    last_look_at_volumes = max(i for i, path in enumerate(polls) if path == "/api/v1/persistentvolumes")
    node_claim_deleted = polls.index(f"{CLAIM}?propagationPolicy=Background")
    assert last_look_at_services < first_look_at_volumes < last_look_at_volumes < node_claim_deleted
    assert deletions(world).count(CLAIM) == 1
    shown = capsys.readouterr().err
    assert "waiting for Service default/web, PersistentVolumeClaim default/data to go" in shown
    assert shown.count("waiting for PersistentVolume pvc-1 to go") == 1
    assert "waiting for Node i-1, NodeClaim general-purpose-1 to go" in shown


@pytest.mark.parametrize(
    ("stays", "named"),
    [
        (DEMO, "Namespace demo"),
        (JOB, "Job default/load"),
        (VOLUME, "PersistentVolume pvc-1"),
        (CLAIM, "Node i-1, NodeClaim general-purpose-1"),
    ],
)
def test_what_does_not_go_is_named_when_the_time_is_up(world: StandIn, clock: Clock, stays: str, named: str) -> None:
    world.add(stays, CLAIM, NODE)
    world.goes_with = {CLAIM: NODE}
    world.polls_to_go = {stays: math.inf}
    message = failure(world)
    assert f"Cluster day still has {named} after 11 minutes" in message
    assert "kubectl" in message or "Retain" in message
    assert message.endswith("Then run the same `pulumi destroy` again.")
    assert 11 * 60 <= clock.now < 12 * 60
    assert (CLAIM in deletions(world)) == (stays == CLAIM)


def test_the_time_limit_holds_for_all_steps_together(world: StandIn, clock: Clock) -> None:
    world.add(SERVICE, spec={"type": "LoadBalancer"})
    world.add(VOLUME)
    world.goes_with = {SERVICE: VOLUME}
    world.polls_to_go = {SERVICE: 15, VOLUME: math.inf}
    assert "PersistentVolume pvc-1" in failure(world)
    assert clock.now < 12 * 60


@pytest.mark.parametrize("status", [429, 503])
def test_a_lost_answer_while_waiting_is_no_reason_to_give_up(world: StandIn, status: int) -> None:
    world.add(DEMO)
    world.failures = [None, None, (status, "try later"), (status, "try later")]
    drain(world)
    assert DEMO not in world.objects


def test_an_api_lost_for_good_while_waiting_ends_in_a_sentence(world: StandIn, clock: Clock) -> None:
    world.add(DEMO)
    world.failures = [None, *[(503, {"kind": "Status", "message": "no endpoints"})] * 9999]
    assert "its API cannot be used (503: no endpoints)" in failure(world)
    assert clock.now < 12 * 60


def test_a_change_of_our_own_code_alone_is_no_change(world: StandIn) -> None:
    old, new = properties(world, __provider="old"), properties(world, __provider="new")
    assert DrainGateProvider().diff("day", old, new).changes is False


@pytest.mark.parametrize("name", ["region", "kubeconfig", "namespace"])
def test_what_delete_needs_is_updated_in_place(world: StandIn, name: str) -> None:
    old, new = properties(world), properties(world, **{name: "other"})
    provider = DrainGateProvider()
    diff = provider.diff("day", old, new)
    assert (diff.changes, diff.replaces) == (True, [])
    assert provider.update("day", old, new).outs == new
    assert world.requests == []


def test_another_cluster_takes_another_gate(world: StandIn) -> None:
    diff = DrainGateProvider().diff("day", properties(world), properties(world, cluster_name="other"))
    assert (diff.changes, diff.replaces) == (True, ["cluster_name"])


def test_the_state_refers_to_the_provider_by_a_name_that_stays() -> None:
    pickled = base64.b64decode(serialize_provider(DrainGateProvider()))
    names = [argument for _, argument, _ in pickletools.genops(pickled) if isinstance(argument, str)]
    assert names == ["components.kubernetes.drain_gate", "DrainGateProvider"]  # frozen: a rename strands every state


def test_the_gate_is_registered_with_what_delete_needs_under_its_own_type() -> None:
    args = DrainGateArgs(cluster_name="day", region="us-east-1", kubeconfig="{}", namespace="genai-platform")

    def program() -> None:
        DrainGate("gate", args)

    inputs = dict(record(program).one("pulumi-python:dynamic/genai:DrainGate").inputs)
    del inputs["__provider"]
    assert inputs == {name: value for name, value in vars(args).items() if value is not None}
