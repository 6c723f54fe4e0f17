"""Architecture diagram in Mermaid, drawn from the recorded program."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from ops.model import eks_children
from ops.model.recorder import Recording, Resource, plain
from ops.project import ROOT
from ops.stack.plan import Plan
from stacks.errors import GenaiError

FILE = ROOT / "docs" / "architecture.md"

_PAGE = """# Architecture

Drawn from the program itself: `genai plan --write-docs` runs it, with the settings of the stack, and writes this page.
A test fails when the page no longer shows what the program builds.

```mermaid
{mermaid}
```

- A solid arrow: sends requests to. On arrows of the load balancer stand its ports.
- A dotted arrow: takes the role. A role leads to what it may use.
- Pods reach everything outside the VPC through the NAT gateway, except S3, which has an endpoint of its own.
"""

_WORKLOADS = ("kubernetes:helm.sh/v3:Release", "kubernetes:apps/v1:StatefulSet", "kubernetes:batch/v1:Job")
_BALANCER = "aws:lb/loadBalancer:LoadBalancer"
_BUCKET = "aws:s3/bucket:Bucket"
_ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
_LISTENER = "aws:lb/listener:Listener"
_NAT = "aws:ec2/natGateway:NatGateway"
_ROLE = "aws:iam/role:Role"
_ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
_SUBNET = "aws:ec2/subnet:Subnet"
_TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"

_TITLES: Mapping[str, Callable[[Mapping[str, Any], str], str]] = {
    "kubernetes:apps/v1:StatefulSet": lambda inputs, _: f"{inputs['metadata']['name']}<br/>StatefulSet",
    "kubernetes:batch/v1:Job": lambda inputs, _: f"{inputs['metadata']['name']}<br/>Job",
    "kubernetes:helm.sh/v3:Release": lambda inputs, _: f"{inputs['name']}<br/>Helm chart {inputs['version']}",
    "aws:elasticache/replicationGroup:ReplicationGroup": lambda inputs, _: (
        f"{inputs['engine'].capitalize()}<br/>ElastiCache"
    ),
    "aws:rds/cluster:Cluster": lambda inputs, _: f"{inputs['engine']} {inputs['engineVersion']}<br/>Serverless v2",
    _BALANCER: lambda inputs, _: f"{inputs['loadBalancerType']} load balancer",
    _BUCKET: lambda _, name: f"bucket<br/>{name}",
    _ENDPOINT: lambda inputs, _: f"{inputs['serviceName'].rpartition('.')[2].upper()} endpoint",
    _NAT: lambda *_: "NAT gateway",
    _ROLE: lambda _, name: name,
}
"""Types that are drawn, and what is written on them: from the inputs and the name."""

_SHAPES: Mapping[str, tuple[str, str]] = {
    "aws:elasticache/replicationGroup:ReplicationGroup": ("[(", ")]"),
    "aws:rds/cluster:Cluster": ("[(", ")]"),
    _BUCKET: ("[(", ")]"),
    _ROLE: ("{{", "}}"),
}


class NotDrawnError(GenaiError):
    """No page is drawn from the program of this stack, or it cannot be written."""


def write(plan: Plan) -> None:
    """Draw anew what `docs/` shows of this kind of stack. NotDrawnError when they are drawn by hand, or read-only."""
    draw = PAGES[plan.config.kind.name]
    if draw is None:
        raise NotDrawnError(f"What docs/ shows of {plan.config.kind.title} is drawn by hand: leave --write-docs out.")
    try:
        draw(plan)
    except OSError as error:
        raise NotDrawnError(f"The drawings in docs/ cannot be written: {error}.") from error


def page(plan: Plan) -> str:
    """The text of `docs/architecture.md`."""
    return _PAGE.format(mermaid=mermaid(plan))


def mermaid(plan: Plan) -> str:
    """The flow chart in Mermaid's language."""
    picture = _Picture(plan.recording)
    return "\n".join(
        [
            "flowchart LR",
            "    users([users])",
            f'    subgraph region["AWS {plan.cost.region}"]',
            *(f"    {line}" for line in picture.boxes()),
            "    end",
            *(f"    {line}" for line in sorted(set(picture.arrows()))),
        ]
    )


