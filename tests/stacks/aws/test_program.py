"""The whole AWS day, as the engine would receive it."""

from __future__ import annotations

import json

import pytest

from ops.model.recorder import Recording, Resource, Secret, plain, record
from ops.model.simulated_outputs import GENERATED, ISSUER, generated_secret
from stacks.errors import SettingsError
from tests.kubernetes_schema import validate
from tests.program import VARIANTS, ancestors, plaintext, recorded

RELEASE = "kubernetes:helm.sh/v3:Release"
STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
JOB = "kubernetes:batch/v1:Job"
GATE = "pulumi-python:dynamic/genai:DrainGate"
EKS = "eks:index:Cluster"

every_variant = pytest.mark.parametrize("variant", VARIANTS)


@every_variant
@pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])
def test_the_program_runs(variant: str, *, preview: bool) -> None:
    """The recorder refuses a URN that is registered twice; a preview has no output known."""
    assert len(recorded(variant, preview=preview).resources) > 100


@every_variant
def test_a_preview_registers_what_up_registers(variant: str) -> None:
    assert recorded(variant).by_urn().keys() == recorded(variant, preview=True).by_urn().keys()


def test_the_type_tokens_of_our_components_are_frozen() -> None:
    """A changed token replaces everything below it in a running stack."""
    tokens = {r.type for variant in VARIANTS for r in recorded(variant).resources if r.type.startswith("genai:")}
    assert tokens == {
        "genai:aws:Bucket",
        "genai:aws:Cache",
        "genai:aws:Certificate",
        "genai:aws:Cluster",
        "genai:aws:Database",
        "genai:aws:DomainListeners",
        "genai:aws:ApimEntry",
        "genai:aws:LoadBalancer",
        "genai:aws:Network",
        "genai:aws:PlainListeners",
        "genai:aws:Target",
        "genai:aws:WorkloadRole",
        "genai:index:Credentials",
        "genai:kubernetes:ClickHouse",
        "genai:kubernetes:DatabaseSetup",
        "genai:kubernetes:Foundation",
        "genai:kubernetes:Langfuse",
        "genai:kubernetes:LiteLLM",
    }


@every_variant
def test_children_are_named_after_their_component(variant: str) -> None:
    by_urn = recorded(variant).by_urn()
    for resource in recorded(variant).resources:
        parent = by_urn.get(resource.parent)
        if parent is not None and parent.type.startswith("genai:"):
            assert resource.name.startswith(parent.name), resource.urn


# Secrets


@every_variant
def test_no_secret_stands_in_plain_text_anywhere(variant: str) -> None:
    """Generated passwords have recognisable values here; so have the keys in the configuration."""
    recording = recorded(variant)
    generated = [r.name for r in recording.of_type("random:index/randomPassword:RandomPassword")]
    assert len(generated) >= 14
    secrets = [*map(generated_secret, generated), "provider-key-in-config", GENERATED]
    for resource in recording.resources:
        shown = [text for text in plaintext(resource.inputs) for secret in secrets if secret in text]
        assert not shown, resource.urn
    assert not [text for text in plaintext(recording.outputs) for secret in secrets if secret in text]


@every_variant
def test_helm_values_and_config_maps_carry_no_secret_even_as_a_secret(variant: str) -> None:
    """A Helm value that Pulumi keeps secret is still plain text in the cluster."""
    recording = recorded(variant)
    for resource in [*recording.of_type(RELEASE), *recording.of_type("kubernetes:core/v1:ConfigMap")]:
        assert GENERATED not in json.dumps(plain(resource.inputs)), resource.urn
        assert "provider-key-in-config" not in json.dumps(plain(resource.inputs)), resource.urn


def test_secret_outputs_are_secret_and_the_others_are_not() -> None:
    outputs = recorded("day with a domain").outputs
    secret = {name for name, value in outputs.items() if isinstance(value, Secret)}
    assert secret == {
        "apimEntryKey",
        "langfusePassword",
        "langfusePublicKey",
        "langfuseSecretKey",
        "litellmMasterKey",
        "virtualKeys",
    }
    assert set(outputs) - secret == {
        "clickhouseBucket",
        "clusterName",
        "apimEntryCertificate",
        "apimEntryUrl",
        "kubectl",
        "langfuseBucket",
        "langfuseEmail",
        "langfuseUrl",
        "litellmUrl",
        "next",
    }


