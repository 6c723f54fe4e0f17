"""Every rule: a planted defect trips it and nothing else, its good twin trips nothing."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
import pytest

from catalogue.pins import KUBERNETES
from ops.model.guardrails import findings
from ops.model.recorder import UNKNOWN, Recording, record
from policies.guardrails import versions
from policies.guardrails.all_rules import RULES
from tests.policies.guardrails import agentcore_cases, azure_cases, databricks_cases, good

Program = Callable[[], Any]
RECORDED_ONLY = {"nothing-is-retained", "kubernetes-objects-are-deleted-themselves"}

SIXTEENTHS = [f"{number}.0.0.0/4" for number in range(0, 256, 16)]

DEFECTS: Mapping[str, Mapping[str, Program]] = {
    "nothing-is-open-to-the-world": {
        "the load balancer open to everyone": lambda: good.ingress("genai:aws:LoadBalancer", "0.0.0.0/0"),
        "the load balancer open to everyone by IPv6": lambda: good.ingress("genai:aws:LoadBalancer", "::/0", ipv6=True),
        "half the world": lambda: good.ingress("genai:aws:LoadBalancer", "128.0.0.0/1"),
        "an eighth of the world": lambda: good.ingress("genai:aws:LoadBalancer", "64.0.0.0/3"),
        "all IPv6 addresses in use": lambda: good.ingress("genai:aws:LoadBalancer", "2000::/3", ipv6=True),
        "the world in parts, in one rule": lambda: good.security_group(
            ingress=[{"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": SIXTEENTHS}]
        ),
        "another port of the entry for API Management": lambda: good.ingress(
            "genai:aws:ApimEntry", "0.0.0.0/0", from_port=8443, to_port=8444
        ),
        "the entry's port elsewhere": lambda: good.ingress(
            "genai:aws:Cache", "0.0.0.0/0", from_port=8443, to_port=8443
        ),
        "a rule inside a security group": lambda: good.security_group(
            ingress=[{"protocol": "tcp", "from_port": 22, "to_port": 22, "ipv6_cidr_blocks": ["::/0"]}]
        ),
        "a rule of the older kind": lambda: aws.ec2.SecurityGroupRule(
            "rule",
            type="ingress",
            security_group_id="sg-1",
            protocol="tcp",
            from_port=1,
            to_port=2,
            cidr_blocks=["10.0.0.0/16", "0.0.0.0/0"],
        ),
    },
    "rules-together-are-not-open-to-the-world": {
        "the world in parts, a rule each": lambda: good.ingress("genai:aws:LoadBalancer", *SIXTEENTHS),
        "two parts that are one too many": lambda: good.ingress(
            "genai:aws:LoadBalancer", "64.0.0.0/4", "203.0.113.10/32"
        ),
        "IPv6 in parts": lambda: good.ingress("genai:aws:LoadBalancer", "2600::/16", "2a00::/16", ipv6=True),
    },
    "outsiders-reach-only-the-load-balancer": {
        "the database open to one address": lambda: good.ingress("genai:aws:Database", "203.0.113.10/32"),
        "a group open to one address": lambda: good.security_group(
            ingress=[{"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["203.0.113.10/32"]}]
        ),
    },
    "listeners-refuse-old-tls": {
        "the default TLS policy": lambda: good.day_with_a_domain(ssl_policy=None),
        "a TLS policy with 1.0": lambda: good.day_with_a_domain(ssl_policy="ELBSecurityPolicy-TLS13-1-0-2021-06"),
    },
    "plain-http-beside-https-only-redirects": {
        "HTTP that serves": lambda: good.day_with_a_domain(plain=good.FORWARD),
        "a rule on HTTP that serves": lambda: good.day_with_a_domain(plain_rule=good.FORWARD),
    },
    "the-apim-entry-is-shut-by-default": {
        "an entry for API Management in plain HTTP": lambda: good.plain_day(protocol="HTTP"),
        "an entry for API Management that serves everyone": lambda: good.plain_day(default=good.FORWARD),
        "an entry for API Management that answers 200": lambda: good.plain_day(default=good.refuse("200")),
        "a secret that LiteLLM traces": lambda: good.plain_day(conditions=[good.TRACED_HEADER]),
        "an entry for API Management without its secret": lambda: good.plain_day(
            conditions=[{"path_pattern": {"values": ["/v1/*"]}}]
        ),
    },
    "buckets-are-closed-to-the-public": {
        "no public access block": lambda: good.bucket(without="public access block"),
        "one lock open": lambda: good.bucket(lock=False),
    },
    "buckets-are-encrypted": {
        "no encryption": lambda: good.bucket(without="encryption"),
        "a KMS key": lambda: good.bucket(algorithm="aws:kms"),
    },
    "buckets-refuse-plain-http": {
        "no policy": lambda: good.bucket(without="policy"),
        "a policy that denies TLS": lambda: good.bucket(deny="true"),
    },
    "databases-are-private": {
        "a public instance": lambda: good.database_instance(publicly_accessible=True),
    },
    "databases-are-encrypted": {
        "storage encryption left to the default": lambda: good.database(storage_encrypted=None),
    },
    "databases-refuse-plain-connections": {
        "no parameter group": lambda: good.database(db_cluster_parameter_group_name=None),
        "TLS optional": lambda: good.database(value="0"),
        "another parameter": lambda: good.database(parameter="log_statement"),
    },
    "caches-are-encrypted": {
        "plain connections": lambda: good.cache(transit_encryption_enabled=False),
        "plain storage": lambda: good.cache(at_rest_encryption_enabled=None),
        "no token": lambda: good.cache(auth_token=None),
    },
    "caches-are-replication-groups": {
        "a cluster": lambda: aws.elasticache.Cluster("cache", engine="valkey"),
        "a serverless cache": lambda: aws.elasticache.ServerlessCache("cache", engine="valkey"),
    },
    "caches-never-evict": {
        "a cache that evicts": lambda: good.cache(policy="volatile-lru"),
        "the default parameters": lambda: good.cache(parameter_group_name=None),
    },
    "no-wildcard-action-on-a-wildcard-resource": {
        "everything on everything": lambda: good.policy(good.allow("*", "*")),
        "all of a service on everything": lambda: good.policy(good.allow(["s3:Get*"], ["arn:aws:s3:::x", "*"])),
        "all buckets": lambda: good.policy(good.allow("s3:*", "arn:aws:s3:::*")),
        "all but one action": lambda: good.policy(good.allow(None, "*", NotAction="iam:*")),
        "all but one resource": lambda: good.policy(good.allow("s3:*", None, NotResource="arn:aws:s3:::x")),
        "a managed policy": lambda: aws.iam.Policy("policy", policy=good.allow("*", "*"), tags=good.TAGS),
        "an inline policy": lambda: good.role(inline_policies=[{"name": "x", "policy": good.allow("*", "*")}]),
        "the administrator": lambda: aws.iam.RolePolicyAttachment(
            "attachment", role="role", policy_arn="arn:aws:iam::aws:policy/AdministratorAccess"
        ),
    },
    "service-account-roles-trust-one-account-and-audience": {
        "any service account": lambda: good.role(without="sub"),
        "any audience": lambda: good.role(without="aud"),
        "patterns": lambda: good.role(operator="StringLike"),
    },
    "no-secret-in-plain-text": {
        "a password in a ConfigMap": lambda: good.config_map(DATABASE_PASSWORD="hunter"),
        "a key in a YAML file": lambda: good.config_map(**{"config.yaml": "a: b\n  master_key: abcdef\n"}),
        "a password in a JSON file": lambda: good.config_map(**{"config.json": '{"a": 1, "password": "abc"}'}),
        "a key in an XML file": lambda: good.config_map(
            **{"disk.xml": "<disk><secret_access_key>abc</secret_access_key></disk>"}
        ),
        "a password in a script": lambda: good.config_map(**{"run.sh": "set -e\nexport PGPASSWORD=abc\npsql"}),
        "a password in a URL": lambda: good.config_map(url="postgresql://app:hunter@host/db"),
        "an AWS key": lambda: good.config_map(text="AKIAIOSFODNN7EXAMPLE"),
        "a private key": lambda: good.config_map(text="-----BEGIN RSA PRIVATE KEY-----"),
        "a Helm value": lambda: good.release({"auth": {"password": "hunter", "existingSecret": "s"}}),
        "a Helm value one level down": lambda: good.release({"langfuse": {"salt": {"value": "hunter"}}}),
        "a Helm value for a secret key": lambda: good.release({"s3": {"secretKey": "hunter"}}),
        "a Helm environment variable": lambda: good.release({"env": [{"name": "AZURE_API_KEY", "value": "abc"}]}),
        "a key that shows": lambda: good.release({"header": "Bearer sk-1234567890abcdef"}),
        "a Langfuse key that shows": lambda: good.release({"langfuse": {"pair": ["pk-lf-1234567890"]}}),
        "a variable of a pod": lambda: good.pod(env=[{"name": "POSTGRES_PASSWORD", "value": "hunter"}]),
        "an argument of a job": lambda: good.job(args=["--url", "redis://:hunter@host"]),
        "a secret that Pulumi keeps": lambda: good.release({"auth": {"password": pulumi.Output.secret("hunter")}}),
    },
    "nothing-is-protected": {
        "protect": lambda: aws.ec2.Eip("address", tags=good.TAGS, opts=pulumi.ResourceOptions(protect=True)),
        "skipDestroy": lambda: aws.cloudwatch.LogGroup("logs", skip_destroy=True),
    },
    "deletion-protection-is-off": {
        "a database": lambda: good.database(deletion_protection=True),
        "a load balancer": lambda: good.load_balancer(enable_deletion_protection=True),
        "a cluster": lambda: good.cluster(deletion_protection=True),
        "a cluster of pulumi-eks": lambda: good.cluster_component(deletion_protection=True),
    },
    "buckets-are-emptied-by-destroy": {
        "objects that stay": lambda: good.bucket(force_destroy=None),
    },
    "buckets-keep-no-old-versions": {
        "versioning of its own": lambda: aws.s3.BucketVersioning(
            "data", bucket="data", versioning_configuration={"status": "Enabled"}
        ),
        "versioning in the bucket": lambda: good.bucket(versioning={"enabled": True}),
        "object lock": lambda: good.bucket(object_lock_enabled=True),
    },
    "databases-leave-no-backup": {
        "a final snapshot": lambda: good.database(skip_final_snapshot=None),
        "backups that stay": lambda: good.database(delete_automated_backups=False),
        "a week of backups": lambda: good.database(backup_retention_period=7),
    },
    "caches-leave-no-snapshot": {
        "daily snapshots": lambda: good.cache(snapshot_retention_limit=1),
        "a final snapshot": lambda: good.cache(final_snapshot_identifier="last"),
    },
    "secrets-go-at-once": {
        "the default window": lambda: aws.secretsmanager.Secret("secret"),
        "a week": lambda: aws.secretsmanager.Secret("secret", recovery_window_in_days=7),
    },
    "no-keys-of-our-own": {
        "a KMS key": lambda: aws.kms.Key("key"),
    },
    "no-log-groups-that-come-back": {
        "logs of the control plane": lambda: good.cluster(enabled_cluster_log_types=["api"]),
        "logs of the control plane through pulumi-eks": lambda: good.cluster_component(
            enabled_cluster_log_types=["audit"]
        ),
        "logs of the database": lambda: good.database(enabled_cloudwatch_logs_exports=["postgresql"]),
    },
    "volumes-go-with-their-pods": {
        "claims that stay": lambda: good.stateful_set(when_deleted="Retain"),
        "claims that stay by default": lambda: good.stateful_set(when_deleted=None),
        "disks that stay": lambda: good.storage_class(reclaim="Retain"),
    },
    "containers-state-their-resources": {
        "no resources": lambda: good.pod(resources=None),
        "no memory limit": lambda: good.job(resources={"requests": good.RESOURCES["requests"]}),
        "no CPU request": lambda: good.pod(resources={**good.RESOURCES, "requests": {"memory": "1Gi"}}),
        "no memory request": lambda: good.cron_job(resources={**good.RESOURCES, "requests": {"cpu": "1"}}),
        "an init container without": lambda: good.deployment(
            {**good.pod_spec(), "init_containers": [{"name": "wait", "image": "busybox:1.36"}]}
        ),
    },
    "volumes-are-encrypted": {
        "plain disks": lambda: good.storage_class(encrypted="false"),
    },
    "load-balancers-belong-to-pulumi": {
        "a Service": lambda: good.service("LoadBalancer"),
        "an Ingress": lambda: kubernetes.networking.v1.Ingress("ingress", spec={}),
        "an Ingress of a chart": lambda: good.release({"web": {"ingress": {"enabled": True}}}),
        "a Service of a chart": lambda: good.release({"service": {"type": "LoadBalancer"}}),
    },
    "cluster-versions-are-in-standard-support": {
        "an old version": lambda: good.cluster(version="1.33"),
        "an old version in pulumi-eks": lambda: good.cluster_component(version="1.33"),
        "an unknown version": lambda: good.cluster(version="9.99"),
        "a version left open": lambda: good.cluster_component(version=None),
        "extended support": lambda: good.cluster(upgrade_policy={"support_type": "EXTENDED"}),
        "extended support by default": lambda: good.cluster_component(upgrade_policy=None),
    },
    "images-of-pods-are-pinned": {
        "latest": lambda: good.pod(image="postgres:latest"),
        "no tag": lambda: good.pod(image="localhost:5000/v1.2/postgres"),
        "a moving tag": lambda: good.job(image="ghcr.io/berriai/litellm:main-stable"),
        "a major version": lambda: good.cron_job(image="postgres:17"),
    },
    "images-of-charts-are-pinned": {
        "a moving tag": lambda: good.release({"langfuse": {"image": {"tag": "lts"}}}),
        "latest of a version": lambda: good.release({"initImage": {"tag": "1.36-latest"}}),
        "a moving image": lambda: good.release({"web": {"image": "app:stable"}}),
    },
    "charts-are-pinned": {
        "no version": lambda: good.release(version=None),
        "a range": lambda: good.release(version="^1.2.3"),
        "a line": lambda: good.release(version="1.2.x"),
    },
    "names-fit-the-service": {
        "a load balancer": lambda: good.load_balancer("x" * 25),
        "a load balancer named by hand": lambda: good.load_balancer(name="x" * 33),
        "a target group": lambda: aws.lb.TargetGroup("x" * 25, tags=good.TAGS),
        "a role": lambda: good.role("x" * 57),
        "a replication group": lambda: good.cache(replication_group_id="x" * 41),
        "a bucket": lambda: good.bucket(bucket="x" * 64),
    },
    "releases-are-named": {
        "a release without a name": lambda: good.release(name=""),
    },
    "everything-carries-the-required-tags": {
        "no tags": lambda: aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16"),
        "one tag missing": lambda: good.bucket(tags={**good.TAGS, "Owner": ""}),
        "a cluster": lambda: good.cluster(tags={"Project": "x"}),
        "a cluster of pulumi-eks": lambda: good.cluster_component(tags=None),
    },
    "nothing-is-retained": {
        "a bucket that stays": lambda: aws.ec2.Eip(
            "address", tags=good.TAGS, opts=pulumi.ResourceOptions(retain_on_delete=True)
        ),
    },
    "kubernetes-objects-are-deleted-themselves": {
        "an object that goes with another": lambda: kubernetes.core.v1.Namespace(
            "namespace",
            opts=pulumi.ResourceOptions(deleted_with=kubernetes.core.v1.Namespace("other")),
        ),
    },
}
EACH = (DEFECTS, azure_cases.DEFECTS, agentcore_cases.DEFECTS, databricks_cases.DEFECTS)


GOOD: Mapping[str, Program] = {
    **azure_cases.GOOD,
    **agentcore_cases.GOOD,
    **databricks_cases.GOOD,
    "the load balancer open to one address": lambda: good.ingress("genai:aws:LoadBalancer", "203.0.113.10/32"),
    "the load balancer open to the widest range that is not the world, twice": lambda: good.ingress(
        "genai:aws:LoadBalancer", "64.0.0.0/4", "64.0.0.0/4"
    ),
    "the entry for API Management": lambda: good.ingress(
        "genai:aws:ApimEntry", "0.0.0.0/0", from_port=8443, to_port=8443
    ),
    "a database open to the inside": lambda: good.ingress("genai:aws:Database", "10.0.0.0/16"),
    "a group with rules for the inside": lambda: good.security_group(
        ingress=[{"protocol": "tcp", "from_port": 1, "to_port": 2, "cidr_blocks": ["10.0.0.0/16"]}],
        egress=[{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}],
    ),
    "a day without a domain": good.plain_day,
    "a day with a domain": good.day_with_a_domain,
    "bucket": good.bucket,
    "bucket with versioning off": lambda: good.bucket(versioning={"enabled": False}),
    "database": good.database,
    "database that says no twice": lambda: good.database(deletion_protection=False, delete_automated_backups=True),
    "instance": lambda: good.database_instance(publicly_accessible=False),
    "cache": lambda: good.cache(snapshot_retention_limit=0),
    "role": good.role,
    "role of a service": lambda: good.role(
        assume_role_policy=good.allow("sts:AssumeRole", None, Principal={"Service": "eks.amazonaws.com"})
    ),
    "named action on everything": lambda: good.policy(good.allow("ec2:DescribeRegions", "*")),
    "every action on a named thing": lambda: good.policy(
        good.allow("s3:*", ["arn:aws:s3:::data", "arn:aws:s3:::data/*"])
    ),
    "a model in any region": lambda: good.policy(
        good.allow("bedrock:Invoke*", "arn:aws:bedrock:*::foundation-model/x")
    ),
    "cluster": good.cluster,
    "cluster open to one address": lambda: good.cluster_component(public_access_cidrs=["203.0.113.10/32"]),
    "cluster of pulumi-eks": good.cluster_component,
    "pod": good.pod,
    "pod by digest": lambda: good.pod(image="postgres@sha256:0123"),
    "pod with a reference": lambda: good.pod(
        env=[{"name": "PASSWORD", "value_from": {"secret_key_ref": {"name": "s", "key": "password"}}}]
    ),
    "job": lambda: good.job(image="localhost:5000/postgres:17.7-alpine"),
    "cron job": good.cron_job,
    "deployment": good.deployment,
    "stateful set": good.stateful_set,
    "storage class": good.storage_class,
    "service": good.service,
    "config map": good.config_map,
    "release": good.release,
    "secret with no window": lambda: aws.secretsmanager.Secret("secret", recovery_window_in_days=0),
    "load balancer with a name that just fits": lambda: good.load_balancer("x" * 24),
    "logs": lambda: aws.cloudwatch.LogGroup("logs"),
    "key with another": lambda: aws.ec2.Eip(
        "address", tags=good.TAGS, opts=pulumi.ResourceOptions(deleted_with=aws.ec2.Eip("other", tags=good.TAGS))
    ),
}


@pytest.fixture(autouse=True)
def _a_day_on_which_1_35_is_supported(monkeypatch: pytest.MonkeyPatch) -> None:
    always = dataclasses.replace(KUBERNETES["1.35"], ends=None)
    monkeypatch.setattr(versions, "KUBERNETES", {**KUBERNETES, "1.35": always})


@functools.cache
def run(program: Program, *, preview: bool = False) -> Recording:
    return record(lambda: program() and None, preview=preview)


def each_defect() -> list[Any]:
    return [
        pytest.param(rule, program, id=f"{rule}: {what}")
        for cases in EACH
        for rule, programs in cases.items()
        for what, program in programs.items()
    ]


@pytest.mark.parametrize(("rule", "program"), each_defect())
def test_a_planted_defect_trips_its_rule_and_no_other(rule: str, program: Program) -> None:
    found = findings(run(program))
    assert {(finding.policy, finding.level) for finding in found} == {(rule, "mandatory")}
    assert all(finding.urn and "hunter" not in finding.message for finding in found)


@pytest.mark.parametrize("rule", sorted({rule for cases in EACH for rule in cases}))
def test_a_preview_finds_the_defect_too_or_says_that_it_cannot_know(rule: str) -> None:
    first = next(program for cases in EACH for program in cases.get(rule, {}).values())
    assert rule in {finding.policy for finding in findings(run(first, preview=True))}


@pytest.mark.parametrize("program", GOOD.values(), ids=GOOD)
def test_the_good_twin_trips_nothing(program: Program) -> None:
    assert findings(run(program)) == []


@pytest.mark.parametrize("program", GOOD.values(), ids=GOOD)
def test_a_preview_stops_no_good_program(program: Program) -> None:
    assert [finding for finding in findings(run(program, preview=True)) if finding.level == "mandatory"] == []


def test_what_a_preview_cannot_know_is_noted_and_does_not_hide_the_rest() -> None:
    def program() -> None:
        name = aws.iam.Policy("first", policy=good.allow("s3:GetObject", "*"), tags=good.TAGS).arn
        good.role(assume_role_policy=name, inline_policies=[{"name": "x", "policy": good.allow("*", "*")}])

    assert {(finding.policy, finding.level) for finding in findings(run(program, preview=True))} == {
        ("service-account-roles-trust-one-account-and-audience", "advisory"),
        ("no-wildcard-action-on-a-wildcard-resource", "mandatory"),
    }


@pytest.mark.parametrize("program", GOOD.values(), ids=GOOD)
def test_unknown_values_break_no_rule(program: Program) -> None:
    resources = run(program).resources
    for depth in (1, 2, 3, 9):
        vague = [dataclasses.replace(resource, inputs=forget(resource.inputs, depth)) for resource in resources]
        findings(Recording(resources=vague))


def forget(value: Any, depth: int) -> Any:
    """The value as a preview might know it: nothing below that depth, and no leaf."""
    if depth and isinstance(value, Mapping):
        return {key: forget(item, depth - 1) for key, item in value.items()}
    if depth and isinstance(value, list):
        return [forget(item, depth - 1) for item in value]
    return UNKNOWN


def test_every_rule_has_a_planted_defect() -> None:
    assert {rule for cases in EACH for rule in cases} == {policy.name for policy in RULES} | RECORDED_ONLY
