"""`genai verify` as it is typed: a healthy stack, bad input, temporary keys, and what it does not show."""

from __future__ import annotations

import json
import os
import re
import threading
from typing import Any
from unittest import mock

import pytest
from typer.testing import CliRunner

from ops.stack.outputs import StackOutputsError
from tests.http_server import Answer, Request
from tests.ops.verify.invoke import AWS_STEPS, AZURE_STEPS, app, states, unproved, verify
from tests.ops.verify.world import CLIENT_SECRET, DEMO_KEY, MASTER_KEY, PUBLIC_KEY, SECRET_KEY, World
from tests.waiting import PATIENCE

CLOSED = "http://127.0.0.1:9"
"""Nothing listens there."""
BATCH_KEY = "sk-batch-0123456789abcdef"
ONE_MODEL = '[{"name": "nova-lite", "model": "bedrock/amazon.nova-lite-v1:0"}]'


def test_a_day_that_is_well_is_proved_to_the_last_step(world: World) -> None:
    result = verify(world, "--azure-stack", "azure", "--json")
    steps = states(result)
    assert list(steps) == [*AWS_STEPS[:-2], *AZURE_STEPS, *AWS_STEPS[-2:]]
    assert set(steps.values()) == {"proved"}
    assert result.exit_code == json.loads(result.stdout)["exit_code"] == 0


def test_without_an_azure_stack_nothing_of_azure_is_asked(world: World) -> None:
    result = verify(world, "--json")
    assert tuple(states(result)) == AWS_STEPS
    assert not [asked for asked in world.asked if asked.startswith(("entra", "gateway"))]


def test_a_report_names_every_step_with_its_time_and_what_it_saw(world: World) -> None:
    result = verify(world, "--azure-stack", "azure")
    assert result.exit_code == 0
    for name in (*AWS_STEPS, *AZURE_STEPS):
        assert f"✓ {name} (" in result.stdout
    assert "nova-lite with the key demo: Yes." in result.stdout
    assert "0af7651916cd43dd of session genai-verify-" in result.stdout
    assert "22 proved, 0 failed, 0 no answer, 0 skipped." in result.stdout


def test_a_report_explains_what_failed_and_what_was_skipped_for_it(world: World) -> None:
    world.instead["langfuse GET /api/public/projects"] = Answer(500, "Internal Server Error")
    report = verify(world).stdout
    assert re.search(r"✗ Langfuse API \(\d+\.\d s\): GET http://127", report)
    assert "/api/public/projects answered 500: Internal Server Error\n  → Langfuse does not take the keys" in report
    assert "– trace: skipped because Langfuse API was not proved\n" in report
    assert "17 proved, 1 failed, 0 no answer, 1 skipped." in report


def test_a_report_says_what_is_not_proved_and_what_went_in_clear(world: World) -> None:
    assert "token without the role LiteLLM.Invoke" in verify(world, "--azure-stack", "azure").stdout
    report = verify(world).stdout
    assert "LiteLLM.Invoke" not in report
    assert "cross the network in clear" in report


@pytest.mark.parametrize("settings", [{}, {"models": ONE_MODEL}, {"virtualKeys": "[]"}])
def test_the_master_key_goes_through_the_kubernetes_api_alone(world: World, settings: dict[str, str]) -> None:
    assert unproved(verify(world, "--azure-stack", "azure", "--json")) == {}
    assert unproved(verify(world, "--json", settings=settings)) == {}
    assert "litellm GET /spend/logs" in world.asked
    assert not [header for header in world.in_clear if MASTER_KEY in header]


def test_a_kubernetes_api_that_does_not_know_the_caller_is_said(world: World) -> None:
    world.instead["kubernetes GET /api/v1/namespaces/genai-platform/services/litellm:4000/proxy/v1/models"] = Answer(
        401, {"kind": "Status", "message": "Unauthorized"}
    )
    result = verify(world, "--json")
    assert unproved(result) == {"models": "failed"}
    assert "use the AWS identity that created the cluster" in result.stdout


