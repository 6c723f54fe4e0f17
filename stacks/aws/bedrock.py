"""Amazon Bedrock behind LiteLLM: what a model calls there, which ARNs that needs, and which model is the default."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import UnknownRegionError

from charts.shapes import Model
from stacks.aws import regions

_ROUTES = ("converse/", "invoke/", "chat_completions/")
"""LiteLLM's ways to `bedrock-runtime`, which need the rights to invoke a model and no others."""

_OTHER_ROUTES = ("agent/", "agentcore/", "async_invoke/", "claude_platform/", "converse_like/", "mantle/")
"""LiteLLM's ways to elsewhere (litellm/llms/bedrock/common_utils.py, `get_bedrock_route`)."""

_FORMATS = ("llama/", "deepseek_r1/", "qwen2/", "qwen3/", "moonshot/", "openai/", "nova/", "nova-2/")
"""What LiteLLM takes in front of an ARN that does not tell how its model is spoken to (docs.litellm.ai, "Bedrock
Imported Models")."""

_OTHER_PROVIDERS = ("aws_polly", "bedrock_mantle", "sagemaker", "sagemaker_chat", "sagemaker_nova")
"""Other services of AWS that LiteLLM would call as the role."""

_IDENTIFIER = re.compile(
    r"((?P<geography>global|apac|us-gov|[a-z]{2})\.)?(?P<foundation>[a-z0-9]{3,}\.[A-Za-z0-9][A-Za-z0-9._:-]*)"
)
"""A model id, or behind a geography the id of an inference profile (Amazon Bedrock user guide, "Supported Regions and
models for inference profiles"). No maker of models has a name of two letters."""

_MAKERS = (
    "ai21|amazon|anthropic|cohere|deepseek|google|luma|meta|minimax|mistral|moonshot|moonshotai|nvidia|openai|qwen|"
    "stability|twelvelabs|writer|xai|zai"
)
_WITHOUT_PROVIDER = re.compile(
    rf"(([a-z]{{2,6}}|us-gov)\.)?({_MAKERS})\.[^/]+|[^/]*-v[0-9]+:[0-9]+|arn:aws.*|([0-9]+|max)-x-([0-9]+|max)/.*"
)
"""What LiteLLM takes for Bedrock's because its price list has it."""

_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):bedrock:(?P<region>[a-z0-9-]+):([0-9]{12})?:(?P<kind>[a-z-]+)/(?P<name>[\w.:/-]+)"
)
"""Without wildcards: it becomes a resource of the role."""
_OWN = ("custom-model-deployment", "imported-model", "provisioned-model")

ACTIONS = ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")
"""What LiteLLM's role may do with a model."""

_LONGEST_POLICY = 10_240
"""Characters, without white space, of the inline policies of a role (IAM user guide, "IAM and AWS STS quotas")."""

DEFAULT_MODELS: Mapping[str, str] = {
    "us-east-1": "amazon.nova-lite-v1:0",
    **dict.fromkeys(("us-east-2", "us-west-2"), "us.amazon.nova-lite-v1:0"),
    **dict.fromkeys(("ap-northeast-1", "ap-northeast-3"), "jp.amazon.nova-2-lite-v1:0"),
    **dict.fromkeys(
        ("ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2"),
        "apac.amazon.nova-lite-v1:0",
    ),
    **dict.fromkeys(
        ("eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"),
        "eu.amazon.nova-lite-v1:0",
    ),
}
"""A small Nova by region, as the region offers it: alone where the model is there, else its profile (Amazon Bedrock
user guide, "Supported Regions and models for batch inference"). Japan has a profile of its own with Nova 2 only, which
both its regions may call (model card of Nova 2 Lite)."""


@dataclass(frozen=True, kw_only=True)
class BedrockTarget:
    """What LiteLLM calls on Bedrock for a model."""

    region: str
    identifier: str
    """Of a model or an inference profile, or an ARN: what stands in the URL."""


