"""Mermaid flow chart of an AWS stack and of the Azure stack in front of it, drawn from the recorded programs.

From top to bottom: who calls, the way in, the workloads, and what they use, each with a colour of its own. Stores and
providers stand in boxes, and arrows lead to the box: Mermaid would lead some of them through its other members.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.commands.add_model.providers import PROVIDERS, word_of
from ops.model import eks_children
from ops.model.gateway_models import gateway_models, safety_host
from ops.model.recorder import Recording, Resource, plain
from ops.stack.plan import Plan

RELEASE = "kubernetes:helm.sh/v3:Release"
WORKLOADS = (RELEASE, "kubernetes:apps/v1:StatefulSet")
_BALANCER = "aws:lb/loadBalancer:LoadBalancer"
_BUCKET = "aws:s3/bucket:Bucket"
_CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"
_DATABASE = "aws:rds/cluster:Cluster"
_GATEWAY = "azure-native:apimanagement:ApiManagementService"
_LISTENER = "aws:lb/listener:Listener"
_REDIS = "azure-native:redisenterprise:RedisEnterprise"
_ROLE = "aws:iam/role:Role"
_ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
_TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"

_NAMES = {"clickhouse": "ClickHouse", "langfuse": "Langfuse", "litellm": "LiteLLM"}
_TITLES: Mapping[str, Callable[[Mapping[str, Any], str], str]] = {
    "kubernetes:apps/v1:StatefulSet": lambda inputs, _: _NAMES[inputs["metadata"]["name"]],
    RELEASE: lambda inputs, _: _NAMES[inputs["name"]],
    _BALANCER: lambda inputs, _: f"{inputs['loadBalancerType'].capitalize()} Load Balancer",
    _BUCKET: lambda _, name: f"bucket of {_NAMES[name]}",
    _CACHE: lambda inputs, _: inputs["engine"].capitalize(),
    _DATABASE: lambda inputs, _: f"Aurora PostgreSQL {inputs['engineVersion']}",
    _GATEWAY: lambda *_: "API Management",
    "azuread:index/application:Application": lambda *_: "Entra ID",
    "azure-native:keyvault:Vault": lambda *_: "Key Vault",
}
"""Types that are drawn, and what is written on them: from the inputs and the name."""

_STORES = (_BUCKET, _CACHE, _DATABASE, "azure-native:keyvault:Vault")

_COLOURS = {
    "person": "fill:cornsilk,stroke:goldenrod,color:black",
    "entry": "fill:navajowhite,stroke:chocolate,color:black",
    "workload": "fill:lightblue,stroke:navy,color:black",
    "store": "fill:thistle,stroke:purple,color:black",
    "provider": "fill:palegreen,stroke:darkgreen,color:black",
    "box": "fill:whitesmoke,stroke:darkgray,color:black",
}
"""By name: Mermaid takes a number sign on a line with a semicolon for an entity."""


def mermaid(plan: Plan, gateway: Plan | None = None) -> str:
    """The flow chart in Mermaid's language; `gateway` is the plan of the Azure stack in front."""
    picture = Picture(plan.recording)
    in_front = Picture(gateway.recording) if gateway else None
    providers = picture.providers()
    boxes = [
        *(_box("azure", f"Azure {gateway.cost.region}", in_front.nodes()) if gateway and in_front else ()),
        *(in_front.box_of_gateway_models() if in_front else ()),
        *_box("aws", f"AWS {plan.cost.region}", picture.boxes()),
        *(_box("providers", "models", [_text(*one, "provider") for one in providers.items()]) if providers else ()),
    ]
    arrows = [*(in_front.arrows_of_gateway(picture) if in_front else ()), "users --> balancer", *picture.arrows()]
    if providers:
        arrows.append(f"{picture.litellm} --> providers")
    names = re.findall(r"subgraph (\w+)", "\n".join(boxes))
    return "\n".join(
        [
            "flowchart TB",
            "    users([users]):::person",
            *(["    clients([client applications]):::person"] if in_front else []),
            *boxes,
            *(f"    {arrow}" for arrow in dict.fromkeys(arrows)),
            "    " + "; ".join(f"classDef {role} {colours}" for role, colours in _COLOURS.items()),
            f"    class {','.join(names)} box",
        ]
    )


@dataclass(frozen=True, kw_only=True)
class Right:
    """What the role of a workload may use."""

    workload: str
    role: str
    used: Sequence[str]