def test_who_answers_too_slowly_has_not_answered(world: World) -> None:
    given_up = threading.Event()

    def slowly(request: Request) -> Answer:
        given_up.wait(PATIENCE)
        return world.langfuse(request)

    world.instead["langfuse GET /auth/sign-in"] = slowly
    with mock.patch("ops.checks.verify.http.ANSWER_SECONDS", 3.0):  # of which the others need hundredths
        result = verify(world, "--json")
    given_up.set()
    expected = {"Langfuse login page": "no answer", "Langfuse API": "skipped", "trace": "skipped"}
    assert unproved(result) == expected
    assert "/auth/sign-in got no answer: timed out" in result.stdout
    assert result.exit_code == 1


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_when_nothing_answers_nothing_was_looked_at(world: World, options: list[str]) -> None:
    with mock.patch.dict(os.environ, {"AWS_ENDPOINT_URL": CLOSED}):
        result = verify(world, *options, outputs=dict.fromkeys(("litellmUrl", "langfuseUrl", "apimEntryUrl"), CLOSED))
    assert result.exit_code == 2
    assert "Connection refused" in result.stdout


@pytest.mark.parametrize(
    ("options", "aws", "says"),
    [
        (["--stack", "dve"], {}, "There is no stack 'dve'"),
        (["--stack", "azure"], {}, "azure is an Azure stack: name it with --azure-stack"),
        (["--azure-stack", "dev"], {}, "dev is no Azure stack"),
        (["--azure-stack", "azrue"], {}, "There is no stack 'azrue'"),
        ([], {"litellmUrl": None, "langfuseBucket": None}, "no usable output langfuseBucket, litellmUrl"),
        ([], {"virtualKeys": {}}, "virtual keys that stack dev does not know yet (demo): run `pulumi up --stack dev`"),
        (["--jsno"], {}, "No such option"),
    ],
)
def test_bad_input_is_refused_with_2(world: World, options: list[str], aws: dict[str, Any], says: str) -> None:
    result = verify(world, *options, outputs=aws)
    assert result.exit_code == 2
    assert says in result.output
    assert not world.asked


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"models": "5"}, "Pulumi.dev.yaml: "),
        ({"virtualKeys": '[{"alias": "batch"}]'}, "virtual keys that stack dev does not know yet (batch)"),
    ],
)
def test_settings_that_do_not_fit_are_refused_with_2(world: World, settings: dict[str, str], says: str) -> None:
    result = verify(world, settings=settings)
    assert result.exit_code == 2
    assert says in result.output


def test_outputs_that_cannot_be_read_are_refused_with_2() -> None:
    refusal = StackOutputsError("Stack dev is not up: it has no outputs.")
    with mock.patch("ops.stack.running.read_outputs", side_effect=refusal):
        result = CliRunner().invoke(app, [])
    assert result.exit_code == 2
    assert result.stderr.strip() == str(refusal)


@pytest.mark.parametrize(
    ("azure_settings", "says"),
    [
        ({"awsStack": "organization/genaiplatform/prod"}, "azure stands before prod, not before dev: use --stack prod"),
        ({"clients": '[{"name": "chat"}]'}, "The client chat of azure uses the virtual key 'chat', which dev does not"),
        (
            {"clients": "[]"},
            "azure has no client application, and one is needed to come through it: add one to clients",
        ),
        ({"clients": '[{"name": "Chat"}]'}, "Pulumi.azure.yaml: clients[Chat].name: 'Chat' is not a name"),
    ],
)
def test_an_azure_stack_that_does_not_fit_is_refused_with_2(
    world: World, azure_settings: dict[str, str], says: str
) -> None:
    result = verify(world, "--azure-stack", "azure", azure_settings=azure_settings)
    assert result.exit_code == 2
    assert says in result.output


@pytest.mark.parametrize(
    ("settings", "keys"),
    [
        pytest.param({}, 0, id="another model is there"),
        pytest.param({"models": ONE_MODEL}, 1, id="one model"),
        pytest.param({"virtualKeys": "[]"}, 1, id="no virtual key"),
    ],
)
def test_keys_are_made_where_the_day_has_none_that_fits_and_removed(
    world: World, settings: dict[str, str], keys: int
) -> None:
    result = verify(world, "--json", settings=settings)
    assert unproved(result) == {}
    assert world.asked.count("litellm POST /key/generate") == keys
    assert set(world.keys) == {DEMO_KEY}


