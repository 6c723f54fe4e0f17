"""The edges that the engine adds by itself are in the graph."""

from __future__ import annotations

import functools

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks
import pulumi_kubernetes as kubernetes

from ops.model import eks_children, engine_graph
from ops.model.recorder import Recording, Resource, record
from tests.ops.plan import sample


@functools.cache
def recorded() -> Recording:
    return record(sample.program)


def graph(recording: Recording) -> tuple[dict[str, Resource], dict[str, set[str]]]:
    """Resources by name, and for each name the names it waits for."""
    resources = engine_graph.engine_resources(recording.resources)
    edges = engine_graph.edges(resources)
    names = {resource.urn: f"{resource.type.rpartition(':')[2]} {resource.name}" for resource in resources}
    return (
        {names[resource.urn]: resource for resource in resources},
        {names[urn]: {names[other] for other in waits_for} for urn, waits_for in edges.items()},
    )


def test_parent_provider_and_property_dependencies_are_edges() -> None:
    _, edges = graph(recorded())
    assert {"Workloads workloads", "kubernetes provider"} <= edges["Namespace namespace"]
    assert edges["NatGateway nat"] == {"Network network", "Eip address", "Subnet subnet-0"}


def test_the_remote_cluster_is_expanded_with_its_roles_before_it() -> None:
    resources, edges = graph(recorded())
    attachments = [name for name in resources if name.startswith("RolePolicyAttachment cluster-")]
    assert len(attachments) == 7
    assert edges["Cluster cluster-eksCluster"] == {
        "Cluster cluster",
        "Role cluster-eksRole-role",
        "Role cluster-nodeRole-role",
        *attachments,
    }
    assert resources["Cluster cluster-eksCluster"].urn == (
        "urn:pulumi:dev::genaiplatform::genai:sample:Platform$eks:index:Cluster$"
        "aws:eks/cluster:Cluster::cluster-eksCluster"
    )


def test_the_cluster_itself_lies_four_levels_below_its_component() -> None:
    _, edges = graph(recorded())

    @functools.cache
    def depth(name: str) -> int:
        return max((depth(other) + 1 for other in edges[name]), default=0)

    assert depth("Cluster cluster-eksCluster") == depth("Cluster cluster") + 4


def test_whoever_uses_an_output_of_the_remote_cluster_waits_for_all_its_children() -> None:
    _, edges = graph(recorded())
    assert {"Cluster cluster-eksCluster", "OpenIdConnectProvider cluster-oidcProvider"} <= edges["kubernetes provider"]


def test_the_attachments_are_named_as_pulumi_eks_names_them() -> None:
    # sha1("arn:aws:iam::aws:policy/AmazonEKSClusterPolicy")[:8], as in nodejs/eks/servicerole.ts; the name
    # eksRole-4b490823 stands in public logs of pulumi-eks.
    suffixes = [child.suffix for child in eks_children.CHILDREN]
    assert "-eksRole-4b490823" in suffixes


def test_every_output_comes_from_a_child_of_the_table() -> None:
    suffixes = {child.suffix for child in eks_children.CHILDREN}
    assert set(eks_children.OUTPUTS.values()) <= suffixes
    assert {parent for child in eks_children.CHILDREN if (parent := child.parent)} <= suffixes


class _Part(pulumi.ComponentResource):
    def __init__(self, name: str) -> None:
        super().__init__("genai:sample:Part", name)
        aws.ec2.Vpc(f"{name}-vpc", opts=pulumi.ResourceOptions(parent=self))


def test_a_component_depended_on_brings_all_its_children_at_any_depth() -> None:
    def program() -> None:
        aws.ec2.Vpc("after", opts=pulumi.ResourceOptions(depends_on=[eks.Cluster("eks"), _Part("part")]))

    _, edges = graph(record(program))
    assert {"Role eks-eksRole-role", "Cluster eks-eksCluster", "Vpc part-vpc"} <= edges["Vpc after"]


def test_children_registered_later_than_the_dependent_are_no_dependencies() -> None:
    def program() -> None:
        cluster = eks.Cluster("eks")
        kubernetes.Provider("inside", kubeconfig=cluster.kubeconfig_json, opts=pulumi.ResourceOptions(parent=cluster))

    _, edges = graph(record(program))
    assert "kubernetes inside" not in edges["kubernetes inside"]


def test_being_deleted_with_another_is_an_edge() -> None:
    def program() -> None:
        vpc = aws.ec2.Vpc("vpc")
        aws.ec2.Eip("address", opts=pulumi.ResourceOptions(deleted_with=vpc))

    _, edges = graph(record(program))
    assert "Vpc vpc" in edges["Eip address"]


def test_the_edges_are_in_topological_order() -> None:
    resources = engine_graph.engine_resources(recorded().resources)
    seen: set[str] = set()
    for urn, waits_for in engine_graph.edges(resources).items():
        assert waits_for <= seen
        seen.add(urn)
