"""Small programs that no rule objects to; each takes the change that makes it bad."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks
import pulumi_kubernetes as kubernetes

TAGS = {
    "Project": "genaiplatform",
    "Environment": "test",
    "Owner": "someone",
    "ManagedBy": "pulumi",
    "StackId": "a1b2c3d",
}
TLS = "ELBSecurityPolicy-TLS13-1-2-2021-06"
ISSUER = "oidc.eks.us-east-1.amazonaws.com/id/X"
RESOURCES = {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "128Mi"}}


def allow(action: Any, resource: Any, **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return json.dumps({"Statement": [{key: value for key, value in statement.items() if value is not None}]})


def ingress(component: str, *cidrs: str, from_port: int = 443, to_port: int = 443, ipv6: bool = False) -> None:
    parent = pulumi.ComponentResource(component, "component")
    for number, cidr in enumerate(cidrs):
        aws.vpc.SecurityGroupIngressRule(
            f"rule-{number}",
            security_group_id="sg-1",
            **{"cidr_ipv6" if ipv6 else "cidr_ipv4": cidr},
            ip_protocol="tcp",
            from_port=from_port,
            to_port=to_port,
            tags=TAGS,
            opts=pulumi.ResourceOptions(parent=parent),
        )


def security_group(**changes: Any) -> None:
    aws.ec2.SecurityGroup("group", **{"vpc_id": "vpc-1", "tags": TAGS, **changes})


def bucket(
    *, without: str = "", lock: bool = True, algorithm: str = "AES256", deny: str = "false", **changes: Any
) -> None:
    made = aws.s3.Bucket("data", **{"force_destroy": True, "tags": TAGS, **changes})
    if without != "public access block":
        aws.s3.BucketPublicAccessBlock(
            "data",
            bucket=made.id,
            block_public_acls=True,
            block_public_policy=lock,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
    if without != "encryption":
        aws.s3.BucketServerSideEncryptionConfiguration(
            "data",
            bucket=made.id,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": algorithm}}],
        )
    if without != "policy":
        denial = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": made.arn,
            "Condition": {"Bool": {"aws:SecureTransport": deny}},
        }
        aws.s3.BucketPolicy("data", bucket=made.id, policy=pulumi.Output.json_dumps({"Statement": [denial]}))


def database(*, parameter: str = "rds.force_ssl", value: str = "1", **changes: Any) -> None:
    parameters = aws.rds.ClusterParameterGroup(
        "parameters", family="aurora-postgresql17", parameters=[{"name": parameter, "value": value}], tags=TAGS
    )
    good = {
        "engine": "aurora-postgresql",
        "db_cluster_parameter_group_name": parameters.id,
        "storage_encrypted": True,
        "skip_final_snapshot": True,
        "backup_retention_period": 1,
        "tags": TAGS,
    }
    aws.rds.Cluster("database", **{**good, **changes})


def database_instance(**changes: Any) -> None:
    aws.rds.ClusterInstance(
        "instance",
        **{"cluster_identifier": "c", "engine": "aurora-postgresql", "instance_class": "x", "tags": TAGS, **changes},
    )


def cache(*, policy: str = "noeviction", **changes: Any) -> None:
    parameters = aws.elasticache.ParameterGroup(
        "parameters", family="valkey8", parameters=[{"name": "maxmemory-policy", "value": policy}], tags=TAGS
    )
    good = {
        "description": "queue",
        "parameter_group_name": parameters.id,
        "at_rest_encryption_enabled": True,
        "transit_encryption_enabled": True,
        "auth_token": pulumi.Output.secret("token"),
        "tags": TAGS,
    }
    aws.elasticache.ReplicationGroup("cache", **{**good, **changes})


def load_balancer(resource_name: str = "entry", **changes: Any) -> aws.lb.LoadBalancer:
    return aws.lb.LoadBalancer(resource_name, **{"load_balancer_type": "application", "tags": TAGS, **changes})


def listener(balancer: aws.lb.LoadBalancer, port: int, action: Any, **changes: Any) -> aws.lb.Listener:
    return aws.lb.Listener(
        f"listener-{port}", load_balancer_arn=balancer.arn, port=port, default_actions=[action], tags=TAGS, **changes
    )


def listener_rule(on: aws.lb.Listener, action: Any, *conditions: Any) -> None:
    aws.lb.ListenerRule("rule", listener_arn=on.arn, actions=[action], conditions=list(conditions), tags=TAGS)


FORWARD = {"type": "forward", "target_group_arn": "arn:aws:elasticloadbalancing:::targetgroup/x"}
REDIRECT = {"type": "redirect", "redirect": {"port": "443", "protocol": "HTTPS", "status_code": "HTTP_301"}}
HEADER = {"http_header": {"http_header_name": "cookie", "values": ["secret"]}}
TRACED_HEADER = {"http_header": {"http_header_name": "x-apim-entry", "values": ["secret"]}}


def refuse(status: str) -> Mapping[str, Any]:
    return {"type": "fixed-response", "fixed_response": {"content_type": "text/plain", "status_code": status}}


def plain_day(**changes: Any) -> None:
    """A day without a domain, with an entry for API Management: HTTP for users beside one HTTPS port."""
    balancer = load_balancer()
    listener(balancer, 80, FORWARD, protocol="HTTP")
    listener(balancer, 3000, FORWARD, protocol="HTTP")
    apim_entry(balancer, **changes)


def apim_entry(
    balancer: aws.lb.LoadBalancer,
    *,
    protocol: str = "HTTPS",
    default: Mapping[str, Any] | None = None,
    conditions: Sequence[Mapping[str, Any]] = (HEADER,),
) -> None:
    tls = {"ssl_policy": TLS, "certificate_arn": "arn:aws:acm:::certificate/x"} if protocol == "HTTPS" else {}
    entry = listener(balancer, 8443, default or refuse("403"), protocol=protocol, **tls)
    listener_rule(entry, FORWARD, *conditions)


def day_with_a_domain(
    *, plain: Mapping[str, Any] = REDIRECT, plain_rule: Mapping[str, Any] | None = None, ssl_policy: str | None = TLS
) -> None:
    balancer = load_balancer()
    listener(balancer, 443, refuse("404"), protocol="HTTPS", ssl_policy=ssl_policy, certificate_arn="arn:x")
    http = listener(balancer, 80, plain, protocol="HTTP")
    if plain_rule:
        listener_rule(http, plain_rule, {"host_header": {"values": ["x"]}})


def role(resource_name: str = "role", *, without: str = "", operator: str = "StringEquals", **changes: Any) -> None:
    claims = {f"{ISSUER}:sub": "system:serviceaccount:genai-platform:litellm", f"{ISSUER}:aud": "sts.amazonaws.com"}
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/x"},
        "Condition": {operator: {key: value for key, value in claims.items() if not key.endswith(f":{without}")}},
    }
    trust = json.dumps({"Statement": statement})
    aws.iam.Role(resource_name, **{"assume_role_policy": trust, "tags": TAGS, **changes})


def policy(document: str = allow("s3:GetObject", "arn:aws:s3:::bucket/*")) -> None:
    aws.iam.RolePolicy("policy", role="role", policy=document)


def cluster_component(opts: pulumi.ResourceOptions | None = None, **changes: Any) -> None:
    good = {
        "version": "1.35",
        "upgrade_policy": {"support_type": "STANDARD"},
        "endpoint_public_access": True,
        "endpoint_private_access": True,
        "tags": TAGS,
    }
    eks.Cluster("cluster", opts=opts, **{**good, **changes})


def cluster(**changes: Any) -> None:
    """What pulumi-eks makes of it in the engine, under a component that came without inputs."""
    component = pulumi.ComponentResource("eks:index:Cluster", "cluster")
    good = {
        "role_arn": "arn:x",
        "version": "1.35",
        "upgrade_policy": {"support_type": "STANDARD"},
        "vpc_config": {"subnet_ids": ["subnet-1"], "endpoint_public_access": True, "endpoint_private_access": True},
        "tags": TAGS,
    }
    aws.eks.Cluster("cluster-eksCluster", opts=pulumi.ResourceOptions(parent=component), **{**good, **changes})


# The specs below are Any: held against the SDK's unions of typed dictionaries, a nested literal takes mypy gigabytes.
def pod_spec(**container: Any) -> Any:
    return {"containers": [{"name": "main", "image": "postgres:17.7", "resources": RESOURCES, **container}]}


def _template(spec: Any) -> Any:
    return {"metadata": {"labels": {"app": "x"}}, "spec": spec}


def pod(**container: Any) -> None:
    kubernetes.core.v1.Pod("pod", spec=pod_spec(**container))


def job(**container: Any) -> None:
    spec: Any = {"template": _template({"restart_policy": "Never", **pod_spec(**container)})}
    kubernetes.batch.v1.Job("job", spec=spec)


def cron_job(**container: Any) -> None:
    template = {"spec": {"template": _template(pod_spec(**container))}}
    spec: Any = {"schedule": "* * * * *", "job_template": template}
    kubernetes.batch.v1.CronJob("cron", spec=spec)


def deployment(pod: Any = None) -> None:
    spec: Any = {"selector": {"match_labels": {"app": "x"}}, "template": _template(pod or pod_spec())}
    kubernetes.apps.v1.Deployment("deployment", spec=spec)


def stateful_set(*, when_deleted: str | None = "Delete") -> None:
    spec: Any = {
        "service_name": "store",
        "selector": {"match_labels": {"app": "x"}},
        "template": _template(pod_spec()),
        "persistent_volume_claim_retention_policy": {"when_deleted": when_deleted} if when_deleted else None,
        "volume_claim_templates": [{"metadata": {"name": "data"}}],
    }
    kubernetes.apps.v1.StatefulSet("store", spec=spec)


def storage_class(*, reclaim: str = "Delete", encrypted: str = "true") -> None:
    kubernetes.storage.v1.StorageClass(
        "class", provisioner="ebs.csi.eks.amazonaws.com", parameters={"encrypted": encrypted}, reclaim_policy=reclaim
    )


def service(kind: str = "ClusterIP") -> None:
    kubernetes.core.v1.Service("service", spec={"type": kind, "ports": [{"port": 80}]})


def config_map(**data: str) -> None:
    kubernetes.core.v1.ConfigMap("config", data=data or GOOD_FILES)


def release(values: Mapping[str, Any] | None = None, **changes: Any) -> None:
    good = {"name": "app", "chart": "oci://registry.example.com/app", "version": "1.2.3"}
    kubernetes.helm.v3.Release("release", **{**good, "values": values or GOOD_VALUES, **changes})


GOOD_FILES = {
    "disk.xml": """<clickhouse>
  <use_environment_credentials>true</use_environment_credentials>
  <password from_env="CLICKHOUSE_PASSWORD"/>
  <secret_access_key></secret_access_key>
