import json
from hashlib import sha256
from typing import Any

from charts.litellm import GUARD, GUARD_CONFIG_MAP, allowed_routes, provider_key_variable, proxy_config, values
from charts.shapes import Model

BEDROCK = Model(name="nova-lite", model="bedrock/amazon.nova-lite-v1:0")
AZURE = Model(
    name="gpt",
    model="azure/my-deployment",
    params={"api_base": "https://example.openai.azure.com", "rpm": 100},
    provider_key="azure-east",
    base_model="azure/gpt-6-luna",
)


def config(*models: Model) -> dict[str, Any]:
    return proxy_config(models, region="eu-west-1", vpc_cidr="10.1.0.0/16")


def chart_values(replicas: int = 1) -> dict[str, Any]:
    return values(
        config(BEDROCK),
        image_tag="v1",
        replicas=replicas,
        database_host="database",
        cache_host="cache",
        secrets_checksum="0" * 64,
    )


def test_bedrock_is_called_in_the_region_of_the_day() -> None:
    [entry] = config(BEDROCK)["model_list"]
    assert entry == {
        "model_name": "nova-lite",
        "litellm_params": {"model": "bedrock/amazon.nova-lite-v1:0", "aws_region_name": "eu-west-1"},
    }


def test_a_model_may_name_another_region() -> None:
    elsewhere = Model(name="nova", model="bedrock/amazon.nova-lite-v1:0", params={"aws_region_name": "us-west-2"})
    assert config(elsewhere)["model_list"][0]["litellm_params"]["aws_region_name"] == "us-west-2"


def test_a_provider_key_stands_in_the_configuration_by_reference_only() -> None:
    [entry] = config(AZURE)["model_list"]
    assert entry["litellm_params"] == {
        "model": "azure/my-deployment",
        "api_base": "https://example.openai.azure.com",
        "rpm": 100,
        "api_key": "os.environ/PROVIDER_KEY_AZURE_EAST",
    }
    assert provider_key_variable("azure-east") == "PROVIDER_KEY_AZURE_EAST"
    assert entry["model_info"] == {"base_model": "azure/gpt-6-luna"}


def test_the_key_header_is_left_to_litellm() -> None:
    """The setting's meaning changed between 1.106 and 1.108; `x-litellm-api-key` works without it."""
    assert "litellm_key_header_name" not in json.dumps(config(BEDROCK))


def test_calls_are_traced_in_the_langfuse_of_the_cluster() -> None:
    """Without the host, LiteLLM sends the traces to Langfuse's cloud."""
    assert config(BEDROCK)["litellm_settings"]["callbacks"][1] == "langfuse_otel"
    for name in ("LANGFUSE_OTEL_HOST", "LANGFUSE_HOST"):
        assert {"name": name, "value": "http://langfuse-web:3000"} in chart_values()["gateway"]["extraEnv"]


def test_the_hook_stands_beside_the_configuration_that_names_it_and_rolls_the_pods() -> None:
    gateway = chart_values()["gateway"]
    [mount] = gateway["volumeMounts"]
    assert mount["mountPath"] == "/app/config/model_guard.py"  # the chart mounts /app/config/config.yaml
    assert mount["subPath"] == GUARD.name
    assert {"name": mount["name"], "configMap": {"name": GUARD_CONFIG_MAP}} in gateway["volumes"]
    assert config()["litellm_settings"]["callbacks"][0] == "model_guard.guard"
    assert gateway["podAnnotations"]["checksum/model-guard"] == sha256(GUARD.read_bytes()).hexdigest()


def test_no_caller_decides_whether_a_call_is_traced() -> None:
    assert config()["litellm_settings"]["global_disable_no_log_param"] is True
    assert {"name": "OTEL_TRACES_SAMPLER", "value": "always_on"} in chart_values()["gateway"]["extraEnv"]


def test_the_routes_of_a_key_name_its_models_and_open_no_pass_through() -> None:
    routes = allowed_routes(["nova-lite"])
    assert "/openai/deployments/nova-lite/chat/completions" in routes
    assert not {"/openai", "/openai/deployments", "/openai/v1", "/engines", "/v1"} & {*routes}


def test_both_stores_are_reached_with_tls() -> None:
    assert chart_values()["database"]["writer"]["sslMode"] == "require"
    assert config()["general_settings"]["coordination_redis"]["ssl"] is True
    assert {"name": "REDIS_SSL", "value": "True"} in chart_values()["gateway"]["extraEnv"]


def test_the_load_balancer_is_the_proxy_that_is_trusted() -> None:
    assert config()["general_settings"]["trusted_proxy_ranges"] == ["10.1.0.0/16"]


def test_the_connections_of_two_replicas_and_their_successors_leave_aurora_half_of_the_least_capacity() -> None:
    connections_at_half_an_acu = 2**30 // 9_531_392  # the divisor in Aurora's default for max_connections
    pods = 2 * 2  # during a rolling update
    assert config()["general_settings"]["database_connection_pool_limit"] * pods <= connections_at_half_an_acu / 2


def test_each_pod_requests_what_it_needs_and_has_a_memory_limit() -> None:
    for pod in (chart_values()["gateway"], chart_values()["migrationJob"]):
        assert {*pod["resources"]["requests"]} == {"cpu", "memory"}
        assert "memory" in pod["resources"]["limits"]


def test_replicas_are_fixed() -> None:
    gateway = chart_values(replicas=2)["gateway"]
    assert gateway["replicaCount"] == 2
    assert gateway["hpa"] == {"enabled": False}