class _Picture:
    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.by_urn = recording.by_urn()
        # Sorted: the order of registration is another one in each run.
        self.drawn = sorted(
            (resource for resource in recording.resources if resource.type in _TITLES),
            key=lambda resource: resource.urn,
        )

    def boxes(self) -> Iterator[str]:
        """Nested boxes: VPC, subnets, cluster, namespace; roles and buckets beside the VPC."""
        places: dict[str, list[Resource]] = {"public": [], "private": [], "vpc": [], "namespace": [], "account": []}
        for resource in self.drawn:
            places[self._place(resource)].append(resource)

        def nodes(place: str) -> Iterator[str]:
            return (_node(resource) for resource in places[place])

        vpc = self.recording.one("aws:ec2/vpc:Vpc")
        cluster = self.recording.one(eks_children.COMPONENT)
        namespace = plain(self.recording.one("kubernetes:core/v1:Namespace").inputs)["metadata"]["name"]
        in_cluster = _box(
            "cluster",
            f"EKS Auto Mode, Kubernetes {cluster.inputs['version']}",
            [
                *_box("namespace", f"namespace {namespace}", nodes("namespace")),
            ],
        )
        in_vpc = [
            *_box("public", self._subnets("elb", "public"), nodes("public")),
            *_box("private", self._subnets("internal-elb", "private"), [*in_cluster, *nodes("private")]),
            *nodes("vpc"),
        ]
        yield from _box("vpc", f"VPC {vpc.inputs['cidrBlock']}", in_vpc)
        yield from nodes("account")
        if any(True for _ in self._bedrock_roles()):
            yield "    bedrock([Amazon Bedrock])"

    def arrows(self) -> Iterator[str]:
        """Who talks to whom, and who may."""
        yield from self._entry()
        roles = dict(self._roles())
        for workload in self.drawn:
            if workload.type not in _WORKLOADS:
                continue
            role = next((role for subject, role in roles.items() if _runs_as(workload.inputs, subject)), None)
            through_role = {used.urn for used in self._allowed(role)} if role else set()
            if role:
                yield f"{_id(workload)} -.-> {_id(role)}"
            for used in [*self._sources(workload, _TITLES), *self._called(workload)]:
                if used.urn not in through_role and used.type not in (_ROLE, _BALANCER):
                    yield f"{_id(workload)} --> {_id(used)}"
        for role in roles.values():
            for used in self._allowed(role):
                yield f"{_id(role)} --> {_id(used)}"
        for role in self._bedrock_roles():
            yield f"{_id(role)} --> bedrock"
        for way_out in self.drawn:
            if way_out.type in (_NAT, _ENDPOINT):
                yield f"private --> {_id(way_out)}"

    def _place(self, resource: Resource) -> str:
        if resource.type in _WORKLOADS:
            return "namespace"
        if resource.type == _ENDPOINT:
            return "vpc"
        if resource.type in (_BUCKET, _ROLE):
            return "account"
        tags = [tag for subnet in self._sources(resource, [_SUBNET]) for tag in subnet.inputs.get("tags", {})]
        if "kubernetes.io/role/elb" in tags:
            return "public"
        return "private"

    def _subnets(self, role: str, title: str) -> str:
        subnets = [
            subnet
            for subnet in self.recording.of_type(_SUBNET)
            if f"kubernetes.io/role/{role}" in subnet.inputs["tags"]
        ]
        return f"{title} subnets: " + ", ".join(sorted(subnet.inputs["cidrBlock"] for subnet in subnets))

    def _sources(self, resource: Resource, types: Collection[str], key: str = "") -> list[Resource]:
        """Resources of these types whose outputs went, by way of any others, into the inputs (or only into `key`)."""
        found: dict[str, Resource] = {}
        seen: set[str] = set()
        queue = [
            urn for name, urns in resource.property_dependencies.items() if key in ("", name) for urn in sorted(urns)
        ]
        while queue:
            urn = queue.pop(0)
            if urn in seen or urn not in self.by_urn:
                continue
            seen.add(urn)
            source = self.by_urn[urn]
            if source.type in types:
                found[urn] = source
            else:
                queue += [next_urn for urns in source.property_dependencies.values() for next_urn in sorted(urns)]
        return list(found.values())

    def _called(self, workload: Resource) -> list[Resource]:
        """Workloads whose service is named where a host or a URL is expected."""
        hosts = " ".join(_hosts(plain(workload.inputs)))
        return [
            called
            for called in self.drawn
            if called.type in _WORKLOADS and called != workload and re.search(rf"\b{_service(called)}\b", hosts)
        ]

    def _roles(self) -> Iterator[tuple[str, Resource]]:
        """Service account -> the role that trusts it."""
        for role in self.recording.of_type(_ROLE):
            for statement in json.loads(plain(role.inputs)["assumeRolePolicy"])["Statement"]:
                for key, subject in statement.get("Condition", {}).get("StringEquals", {}).items():
                    if key.endswith(":sub"):
                        yield subject.rpartition(":")[2], role

    def _policies(self, role: Resource) -> list[Resource]:
        return [
            policy for policy in self.recording.of_type(_ROLE_POLICY) if role in self._sources(policy, [_ROLE], "role")
        ]

    def _allowed(self, role: Resource) -> list[Resource]:
        return [used for policy in self._policies(role) for used in self._sources(policy, _TITLES, "policy")]

    def _bedrock_roles(self) -> Iterator[Resource]:
        for _, role in self._roles():
            if any("bedrock:" in str(plain(policy.inputs)["policy"]) for policy in self._policies(role)):
                yield role

    def _entry(self) -> Iterator[str]:
        """Users to the load balancer, and from its ports to the workloads bound to their target groups."""
        balancer = self.recording.one(_BALANCER)
        yield f"users --> {_id(balancer)}"
        bindings = [resource for resource in self.recording.resources if resource.type.endswith(":TargetGroupBinding")]
        rules = [
            *((listener, listener, "defaultActions") for listener in self.recording.of_type(_LISTENER)),
            *(
                (rule, listener, "actions")
                for rule in self.recording.of_type("aws:lb/listenerRule:ListenerRule")
                for listener in self._sources(rule, [_LISTENER], "listenerArn")
            ),
        ]
        for rule, listener, actions in rules:
            groups = self._sources(rule, [_TARGET_GROUP], actions)
            for binding in bindings:
                if self._sources(binding, [_TARGET_GROUP])[0] in groups:
                    for workload in self._sources(binding, _WORKLOADS):
                        port = f"{listener.inputs['protocol']} {listener.inputs['port']}"
                        yield f'{_id(balancer)} -- "{port}" --> {_id(workload)}'


