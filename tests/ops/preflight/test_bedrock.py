"""What Bedrock lets the account call, and in which way: good, bad and could not look."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from ops.checks.check import State, fine
from ops.checks.preflight import bedrock
from ops.clouds.aws import Aws
from tests.ops.preflight.stand_in import aws_answers, state_of

UNREACHABLE = EndpointConnectionError(endpoint_url="https://bedrock.us-west-2.amazonaws.com")
NOVA = "amazon.nova-lite-v1:0"
MODEL = f"arn:aws:bedrock:us-west-2::foundation-model/{NOVA}"
ANYWHERE = f"arn:aws:bedrock:*::foundation-model/{NOVA}"
PROFILE = f"arn:aws:bedrock:us-west-2:*:inference-profile/us.{NOVA}"
WEST = "arn:aws:bedrock:us-west-2:123456789012"
APPLICATION = f"{WEST}:application-inference-profile/abc"
PROVISIONED, DEPLOYED = f"{WEST}:provisioned-model/abc", f"{WEST}:custom-model-deployment/abc"
IMPORTED = f"{WEST}:imported-model/abc"
AVAILABLE = {
    "regionAvailability": "AVAILABLE",
    "authorizationStatus": "AUTHORIZED",
    "entitlementAvailability": "AVAILABLE",
    "agreementAvailability": {"status": "AVAILABLE"},
}
BEHIND = {"status": "ACTIVE", "models": [{"modelArn": MODEL}]}
PROFILES = {
    "inferenceProfileSummaries": [
        {"inferenceProfileId": f"us.{NOVA}", "models": [{"modelArn": MODEL}]},
        {"inferenceProfileId": "us.amazon.nova-pro-v1:0", "models": [{"modelArn": MODEL.replace("lite", "pro")}]},
    ]
}


def _types(*types: str) -> dict[str, Any]:
    return {"modelDetails": {"inferenceTypesSupported": list(types)}}


GOOD = {
    "GetFoundationModelAvailability": AVAILABLE,
    "GetFoundationModel": _types("ON_DEMAND"),
    "GetInferenceProfile": BEHIND,
    "ListInferenceProfiles": PROFILES,
    "GetProvisionedModelThroughput": {"status": "InService"},
    "GetCustomModelDeployment": {"status": "Active"},
    "GetImportedModel": {},
}


@pytest.mark.parametrize(
    ("arn", "otherwise", "state"),
    [
        (MODEL, {}, State.FINE),
        (MODEL, {"GetFoundationModelAvailability": {**AVAILABLE, "authorizationStatus": "NOT_AUTHORIZED"}}, State.BAD),
        (
            MODEL,
            {"GetFoundationModelAvailability": {**AVAILABLE, "agreementAvailability": {"status": "PENDING"}}},
            State.BAD,
        ),
        (MODEL, {"GetFoundationModelAvailability": "ValidationException"}, State.BAD),
        (MODEL, {"GetFoundationModelAvailability": "AccessDeniedException"}, State.COULD_NOT_LOOK),
        (MODEL, {"GetFoundationModel": _types("INFERENCE_PROFILE")}, State.BAD),
        (MODEL, {"GetFoundationModel": _types("PROVISIONED")}, State.BAD),
        (MODEL, {"GetFoundationModel": "AccessDeniedException"}, State.COULD_NOT_LOOK),
        (PROFILE, {"GetFoundationModel": _types("INFERENCE_PROFILE")}, State.FINE),
        (PROFILE, {"GetInferenceProfile": "ResourceNotFoundException"}, State.BAD),
        (PROFILE, {"GetInferenceProfile": UNREACHABLE}, State.COULD_NOT_LOOK),
        (PROFILE, {"GetFoundationModelAvailability": {**AVAILABLE, "regionAvailability": "NO"}}, State.BAD),
        (APPLICATION, {}, State.FINE),
        (PROVISIONED, {}, State.FINE),
        (PROVISIONED, {"GetProvisionedModelThroughput": {"status": "Creating"}}, State.BAD),
        (DEPLOYED, {}, State.FINE),
        (DEPLOYED, {"GetCustomModelDeployment": {"status": "Failed"}}, State.BAD),
        (IMPORTED, {}, State.FINE),
        (IMPORTED, {"GetImportedModel": "ResourceNotFoundException"}, State.BAD),
    ],
)
def test_what_is_called_on_bedrock_is(aws: Aws, arn: str, otherwise: dict[str, Any], state: State) -> None:
    with aws_answers({**GOOD, **otherwise}):
        assert state_of(lambda: bedrock.bedrock(aws, arn, {arn, ANYWHERE})) == state


def test_a_model_that_needs_a_profile_comes_with_the_profiles_of_the_region(aws: Aws) -> None:
    with aws_answers({**GOOD, "GetFoundationModel": _types("INFERENCE_PROFILE")}):
        outcome = bedrock.bedrock(aws, MODEL, {MODEL})
    assert "cannot be called on demand in us-west-2" in outcome.says
    assert outcome.fix == f"set in models: bedrock/us.{NOVA}"
    without = {"GetFoundationModel": _types("PROVISIONED"), "ListInferenceProfiles": {"inferenceProfileSummaries": []}}
    with aws_answers({**GOOD, **without}):
        assert "set another model" in bedrock.bedrock(aws, MODEL, {MODEL}).fix


def test_a_profile_that_leads_to_another_model_than_its_base_model_is_bad(aws: Aws) -> None:
    with aws_answers(GOOD):
        outcome = bedrock.bedrock(aws, APPLICATION, {APPLICATION, ANYWHERE.replace("lite", "pro")})
    assert outcome.state is State.BAD
    assert outcome.fix == f"set baseModel of the model to {NOVA}"


def test_a_model_without_access_comes_with_the_page_that_grants_it(aws: Aws) -> None:
    with aws_answers({"GetFoundationModelAvailability": {**AVAILABLE, "entitlementAvailability": "NOT_AVAILABLE"}}):
        outcome = bedrock.bedrock(aws, MODEL, {MODEL})
    assert "entitlement: NOT_AVAILABLE" in outcome.says
    assert "https://us-west-2.console.aws.amazon.com/bedrock" in outcome.fix


def test_each_arn_is_asked_for_in_its_own_region_and_by_the_name_that_bedrock_takes(aws: Aws) -> None:
    asked: list[str] = []

    def profile(parameters: dict[str, str]) -> Any:
        asked.append(parameters["inferenceProfileIdentifier"])
        return BEHIND

    granted = {MODEL, MODEL.replace("us-west-2", "eu-west-1"), PROFILE, APPLICATION, ANYWHERE}
    with aws_answers({**GOOD, "GetInferenceProfile": profile}):
        found = {name: check() for name, check in bedrock.bedrock_checks(aws, granted).items()}
    assert found == {
        f"Bedrock {NOVA} in eu-west-1": fine("may be called in eu-west-1"),
        f"Bedrock {NOVA}": fine("may be called in us-west-2"),
        f"Bedrock us.{NOVA}": fine("the profile exists in us-west-2"),
        "Bedrock abc": fine("the profile exists in us-west-2"),
    }
    assert sorted(asked) == sorted([f"us.{NOVA}", APPLICATION])
