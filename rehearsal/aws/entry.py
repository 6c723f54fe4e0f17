"""Simulated Elastic Load Balancing, ACM and Route 53: rows of the table of AWS types."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.aws.account import Account
from rehearsal.aws.request import at
from rehearsal.aws.table import AwsType, State, call, finder, nothing, with_more


def balancer_interfaces(arn: str) -> str:
    """How ELB describes the interfaces of a load balancer."""
    return f"ELB {'/'.join(arn.split('/')[1:])}"


def _balancer(account: Account, inputs: dict[str, Any]) -> dict[str, Any]:
    scheme = "internal" if inputs.get("internal") else "internet-facing"
    return {**inputs, "internal": scheme}


_BALANCER_ATTRIBUTES = {
    "idleTimeout": "idle_timeout.timeout_seconds",
    "dropInvalidHeaderFields": "routing.http.drop_invalid_header_fields.enabled",
    "enableDeletionProtection": "deletion_protection.enabled",
}


def _balancer_settings(account: Account, id_: str, inputs: State) -> None:
    values = {"idleTimeout": 60, "dropInvalidHeaderFields": False, "enableDeletionProtection": False, **inputs}
    pairs = [{"Key": there, "Value": str(values[key]).lower()} for key, there in _BALANCER_ATTRIBUTES.items()]
    account.call("elbv2", "modify_load_balancer_attributes", LoadBalancerArn=id_, Attributes=pairs)
    account.call("elbv2", "set_security_groups", LoadBalancerArn=id_, SecurityGroups=inputs["securityGroups"])


def _target_group(account: Account, inputs: dict[str, Any]) -> dict[str, Any]:
    check = inputs["healthCheck"]
    return {
        **{key: value for key, value in inputs.items() if key not in ("healthCheck", "deregistrationDelay")},
        "healthCheckPath": check.get("path"),
        "healthCheckIntervalSeconds": check.get("interval"),
        "matcher": {"httpCode": check["matcher"]} if "matcher" in check else None,
    }


_DELAY = "deregistration_delay.timeout_seconds"


def _target_group_settings(account: Account, id_: str, inputs: State) -> None:
    delay = {"Key": _DELAY, "Value": str(inputs.get("deregistrationDelay", 300))}
    account.call("elbv2", "modify_target_group_attributes", TargetGroupArn=id_, Attributes=[delay])


def _health_check(found: Any) -> dict[str, Any]:
    keys = {"path": "HealthCheckPath", "interval": "HealthCheckIntervalSeconds", "matcher": "Matcher.HttpCode"}
    return {key: at(found, path) for key, path in keys.items()}


def _listener(account: Account, inputs: dict[str, Any]) -> dict[str, Any]:
    arn = inputs.pop("certificateArn", None)
    return {**inputs, "certificates": [{"certificateArn": arn}] if arn else None}


_FIELDS = {"hostHeader": "host-header", "pathPattern": "path-pattern", "httpHeader": "http-header"}


def _conditions(account: Account, inputs: dict[str, Any]) -> dict[str, Any]:
    if "conditions" in inputs:
        inputs["conditions"] = [
            {"field": _FIELDS[key], f"{key}Config": value}
            for condition in inputs["conditions"]
            for key, value in condition.items()
        ]
    return inputs


def _certificate(account: Account, inputs: dict[str, Any]) -> dict[str, Any]:
    """An import takes other parameters than a request, and bytes."""
    return {key: value.encode() if key in ("certificateBody", "privateKey") else value for key, value in inputs.items()}


def _certificate_outputs(account: Account, id_: str, inputs: State, found: Any) -> dict[str, Any]:
    """The proof of a name is the same however often a certificate for it is asked for (ACM user guide)."""
    names = [inputs["domainName"], *inputs.get("subjectAlternativeNames", [])] if "domainName" in inputs else []
    return {
        "arn": id_,
        "domainValidationOptions": [
            {
                "domainName": name,
                "resourceRecordName": f"_{hashlib.sha256(name.encode()).hexdigest()[:32]}.{name}.",
                "resourceRecordType": "CNAME",
                "resourceRecordValue": "_proof.acm-validations.aws.",
            }
            for name in names
        ],
    }


def _record_set(inputs: State) -> dict[str, Any]:
    record: dict[str, Any] = {"name": inputs["name"], "type": inputs["type"], "ttl": inputs.get("ttl")}
    if "records" in inputs:
        record["resourceRecords"] = [{"value": value} for value in inputs["records"]]
    for alias in inputs.get("aliases", []):
        record["aliasTarget"] = {
            "hostedZoneId": alias["zoneId"],
            "dnsName": alias["name"],
            "evaluateTargetHealth": alias["evaluateTargetHealth"],
        }
    return record


def _record(account: Account, inputs: dict[str, Any]) -> dict[str, Any]:
    action = "UPSERT" if inputs.get("allowOverwrite") else "CREATE"
    changes = [{"action": action, "resourceRecordSet": _record_set(inputs)}]
    return {"hostedZoneId": inputs["zoneId"], "changeBatch": {"changes": changes}}


def _remove_record(account: Account, id_: str, state: State) -> None:
    found = account.call("route53", "list_resource_record_sets", HostedZoneId=state["zoneId"])["ResourceRecordSets"]
    for record in found:
        if record["Name"].rstrip(".") == state["name"].rstrip(".") and record["Type"] == state["type"]:
            change = {"Action": "DELETE", "ResourceRecordSet": record}
            batch = {"Changes": [change]}
            account.call("route53", "change_resource_record_sets", HostedZoneId=state["zoneId"], ChangeBatch=batch)
            # moto takes a record for one that exists when its journal has the same creation (route53/models.py).
            journal = account.moto("route53").zones[state["zoneId"]].rr_changes
            journal[:] = [made for made in journal if made["ResourceRecordSet"]["Name"] != record["Name"].rstrip(".")]


def _attribute(key: str) -> Callable[[Any], Any]:
    return lambda found: next((item["Value"] for item in found["Attributes"] if item["Key"] == key), None)


def _elb(kind: str, key: str, answer: str, attributes: Mapping[str, str] | None = None, **more: Any) -> AwsType:
    """In ELB the ARN is the id. `attributes` are inputs that it keeps apart, by their name there."""
    find = finder("elbv2", f"describe_{kind}s", answer, **{f"{key}s": ["id"]})
    if attributes:
        find = with_more(find, "Attributes", call("elbv2", f"describe_{kind}_attributes", **{key: "id"}))
    attributes = attributes or {}
    return AwsType(
        service="elbv2",
        create=f"create_{kind}",
        id=f"{answer}.0.{key}",
        delete=call("elbv2", f"delete_{kind}", **{key: "id"}),
        find=find,
        update=more.pop("update", f"modify_{kind}"),
        update_key=key,
        updates=more.pop("updates") | attributes.keys(),
        reads={**{name: _attribute(there) for name, there in attributes.items()}, **more.pop("reads", {})},
        **more,
    )


def _balancer_outputs(account: Account, id_: str, inputs: State, found: Any) -> dict[str, Any]:
    return {"arn": id_, "dnsName": found["DNSName"], "zoneId": found["CanonicalHostedZoneId"]}


ARN: Any = lambda account, id_, inputs, found: {"arn": id_}  # noqa: E731  a column of the table

TYPES: Mapping[str, AwsType] = {
    "aws:lb/loadBalancer:LoadBalancer": _elb(
        "load_balancer",
        "LoadBalancerArn",
        "LoadBalancers",
        name="name",
        longest=32,
        prepare=_balancer,
        names={"internal": "Scheme", "loadBalancerType": "Type"},
        attributes=_BALANCER_ATTRIBUTES,
        elsewhere=frozenset(_BALANCER_ATTRIBUTES),
        outputs=_balancer_outputs,
        settings=_balancer_settings,
        after_create=lambda account, id_, inputs: account.hold(
            balancer_interfaces(id_), inputs["subnets"], inputs["securityGroups"]
        ),
        after_delete=lambda account, id_, state: account.release(balancer_interfaces(id_)),
        update="",
        updates=frozenset({"securityGroups"}),
    ),
    "aws:lb/targetGroup:TargetGroup": _elb(
        "target_group",
        "TargetGroupArn",
        "TargetGroups",
        name="name",
        longest=32,
        prepare=_target_group,
        settings=_target_group_settings,
        outputs=ARN,
        updates=frozenset({"healthCheck"}),
        attributes={"deregistrationDelay": _DELAY},
        reads={"healthCheck": _health_check},
    ),
    "aws:lb/listener:Listener": _elb(
        "listener",
        "ListenerArn",
        "Listeners",
        prepare=_listener,
        names={"fixedResponse": "FixedResponseConfig", "redirect": "RedirectConfig"},
        outputs=ARN,
        updates=frozenset({"defaultActions", "certificateArn", "sslPolicy", "port", "protocol"}),
        reads={"certificateArn": "Certificates.0.CertificateArn"},
    ),
    "aws:lb/listenerRule:ListenerRule": _elb(
        "rule",
        "RuleArn",
        "Rules",
        prepare=_conditions,
        names={key: f"{key}Config" for key in _FIELDS},
        outputs=ARN,
        updates=frozenset({"conditions", "actions"}),
    ),
    "aws:acm/certificate:Certificate": AwsType(
        service="acm",
        create="request_certificate",
        id="CertificateArn",
        prepare=_certificate,
        names={"certificateBody": "Certificate"},
        delete=call("acm", "delete_certificate", CertificateArn="id"),
        find=finder("acm", "describe_certificate", "Certificate", CertificateArn="id"),
        outputs=_certificate_outputs,
    ),
    "aws:acm/certificateValidation:CertificateValidation": AwsType(
        service="acm",
        create="describe_certificate",
        id=lambda answer, inputs: str(answer["Certificate"]["CertificateArn"]),
        elsewhere=frozenset({"validationRecordFqdns"}),
        tags="",
        delete=nothing,
        find=finder("acm", "describe_certificate", "Certificate", CertificateArn="certificateArn"),
    ),
    "aws:route53/record:Record": AwsType(
        service="route53",
        create="change_resource_record_sets",
        id=lambda answer, inputs: f"{inputs['zoneId']}_{inputs['name']}_{inputs['type']}",
        prepare=_record,
        tags="",
        delete=_remove_record,
        find=finder(
            "route53",
            "list_resource_record_sets",
            "ResourceRecordSets",
            {"Name": "name", "Type": "type"},
            HostedZoneId="zoneId",
        ),
        outputs=lambda account, id_, inputs, found: {"fqdn": inputs["name"].rstrip(".")},
    ),
}