def _box(name: str, title: str, lines: Any) -> list[str]:
    return [f'    subgraph {name}["{title}"]', *(f"    {line}" for line in lines), "    end"]


def _id(resource: Resource) -> str:
    return re.sub(r"\W", "_", f"{resource.type.rpartition(':')[2]}_{resource.name}")


def _node(resource: Resource) -> str:
    opening, closing = _SHAPES.get(resource.type, ("[", "]"))
    return f'    {_id(resource)}{opening}"{_TITLES[resource.type](plain(resource.inputs), resource.name)}"{closing}'


def _service(workload: Resource) -> str:
    inputs = plain(workload.inputs)
    return str(inputs.get("name") or inputs["spec"].get("serviceName") or workload.name)


def _hosts(value: Any, key: str = "") -> Iterator[str]:
    """All text under keys that end with "host", and all URLs; of an environment variable the name counts as the key."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _hosts(item, str(value.get("name", name)) if name == "value" else name)
    elif isinstance(value, list):
        for item in value:
            yield from _hosts(item, key)
    elif isinstance(value, str) and (key.lower().endswith("host") or "://" in value):
        yield value


def _runs_as(value: Any, service_account: str, inside: bool = False) -> bool:
    """Whether the name stands somewhere under a key about service accounts."""
    if isinstance(value, dict):
        return any(
            _runs_as(item, service_account, inside or "serviceaccount" in key.lower()) for key, item in value.items()
        )
    return inside and value == service_account


def _write_architecture(plan: Plan) -> None:
    FILE.write_text(page(plan), encoding="utf-8")


PAGES: Mapping[str, Callable[[Plan], None] | None] = {"aws": _write_architecture, "azure": None, "mcp": None}
"""What draws the pages of a kind of stack, by its name; None where they are drawn by hand."""
