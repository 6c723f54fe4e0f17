"""VPC with public and private subnets, NAT gateways and an S3 endpoint."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """Inputs of `Network`. `cidr` is an IPv4 range from /16 to /20, cut into sixteen equal slices, a subnet each.

    `zones` are availability zone names, at least two. Private subnets share one NAT gateway, or each zone has its own.
    """

    cidr: str
    zones: Sequence[str]
    region: str
    tags: Mapping[str, pulumi.Input[str]]
    nat_gateways: Literal["one", "one per zone"]

    def __post_init__(self) -> None:
        if len(self.zones) < 2:
            raise ValueError(f"{len(self.zones)} availability zone is not enough for EKS and Aurora: give two or three")
        if ipaddress.IPv4Network(self.cidr).prefixlen > 20:
            raise ValueError(f"{self.cidr} is too small for sixteen subnets: give a range from /16 to /20")


class Network(pulumi.ComponentResource):
    """A VPC with a public and a private subnet per zone, NAT for the private ones and a free S3 endpoint beside it."""

    vpc_id: pulumi.Output[str]
    public_subnet_ids: Sequence[pulumi.Output[str]]
    """Known only once the subnet has its way to the internet, which a load balancer and a NAT gateway need."""
    private_subnet_ids: Sequence[pulumi.Output[str]]
    """Known as soon as the subnet exists: what lives there and needs the internet waits for `private_routes`."""
    private_associations: Sequence[pulumi.Resource]
    """Each private subnet with its own route table, whether that leads anywhere yet or not."""
    private_routes: Sequence[pulumi.Resource]
    """The way from the private subnets to the internet and to S3."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the network; see `NetworkArgs`."""
        super().__init__("genai:aws:Network", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        slices = list(ipaddress.IPv4Network(args.cidr).subnets(prefixlen_diff=4))

        def tags(suffix: str) -> dict[str, pulumi.Input[str]]:
            return {**args.tags, "Name": f"{name}-{suffix}"}

        vpc = aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=args.cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=tags("vpc"),
            opts=child,
        )
        gateway = aws.ec2.InternetGateway(f"{name}-internet", vpc_id=vpc.id, tags=tags("internet"), opts=child)
        public_table = aws.ec2.RouteTable(f"{name}-public", vpc_id=vpc.id, tags=tags("public"), opts=child)
        public_route = aws.ec2.Route(
            f"{name}-public",
            route_table_id=public_table.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway.id,
            opts=child,
        )

        self.public_subnet_ids, self.private_subnet_ids = [], []
        self.private_associations, self.private_routes = [], []
        private_tables: list[aws.ec2.RouteTable] = []
        nat: aws.ec2.NatGateway | None = None
        for index, zone in enumerate(args.zones):
            public = aws.ec2.Subnet(
                f"{name}-public-{index}",
                vpc_id=vpc.id,
                cidr_block=str(slices[8 + index]),
                availability_zone=zone,
                # EKS finds subnets for load balancers by role tags (EKS user guide, "Tag subnets for EKS Auto Mode").
                tags={**tags(f"public-{zone}"), "kubernetes.io/role/elb": "1"},
                opts=child,
            )
            association = aws.ec2.RouteTableAssociation(
                f"{name}-public-{index}",
                subnet_id=public.id,
                route_table_id=public_table.id,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[public_route]),
            )
            public_subnet_id = pulumi.Output.all(public.id, association.id).apply(lambda ids: str(ids[0]))
            self.public_subnet_ids.append(public_subnet_id)

            if nat is None or args.nat_gateways == "one per zone":
                address = aws.ec2.Eip(
                    f"{name}-nat-{index}",
                    domain="vpc",
                    tags=tags(f"nat-{zone}"),
                    # Its association alone needs the gateway; for depth only it waits for the subnet's way there, so
                    # that destroy deletes the NAT gateway in a wave that lasts as long anyway.
                    opts=pulumi.ResourceOptions(parent=self, depends_on=[association]),
                )
                nat = aws.ec2.NatGateway(
                    f"{name}-{index}",
                    allocation_id=address.id,
                    subnet_id=public_subnet_id,
                    tags=tags(f"nat-{zone}"),
                    opts=child,
                )
            private = aws.ec2.Subnet(
                f"{name}-private-{index}",
                vpc_id=vpc.id,
                cidr_block=str(slices[index]),
                availability_zone=zone,
                tags={**tags(f"private-{zone}"), "kubernetes.io/role/internal-elb": "1"},
                opts=child,
            )
            table = aws.ec2.RouteTable(
                f"{name}-private-{index}", vpc_id=vpc.id, tags=tags(f"private-{zone}"), opts=child
            )
            private_tables.append(table)
            route = aws.ec2.Route(
                f"{name}-private-{index}",
                route_table_id=table.id,
                destination_cidr_block="0.0.0.0/0",
                nat_gateway_id=nat.id,
                opts=child,
            )
            private_association = aws.ec2.RouteTableAssociation(
                f"{name}-private-{index}", subnet_id=private.id, route_table_id=table.id, opts=child
            )
            self.private_subnet_ids.append(private.id)
            self.private_associations.append(private_association)
            self.private_routes.append(route)

        s3 = aws.ec2.VpcEndpoint(
            f"{name}-s3",
            vpc_id=vpc.id,
            service_name=f"com.amazonaws.{args.region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in private_tables],
            tags=tags("s3"),
            opts=child,
        )
        self.private_routes.append(s3)
        self.vpc_id = vpc.id
        self.register_outputs({"vpc_id": self.vpc_id})