def test_secrets_that_change_hands_are_the_same_on_both_sides() -> None:
    """LiteLLM holds the key pair Langfuse starts with; each database role has the password its application uses."""
    recording = recorded()

    def data(name: str) -> dict[str, str]:
        (found,) = [r for r in recording.of_type("kubernetes:core/v1:Secret") if r.inputs["metadata"]["name"] == name]
        contents: dict[str, str] = plain(found.inputs["stringData"])
        return contents

    assert data("litellm-env")["LANGFUSE_PUBLIC_KEY"] == data("langfuse-init")["LANGFUSE_INIT_PROJECT_PUBLIC_KEY"]
    assert data("litellm-env")["LANGFUSE_SECRET_KEY"] == data("langfuse-init")["LANGFUSE_INIT_PROJECT_SECRET_KEY"]
    assert data("langfuse-secrets")["clickhouse-password"] == data("clickhouse")["password"]
    cache = plain(recording.one("aws:elasticache/replicationGroup:ReplicationGroup").inputs["authToken"])
    assert {data("litellm-redis")["password"], data("langfuse-secrets")["redis-password"]} == {cache}
    setup = data("database-setup")
    assert json.loads(setup["databases"]) == {
        "litellm": data("litellm-writer-secret")["password"],
        "langfuse": data("langfuse-secrets")["postgres-password"],
    }
    assert setup["master-password"] == plain(recording.one("aws:rds/cluster:Cluster").inputs["masterPassword"])


# Order


def _workloads(recording: Recording) -> list[Resource]:
    return [r for type_token in (RELEASE, STATEFUL_SET, JOB) for r in recording.of_type(type_token)]


@every_variant
def test_every_object_in_the_cluster_is_behind_the_one_drain_gate(variant: str) -> None:
    """Nothing with a pod or a volume is reachable from the cluster's deletion without passing the gate."""
    recording = recorded(variant)
    gate = recording.one(GATE)
    in_cluster = [r for r in recording.resources if r.type.startswith("kubernetes:") and r.custom]
    assert len(in_cluster) > 15
    for resource in in_cluster:
        assert gate.urn in ancestors(recording, resource), resource.urn
    assert recording.one(EKS).urn in ancestors(recording, gate)
    assert not [r for r in ancestors(recording, gate) if "helm.sh" in r or ":core/v1:" in r]


@every_variant
def test_pods_have_their_way_to_the_internet_until_they_are_gone(variant: str) -> None:
    recording = recorded(variant)
    gate = recording.one(GATE)
    routes = [r for r in recording.of_type("aws:ec2/route:Route") if "natGatewayId" in r.inputs]
    assert routes
    assert {route.urn for route in routes} <= ancestors(recording, gate)


@every_variant
def test_each_workload_waits_for_what_it_reads_on_its_first_start(variant: str) -> None:
    recording = recorded(variant)
    by_urn = recording.by_urn()
    needs = {
        (JOB, "database-setup"): ["aws:rds/clusterInstance:ClusterInstance", "aws:rds/cluster:Cluster"],
        (STATEFUL_SET, "clickhouse"): ["clickhouse-role", "genai:aws:Bucket", "kubernetes:core/v1:ConfigMap"],
        (RELEASE, "litellm"): [JOB, "litellm-role", "aws:elasticache/replicationGroup:ReplicationGroup"],
        (RELEASE, "langfuse"): [
            JOB,
            STATEFUL_SET,
            "langfuse-role",
            "genai:aws:Bucket",
            "aws:elasticache/replicationGroup:ReplicationGroup",
        ],
    }
    for (type_token, name), wanted in needs.items():
        workload = recording.one(type_token, name)
        before = [by_urn[urn] for urn in ancestors(recording, workload) if urn in by_urn]
        for want in wanted:
            assert any(want == r.type or want == r.name or f"{want}$" in r.urn for r in before), (name, want)
        secrets = [r for r in recording.of_type("kubernetes:core/v1:Secret") if f"{name}" in r.name]
        assert secrets
        assert {secret.urn for secret in secrets} <= {r.urn for r in before}


@every_variant
def test_nothing_slow_waits_for_the_cluster(variant: str) -> None:
    recording = recorded(variant)
    cluster = recording.one(EKS)
    for type_token in (
        "aws:rds/clusterInstance:ClusterInstance",
        "aws:elasticache/replicationGroup:ReplicationGroup",
        "aws:lb/loadBalancer:LoadBalancer",
        "aws:lb/listener:Listener",
        "aws:s3/bucket:Bucket",
        "aws:ec2/natGateway:NatGateway",
    ):
        assert recording.of_type(type_token)
        for resource in recording.of_type(type_token):
            assert cluster.urn not in ancestors(recording, resource), resource.urn


@every_variant
def test_the_cluster_waits_for_nothing_but_its_subnets(variant: str) -> None:
    recording = recorded(variant)
    by_urn = recording.by_urn()
    before = {by_urn[urn].type for urn in ancestors(recording, recording.one(EKS)) if urn in by_urn}
    assert before <= {
        "pulumi:pulumi:Stack",
        "genai:aws:Cluster",
        "genai:aws:Network",
        "aws:ec2/vpc:Vpc",
        "aws:ec2/subnet:Subnet",
        "random:index/randomString:RandomString",
    }


