"""Amazon Bedrock: whether the account may call each model that LiteLLM's role may call."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from ops.checks.check import Check, Outcome, bad, fine
from ops.clouds.aws import Aws


def bedrock_checks(aws: Aws, granted: Collection[str]) -> Mapping[str, Check]:
    """One check for each ARN that is called; the models behind inference profiles are looked at with these."""
    called = [arn for arn in sorted(granted) if arn.split(":")[3] not in ("", "*")]
    return {f"Bedrock {_title(arn, aws.region)}": partial(bedrock, aws, arn, granted) for arn in called}


def bedrock(aws: Aws, arn: str, granted: Collection[str]) -> Outcome:
    """Whether the account may call what has that ARN; `granted` are all ARNs that LiteLLM's role may call."""
    region, (kind, identifier) = arn.split(":")[3], arn.split(":", 5)[5].split("/", 1)
    regional = aws.elsewhere(region)
    try:
        match kind:
            case "foundation-model":
                return _available(regional, identifier) or _on_demand(regional, identifier)
            case "inference-profile" | "application-inference-profile":
                return _profile(regional, identifier if ":*:" in arn else arn, granted)
            case "provisioned-model":
                found = regional.call("bedrock", "get_provisioned_model_throughput", provisionedModelId=arn)
                return _status(found["status"], "InService", arn)
            case "custom-model-deployment":
                found = regional.call("bedrock", "get_custom_model_deployment", customModelDeploymentIdentifier=arn)
                return _status(found["status"], "Active", arn)
        regional.call("bedrock", "get_imported_model", modelIdentifier=arn)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ResourceNotFoundException", "ValidationException"):
            return bad(f"Bedrock knows no {identifier} in {regional.region}", "correct it in models")
        raise
    return fine(f"exists in {regional.region}")


def profiles_of(aws: Aws, identifier: str) -> Sequence[str]:
    """Ids of the inference profiles through which the region of `aws` calls a foundation model."""
    return [
        profile["inferenceProfileId"]
        for profile in aws.items(
            "bedrock", "list_inference_profiles", "inferenceProfileSummaries[]", typeEquals="SYSTEM_DEFINED"
        )
        if any(model["modelArn"].endswith(f"/{identifier}") for model in profile["models"])
    ]


def needs_a_profile(aws: Aws, identifier: str) -> Outcome:
    """What to say about a model that cannot be called on demand."""
    profiles = profiles_of(aws, identifier)
    return bad(
        f"{identifier} cannot be called on demand in {aws.region}, only through an inference profile",
        f"set in models: {' or '.join(f'bedrock/{profile}' for profile in profiles)}"
        if profiles
        else f"{aws.region} has none: set another model, or aws_region_name in params",
    )


def _title(arn: str, region: str) -> str:
    name, where = arn.rpartition("/")[2], arn.split(":")[3]
    return name if where == region else f"{name} in {where}"


def _on_demand(regional: Aws, identifier: str) -> Outcome:
    details = regional.call("bedrock", "get_foundation_model", modelIdentifier=identifier)["modelDetails"]
    if "ON_DEMAND" not in details["inferenceTypesSupported"]:
        return needs_a_profile(regional, identifier)
    return fine(f"may be called in {regional.region}")


def _profile(regional: Aws, identifier: str, granted: Collection[str]) -> Outcome:
    """The profile itself, that the role may call the models behind it, and that the account may."""
    found: Mapping[str, Any] = regional.call("bedrock", "get_inference_profile", inferenceProfileIdentifier=identifier)
    models = [model["modelArn"] for model in found["models"]]
    for model in models:
        if not any(fnmatch.fnmatchcase(model, arn) for arn in granted):
            return bad(
                f"the profile leads to {model}, which LiteLLM's role may not call",
                f"set baseModel of the model to {model.rpartition('/')[2]}",
            )
    names = {model.rpartition("/")[2] for model in models}
    problems = [problem for name in sorted(names) if (problem := _available(regional, name))]
    return problems[0] if problems else fine(f"the profile exists in {regional.region}")


def _available(regional: Aws, identifier: str) -> Outcome | None:
    """What keeps the account from calling a foundation model, None when nothing does."""
    found = regional.call("bedrock", "get_foundation_model_availability", modelId=identifier)
    wanting = [
        f"{name}: {value}"
        for name, value, good in (
            ("region", found["regionAvailability"], "AVAILABLE"),
            ("authorization", found["authorizationStatus"], "AUTHORIZED"),
            ("entitlement", found["entitlementAvailability"], "AVAILABLE"),
            ("agreement", found["agreementAvailability"]["status"], "AVAILABLE"),
        )
        if value != good
    ]
    if not wanting:
        return None
    return bad(
        f"{identifier} cannot be called in {regional.region} ({', '.join(wanting)})",
        f"ask for it: https://{regional.region}.console.aws.amazon.com/bedrock/home?region={regional.region}#/model-catalog",
    )


def _status(status: str, good: str, arn: str) -> Outcome:
    if status == good:
        return fine(f"is {status}")
    return bad(f"{arn} is {status}", f"wait until it is {good}, or set another in models")