class Picture:
    """What of a recorded program is drawn, and how it hangs together."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self._by_urn = recording.by_urn()
        # Sorted: the order of registration is another one in each run. Of Entra ID there is one.
        drawn = sorted((one for one in recording.resources if one.type in _TITLES), key=lambda one: one.urn)
        self._drawn = list({_id(one): one for one in drawn}.values())

    @property
    def litellm(self) -> str:
        """The node of LiteLLM."""
        return next(_id(one) for one in self._of(RELEASE) if _title(one) == _NAMES["litellm"])

    def nodes(self, *types: str) -> list[str]:
        """A line for each resource of these types, or for all."""
        return [_node(one) for one in self._drawn if not types or one.type in types]

    def boxes(self) -> list[str]:
        """Nested boxes: in the VPC the cluster and the stores of several workloads, beside it the buckets."""
        vpc = self.recording.one("aws:ec2/vpc:Vpc")
        cluster = self.recording.one(eks_children.COMPONENT)
        in_vpc = [
            *self.nodes(_BALANCER),
            *_box("cluster", f"EKS Auto Mode, Kubernetes {cluster.inputs['version']}", self.nodes(*WORKLOADS)),
            *_box("stores", "databases", self.nodes(_DATABASE, _CACHE)),
        ]
        return [*_box("vpc", f"VPC {vpc.inputs['cidrBlock']}", in_vpc), *_box("s3", "S3", self.nodes(_BUCKET))]

    def arrows(self) -> Iterator[str]:
        """Who sends requests to whom; with two heads where both do."""
        for workload, ports in sorted(self._entries().items()):
            yield f'balancer -- "{", ".join(sorted(ports))}" --> {workload}'
        pairs = {
            (_id(workload), "stores" if used.type in (_DATABASE, _CACHE) else _id(used))
            for workload in self._of(*WORKLOADS)
            for used in self._used(workload)
        }
        for one, other in sorted(pairs):
            if (other, one) in pairs:
                if one < other:
                    yield f"{other} <--> {one}"
            else:
                yield f"{one} --> {other}"

    def arrows_of_gateway(self, behind: Picture) -> Iterator[str]:
        """The way of a client application through API Management to the load balancer of that AWS stack."""
        there = {one.type: _id(one) for one in self._drawn}
        gateway = there.pop(_GATEWAY)
        for type_, node in there.items():
            yield f"{gateway} -- key --> {node}" if type_ in _STORES else f"clients -- token --> {node}"
        yield f"clients --> {gateway}"
        ports = [plain(one.inputs) for one in behind.recording.of_type(_LISTENER) if one.name == "apim-entry"]
        yield from (f'{gateway} -- "{port["protocol"]} {port["port"]}" --> balancer' for port in ports)
        if gateway_models(self.recording):
            # Below the load balancer: beside it, the arrow to that would lead through the box.
            yield f"{gateway} ---> gateway_models"

    def box_of_gateway_models(self) -> list[str]:
        """What API Management calls without LiteLLM: each model with its deployments, and the answers it has kept."""
        models = [
            _text(f"gateway_{_identifier(one.name)}", f"{one.name}<br/>{one.provider}{one.order}", "provider")
            for one in gateway_models(self.recording)
        ]
        kept = ['    answers[("answers in<br/>Managed Redis")]:::store' for _ in self.recording.of_type(_REDIS)]
        title = "models behind Content Safety" if safety_host(self.recording) else "models of API Management"
        return _box("gateway_models", title, [*kept, *models]) if models else []

    def providers(self) -> Mapping[str, str]:
        """The providers of models that LiteLLM's configuration names, by node; it answers for mocks itself."""
        found: dict[str, str] = {}
        for release in self._of(RELEASE):
            for model in _models(plain(release.inputs)["values"]):
                word = word_of(model["model"]) or "openai"
                if "mock_response" not in model:
                    found[f"provider_{_identifier(word)}"] = PROVIDERS[word].title if word in PROVIDERS else word
        return dict(sorted(found.items(), key=lambda one: one[1]))

    def rights(self) -> Iterator[Right]:
        """Workloads with a role, in the order of their names."""
        for workload in self._of(*WORKLOADS):
            if role := self._role(workload):
                used = [_title(one) for one in self._allowed(role)]
                if any("bedrock:" in str(plain(policy.inputs)["policy"]) for policy in self._policies(role)):
                    used.append(PROVIDERS["bedrock"].title)
                yield Right(workload=_title(workload), role=role.name, used=used)

    def _of(self, *types: str) -> list[Resource]:
        return [one for one in self._drawn if one.type in types]

    def _used(self, workload: Resource) -> list[Resource]:
        """What it sends requests to: what its role allows, what went into its inputs, and services that it names."""
        role = self._role(workload)
        reached = [*(self._allowed(role) if role else ()), *self._sources(workload, _TITLES), *self._called(workload)]
        return [one for one in reached if one.type != _BALANCER]

    def _sources(self, resource: Resource, types: Collection[str], key: str = "") -> list[Resource]:
        """Resources of these types whose outputs went, by way of any others, into the inputs (or only into `key`)."""
        found: dict[str, Resource] = {}
        seen: set[str] = set()
        queue = [
            urn for name, urns in resource.property_dependencies.items() if key in ("", name) for urn in sorted(urns)
        ]
        while queue:
            urn = queue.pop(0)
            if urn in seen or urn not in self._by_urn:
                continue
            seen.add(urn)
            source = self._by_urn[urn]
            if source.type in types:
                found[urn] = source
            else:
                queue += [next_urn for urns in source.property_dependencies.values() for next_urn in sorted(urns)]
        return list(found.values())

    def _called(self, workload: Resource) -> list[Resource]:
        """Workloads whose service is named where a host or a URL is expected."""
        hosts = " ".join(_hosts(plain(workload.inputs)))
        return [
            other for other in self._of(*WORKLOADS) if other != workload and re.search(rf"\b{_service(other)}\b", hosts)
        ]

    def _role(self, workload: Resource) -> Resource | None:
        """The role that trusts the service account which it runs as."""
        for role in self.recording.of_type(_ROLE):
            for statement in json.loads(plain(role.inputs)["assumeRolePolicy"])["Statement"]:
                for key, subject in statement.get("Condition", {}).get("StringEquals", {}).items():
                    if key.endswith(":sub") and _runs_as(workload.inputs, subject.rpartition(":")[2]):
                        return role
        return None

    def _policies(self, role: Resource) -> list[Resource]:
        return [
            policy for policy in self.recording.of_type(_ROLE_POLICY) if role in self._sources(policy, [_ROLE], "role")
        ]

    def _allowed(self, role: Resource) -> list[Resource]:
        return [used for policy in self._policies(role) for used in self._sources(policy, _TITLES, "policy")]

    def _entries(self) -> Mapping[str, set[str]]:
        """By workload, the ports of the load balancer that lead to it, but for that of API Management."""
        bindings = [one for one in self.recording.resources if one.type.endswith(":TargetGroupBinding")]
        found: dict[str, set[str]] = {}
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
                if listener.name != "apim-entry" and self._sources(binding, [_TARGET_GROUP])[0] in groups:
                    for workload in self._sources(binding, WORKLOADS):
                        port = f"{listener.inputs['protocol']} {listener.inputs['port']}"
                        found.setdefault(_id(workload), set()).add(port)
        return found


