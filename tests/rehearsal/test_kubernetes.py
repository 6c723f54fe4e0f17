"""The simulated cluster refuses what Kubernetes and Helm refuse."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from catalogue.pins import KUBERNETES, LITELLM_CHART
from rehearsal.eks_component import kubeconfig
from rehearsal.kubernetes.clusters import SimulatedCluster
from rehearsal.kubernetes.kinds import NAMESPACE, RELEASE, STATEFUL_SET
from rehearsal.kubernetes.package import KubernetesPackage
from rehearsal.package import RefusedError, Request
from rehearsal.simulation import Simulation
from tests.rehearsal.engines import engine, kill_during, nothing_is_left, succeed

RELEASED = {
    "name": "litellm",
    "namespace": "genai-platform",
    "chart": LITELLM_CHART.name,
    "version": LITELLM_CHART.version,
    "values": {},
}


def request(type_token: str, inputs: dict[str, Any], alive: Callable[[], bool] = lambda: True) -> Request:
    config = {"kubeconfig": kubeconfig("http://127.0.0.1/clusters/c")}
    return Request(type=type_token, name="it", inputs=inputs, config=config, alive=alive)


def stateful_set(**pod: Any) -> Request:
    labels = {"app": "it"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}], **pod}}
    spec = {"serviceName": "it", "selector": {"matchLabels": labels}, "template": template}
    return request(STATEFUL_SET, {"apiVersion": "apps/v1", "kind": "StatefulSet", "spec": spec})


@pytest.fixture
def cluster(simulation: Simulation) -> SimulatedCluster:
    """One whose node runs for other pods too."""
    made = SimulatedCluster(name="c", version="1.35", subnet_ids=[], group_id="", instance_id="i-1", pods={"another"})
    simulation.clusters.by_name["c"] = made
    return made


@pytest.fixture
def helm(simulation: Simulation, cluster: SimulatedCluster) -> KubernetesPackage:
    """A cluster with the namespace of the releases."""
    simulation.kubernetes.create(request(NAMESPACE, {"metadata": {"name": "genai-platform"}}))
    return simulation.kubernetes


@pytest.fixture
def killed(helm: KubernetesPackage) -> KubernetesPackage:
    """Helm died in the middle of an installation."""
    with pytest.raises(RefusedError, match="the engine is gone"):
        helm.create(request(RELEASE, RELEASED, alive=lambda: False))
    return helm


@pytest.mark.parametrize(
    ("version", "field", "refused"),
    [
        ("1.33", "hostnameOverride", True),  # came with 1.34
        ("1.34", "hostnameOverride", False),
        ("1.35", "workloadRef", False),  # 1.35 alone has it
        ("1.36", "workloadRef", True),
    ],
)
def test_objects_are_checked_against_the_schema_of_the_clusters_version(
    simulation: Simulation, cluster: SimulatedCluster, version: str, field: str, refused: bool
) -> None:
    cluster.version = version
    value = {"name": "w", "podGroup": "g"} if field == "workloadRef" else "x"
    _, problems = simulation.kubernetes.check(stateful_set(**{field: value}), bytes(4))
    assert bool(problems) == refused, problems
    assert all(field in problem for problem in problems)


def test_the_version_of_a_cluster_is_the_one_that_eks_was_asked_for(simulation: Simulation) -> None:
    simulation.clusters.open("c", {"version": "1.34", "vpcConfig": {"subnetIds": []}})
    assert simulation.clusters.by_name["c"].version == "1.34"


def test_there_is_a_schema_for_every_version_that_eks_offers() -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace"}
    for version in KUBERNETES:
        assert kubernetes_validate.validate(namespace, version, strict=True) == version


def test_an_installation_that_was_killed_stays_pending(killed: KubernetesPackage, cluster: SimulatedCluster) -> None:
    [release] = [found for path, found in cluster.objects.items() if path.endswith("/releases/litellm")]
    assert release["status"] == "pending-install"


def test_a_release_that_is_pending_refuses_to_be_installed_until_it_is_uninstalled(killed: KubernetesPackage) -> None:
    with pytest.raises(RefusedError, match="cannot re-use a name that is still in use"):
        killed.create(request(RELEASE, RELEASED))
    killed.delete(request(RELEASE, RELEASED))
    _, outputs = killed.create(request(RELEASE, RELEASED))
    assert outputs["status"]["status"] == "deployed"


def test_a_release_that_is_pending_refuses_to_be_upgraded_until_it_is_installed_anew(killed: KubernetesPackage) -> None:
    with pytest.raises(RefusedError, match=r"another operation \(install/upgrade/rollback\) is in progress"):
        killed.update(request(RELEASE, RELEASED))
    killed.delete(request(RELEASE, RELEASED))
    killed.create(request(RELEASE, RELEASED))
    killed.update(request(RELEASE, {**RELEASED, "values": {"replicaCount": 2}}))


@pytest.mark.engine
def test_up_completes_after_helm_was_killed_once_the_pending_releases_are_uninstalled(
    simulation: Simulation, folder: Path
) -> None:
    day = engine(simulation, folder, kubernetesVersion="1.36")
    kill_during(simulation, day, RELEASE)
    day.mend_state()
    succeed(day.run("cancel", "--yes"))
    succeed(day.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates"))
    [cluster] = simulation.clusters.by_name.values()
    assert cluster.version == "1.36"
    refused = ""
    while not (up := day.up()).succeeded:
        # The engine may have died before it wrote down what was made beside the release.
        made = set(re.findall(r"(/api\S+) already exists", up.output))
        for path in made:  # kubectl delete
            simulation.clusters.remove(cluster, STATEFUL_SET if "/statefulsets/" in path else "", path)
        pending = [path for path, found in cluster.objects.items() if found.get("status") == "pending-install"]
        if "cannot re-use a name that is still in use" in up.output:
            assert pending
            for path in pending:  # helm uninstall
                simulation.clusters.remove(cluster, RELEASE, path)
        else:
            assert made, up.output
        refused += up.output
    assert "cannot re-use a name that is still in use" in refused
    succeed(day.destroy())
    nothing_is_left(simulation, day)