def test_a_temporary_key_is_removed_when_other_steps_fail(world: World) -> None:
    world.instead["litellm GET /spend/logs"] = Answer(500)
    result = verify(world, "--json", settings={"models": ONE_MODEL})
    assert result.exit_code == 1
    assert states(result)["temporary keys removed"] == "proved"
    assert set(world.keys) == {DEMO_KEY}


def test_a_temporary_key_whose_making_got_lost_is_removed(world: World) -> None:
    def lost(request: Request) -> Answer:
        world.litellm(request)
        return Answer(502, "Bad Gateway")

    world.instead["litellm POST /key/generate"] = lost
    result = verify(world, "--json", settings={"models": ONE_MODEL})
    assert states(result)["other model refused"] == "failed"
    assert states(result)["temporary keys removed"] == "proved"
    assert set(world.keys) == {DEMO_KEY}


def test_a_temporary_key_is_removed_when_the_proof_is_interrupted(world: World) -> None:
    with mock.patch("ops.checks.verify.completions.Completions._spend_row", side_effect=KeyboardInterrupt):
        result = verify(world, settings={"models": ONE_MODEL})
    assert result.exit_code != 0
    assert "litellm POST /key/generate" in world.asked
    assert set(world.keys) == {DEMO_KEY}


def test_a_temporary_key_that_stays_is_a_failure_that_says_so(world: World) -> None:
    world.instead["litellm POST /key/delete"] = lambda request: Answer(500, f"cannot delete {request.body['keys']}")
    result = verify(world, "--json", settings={"models": ONE_MODEL})
    assert states(result)["temporary keys removed"] == "failed"
    assert result.exit_code == 1
    assert "ends by itself 15m after" in result.stdout
    assert "cannot delete ['[secret]']" in result.stdout


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_no_secret_is_shown_even_when_answers_hold_them_all(world: World, options: list[str]) -> None:
    secrets = (MASTER_KEY, DEMO_KEY, PUBLIC_KEY, SECRET_KEY, CLIENT_SECRET)
    for route in ("litellm GET /v1/models", "langfuse GET /api/public/projects", "gateway POST /v1/chat/completions"):
        world.instead[route] = lambda request: Answer(
            500, f"{' '.join(secrets)} {request.headers.get('authorization')}"
        )
    result = verify(world, "--azure-stack", "azure", *options)
    assert result.stdout.count("[secret] [secret]") >= 5
    assert not [secret for secret in (*secrets, *(token[:-8] for token in world.tokens)) if secret in result.output]


def test_no_part_of_a_secret_is_left_where_a_long_answer_is_cut(world: World) -> None:
    for length in range(300, 400, 20):
        world.instead["langfuse GET /api/public/projects"] = Answer(500, "x" * length + SECRET_KEY)
        assert SECRET_KEY[:4] not in verify(world).output


@pytest.mark.parametrize(
    ("key_mode", "client", "key", "model"),
    [
        ("header", '{"name": "demo"}', DEMO_KEY, "nova-lite"),
        ("header", '{"name": "demo", "key": "batch"}', BATCH_KEY, "echo"),
        ("header", '{"name": "demo", "keys": ["batch", "demo"]}', BATCH_KEY, "echo"),
        ("keyVault", '{"name": "demo", "key": "batch"}', None, "echo"),
    ],
)
def test_a_client_calls_the_gateway_with_the_key_that_it_is_meant_to_use(
    world: World, key_mode: str, client: str, key: str | None, model: str
) -> None:
    sent: list[tuple[str | None, str]] = []

    def look(request: Request) -> Answer:
        sent.append((request.headers.get("x-litellm-api-key"), request.body["model"]))
        return world.gateway(request)

    world.instead["gateway POST /v1/chat/completions"] = look
    world.keys[BATCH_KEY] = ["echo"]
    with mock.patch.object(World, "azure_outputs", return_value={**world.azure_outputs(), "keyMode": key_mode}):
        result = verify(
            world,
            *("--azure-stack", "azure", "--json"),
            outputs={"virtualKeys": {"demo": DEMO_KEY, "batch": BATCH_KEY}},
            settings={"virtualKeys": '[{"alias": "demo"}, {"alias": "batch", "models": ["echo"]}]'},
            azure_settings={"clients": f"[{client}]"},
        )
    assert unproved(result) == {}
    assert set(sent) == {(key, model)}
