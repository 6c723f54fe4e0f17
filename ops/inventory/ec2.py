"""Amazon EC2: finds the VPC of a stack with everything in it, instances, volumes and snapshots."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from catalogue.prices import AUTO_MODE_FEE
from ops.clouds.aws import Aws
from ops.clouds.removal import Item, RemovalStep
from ops.inventory import kinds
from ops.inventory.found import FoundResource
from ops.inventory.ownership import CLUSTER_TAGS


def tags_of(pairs: Sequence[Item] | None) -> dict[str, str]:
    """Tags as most services answer them: pairs of Key and Value."""
    return {str(pair["Key"]): str(pair.get("Value", "")) for pair in pairs or ()}


@dataclass(frozen=True, kw_only=True)
class _Listing:
    """How one kind is listed, and what each entry of the list says."""

    kind: str
    operation: str
    result: str
    """JMESPath to the entries; `id` is the key of an entry, and the parameter that deletes it."""
    id: str
    tags: str = "Tags"
    created: str = ""
    owners: Sequence[str] = ()
    in_vpc: bool = False
    """Whether it has no use without its VPC, and keeps that from being deleted."""
    gone: Callable[[Item], bool] = lambda _: False
    """Whether nothing is to be done about the entry: it goes by itself, or with something else."""
    priced: Callable[[Item], Sequence[tuple[str, float]] | None] = lambda _: ()
    removal: Callable[[Aws, Item], Sequence[RemovalStep]]


def _delete(operation: str, key: str, *, as_list: bool = False) -> Callable[[Aws, Item], Sequence[RemovalStep]]:
    parameter = f"{key}s" if as_list else key
    return lambda aws, item: [aws.step("ec2", operation, **{parameter: [item[key]] if as_list else item[key]})]


def _delete_nat_gateway(aws: Aws, gateway: Item) -> Sequence[RemovalStep]:
    deleted = aws.wait("ec2", "nat_gateway_deleted", NatGatewayIds=[gateway["NatGatewayId"]])
    if gateway["State"] == "deleting":
        return [deleted]
    settled = aws.settle("ec2", "nat_gateway_available", NatGatewayIds=[gateway["NatGatewayId"]])
    return [
        *([settled] if gateway["State"] == "pending" else ()),
        aws.step("ec2", "delete_nat_gateway", NatGatewayId=gateway["NatGatewayId"]),
        deleted,
    ]


def _delete_address(aws: Aws, address: Item) -> Sequence[RemovalStep]:
    release = aws.step("ec2", "release_address", AllocationId=address["AllocationId"])
    if "AssociationId" not in address:
        return [release]
    # That of a NAT gateway has ended with its gateway; of any other holder EC2 would not take the address.
    return [aws.step("ec2", "disassociate_address", AssociationId=address["AssociationId"]), release]


def _delete_instance(aws: Aws, instance: Item) -> Sequence[RemovalStep]:
    terminated = aws.wait("ec2", "instance_terminated", InstanceIds=[instance["InstanceId"]])
    if instance["State"]["Name"] == "shutting-down":
        return [terminated]
    unprotect = aws.step(
        "ec2", "modify_instance_attribute", InstanceId=instance["InstanceId"], DisableApiTermination={"Value": False}
    )
    return [
        # EC2 lets nobody but Auto Mode change a node of its own, which is protected by nobody else.
        *(() if instance.get("Operator", {}).get("Managed") else (unprotect,)),
        aws.step("ec2", "terminate_instances", InstanceIds=[instance["InstanceId"]]),
        terminated,
    ]


def _delete_internet_gateway(aws: Aws, gateway: Item) -> Sequence[RemovalStep]:
    key = {"InternetGatewayId": gateway["InternetGatewayId"]}
    attached = [attachment["VpcId"] for attachment in gateway.get("Attachments", ())]
    return [
        *(aws.step("ec2", "detach_internet_gateway", **key, VpcId=vpc) for vpc in attached),
        aws.step("ec2", "delete_internet_gateway", **key),
    ]


def _delete_route_table(aws: Aws, table: Item) -> Sequence[RemovalStep]:
    associations = [association["RouteTableAssociationId"] for association in table.get("Associations", ())]
    return [
        *(aws.step("ec2", "disassociate_route_table", AssociationId=association) for association in associations),
        aws.step("ec2", "delete_route_table", RouteTableId=table["RouteTableId"]),
    ]


def _delete_security_group(aws: Aws, group: Item) -> Sequence[RemovalStep]:
    """Rules that name other groups go first: two groups that name each other could not be deleted in any order."""
    steps: list[RemovalStep] = []
    for direction, key in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
        naming = [
            {
                **{name: rule[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in rule},
                "UserIdGroupPairs": pairs,
            }
            for rule in group.get(key, ())
            if (pairs := [{"GroupId": pair["GroupId"]} for pair in rule.get("UserIdGroupPairs", ())])
        ]
        if naming:
            operation = f"revoke_security_group_{direction}"
            steps.append(aws.step("ec2", operation, GroupId=group["GroupId"], IpPermissions=naming))
    return [*steps, aws.step("ec2", "delete_security_group", GroupId=group["GroupId"])]


def _instance_price(instance: Item) -> Sequence[tuple[str, float]]:
    if instance["State"]["Name"] not in ("pending", "running"):
        return ()
    node = any(key in CLUSTER_TAGS for key in tags_of(instance.get("Tags")))
    return [(instance["InstanceType"], 1 + AUTO_MODE_FEE if node else 1)]


LISTINGS = (
    _Listing(
        kind=kinds.VPC,
        operation="describe_vpcs",
        result="Vpcs[]",
        id="VpcId",
        removal=_delete("delete_vpc", "VpcId"),
    ),
    _Listing(
        kind=kinds.SUBNET,
        operation="describe_subnets",
        result="Subnets[]",
        id="SubnetId",
        in_vpc=True,
        removal=_delete("delete_subnet", "SubnetId"),
    ),
    _Listing(
        kind=kinds.ROUTE_TABLE,
        operation="describe_route_tables",
        result="RouteTables[]",
        id="RouteTableId",
        in_vpc=True,
        gone=lambda table: any(association.get("Main") for association in table.get("Associations", ())),
        removal=_delete_route_table,
    ),
    _Listing(
        kind=kinds.INTERNET_GATEWAY,
        operation="describe_internet_gateways",
        result="InternetGateways[]",
        id="InternetGatewayId",
        removal=_delete_internet_gateway,
    ),
    _Listing(
        kind=kinds.NAT_GATEWAY,
        operation="describe_nat_gateways",
        result="NatGateways[]",
        id="NatGatewayId",
        created="CreateTime",
        in_vpc=True,
        gone=lambda gateway: gateway["State"] == "deleted",
        priced=lambda gateway: [("NAT gateway", 1)] if gateway["State"] != "failed" else (),
        removal=_delete_nat_gateway,
    ),
    _Listing(
        kind=kinds.VPC_ENDPOINT,
        operation="describe_vpc_endpoints",
        result="VpcEndpoints[]",
        id="VpcEndpointId",
        created="CreationTimestamp",
        in_vpc=True,
        gone=lambda endpoint: str(endpoint["State"]).lower() == "deleted",
        priced=lambda endpoint: () if endpoint["VpcEndpointType"] == "Gateway" else None,
        removal=_delete("delete_vpc_endpoints", "VpcEndpointId", as_list=True),
    ),
    _Listing(
        kind=kinds.ELASTIC_IP,
        operation="describe_addresses",
        result="Addresses[]",
        id="AllocationId",
        priced=lambda _: [("public IPv4 address", 1)],
        gone=lambda address: "ServiceManaged" in address,  # goes with the load balancer or database that has it
        removal=_delete_address,
    ),
    _Listing(
        kind=kinds.NETWORK_INTERFACE,
        operation="describe_network_interfaces",
        result="NetworkInterfaces[]",
        id="NetworkInterfaceId",
        tags="TagSet",
        in_vpc=True,
        gone=lambda interface: interface["Status"] != "available",  # goes with what it is attached to
        removal=_delete("delete_network_interface", "NetworkInterfaceId"),
    ),
    _Listing(
        kind=kinds.SECURITY_GROUP,
        operation="describe_security_groups",
        result="SecurityGroups[]",
        id="GroupId",
        in_vpc=True,
        gone=lambda group: group["GroupName"] == "default",  # goes with its VPC and not before
        removal=_delete_security_group,
    ),
    _Listing(
        kind=kinds.EC2_INSTANCE,
        operation="describe_instances",
        result="Reservations[].Instances[]",
        id="InstanceId",
        created="LaunchTime",
        gone=lambda instance: instance["State"]["Name"] == "terminated",
        priced=_instance_price,
        removal=_delete_instance,
    ),
    _Listing(
        kind=kinds.LAUNCH_TEMPLATE,
        operation="describe_launch_templates",
        result="LaunchTemplates[]",
        id="LaunchTemplateId",
        created="CreateTime",
        removal=_delete("delete_launch_template", "LaunchTemplateId"),
    ),
    _Listing(
        kind=kinds.EBS_VOLUME,
        operation="describe_volumes",
        result="Volumes[]",
        id="VolumeId",
        created="CreateTime",
        priced=lambda volume: [(f"EBS {volume['VolumeType']} GiB", volume["Size"])],
        removal=_delete("delete_volume", "VolumeId"),
    ),
    _Listing(
        kind=kinds.EBS_SNAPSHOT,
        operation="describe_snapshots",
        result="Snapshots[]",
        id="SnapshotId",
        created="StartTime",
        owners=("self",),
        priced=lambda _: None,
        removal=_delete("delete_snapshot", "SnapshotId"),
    ),
)


def find(aws: Aws, listing: _Listing) -> Iterator[FoundResource]:
    """Everything of that kind."""
    parameters = {"OwnerIds": list(listing.owners)} if listing.owners else {}
    for item in aws.items("ec2", listing.operation, listing.result, **parameters):
        if not listing.gone(item):
            yield FoundResource(
                kind=listing.kind,
                id=item[listing.id],
                region=aws.region,
                tags=tags_of(item.get(listing.tags)),
                created=item.get(listing.created),
                priced=listing.priced(item),
                part_of=(kinds.VPC, item["VpcId"]) if listing.in_vpc else ("", ""),
                removal=tuple(listing.removal(aws, item)),
            )