@every_variant
def test_nothing_is_kept_back_from_a_destroy(variant: str) -> None:
    recording = recorded(variant)
    for resource in recording.resources:
        assert not resource.protect, resource.urn
        assert not resource.retain_on_delete, resource.urn
        assert not (resource.deleted_with and resource.type.startswith("kubernetes:")), resource.urn


# Roles


@every_variant
def test_each_role_trusts_the_service_account_that_carries_it(variant: str) -> None:
    recording = recorded(variant)
    annotated = {
        (r.inputs["metadata"]["namespace"], r.inputs["metadata"]["name"]): role
        for r in recording.of_type("kubernetes:core/v1:ServiceAccount")
        if (role := r.inputs["metadata"].get("annotations", {}).get("eks.amazonaws.com/role-arn"))
    }
    for release in recording.of_type(RELEASE):
        account = plain(release.inputs["values"]).get("langfuse", {}).get("serviceAccount")
        if account:
            role = account["annotations"]["eks.amazonaws.com/role-arn"]
            annotated[release.inputs["namespace"], account["name"]] = role
    trusted = {}
    for role in recording.of_type("aws:iam/role:Role"):
        (statement,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
        equals = statement["Condition"]["StringEquals"]
        assert equals[f"{ISSUER}:aud"] == "sts.amazonaws.com"
        _, _, namespace, account = equals[f"{ISSUER}:sub"].split(":")
        trusted[namespace, account] = f"arn:aws:iam:::{role.name}"
    assert set(trusted) == {("genai-platform", name) for name in ("litellm", "langfuse", "clickhouse")}
    assert trusted == annotated


def test_litellm_may_invoke_exactly_the_configured_bedrock_models() -> None:
    def resources(variant: str) -> set[str]:
        policy = recorded(variant).one("aws:iam/rolePolicy:RolePolicy", "litellm-role")
        (statement,) = json.loads(policy.inputs["policy"])["Statement"]
        assert set(statement["Action"]) == {"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"}
        return set(statement["Resource"])

    assert resources("day") == {"arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"}
    assert resources("day with an entry for API Management and provider keys") == {
        "arn:aws:bedrock:us-east-1:*:inference-profile/us.amazon.nova-lite-v1:0",
        "arn:aws:bedrock:*::foundation-model/amazon.nova-lite-v1:0",
    }


def test_a_role_without_permissions_has_no_empty_policy() -> None:
    config = {
        "genaiplatform:models": json.dumps(
            [{"name": "echo", "model": "openai/echo", "params": {"mock_response": "pong"}}]
        )
    }
    policies = record(config=config).of_type("aws:iam/rolePolicy:RolePolicy")
    assert {policy.name for policy in policies} == {"langfuse-role", "clickhouse-role"}


# The way in


def test_without_a_domain_only_the_two_ports_open_and_only_to_the_operator() -> None:
    recording = recorded()
    rules = [
        (r.inputs["fromPort"], r.inputs["cidrIpv4"])
        for r in recording.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if "cidrIpv4" in r.inputs
    ]
    assert sorted(rules) == [(80, "203.0.113.10/32"), (3000, "203.0.113.10/32")]
    assert recording.outputs["litellmUrl"] == "http://entry-123456.us-east-1.elb.amazonaws.com"
    assert recording.outputs["langfuseUrl"] == "http://entry-123456.us-east-1.elb.amazonaws.com:3000"


def test_with_a_domain_everything_is_https_and_langfuse_knows_its_own_address() -> None:
    recording = recorded("day with a domain")
    assert recording.outputs["litellmUrl"] == "https://litellm.genai.example.com"
    assert recording.outputs["apimEntryUrl"] == "https://litellm.genai.example.com:8443"
    for listener in recording.of_type("aws:lb/listener:Listener"):
        action = listener.inputs["defaultActions"][0]["type"]
        assert listener.inputs["protocol"] == "HTTPS" or action == "redirect", listener.urn
    values = plain(recording.one(RELEASE, "langfuse").inputs["values"])
    assert (
        values["langfuse"]["nextauth"]["url"]
        == recording.outputs["langfuseUrl"]
        == "https://langfuse.genai.example.com"
    )
    names = {r.inputs["name"] for r in recording.of_type("aws:route53/record:Record") if r.inputs["type"] == "A"}
    assert names == {"litellm.genai.example.com", "langfuse.genai.example.com"}


@pytest.mark.parametrize("variant", ["day with a domain", "day with an entry for API Management and provider keys"])
def test_the_apim_entry_forwards_only_user_paths_with_the_secret_header(variant: str) -> None:
    recording = recorded(variant)
    listener = recording.one("aws:lb/listener:Listener", "apim-entry")
    assert (listener.inputs["port"], listener.inputs["protocol"]) == (8443, "HTTPS")
    assert listener.inputs["defaultActions"][0]["fixedResponse"]["statusCode"] == "403"
    (rule,) = [
        r
        for r in recording.of_type("aws:lb/listenerRule:ListenerRule")
        if listener.urn in r.property_dependencies["listenerArn"]
    ]
    paths, header = plain(rule.inputs["conditions"])
    assert paths["pathPattern"]["values"] == ["/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v1/models"]
    assert header["httpHeader"]["httpHeaderName"] == "cookie"
    assert header["httpHeader"]["values"] == [plain(recording.outputs["apimEntryKey"])]
    world = [
        r.name
        for r in recording.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if r.inputs.get("cidrIpv4") == "0.0.0.0/0"
    ]
    assert world == ["apim-entry"]


def test_a_domain_without_a_hosted_zone_creates_nothing() -> None:
    with pytest.raises(SettingsError, match=r"no public hosted zone for it or a parent \(example.com\)"):
        record(config={"genaiplatform:domain": "genai.elsewhere.org"})


def test_the_longest_matching_hosted_zone_holds_the_records() -> None:
    recording = record(
        config={"genaiplatform:domain": "genai.example.com"},
        hosted_zones=["example.com", "genai.example.com", "ai.example.com"],
    )
    assert {r.inputs["zoneId"] for r in recording.of_type("aws:route53/record:Record")} == {"Z-genai.example.com"}


# Kubernetes


@every_variant
def test_our_own_kubernetes_objects_are_valid_for_the_clusters_version(variant: str) -> None:
    recording = recorded(variant)
    objects = [
        r
        for r in recording.resources
        if r.type.startswith("kubernetes:") and r.custom and r.type != RELEASE and "TargetGroupBinding" not in r.type
    ]
    assert len(objects) > 12
    for resource in objects:
        validate(resource)


def test_pods_join_the_target_groups_of_this_cluster() -> None:
    recording = recorded()
    name = recording.outputs["clusterName"]
    groups = recording.of_type("aws:lb/targetGroup:TargetGroup")
    assert [g.inputs["tags"]["eks:eks-cluster-name"] for g in groups] == [name, name]
    assert recording.one(EKS).inputs["name"] == name
    bindings = [r for r in recording.resources if "TargetGroupBinding" in r.type]
    assert {(b.inputs["spec"]["serviceRef"]["name"], b.inputs["spec"]["serviceRef"]["port"]) for b in bindings} == {
        ("litellm", 4000),
        ("langfuse-web", 3000),
    }
    assert {b.inputs["spec"]["targetGroupARN"] for b in bindings} == {f"arn:aws:lb:::{g.name}" for g in groups}


def test_pods_keep_idle_connections_for_longer_than_the_load_balancer() -> None:
    """Else it sends requests into connections that have just been closed, and answers 502."""
    recording = recorded("day")
    idle = recording.one("aws:lb/loadBalancer:LoadBalancer").inputs["idleTimeout"]
    litellm, langfuse = (plain(recording.one(RELEASE, name).inputs["values"]) for name in ("litellm", "langfuse"))
    seconds = {variable["name"]: variable["value"] for variable in litellm["gateway"]["extraEnv"]}["KEEPALIVE_TIMEOUT"]
    milliseconds = {
        variable["name"]: variable["value"] for variable in langfuse["langfuse"]["web"]["pod"]["additionalEnv"]
    }
    assert int(seconds) > idle
    assert int(milliseconds["KEEP_ALIVE_TIMEOUT"]) > idle * 1000


@pytest.mark.parametrize("variant", VARIANTS)
def test_auto_mode_moves_no_pod_to_a_cheaper_node(variant: str) -> None:
    recording = recorded(variant)
    litellm, langfuse = (plain(recording.one(RELEASE, name).inputs["values"]) for name in ("litellm", "langfuse"))
    pods = (litellm["gateway"]["podAnnotations"], langfuse["langfuse"]["pod"]["annotations"])
    assert {pod["karpenter.sh/do-not-disrupt"] for pod in pods} == {"true"}


def test_two_stacks_share_no_fixed_name_in_aws() -> None:
    """Yesterday's leftovers and a colleague's stack must not collide with today's names."""
    fixed = {"bucket", "clusterIdentifier", "identifier", "replicationGroupId"}
    for resource in recorded().resources:
        if resource.type.startswith("aws:") and not resource.type.startswith("aws:s3/bucket"):
            assert not fixed & resource.inputs.keys() - {"clusterIdentifier"}, resource.urn
            assert "name" not in resource.inputs or resource.type.startswith("aws:route53/"), resource.urn
