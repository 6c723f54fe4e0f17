"""Simulated EC2 networks and security groups: rows of the table of AWS types."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.aws.account import Account
from rehearsal.aws.request import at
from rehearsal.aws.table import AwsType, State, call, finder


def _ec2(create: str, id_: str, delete: Any, find: Any, tags: str, **more: Any) -> AwsType:
    return AwsType(service="ec2", create=create, id=id_, delete=delete, find=find, tags=tags, **more)


_DNS = ("enableDnsSupport", "enableDnsHostnames")


def _dns_settings(account: Account, id_: str, inputs: State) -> None:
    for key in _DNS:
        value = {"Value": bool(inputs.get(key, False))}
        account.call("ec2", "modify_vpc_attribute", VpcId=id_, **{key[0].upper() + key[1:]: value})


def _remove_nat_interface(account: Account, id_: str, state: State) -> None:
    for address in account.call("ec2", "describe_addresses", AllocationIds=[state["allocationId"]])["Addresses"]:
        if "AssociationId" in address:  # moto leaves it associated
            account.call("ec2", "disassociate_address", AssociationId=address["AssociationId"])
    for gateway in account.call("ec2", "describe_nat_gateways", NatGatewayIds=[id_])["NatGateways"]:
        for address in gateway["NatGatewayAddresses"]:  # moto leaves it behind
            with suppress(ClientError):
                account.call("ec2", "delete_network_interface", NetworkInterfaceId=address["NetworkInterfaceId"])


def _no_default_egress(account: Account, id_: str, state: State) -> None:
    """The provider takes away the rule that AWS gives every new group (Terraform: aws_security_group)."""
    everywhere = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    account.call("ec2", "revoke_security_group_egress", GroupId=id_, IpPermissions=[everywhere])


def _permission(account: Account, inputs: dict[str, Any]) -> dict[str, Any]:
    described = {"description": inputs.get("description")}
    permission = {key: inputs.get(key) for key in ("ipProtocol", "fromPort", "toPort")}
    if "cidrIpv4" in inputs:
        permission["ipRanges"] = [{"cidrIp": inputs["cidrIpv4"], **described}]
    else:
        permission["userIdGroupPairs"] = [{"groupId": inputs["referencedSecurityGroupId"], **described}]
    return {"groupId": inputs["securityGroupId"], "ipPermissions": [permission], "tags": inputs.get("tags")}


def _rule(direction: str) -> AwsType:
    return AwsType(
        service="ec2",
        create=f"authorize_security_group_{direction}",
        id="SecurityGroupRules.0.SecurityGroupRuleId",
        prepare=_permission,
        delete=call(
            "ec2", f"revoke_security_group_{direction}", GroupId="securityGroupId", SecurityGroupRuleIds=["id"]
        ),
        find=finder("ec2", "describe_security_group_rules", "SecurityGroupRules", SecurityGroupRuleIds=["id"]),
        tags="security-group-rule",
    )


def _in_route_table(path: str, **match: str) -> Any:
    return finder("ec2", "describe_route_tables", f"RouteTables.0.{path}", match, RouteTableIds=["routeTableId"])


def _find_vpc(account: Account, id_: str, state: State) -> Any:
    found = finder("ec2", "describe_vpcs", "Vpcs", VpcIds=["id"])(account, id_, state)
    for attribute in _DNS if found else ():
        answer = account.call("ec2", "describe_vpc_attribute", VpcId=id_, Attribute=attribute)
        found[attribute] = at(answer, f"{attribute}.Value")
    return found


TYPES: Mapping[str, AwsType] = {
    "aws:ec2/vpc:Vpc": _ec2(
        "create_vpc",
        "Vpc.VpcId",
        call("ec2", "delete_vpc", VpcId="id"),
        _find_vpc,
        "vpc",
        elsewhere=frozenset(_DNS),
        updates=frozenset(_DNS),
        settings=_dns_settings,
        reads={key: key for key in _DNS},
    ),
    "aws:ec2/subnet:Subnet": _ec2(
        "create_subnet",
        "Subnet.SubnetId",
        call("ec2", "delete_subnet", SubnetId="id"),
        finder("ec2", "describe_subnets", "Subnets", SubnetIds=["id"]),
        "subnet",
    ),
    "aws:ec2/internetGateway:InternetGateway": _ec2(
        "create_internet_gateway",
        "InternetGateway.InternetGatewayId",
        call("ec2", "delete_internet_gateway", InternetGatewayId="id"),
        finder("ec2", "describe_internet_gateways", "InternetGateways", InternetGatewayIds=["id"]),
        "internet-gateway",
        elsewhere=frozenset({"vpcId"}),
        after_create=call("ec2", "attach_internet_gateway", InternetGatewayId="id", VpcId="vpcId"),
        before_delete=call("ec2", "detach_internet_gateway", InternetGatewayId="id", VpcId="vpcId"),
    ),
    "aws:ec2/eip:Eip": _ec2(
        "allocate_address",
        "AllocationId",
        call("ec2", "release_address", AllocationId="id"),
        finder("ec2", "describe_addresses", "Addresses", AllocationIds=["id"]),
        "elastic-ip",
        outputs=lambda account, id_, inputs, found: {"allocationId": id_, "publicIp": found["PublicIp"]},
    ),
    "aws:ec2/natGateway:NatGateway": _ec2(
        "create_nat_gateway",
        "NatGateway.NatGatewayId",
        call("ec2", "delete_nat_gateway", NatGatewayId="id"),
        finder("ec2", "describe_nat_gateways", "NatGateways", NatGatewayIds=["id"]),
        "natgateway",
        after_delete=_remove_nat_interface,
    ),
    "aws:ec2/routeTable:RouteTable": _ec2(
        "create_route_table",
        "RouteTable.RouteTableId",
        call("ec2", "delete_route_table", RouteTableId="id"),
        finder("ec2", "describe_route_tables", "RouteTables", RouteTableIds=["id"]),
        "route-table",
    ),
    "aws:ec2/route:Route": AwsType(
        service="ec2",
        create="create_route",
        id=lambda answer, inputs: f"r-{inputs['routeTableId']}{inputs['destinationCidrBlock']}",
        delete=call("ec2", "delete_route", RouteTableId="routeTableId", DestinationCidrBlock="destinationCidrBlock"),
        find=_in_route_table("Routes", DestinationCidrBlock="destinationCidrBlock"),
        tags="",
        update="replace_route",
        updates=frozenset({"gatewayId", "natGatewayId"}),
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": AwsType(
        service="ec2",
        create="associate_route_table",
        id="AssociationId",
        delete=call("ec2", "disassociate_route_table", AssociationId="id"),
        find=_in_route_table("Associations", RouteTableAssociationId="id"),
        tags="",
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _ec2(
        "create_vpc_endpoint",
        "VpcEndpoint.VpcEndpointId",
        call("ec2", "delete_vpc_endpoints", VpcEndpointIds=["id"]),
        finder("ec2", "describe_vpc_endpoints", "VpcEndpoints", VpcEndpointIds=["id"]),
        "vpc-endpoint",
    ),
    "aws:ec2/securityGroup:SecurityGroup": _ec2(
        "create_security_group",
        "GroupId",
        call("ec2", "delete_security_group", GroupId="id"),
        finder("ec2", "describe_security_groups", "SecurityGroups", GroupIds=["id"]),
        "security-group",
        names={"name": "GroupName"},
        name="name",
        after_create=_no_default_egress,
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _rule("ingress"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _rule("egress"),
}