def _box(name: str, title: str, lines: Sequence[str]) -> list[str]:
    return [f'    subgraph {name}["{title}"]', *(f"    {line}" for line in lines), "    end"]


def _identifier(text: str) -> str:
    return re.sub(r"\W", "_", text)


def _id(resource: Resource) -> str:
    """What it is called in Mermaid; of the load balancer and of Entra ID there is one."""
    kind = resource.type.rpartition(":")[2]
    return {"LoadBalancer": "balancer", "Application": "entra"}.get(kind) or _identifier(f"{kind}_{resource.name}")


def _title(resource: Resource) -> str:
    return _TITLES[resource.type](plain(resource.inputs), resource.name)


def _node(resource: Resource) -> str:
    if resource.type in _STORES:
        return f'    {_id(resource)}[("{_title(resource)}")]:::store'
    return _text(_id(resource), _title(resource), "workload" if resource.type in WORKLOADS else "entry")


def _text(name: str, title: str, role: str) -> str:
    return f'    {name}["{title}"]:::{role}'


def _models(values: Any) -> Iterator[Mapping[str, Any]]:
    """The parameters of each model in the values of LiteLLM's chart, wherever its configuration stands there."""
    if isinstance(values, dict):
        yield from (entry["litellm_params"] for entry in values.get("model_list", ()))
        for value in values.values():
            yield from _models(value)


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
