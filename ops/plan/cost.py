"""What the recorded program costs while it stands idle, by component, from the price table of its region."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ops.plan import eks_children, nodes
from ops.plan.prices import PRICES, USAGE_PRICES, Price, UsagePrice
from ops.recorder import Resource, plain

HOURS_PER_DAY = 8
"""A working day, morning to evening."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One item of one component. `usd_per_hour` is for the whole quantity."""

    component: str
    item: str
    quantity: float
    usd_per_hour: float
    source: str


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a component pays by use, on top."""

    component: str
    item: str
    price: UsagePrice


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The bill of an idle day. What is unpriced is not in the sums."""

    region: str
    lines: tuple[Line, ...]
    usage: tuple[Usage, ...]
    unpriced: tuple[str, ...]
    """Each names the item or resource, its component and the region."""

    @property
    def usd_per_hour(self) -> float:
        """The sum of the lines."""
        return sum(line.usd_per_hour for line in self.lines)

    @property
    def usd_per_day(self) -> float:
        """The sum for `HOURS_PER_DAY` hours."""
        return self.usd_per_hour * HOURS_PER_DAY

    @property
    def per_hour(self) -> str:
        """The sum of the lines in words, which say when it is not everything."""
        amount = f"{self.usd_per_hour:.2f} USD an hour"
        return f"at least {amount} (not every price in {self.region} is known)" if self.unpriced else amount


Items = Iterable[tuple[str, float]]
"""Item of the price table, and how many of it."""


def _load_balancer(balancer: Resource) -> Items:
    inputs = plain(balancer.inputs)
    yield f"{inputs.get('loadBalancerType', 'application')} load balancer", 1
    if not inputs.get("internal"):
        yield "public IPv4 address", len(inputs.get("subnets") or inputs.get("subnetMappings") or [])


def _cache(group: Resource) -> Items:
    inputs = plain(group.inputs)
    yield f"{str(inputs['engine']).capitalize()} {inputs['nodeType']}", inputs["numCacheClusters"]


def _endpoint(endpoint: Resource) -> Items:
    if endpoint.inputs.get("vpcEndpointType", "Gateway") != "Gateway":  # gateway endpoints are free
        yield f"{endpoint.inputs['vpcEndpointType']} endpoint", 1


def _volume_claims(stateful_set: Resource) -> Items:
    spec = plain(stateful_set.inputs)["spec"]
    for claim in spec.get("volumeClaimTemplates", []):
        storage = claim["spec"]["resources"]["requests"]["storage"]
        yield "EBS gp3 GiB", nodes.gibibytes(storage) * spec.get("replicas", 1)


_PRICED: Mapping[str, Callable[[Resource], Items]] = {
    "azure-native:apimanagement:ApiManagementService": lambda service: [
        (f"API Management {plain(service.inputs)['sku']['name']}", plain(service.inputs)["sku"]["capacity"])
    ],
    eks_children.CLUSTER: lambda _: [("EKS cluster", 1)],
    "aws:ec2/eip:Eip": lambda _: [("public IPv4 address", 1)],
    "aws:ec2/natGateway:NatGateway": lambda _: [("NAT gateway", 1)],
    "aws:ec2/vpcEndpoint:VpcEndpoint": _endpoint,
    "aws:elasticache/replicationGroup:ReplicationGroup": _cache,
    "aws:lb/loadBalancer:LoadBalancer": _load_balancer,
    "kubernetes:apps/v1:StatefulSet": _volume_claims,
    "kubernetes:core/v1:PersistentVolumeClaim": lambda claim: [
        ("EBS gp3 GiB", nodes.gibibytes(plain(claim.inputs)["spec"]["resources"]["requests"]["storage"]))
    ],
}

_BY_USE: Mapping[str, tuple[str, ...]] = {
    "azure-native:keyvault:Vault": ("Key Vault operations",),
    "azure-native:operationalinsights:Workspace": ("Log Analytics ingestion",),
    "aws:ec2/natGateway:NatGateway": ("NAT gateway data",),
    "aws:lb/loadBalancer:LoadBalancer": ("load balancer capacity", "transfer to the internet"),
    "aws:rds/cluster:Cluster": ("Aurora storage", "Aurora input and output"),
    "aws:s3/bucket:Bucket": ("S3 storage", "S3 writes"),
}

