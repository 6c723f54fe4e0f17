"""CrossGuard rules about security groups and public endpoints: no address range as wide as the internet may enter."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi_policy import PolicyResource, ResourceValidationArgs
from pulumi_policy.proxy import UnknownValueError

from catalogue.limits import MOST_ADDRESSES
from policies.apim import APIM_ENTRY_PORT
from policies.guardrails.rule import resource_rule, stack_rule

_MOST = {4: MOST_ADDRESSES, 6: 2**112}
"""Addresses that one organization may have: in IPv6 a /16, the largest that a registry has given to one."""
_INSIDE = [ipaddress.ip_network(cidr) for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")]
_INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_INGRESS_OR_EGRESS = "aws:ec2/securityGroupRule:SecurityGroupRule"
_GROUPS = ("aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
_CLUSTERS = ("eks:index:Cluster", "aws:eks/cluster:Cluster")
_TYPES_WITH_INGRESS = (_INGRESS, _INGRESS_OR_EGRESS, *_GROUPS, *_CLUSTERS)


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
    def network(self) -> Any:
        """The range, of either version."""
        return ipaddress.ip_network(self.cidr, strict=False)

    @property
    def to_the_inside(self) -> bool:
        """Private addresses only."""
        return any(self.network.version == inside.version and self.network.subnet_of(inside) for inside in _INSIDE)


@dataclass(frozen=True)
class Exemption:
    """What may be open all the same, and why."""

    name: str
    why: str
    covers: Callable[[Opening], bool]


EXEMPTIONS = (
    Exemption(
        "apim-entry-port",
        "API Management has no fixed address; the listener refuses whatever lacks the secret header",
        lambda opening: (
            opening.component == "genai:aws:ApimEntry" and opening.from_port == opening.to_port == APIM_ENTRY_PORT
        ),
    ),
    Exemption(
        "cluster-endpoint",
        "IAM guards the Kubernetes API, and a destroy from another address than that of `pulumi up` must work",
        lambda opening: opening.resource_type in _CLUSTERS,
    ),
)


_INSTEAD = (
    "lets the whole world in: name the ranges that may enter (allowedCidrs) or, behind the load balancer, the security "
    "group of the clients (referencedSecurityGroupId)"
)


@resource_rule(*_TYPES_WITH_INGRESS)
def nothing_is_open_to_the_world(resource: ResourceValidationArgs) -> Iterator[str]:
    """No address ranges as wide as the internet may enter, neither one nor several of a resource."""
    if ranges := _as_wide_as_the_internet(_openings(resource)):
        yield f"{', '.join(ranges)} {_INSTEAD}"


@stack_rule
def rules_together_are_not_open_to_the_world(
    resources: Sequence[PolicyResource],
) -> Iterator[tuple[PolicyResource, str]]:
    """No rules of security groups may let in together what is as wide as the internet."""
    openings: list[Opening] = []
    last = None
    for resource in resources:
        if resource.resource_type in (_INGRESS, _INGRESS_OR_EGRESS):
            try:
                own = list(_openings(resource))
            except UnknownValueError:  # the rule above says so
                continue
            if own and not _as_wide_as_the_internet(own):
                openings, last = [*openings, *own], resource
    if last and (ranges := _as_wide_as_the_internet(openings)):
        yield last, f"{ranges[0]} and {len(ranges) - 1} more ranges of other rules {_INSTEAD}"


@resource_rule(*_TYPES_WITH_INGRESS)
def outsiders_reach_only_the_load_balancer(resource: ResourceValidationArgs) -> Iterator[str]:
    """Public addresses may enter the load balancer and nothing behind it."""
    openings = list(_openings(resource))
    if _as_wide_as_the_internet(openings):
        return
    for opening in openings:
        if not opening.to_the_inside and opening.component != "genai:aws:LoadBalancer":
            yield (
                f"{opening.cidr} reaches past the load balancer: name the security group of the clients instead "
                "(referencedSecurityGroupId)"
            )


def _as_wide_as_the_internet(openings: Iterable[Opening]) -> Sequence[str]:
    """The ranges, widest first, where alone or together they are as wide as the internet; else none."""
    outside = {opening.network for opening in openings if not opening.to_the_inside}
    for version, most in _MOST.items():
        ranges = [network for network in outside if network.version == version]
        if sum(network.num_addresses for network in ipaddress.collapse_addresses(ranges)) > most:
            return [str(network) for network in sorted(ranges, key=lambda network: (network.prefixlen, network))]
    return []


def _openings(resource: ResourceValidationArgs | PolicyResource) -> Iterator[Opening]:
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
