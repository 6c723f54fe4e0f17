"""VPC: subnets, routes to the internet, and what waits for them."""

from __future__ import annotations

import ipaddress
from typing import Literal

import pytest

from components.aws.network import Network, NetworkArgs
from ops.model.recorder import Recording, record

ZONES = ["us-east-1a", "us-east-1b", "us-east-1c"]


def recorded(zones: int = 2, nat: Literal["one", "one per zone"] = "one", cidr: str = "10.0.0.0/16") -> Recording:
    args = NetworkArgs(cidr=cidr, zones=ZONES[:zones], region="us-east-1", tags={}, nat_gateways=nat)
    return record(lambda: _discard(Network("network", args)))


def _discard(_: object) -> None:
    return None


@pytest.mark.parametrize("cidr", ["10.0.0.0/16", "192.168.0.0/20"])
@pytest.mark.parametrize("zones", [2, 3])
def test_subnets_lie_inside_the_vpc_and_never_overlap(zones: int, cidr: str) -> None:
    subnets = [
        ipaddress.IPv4Network(subnet.inputs["cidrBlock"])
        for subnet in recorded(zones, cidr=cidr).of_type("aws:ec2/subnet:Subnet")
    ]
    assert len(subnets) == 2 * zones
    assert all(subnet.subnet_of(ipaddress.IPv4Network(cidr)) for subnet in subnets)
    assert not any(a.overlaps(b) for i, a in enumerate(subnets) for b in subnets[:i])


def test_one_nat_gateway_serves_all_private_subnets_unless_each_zone_has_its_own() -> None:
    for nat, count in (("one", 1), ("one per zone", 2)):
        recording = recorded(nat=nat)  # type: ignore[arg-type]  # mypy widens the literals of the tuple
        assert len(recording.of_type("aws:ec2/natGateway:NatGateway")) == count
        routes = [r for r in recording.of_type("aws:ec2/route:Route") if "natGatewayId" in r.inputs]
        assert len(routes) == 2
        assert len({route.inputs["natGatewayId"] for route in routes}) == count


def test_a_nat_gateway_waits_for_its_subnets_way_to_the_internet() -> None:
    recording = recorded()
    by_urn = recording.by_urn()
    nat = recording.one("aws:ec2/natGateway:NatGateway")
    waits_for = {by_urn[urn].type for urn in nat.dependencies}
    assert "aws:ec2/routeTableAssociation:RouteTableAssociation" in waits_for


def test_eks_finds_the_subnets_by_their_role_tags() -> None:
    for subnet in recorded().of_type("aws:ec2/subnet:Subnet"):
        role = "elb" if "public" in subnet.name else "internal-elb"
        assert subnet.inputs["tags"][f"kubernetes.io/role/{role}"] == "1"


def test_s3_traffic_of_private_subnets_stays_off_the_nat_gateway() -> None:
    recording = recorded()
    endpoint = recording.one("aws:ec2/vpcEndpoint:VpcEndpoint")
    assert endpoint.inputs["vpcEndpointType"] == "Gateway"
    tables = {f"{t.name}-id" for t in recording.of_type("aws:ec2/routeTable:RouteTable") if "private" in t.name}
    assert set(endpoint.inputs["routeTableIds"]) == tables


def test_one_zone_and_a_range_too_small_are_refused() -> None:
    with pytest.raises(ValueError, match="not enough for EKS and Aurora"):
        recorded(zones=1)
    with pytest.raises(ValueError, match="too small for sixteen subnets"):
        recorded(cidr="10.0.0.0/24")