_FREE = frozenset(
    {
        # Parts of an API Management service, and what only points at a workspace that is paid by the GB.
        "azure-native:apimanagement:Api",
        "azure-native:apimanagement:ApiDiagnostic",
        "azure-native:apimanagement:ApiOperation",
        "azure-native:apimanagement:ApiPolicy",
        "azure-native:apimanagement:Backend",
        "azure-native:apimanagement:Diagnostic",
        "azure-native:apimanagement:Logger",
        "azure-native:apimanagement:NamedValue",
        "azure-native:applicationinsights:Component",
        "azure-native:applicationinsights:Workbook",
        "azure-native:authorization:RoleAssignment",
        "azure-native:keyvault:Secret",
        "azure-native:managedidentity:UserAssignedIdentity",
        "azure-native:monitor:DiagnosticSetting",
        "azure-native:operationalinsights:SavedSearch",
        "azure-native:resources:Deployment",
        "azure-native:resources:ResourceGroup",
        "aws:acm/certificate:Certificate",
        "aws:acm/certificateValidation:CertificateValidation",
        "aws:ec2/internetGateway:InternetGateway",
        "aws:ec2/route:Route",
        "aws:ec2/routeTable:RouteTable",
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:ec2/subnet:Subnet",
        "aws:ec2/vpc:Vpc",
        "aws:elasticache/parameterGroup:ParameterGroup",
        "aws:elasticache/subnetGroup:SubnetGroup",
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        "aws:iam/role:Role",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "aws:lb/listener:Listener",
        "aws:lb/listenerCertificate:ListenerCertificate",
        "aws:lb/listenerRule:ListenerRule",
        "aws:lb/targetGroup:TargetGroup",
        "aws:rds/clusterParameterGroup:ClusterParameterGroup",
        "aws:rds/subnetGroup:SubnetGroup",
        "aws:route53/record:Record",
        "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    }
)

_FREE_PACKAGES = frozenset({"azuread", "kubernetes", "pulumi", "pulumi-python", "random", "tls"})
"""Packages whose resources cost nothing of their own: pods are paid for by the nodes, Entra ID's objects are free."""

_NODE_DISK_GIB = 80  # EKS user guide, "Create a Node Class": ephemeralStorage of the specification


class _Bill:
    """Collects lines; an item without a price in the region goes to the unpriced."""

    def __init__(self, resources: Sequence[Resource], region: str) -> None:
        self.resources = {resource.urn: resource for resource in resources}
        self.region, self.prices, self.usage_prices = region, PRICES.get(region, {}), USAGE_PRICES.get(region, {})
        self.lines: dict[tuple[str, str], Line] = {}
        self.usage: dict[tuple[str, str], Usage] = {}
        self.unpriced: set[str] = set()

    def component(self, resource: Resource) -> str:
        """The name of the nearest component of ours that holds the resource, else its own."""
        holder: Resource | None = resource
        while holder and not holder.type.startswith("genai:"):
            holder = self.resources.get(holder.parent)
        return holder.name if holder else resource.name

    def add(self, resource: Resource, item: str, quantity: float) -> None:
        if item in self.prices:
            self.add_priced(resource, item, quantity, self.prices[item])
        elif quantity:
            self.no_price(resource, item)

    def add_priced(self, resource: Resource, item: str, quantity: float, price: Price) -> None:
        component = self.component(resource)
        known = self.lines.get((component, item))
        total = quantity + (known.quantity if known else 0)
        self.lines[component, item] = Line(
            component=component,
            item=item,
            quantity=total,
            usd_per_hour=total * price.usd_per_hour,
            source=f"{price.source}, {price.date}",
        )

    def add_usage(self, resource: Resource, item: str) -> None:
        if item in self.usage_prices:
            component = self.component(resource)
            self.usage[component, item] = Usage(component=component, item=item, price=self.usage_prices[item])

    def no_price(self, resource: Resource, item: str) -> None:
        self.unpriced.add(f"{item} of {self.component(resource)} in {self.region}")


def cost(resources: Sequence[Resource], region: str) -> Cost:
    """The cost of all resources, the children of the EKS component included (`ops.plan.engine_graph`)."""
    bill = _Bill(resources, region)
    for resource in resources:
        if resource.custom:
            _add(bill, resource)
    _add_nodes(bill)
    return Cost(
        region=region,
        lines=tuple(line for _, line in sorted(bill.lines.items())),
        usage=tuple(usage for _, usage in sorted(bill.usage.items())),
        unpriced=tuple(sorted(bill.unpriced)),
    )


def _add(bill: _Bill, resource: Resource) -> None:
    for item in _BY_USE.get(resource.type, ()):
        bill.add_usage(resource, item)
    if resource.type in _PRICED:
        for item, quantity in _PRICED[resource.type](resource):
            bill.add(resource, item, quantity)
    elif resource.type == "aws:rds/clusterInstance:ClusterInstance":
        _add_aurora(bill, resource)
    elif resource.type not in _FREE | _BY_USE.keys() and resource.type.partition(":")[0] not in _FREE_PACKAGES:
        bill.no_price(resource, resource.type)


def _add_aurora(bill: _Bill, instance: Resource) -> None:
    if instance.inputs["instanceClass"] != "db.serverless":
        bill.no_price(instance, f"Aurora {instance.inputs['instanceClass']}")
        return
    clusters = [bill.resources[urn] for urn in instance.property_dependencies["clusterIdentifier"]]
    for cluster in clusters:
        if cluster.type == "aws:rds/cluster:Cluster":
            scaling = plain(cluster.inputs)["serverlessv2ScalingConfiguration"]
            bill.add(instance, "Aurora PostgreSQL ACU", scaling["minCapacity"])


def _add_nodes(bill: _Bill) -> None:
    """The nodes of the EKS cluster, for the requests of all pods together."""
    cluster = next((one for one in bill.resources.values() if one.type == eks_children.CLUSTER), None)
    if cluster is None:
        return
    cpus = memory_gib = 0.0
    for resource in bill.resources.values():
        try:
            asked = nodes.requests(resource)
        except nodes.UnknownPodsError as unknown:
            bill.no_price(resource, str(unknown))
        else:
            cpus, memory_gib = cpus + asked.cpus, memory_gib + asked.memory_gib
    if not cpus:
        return
    chosen = nodes.estimate(nodes.Requests(cpus=cpus, memory_gib=memory_gib), bill.prices)
    if chosen is None:
        bill.no_price(cluster, f"nodes for {cpus:g} CPUs and {memory_gib:g} GiB")
        return
    price = bill.prices[chosen.type]
    bill.add_priced(
        cluster,
        f"Auto Mode node {chosen.type}, for pods that ask for {cpus:g} CPUs and {memory_gib:g} GiB",
        chosen.count,
        Price(usd_per_hour=chosen.usd_per_hour, source=f"{price.source} and 12 % for Auto Mode", date=price.date),
    )
    bill.add(cluster, "EBS gp3 GiB", chosen.count * _NODE_DISK_GIB)