def default_model(region: str) -> str:
    """LiteLLM's id of the default model; ValueError for a region in which AWS documents no way to call it."""
    if region not in DEFAULT_MODELS:
        raise ValueError(
            f"the default nova-lite has no documented way of inference in {region}: set models, such as one on "
            "bedrock/ with an aws_region_name among its params"
        )
    return f"bedrock/{DEFAULT_MODELS[region]}"


def target(model: str, params: Mapping[str, Any], region: str) -> BedrockTarget | None:
    """What LiteLLM calls for a model with these `litellm_params`, None when it is not Bedrock's.

    ValueError for a model that LiteLLM would call in another way than the role allows. tests/test_bedrock_in_litellm.py
    compares with what LiteLLM calls.
    """
    provider, _, rest = model.partition("/")
    if str(params.get("custom_llm_provider", "")).startswith(("bedrock", "sagemaker")):
        raise ValueError("custom_llm_provider sends it to AWS: write the provider into model, such as bedrock/<id>")
    if provider in _OTHER_PROVIDERS and "api_key" not in params:
        raise ValueError(f"{provider} is a service that the role of LiteLLM has no rights on: use one on bedrock/")
    if _WITHOUT_PROVIDER.fullmatch(model):
        raise ValueError(f"{model} names no provider, and LiteLLM would guess: write bedrock/<id of the model>")
    if provider != "bedrock":
        return None
    _refuse_params(params)
    named = _named(rest)
    identifier = params.get("model_id", named)
    if not isinstance(identifier, str) or not (_IDENTIFIER.fullmatch(identifier) or _ARN.fullmatch(identifier)):
        raise ValueError(f"{identifier!r} is no id of a model of Bedrock: set one such as amazon.nova-lite-v1:0")
    arn = _ARN.fullmatch(identifier)
    where = params.get("aws_region_name", arn["region"] if arn else region)
    partition = _partition(where)
    if arn and (arn["region"], arn["partition"]) != (where, partition):
        raise ValueError(
            f"{identifier} is no ARN in {where} of the partition {partition}: set one, or aws_region_name to its region"
        )
    if partition != _partition(region):
        raise ValueError(f"{where} is in the partition {partition}, where a role made in {region} is not known")
    if arn and arn["kind"] not in ("foundation-model", "inference-profile", "application-inference-profile", *_OWN):
        raise ValueError(
            f"LiteLLM's role cannot call a {arn['kind']}: set a model, an inference profile or an ARN of one"
        )
    spoken = rest.startswith("converse/") or rest.removeprefix("invoke/").startswith(_FORMATS)
    if arn and identifier == named and arn["kind"] in _OWN and not spoken:
        raise ValueError(
            f"LiteLLM does not know how that {arn['kind']} is spoken to: write bedrock/converse/{named}, or the family "
            "before it, such as bedrock/llama/"
        )
    _refuse_endpoints(params, where)
    return BedrockTarget(region=where, identifier=identifier)


def in_its_region(model: Model, region: str) -> Model:
    """The model with the region that LiteLLM is to call it in, which else would be that of the day: `region`."""
    called = target(model.model, _params(model), region)
    return model.model_copy(update={"params": {**model.params, "aws_region_name": called.region}}) if called else model


def invokable_arns(model: Model, region: str) -> Sequence[str]:
    """The exact ARNs that `bedrock:InvokeModel` must be allowed on for a model; empty when it is not Bedrock's.

    A model id needs its foundation model in the region it is called in. An inference profile needs itself and the same
    foundation model in any region it may route to, a global one also where it has no region (Amazon Bedrock user guide,
    "Prerequisites for inference profiles" and "Global cross-Region inference"). ValueError as `target`.
    """
    called = target(model.model, _params(model), region)
    if called is None:
        return ()
    partition = _partition(called.region)
    own = called.identifier
    profile = own
    if arn := _ARN.fullmatch(own):
        if arn["kind"] in ("foundation-model", *_OWN):
            return (own,)
        profile = arn["name"]
        if arn["kind"] == "application-inference-profile":
            made_from = model.base_model or (
                _named(model.model.partition("/")[2]) if "model_id" in model.params else ""
            )
            profile = made_from.rpartition("/")[2]
            if not _IDENTIFIER.fullmatch(profile):
                raise ValueError(
                    f"{own} does not tell its model, which must be allowed too: set baseModel to what the profile was "
                    "made from, such as us.amazon.nova-lite-v1:0"
                )
    if not (parts := _IDENTIFIER.fullmatch(profile)):
        raise ValueError(f"{own} ends in no id of an inference profile: set one such as us.amazon.nova-lite-v1:0")
    foundation, geography = parts["foundation"], parts["geography"]
    if not arn and not geography:
        return (f"arn:{partition}:bedrock:{called.region}::foundation-model/{foundation}",)
    return (
        own if arn else f"arn:{partition}:bedrock:{called.region}:*:inference-profile/{own}",
        f"arn:{partition}:bedrock:*::foundation-model/{foundation}",
        *([f"arn:{partition}:bedrock:::foundation-model/{foundation}"] if geography == "global" else []),
    )