</clickhouse>""",
    "setup.sql": "ALTER ROLE litellm\n  PASSWORD :'litellm_password'",
    "setup.sh": 'PGPASSWORD="$MASTER_PASSWORD" psql "postgresql://$USER:$PASSWORD@host/db"',
    "config.yaml": "master_key: os.environ/LITELLM_MASTER_KEY\nmax_tokens: 100\napi_key: none\ntoken_limit: 5",
}
GOOD_VALUES = {
    "image": {"repository": "app", "tag": "v1.108.14"},
    "masterKey": {"secretName": "litellm-master-key-secret", "secretKey": "master-key"},
    "database": {"passwordSecret": {"name": "litellm-writer", "usernameKey": "username", "passwordKey": "password"}},
    "auth": {"username": "u", "existingSecret": "s", "existingSecretKey": "k", "existingSecretPasswordKey": "password"},
    "postgresql": {"auth": {"existingSecret": "s", "secretKeys": {"userPasswordKey": "postgres-password"}}},
    "salt": {"secretKeyRef": {"name": "secrets", "key": "salt"}},
    "nextauth": {"secret": {"secretKeyRef": {"name": "secrets", "key": "nextauth-secret"}}},
    "envSecrets": ["litellm-env"],
    "automountServiceAccountToken": False,
    "env": [
        {"name": "REDIS_URL", "value": "rediss://default:$(REDIS_PASSWORD)@host:6379/0"},
        {"name": "DATABASE_URL", "value": "postgresql://host:5432/db"},
        {"name": "DATABASE_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "s", "key": "password"}}},
    ],
    "proxy_config": {
        "model_list": [{"litellm_params": {"api_key": "os.environ/AZURE_API_KEY", "input_cost_per_token": 0.1}}],
        "general_settings": {"master_key": "os.environ/LITELLM_MASTER_KEY", "litellm_key_header_name": "x-api-key"},
    },
    "ingress": {"enabled": False},
    "service": {"type": "ClusterIP"},
}
