"""Which ARNs a Bedrock model needs, and which models are refused."""

from __future__ import annotations

from typing import Any

import pytest

from charts.shapes import Model
from stacks.aws.bedrock import default_model, in_its_region, invokable_arns

WEST = "arn:aws:bedrock:us-west-2:123456789012"
NOVA = "amazon.nova-lite-v1:0"


def arns(model: str, region: str = "us-east-1", base_model: str | None = None, **params: Any) -> set[str]:
    return set(invokable_arns(Model(name="m", model=model, base_model=base_model, params=params), region))


def test_a_model_id_needs_its_foundation_model_in_the_region_of_the_call() -> None:
    assert arns(f"bedrock/{NOVA}") == {f"arn:aws:bedrock:us-east-1::foundation-model/{NOVA}"}
    assert arns(f"bedrock/converse/{NOVA}", aws_region_name="eu-west-1") == {
        f"arn:aws:bedrock:eu-west-1::foundation-model/{NOVA}"
    }
    assert arns("openai/gpt-5") == set()


@pytest.mark.parametrize("geography", ["us", "eu", "apac", "jp", "au", "ca", "in", "sa", "mx"])
def test_a_profile_needs_itself_and_its_model_wherever_it_routes_to(geography: str) -> None:
    assert arns(f"bedrock/{geography}.{NOVA}") == {
        f"arn:aws:bedrock:us-east-1:*:inference-profile/{geography}.{NOVA}",
        f"arn:aws:bedrock:*::foundation-model/{NOVA}",
    }


def test_a_global_profile_needs_its_model_without_a_region_too() -> None:
    assert f"arn:aws:bedrock:::foundation-model/{NOVA}" in arns(f"bedrock/global.{NOVA}")
    profile = f"{WEST}:application-inference-profile/abc"
    assert f"arn:aws:bedrock:::foundation-model/{NOVA}" in arns(f"bedrock/{profile}", base_model=f"global.{NOVA}")


def test_arns_are_of_the_partition_of_the_region() -> None:
    assert arns(f"bedrock/us-gov.{NOVA}", "us-gov-west-1") == {
        f"arn:aws-us-gov:bedrock:us-gov-west-1:*:inference-profile/us-gov.{NOVA}",
        f"arn:aws-us-gov:bedrock:*::foundation-model/{NOVA}",
    }
    assert arns(f"bedrock/{NOVA}", "cn-north-1") == {f"arn:aws-cn:bedrock:cn-north-1::foundation-model/{NOVA}"}


@pytest.mark.parametrize("prefix", ["", "converse/", "invoke/"])
@pytest.mark.parametrize("base_model", [f"us.{NOVA}", NOVA, f"bedrock/us.{NOVA}", f"bedrock/converse/us.{NOVA}"])
def test_an_application_profile_needs_the_model_it_was_made_from(prefix: str, base_model: str) -> None:
    profile = f"{WEST}:application-inference-profile/abc"
    needed = {profile, f"arn:aws:bedrock:*::foundation-model/{NOVA}"}
    assert arns(f"bedrock/{prefix}{profile}", base_model=base_model) == needed
    assert arns(f"bedrock/{prefix}us.{NOVA}", model_id=profile) == needed


@pytest.mark.parametrize(
    "model",
    [
        f"bedrock/converse/{WEST}:provisioned-model/abc",
        f"bedrock/nova/{WEST}:custom-model-deployment/abc",
        f"bedrock/nova-2/{WEST}:custom-model-deployment/abc",
        *(
            f"bedrock/{family}/{WEST}:imported-model/abc"
            for family in ("llama", "deepseek_r1", "qwen2", "qwen3", "moonshot", "openai", "invoke/llama")
        ),
        f"bedrock/{WEST.removesuffix(':123456789012')}::foundation-model/{NOVA}",
    ],
)
def test_a_model_by_arn_needs_that_arn_and_is_called_in_its_region(model: str) -> None:
    assert arns(model) == {model[model.index("arn:") :]}
    assert in_its_region(Model(name="m", model=model), "us-east-1").params == {"aws_region_name": "us-west-2"}