def role_arns(models: Sequence[Model], region: str) -> Sequence[str]:
    """The ARNs that all the models need, each once.

    ValueError as `target`, and when a policy of a role cannot hold them.
    """
    arns = list(dict.fromkeys(arn for model in models for arn in invokable_arns(model, region)))
    statement = {"Effect": "Allow", "Action": ACTIONS, "Resource": arns}
    size = len(json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":")))
    if size > _LONGEST_POLICY:
        raise ValueError(
            f"LiteLLM's role would need a policy of {size:,} characters for these {len(arns)} ARNs of Bedrock, and IAM "
            f"takes {_LONGEST_POLICY:,}: leave out the models on bedrock/ that nobody calls"
        )
    return arns


def _params(model: Model) -> Mapping[str, Any]:
    return {**model.params, **({"api_key": ""} if model.provider_key else {})}


def _named(rest: str) -> str:
    """The id or ARN after `bedrock/`, without LiteLLM's prefixes."""
    if rest.startswith(_OTHER_ROUTES):
        route = rest.partition("/")[0]
        raise ValueError(
            f"{route}/ is no way to bedrock-runtime, and LiteLLM's role has no rights elsewhere: leave it out"
        )
    for route in _ROUTES:
        if rest.startswith(route):
            rest = rest.removeprefix(route)
            break
    for family in _FORMATS:
        if rest.startswith(f"{family}arn:"):
            rest = rest.removeprefix(family)
    if rest.startswith("arn:"):
        return rest
    first, slash, last = rest.rpartition("/")
    if slash:
        raise ValueError(
            f"LiteLLM does not take {first}/ out of every call: write bedrock/{last}, for another region with "
            "aws_region_name among params, for provisioned throughput with its ARN behind bedrock/converse/"
        )
    if "rerank" in rest or "sonic" in rest:
        raise ValueError(f"{rest} is not called like a chat model, and LiteLLM's role lacks the right: leave it out")
    return rest


def _refuse_params(params: Mapping[str, Any]) -> None:
    if "guardrailConfig" in params:
        raise ValueError("guardrailConfig needs bedrock:ApplyGuardrail, which LiteLLM's role lacks: leave it out")
    if "region_name" in params:
        raise ValueError("LiteLLM passes over region_name: write aws_region_name")
    for name in params:
        if name.startswith("aws_") and name not in ("aws_region_name", "aws_bedrock_runtime_endpoint"):
            raise ValueError(f"{name} would call Bedrock as another identity than LiteLLM's role: leave it out")


def _refuse_endpoints(params: Mapping[str, Any], region: str) -> None:
    for name in ("api_base", "aws_bedrock_runtime_endpoint"):
        host = urlsplit(str(params.get(name, ""))).hostname or ""
        found = re.search(r"bedrock-runtime(-fips)?\.([a-z0-9-]+)\.", host)
        if found and found[2] != region:
            raise ValueError(
                f"{name} is in {found[2]}, but calls are signed for {region}: set aws_region_name to it too"
            )


def _partition(region: Any) -> str:
    try:
        return str(regions.botocore_session().get_partition_for_region(region))
    except (UnknownRegionError, TypeError) as error:
        raise ValueError(f"aws_region_name: {region!r} is no region of AWS: set one such as us-east-1") from error
