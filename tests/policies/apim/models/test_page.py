"""The tables of docs/model-gateway.md are what the policy and the backends do when they run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
import yaml

from catalogue.pins import AZURE_OPENAI_API
from ops.project import ROOT
from policies.apim.models import REFUSALS
from stacks.aws.settings import AwsSettings
from stacks.azure.content_safety import ContentSafetySetting
from stacks.azure.gateway_models import GatewayModel, problems
from stacks.azure.semantic_cache import SemanticCacheSetting
from stacks.errors import SettingsError
from tests.policies.apim.models.cases import answers
from tests.policies.apim.models.world import CACHE, LITELLM_ENTRY, SAFETY, ModelWorld, completion, policy
from tests.policies.apim.walker import Response
from tests.stacks.aws.test_settings import load

PAGE = (ROOT / "docs" / "model-gateway.md").read_text(encoding="utf-8")
JAPANESE = (ROOT / "docs" / "ja" / "model-gateway.md").read_text(encoding="utf-8")
STATUSES = (200, 400, 401, 403, 404, 408, 409, 422, 429, 500, 502, 503, 504)


def _unreachable() -> Response:
    raise ConnectionError("no such host")


def events() -> Iterator[tuple[str, Callable[[], Response]]]:
    """What can happen to a request, in words."""
    for status in STATUSES:
        yield str(status), answers(status)
    yield "no answer within 230 s", lambda: Response(200, {}, completion(), seconds=231)
    yield "no connection", _unreachable


def row(what: str, happens: Callable[[], Response], world: ModelWorld) -> str:
    """One event as the table has it, when every deployment of the pool is so."""
    for account in ("east", "west", "north", "south"):
        world.answers[account] = happens
    response = world.call()
    asked = len(world.backends_.asked)
    counted = "yes" if world.backends_.is_open("model-gpt-5-mini-1") else "no"
    own = world.traces[-1].get("code")
    told = f"{response.status} `{own}`" if own else f"{response.status}, as the provider said it"
    return f"| {what} | {counted} | {'yes' if asked > 1 else 'no'} | {told} |"


def test_the_table_of_answers_is_what_the_policy_does(model_world: Callable[..., ModelWorld]) -> None:
    rows = [row(what, happens, model_world(policy())) for what, happens in events()]
    world = model_world(policy())
    for account in ("east", "west", "north", "south"):
        world.answers[account] = answers(500)
    world.call()
    before = len(world.backends_.asked)
    response = world.call()
    assert len(world.backends_.asked) == before + 1, "of four breakers one was closed"
    rows.append(f"| no closed breaker left | | | {response.status} `{world.traces[-1]['code']}` |")
    head = [
        "| A deployment answers | Its breaker counts it | Another one is asked | The caller gets, when all answer so |"
    ]
    table = "\n".join([*head, "|---|---|---|---|", *rows])
    assert table in PAGE, table


def test_the_table_of_refusals_is_the_policys() -> None:
    rows = [
        f"| {status} | `{code}` | {text} |"
        for code, answer in REFUSALS.items()
        for status, _, text in [answer.split(" ", 2)]
    ]
    table = "\n".join(["| Status | Code | Message |", "|---|---|---|", *rows])
    assert table in PAGE, table
    told = re.findall(r"^\| (\d{3}) \| `(\w+)` \| .+ \|$", JAPANESE, flags=re.MULTILINE)
    assert told == [(answer[:3], code) for code, answer in REFUSALS.items()]


def _settings(number: int) -> dict[str, object]:
    block = PAGE.split("```yaml\n")[number].partition("```")[0]
    config: dict[str, dict[str, object]] = yaml.safe_load(block)
    return {name.removeprefix("genaiplatform:"): value for name, value in config["config"].items()}


def test_the_settings_of_the_page_are_taken() -> None:
    settings = _settings(1)
    models = [GatewayModel.model_validate(one) for one in settings["gatewayModels"]]  # type: ignore[attr-defined]  # YAML
    clients = {one["name"]: one["models"] for one in settings["clients"]}  # type: ignore[attr-defined]  # YAML
    assert list(problems(models, {"gemini"}, clients, ["chat"])) == []


def test_deployments_of_several_names_and_content_safety_are_taken_as_the_page_has_them() -> None:
    (model,) = [GatewayModel.model_validate(one) for one in _settings(2)["gatewayModels"]]  # type: ignore[attr-defined]  # YAML
    assert model.upstreams == ["gpt-5-mini-provisioned", "gpt-5-mini-standard"]
    service = ContentSafetySetting.model_validate(_settings(3)["contentSafety"]).service
    assert service
    assert service.checks == SAFETY, "the page tells the defaults"
    assert ContentSafetySetting(account=service.account).service == service
    assert AZURE_OPENAI_API.version in PAGE


def test_a_semantic_cache_is_taken_as_the_page_has_it() -> None:
    service = SemanticCacheSetting.model_validate(_settings(4)["semanticCache"]).service
    assert service
    assert service.cache == CACHE, "the page tells the defaults"
    assert SemanticCacheSetting(account=service.account, model="text-embedding-3-small").service == service


def test_litellm_takes_the_entry_that_points_to_the_gateway() -> None:
    settings = _settings(5)
    assert settings["models"] == [LITELLM_ENTRY]
    loaded: AwsSettings = load({**settings, "providerKeys": {"gateway": "x" * 20}}, ("providerKeys",))
    assert loaded.models[0].params["max_retries"] == 0


def test_the_entry_needs_the_clients_secret() -> None:
    with pytest.raises(SettingsError, match="refers to a variable that is no provider key"):
        load(_settings(5))