@pytest.mark.parametrize(
    ("model", "params", "sentence"),
    [
        ("bedrock/ap-northeast-1/deepseek.v3.2", {}, "write bedrock/deepseek.v3.2, for another region with"),
        ("bedrock/us-east-1/1-month-commitment/anthropic.claude-v1", {}, "provisioned throughput with its ARN"),
        (f"bedrock/{WEST}:application-inference-profile/abc", {}, "set baseModel"),
        (f"bedrock/{WEST}:provisioned-model/abc", {}, "write bedrock/converse/arn:"),
        (f"bedrock/{WEST}:prompt-router/abc", {}, "cannot call a prompt-router"),
        (
            f"bedrock/{NOVA}",
            {"model_id": f"{WEST}:application-inference-profile/abc", "aws_region_name": "eu-west-1"},
            "is no ARN in eu-west-1",
        ),
        ("bedrock/arn:aws-cn:bedrock:us-west-2:123456789012:imported-model/abc", {}, "is no ARN in us-west-2 of"),
        (f"bedrock/converse/{WEST}:imported-model/*", {}, "is no id of a model"),
        (f"bedrock/{NOVA}", {"model_id": "arn:aws:bedrock:us-east-1:*:provisioned-model/abc"}, "is no id of a model"),
        ("bedrock/amazon.*", {}, "is no id of a model"),
        ("bedrock/agent/ABC/DEF", {}, "agent/ is no way to bedrock-runtime"),
        ("bedrock/async_invoke/amazon.nova-reel-v1:0", {}, "async_invoke/ is no way"),
        ("bedrock/mantle/anthropic.claude-sonnet-5", {}, "mantle/ is no way"),
        ("bedrock_mantle/openai.gpt-oss-20b", {}, "bedrock_mantle is a service"),
        ("sagemaker_chat/endpoint", {}, "sagemaker_chat is a service"),
        ("bedrock/amazon.rerank-v1:0", {}, "is not called like a chat model"),
        ("bedrock/guardrails", {}, "'guardrails' is no id of a model"),
        ("anthropic.claude-sonnet-5", {}, "write bedrock/<id"),
        (f"us.{NOVA}", {}, "write bedrock/<id"),
        ("claude-sonnet-4-5-20250929-v1:0", {}, "write bedrock/<id"),
        ("max-x-max/50-steps/stability.stable-diffusion-xl-v0", {}, "write bedrock/<id"),
        (f"{WEST}:imported-model/abc", {}, "write bedrock/<id"),
        (NOVA, {"custom_llm_provider": "bedrock"}, "write the provider into model"),
        (f"bedrock/{NOVA}", {"aws_region_name": "Tokyo"}, "'Tokyo' is no region"),
        (f"bedrock/{NOVA}", {"aws_region_name": "us-gov-west-1"}, "in the partition aws-us-gov"),
        (f"bedrock/{NOVA}", {"region_name": "us-west-2"}, "write aws_region_name"),
        (f"bedrock/{NOVA}", {"aws_role_name": "arn:aws:iam::123456789012:role/x"}, "another identity"),
        (f"bedrock/{NOVA}", {"guardrailConfig": {"guardrailIdentifier": "x"}}, "bedrock:ApplyGuardrail"),
        (
            f"bedrock/{NOVA}",
            {"aws_bedrock_runtime_endpoint": "https://vpce-0.bedrock-runtime.eu-west-1.vpce.amazonaws.com"},
            "is in eu-west-1, but calls are signed for us-east-1",
        ),
        (f"bedrock/{NOVA}", {"api_base": "https://bedrock-runtime-fips.us-west-2.amazonaws.com"}, "api_base is in"),
    ],
)
def test_what_the_role_could_not_call_is_refused_with_a_sentence(
    model: str, params: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=r"^.+$") as refused:
        arns(model, **params)
    assert sentence in str(refused.value)


def test_an_endpoint_in_the_region_of_the_call_is_allowed() -> None:
    endpoint = "https://vpce-0.bedrock-runtime.eu-west-1.vpce.amazonaws.com"
    assert arns(f"bedrock/{NOVA}", aws_region_name="eu-west-1", aws_bedrock_runtime_endpoint=endpoint)


def test_another_service_with_a_key_of_its_own_needs_no_right() -> None:
    model = Model(name="m", model="bedrock_mantle/openai.gpt-oss-20b", provider_key="mantle")
    assert invokable_arns(model, "us-east-1") == ()


def test_osaka_and_tokyo_have_a_default_that_stays_in_japan() -> None:
    assert {default_model(f"ap-northeast-{number}") for number in (1, 3)} == {"bedrock/jp.amazon.nova-2-lite-v1:0"}
