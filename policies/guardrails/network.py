"""Who may reach what: the world nothing, outsiders the load balancer, insiders what names their security group."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_policy import ResourceValidationArgs

from policies.guardrails.rule import resource_rule

FRONT_DOOR_PORT = 8443
_INSIDE = [ipaddress.ip_network(cidr) for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")]
_INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_INGRESS_OR_EGRESS = "aws:ec2/securityGroupRule:SecurityGroupRule"
_GROUPS = ("aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
_CLUSTERS = ("eks:index:Cluster", "aws:eks/cluster:Cluster")
_ANYTHING_WITH_A_DOOR = (_INGRESS, _INGRESS_OR_EGRESS, *_GROUPS, *_CLUSTERS)


@dataclass(frozen=True)
class Opening:
    """A range of addresses that may reach a range of ports of a resource. Ports that are not given are all ports."""

    resource_type: str
    component: str
    """Type token of the component that the resource stands in."""
    cidr: str
    from_port: float | None
    to_port: float | None

    @property
    def to_the_world(self) -> bool:
        """Whatever is wider than a /8 is the world: two halves of it are no narrower."""
        return ipaddress.ip_network(self.cidr, strict=False).prefixlen < 8

    @property
    def to_the_inside(self) -> bool:
        """Private addresses only."""
        network = ipaddress.ip_network(self.cidr, strict=False)
        return any(network.version == inside.version and network.subnet_of(inside) for inside in _INSIDE)  # type: ignore[arg-type]  # one version each


@dataclass(frozen=True)
class Exemption:
    """What may be open all the same, and why."""

    name: str
    why: str
    covers: Callable[[Opening], bool]


EXEMPTIONS = (
    Exemption(
        "front-door-port",
        "API Management has no fixed address; the listener refuses whatever lacks the secret header",
        lambda opening: (
            opening.component == "genai:aws:FrontDoor" and opening.from_port == opening.to_port == FRONT_DOOR_PORT
        ),
    ),
    Exemption(
        "cluster-endpoint",
        "IAM guards the Kubernetes API, and a destroy from another address than the morning's must work",
        lambda opening: opening.resource_type in _CLUSTERS,
    ),
)


@resource_rule(*_ANYTHING_WITH_A_DOOR)
def nothing_is_open_to_the_world(resource: ResourceValidationArgs) -> Iterator[str]:
    """No address range as wide as the internet may enter."""
    for opening in _openings(resource):
        if opening.to_the_world:
            yield (
                f"{opening.cidr} lets the whole world in: name the ranges that may enter (allowedCidrs) or, behind the "
                "load balancer, the security group of the clients (referencedSecurityGroupId)"
            )


@resource_rule(*_ANYTHING_WITH_A_DOOR)
def outsiders_reach_only_the_load_balancer(resource: ResourceValidationArgs) -> Iterator[str]:
    """Public addresses may enter the load balancer and nothing behind it."""
    for opening in _openings(resource):
        outside = not opening.to_the_world and not opening.to_the_inside
        if outside and opening.component != "genai:aws:LoadBalancer":
            yield (
                f"{opening.cidr} reaches past the load balancer: name the security group of the clients instead "
                "(referencedSecurityGroupId)"
            )


def _openings(resource: ResourceValidationArgs) -> Iterator[Opening]:
    """What the resource opens, without what `EXEMPTIONS` cover."""
    component = resource.urn.split("::")[2].rpartition("$")[0].rpartition("$")[2]
    for cidr, ports in _ranges(resource.resource_type, resource.props):
        opening = Opening(resource.resource_type, component, cidr, ports.get("fromPort"), ports.get("toPort"))
        if not any(exemption.covers(opening) for exemption in EXEMPTIONS):
            yield opening


def _ranges(resource_type: str, properties: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each address range with the mapping that holds its ports."""
    if resource_type in _CLUSTERS:
        endpoint = properties.get("vpcConfig", properties)
        if endpoint.get("endpointPublicAccess"):
            yield from ((cidr, {}) for cidr in endpoint.get("publicAccessCidrs") or ("0.0.0.0/0",))
        return
    if resource_type in _GROUPS:
        rules = properties.get("ingress") or ()
    elif resource_type == _INGRESS_OR_EGRESS:
        rules = [properties] if properties.get("type") == "ingress" else []
    else:
        rules = [properties]
    for rule in rules:
        single = (rule.get("cidrIpv4"), rule.get("cidrIpv6"))
        for cidr in (*single, *(rule.get("cidrBlocks") or ()), *(rule.get("ipv6CidrBlocks") or ())):
            if cidr:
                yield cidr, rule
