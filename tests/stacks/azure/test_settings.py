"""Bad settings of the Azure stack are refused with a sentence before anything is created."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from ops.model.recorder import Recording, record
from ops.project import ROOT
from stacks.aws.settings import AwsSettings
from stacks.azure import program as azure
from stacks.azure.settings import AzureSettings
from stacks.configuration import read
from stacks.errors import SettingsError
from tests import program
from tests.azure_program import ACCOUNTS, AWS_STACK, SETTINGS, config, run


def load(values: Mapping[str, Any]) -> AzureSettings:
    loaded: list[AzureSettings] = []
    record(lambda: loaded.append(read(AzureSettings)), config=config(values))
    return loaded[0]


ACCOUNT = f"{ACCOUNTS}/accounts/east"


def models(*deployments: Mapping[str, Any], provider: str = "azureOpenAI", **more: Any) -> dict[str, Any]:
    return {"gatewayModels": [{"name": "gpt", "provider": provider, "deployments": list(deployments), **more}]}


def breaker(**settings: Any) -> dict[str, Any]:
    return models({"account": ACCOUNT}, circuitBreaker=settings)


def safety(**settings: Any) -> dict[str, Any]:
    return {**models({"account": ACCOUNT}), "contentSafety": settings}


def cache(**settings: Any) -> dict[str, Any]:
    return {**models({"account": ACCOUNT}), "semanticCache": settings}


def client(**settings: Any) -> dict[str, Any]:
    return {**models({"account": ACCOUNT}), "clients": [{"name": "demo", **settings}]}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (models(), "gatewayModels[gpt]: deployments has 0 entries: name 1 to 30"),
        (models(*[{"account": f"{ACCOUNT}{n}"} for n in range(31)]), "deployments has 31 entries: name 1 to 30"),
        ({"gatewayModels": [{"name": "gpt", "provider": "gemini"}]}, "gatewayModels[gpt].deployments is missing"),
        ({"gatewayModels": 2 * models({"account": ACCOUNT})["gatewayModels"]}, "two entries have the name 'gpt'"),
        (models({"account": ACCOUNT}, provider="bedrock"), "provider must be 'azureOpenAI' or 'gemini', not 'bedrock'"),
        (
            models({"account": ACCOUNT}, {"key": "gemini"}),
            "deployments[2] is not of azureOpenAI: a pool holds one provider, so make it a model of its own",
        ),
        (
            models({"key": "gemini"}, {"account": ACCOUNT}, provider="gemini"),
            "deployments[2] is not of gemini: a pool holds one provider, so make it a model of its own",
        ),
        (models({"key": "gemini"}), "deployments[1].account is missing: azureOpenAI is called by"),
        (models({}, {"account": ACCOUNT}), "deployments[1].account is missing: azureOpenAI is called by"),
        (models({"account": ACCOUNT, "weight": True}, {"account": f"{ACCOUNT}2"}), "weight: true is no number"),
        (models({"account": ACCOUNT, "priority": False}, {"account": f"{ACCOUNT}2"}), "priority: false is no number"),
        (breaker(failures=True), "circuitBreaker.failures: true is no number: set one"),
        (client(tokensPerMinute=True), "clients[demo].tokensPerMinute: true is no number: set one"),
        (client(tokensPerDay=True), "clients[demo].tokensPerDay: true is no number: set one"),
        (models({"account": ACCOUNT, "key": "gemini"}), "deployments[1].key is set, and azureOpenAI is called without"),
        (
            models({}, provider="gemini"),
            "deployments[1].key is missing: name the one of providerKeys that gemini takes",
        ),
        (
            models({"account": ACCOUNT}, provider="gemini"),
            "deployments[1].account is an Azure OpenAI account, which has",
        ),
        (
            models({"key": "gemini"}, provider="gemini"),
            "gpt takes the provider key 'gemini', which is not set: `pulumi",
        ),
        (
            models({"key": ""}, provider="gemini"),
            "gpt takes the provider key by what can be no name of one: write a name such as azure there",
        ),
        (
            models({"key": "AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q"}, provider="gemini"),
            "gpt takes the provider key by what can be no name of one: write a name such as azure there",
        ),
        (
            models({"account": ACCOUNT, "weight": 1}),
            "weight says how a pool is shared, and there is one deployment only",
        ),
        (models({"account": ACCOUNT, "priority": 1}), "priority says how a pool is shared, and there is one"),
        (models({"account": ACCOUNT}, {"account": ACCOUNT.upper()}), "deployments[2] is another one's account"),
        (models({"account": ACCOUNT, "weight": 0}), "deployments[entry 1].weight must be at least 1, not 0"),
        (models({"account": ACCOUNT, "weight": 101}), "weight must be at most 100"),
        (models({"account": ACCOUNT, "priority": -1}), "priority must be at least 0, not -1"),
        (models({"account": ACCOUNT, "priority": 101}), "priority must be at most 100"),
        (models({"account": "east"}), "account: 'east' is not the id of an Azure OpenAI account"),
        (models({"account": ACCOUNT.replace("CognitiveServices", "Storage")}), "is not the id of an Azure OpenAI"),
        (models({"account": ACCOUNT + "/deployments/gpt"}), "is not the id of an Azure OpenAI account"),
        (models({"account": ACCOUNT.replace("581759f7", "x")}), "is not the id of an Azure OpenAI account"),
        (models({"account": ACCOUNT, "endpoint": "http://east.openai.azure.com"}), "is not an https address"),
        (models({"account": ACCOUNT, "endpoint": "https://east.openai.azure.com/"}), "is not an https address"),
        (
            models({"account": ACCOUNT, "endpoint": "https://east.openai.azure.com.example.com"}),
            "deployments[1].endpoint https://east.openai.azure.com.example.com is no address of azureOpenAI",
        ),
        (models({"account": ACCOUNT, "endpoint": "https://user@east.openai.azure.com"}), "is not an https address"),
        (models({"account": ACCOUNT}, model="a b"), "model: 'a b' is not the name of a deployment or model"),
        (models({"account": ACCOUNT}, model='x" or "'), "is not the name of a deployment or model"),
        (
            {
                "gatewayModels": [
                    {"name": name, "provider": "azureOpenAI", "deployments": [{"account": ACCOUNT}]}
                    for name in ("gpt-4.1", "gpt-4-1")
                ]
            },
            "gatewayModels: gpt-4.1 and gpt-4-1 differ in . and - alone, which backends do not: rename one",
        ),
        (
            models({"account": ACCOUNT, "model": "a b"}),
            "deployments[entry 1].model: 'a b' is not the name of a deployment or model",
        ),
        (
            models({"account": ACCOUNT, "model": "a"}, {"account": ACCOUNT, "model": "A"}),
            "deployments[2] is another one's account with the same model, whose quota they would share",
        ),
        (
            models({"key": "one", "model": "a"}, {"key": "two", "model": "b"}, provider="gemini"),
            "gatewayModels[gpt]: deployments have the models a, b: set one, because a pool of gemini chooses a",
        ),
        (
            {"contentSafety": {"account": ACCOUNT}},
            "contentSafety checks what goes to gatewayModels, and there are none",
        ),
        (safety(threshold=2), "contentSafety: account is missing: name the Content Safety account"),
        (safety(account="safety"), "contentSafety.account: 'safety' is not the id of a Content Safety account"),
        (safety(account=ACCOUNT, threshold=3), "contentSafety.threshold must be 2, 4 or 6, not 3"),
        (safety(account=ACCOUNT, threshold=0), "contentSafety.threshold must be 2, 4 or 6, not 0"),
        (safety(account=ACCOUNT, shieldPrompt="maybe"), "contentSafety.shieldPrompt must be"),
        (safety(account=ACCOUNT, key="x"), "contentSafety.key is not known there"),
        (
            safety(account=ACCOUNT, endpoint="https://safety.example.com"),
            "contentSafety: endpoint https://safety.example.com is no address of Content Safety: set one such as",
        ),
        *(
            (safety(account=ACCOUNT, endpoint=endpoint), "is no address of Content Safety: set one such as")
            for endpoint in (
                "https://safe.openai.azure.com",
                "https://safe.cognitiveservices.azure.com/contentsafety",
                "https://safe.cognitiveservices.azure.com:99999",
            )
        ),
        ({**models({"account": ACCOUNT}), "contentSafety": []}, "contentSafety must be"),
        (
            {"semanticCache": {"account": ACCOUNT, "model": "embed"}},
            "semanticCache keeps answers of gatewayModels, and there are none: take it out",
        ),
        (cache(model="embed"), "semanticCache: account is missing: name the Azure OpenAI account, and its deployment"),
        (cache(account=ACCOUNT), "semanticCache: model is missing: name the Azure OpenAI account, and its deployment"),
        (cache(duration="5m"), "semanticCache: account is missing"),
        (cache(account=None, model="embed"), "semanticCache: account is missing"),
        (cache(account="embed", model="embed"), "semanticCache.account: 'embed' is not the id of an Azure OpenAI"),
        (cache(account=ACCOUNT, model="a/b"), "semanticCache.model: 'a/b' is not the name of a deployment or model"),
        (cache(account=ACCOUNT, model=""), "semanticCache.model: '' is not the name of a deployment or model"),
        *(
            (cache(account=ACCOUNT, model="embed", scoreThreshold=value), message)
            for value, message in (
                (0, "semanticCache.scoreThreshold must be at least 0.001, not 0"),
                (-0.05, "semanticCache.scoreThreshold must be at least 0.001, not -0.05"),
                (0.00001, "semanticCache.scoreThreshold must be at least 0.001"),
                (0.21, "semanticCache.scoreThreshold must be at most 0.2, not 0.21"),
                (1, "semanticCache.scoreThreshold must be at most 0.2, not 1"),
                (True, "semanticCache.scoreThreshold: true is no number: set one"),
                ("near", "semanticCache.scoreThreshold must be"),
                (float("nan"), "semanticCache.scoreThreshold must be"),
            )
        ),
        *(
            (cache(account=ACCOUNT, model="embed", duration=value), message)
            for value, message in (
                ("0s", "semanticCache.duration: '0s' is not a duration"),
                ("25h", "semanticCache.duration: '25h' is longer than a day: set at most 1d"),
                ("PT5M", "semanticCache.duration: 'PT5M' is not a duration"),
                (300, "semanticCache.duration must be"),
            )
        ),
        *(
            (cache(account=ACCOUNT, model="embed", endpoint=endpoint), "is no address of Azure OpenAI: set one such as")
            for endpoint in (
                "https://embed.example.com",
                "https://embed.openai.azure.com.example.com",
                "https://embed.openai.azure.com/openai",
                "https://embed.openai.azure.com:8443",
            )
        ),
        (cache(account=ACCOUNT, model="embed", endpoint="http://embed.openai.azure.com"), "is not an https address"),
        (cache(account=ACCOUNT, model="embed", redis="x"), "semanticCache.redis is not known there"),
        ({**models({"account": ACCOUNT}), "semanticCache": "on"}, "semanticCache must be"),
        (breaker(failures=0), "circuitBreaker.failures must be at least 1, not 0"),
        (breaker(failures=10_001), "circuitBreaker.failures must be at most 10000"),
        (breaker(interval="25h"), "circuitBreaker.interval: '25h' is longer than a day: set at most 1d"),
        (breaker(tripDuration="PT1M"), "circuitBreaker.tripDuration: 'PT1M' is not a duration"),
        (breaker(percentage=5), "circuitBreaker.percentage is not known there"),
        (
            client(models=["gtp"]),
            "clients: demo names the model 'gtp', which is none of gatewayModels: did you mean gpt?",
        ),
        (client(tokensPerMinute=0), "clients[demo].tokensPerMinute must be at least 1, not 0"),
        (client(tokensPerDay=-5), "clients[demo].tokensPerDay must be at least 1, not -5"),
        (
            {"clients": [{"name": "demo", "tokensPerDay": 5}]},
            "demo has a limit of tokens, and there are no gatewayModels",
        ),
        (
            {"clients": [{"name": "demo", "models": ["gpt"]}]},
            "demo names the model 'gpt', which is none of gatewayModels",
        ),
        (
            {**models({"account": ACCOUNT}), "clients": [{"name": "users", "key": "demo"}]},
            "clients: users is how the model gateway calls people with a token of their own: rename the client",
        ),
        ({"providerKeys": {"gemini": "a key"}}, "providerKeys.gemini is not 1 to 4000 printable ASCII characters"),
        ({"providerKeys": {"Gemini": "key"}}, "providerKeys.Gemini is no name: use at most 63 lower-case letters"),
        ({"clients": [{"key": "demo"}]}, "clients[entry 1].name is missing"),
        ({"clients": [{"name": "A B"}]}, "clients[A B].name: 'A B' is not a name"),
        ({"clients": [{"name": "a", "key": "demo"}, {"name": "a", "key": "demo"}]}, "two entries have the name 'a'"),
        ({"clients": [{"name": "a"}]}, "clients: a names the key 'a', which LiteLLM does not have: use one of demo"),
        (
            {"clients": [{"name": "demo", "keys": ["b"]}]},
            "clients: demo names the key 'b', which LiteLLM does not have",
        ),
        ({"clients": [{"name": "demo", "colour": "red"}]}, "clients[demo].colour is not known there"),
        ({"clients": "demo"}, "clients must be a list"),
        ({"keyMode": "vault"}, "keyMode must be 'header' or 'keyVault'"),
        ({"gatewayTier": "Consumption"}, "gatewayTier: Consumption cannot stream answers"),
        ({"azure-native:location": "japanwest"}, "azure-native:location: 'japanwest' does not offer BasicV2"),
        (
            {"azure-native:location": ""},
            "azure-native:location is not set: `pulumi config set -s azure azure-native:location eastus2`",
        ),
        ({"publisherEmail": "nobody"}, "publisherEmail: 'nobody' is not an e-mail address"),
        ({"clientSecretDays": 0}, "clientSecretDays must be at least 1"),
        ({"clientSecretDays": 731}, "clientSecretDays must be at most 730"),
        ({"users": ["someone"]}, "users: 'someone' is no user principal name"),
        ({"awsStack": "dev"}, "awsStack: 'dev' is no full name of a stack: write organization/project/stack"),
        ({"awsStack": ""}, "awsStack is not set, so nobody knows where LiteLLM is"),
        ({"keyMod": "header"}, "keyMod is no setting: did you mean keyMode?"),
        ({"apimEntry": True}, "apimEntry is a setting of an AWS stack: take it out here and set it there"),
        ({"awsOutputs": {"apimEntryUrl": "https://x"}}, "awsOutputs is set in plain text"),
    ],
)
def test_a_wrong_setting_is_refused_before_anything_is_created(
    values: Mapping[str, Any], message: str, registered: list[Recording]
) -> None:
    with pytest.raises(SettingsError) as error:
        run(values)
    assert message in str(error.value)
    assert [resource.type for resource in registered[-1].resources] == ["pulumi:pulumi:Stack"]


def test_a_apim_entry_that_nobody_vouches_for_is_refused_before_anything_is_created(
    registered: list[Recording],
) -> None:
    with pytest.raises(SettingsError, match="shows a self-signed certificate"):
        run({}, domain=False)
    assert [resource.type for resource in registered[-1].resources] == ["pulumi:pulumi:Stack"]


def test_an_aws_day_without_a_apim_entry_is_refused_before_anything_is_created(registered: list[Recording]) -> None:
    with pytest.raises(SettingsError, match="stack dev has no usable output apimEntryUrl: set apimEntry on stack dev"):
        record(
            lambda: azure.build("azure"),
            stack="azure",
            config=config(SETTINGS),
            other_stacks={AWS_STACK: program.recorded().outputs},
        )
    assert [resource.type for resource in registered[-1].resources] == ["pulumi:pulumi:Stack"]


def test_more_key_bindings_than_a_named_value_holds_are_refused() -> None:
    """A binding is a GUID, a colon and a SHA-256: 101 characters and a comma, of 4096."""
    clients = [{"name": f"client-{number}", "key": "demo", "keys": ["demo"]} for number in range(40)]
    assert len(load({"clients": clients}).clients) == 40
    with pytest.raises(SettingsError, match="41 keys are bound to clients, a named value holds 40"):
        load({"clients": [*clients, {"name": "last", "keys": ["demo"]}]})


def test_more_clients_than_a_named_value_holds_are_refused() -> None:
    clients = [{"name": f"client-{number:02}", "key": "demo"} for number in range(88)]
    assert len(load({**models({"account": ACCOUNT}), "clients": clients[:87]}).clients) == 87
    with pytest.raises(SettingsError, match="88 clients fill 4135 characters, and a named value holds 4096"):
        load({**models({"account": ACCOUNT}), "clients": clients})
    assert len(load({"clients": clients}).clients) == 88, "the limit is that of the model gateway"


@pytest.mark.parametrize(
    "host", ["own.openai.azure.com", "own.services.ai.azure.com", "own.cognitiveservices.azure.com"]
)
def test_an_account_may_have_another_address_than_its_name(host: str) -> None:
    (model,) = load(models({"account": ACCOUNT, "endpoint": f"https://{host}"})).gateway_models
    assert model.urls == [f"https://{host}/openai/v1"]


def test_every_default_of_the_other_kind_of_stack_is_passed_over() -> None:
    """Pulumi gives every stack all defaults of Pulumi.yaml."""
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]
    defaults = {key: entry["default"] for key, entry in declared.items() if "default" in entry}
    assert load(defaults) == AzureSettings()


def test_the_azure_settings_of_an_aws_stack_are_refused_there() -> None:
    with pytest.raises(SettingsError, match="keyMode is a setting of an Azure stack: take it out here"):
        record(lambda: _discard(read(AwsSettings)), config=config({"keyMode": "keyVault"}))


def _discard(_: object) -> None:
    return None


def test_the_publishers_address_is_that_of_whoever_runs_this(monkeypatch: pytest.MonkeyPatch) -> None:
    service = "azure-native:apimanagement:ApiManagementService"
    assert run({}).one(service).inputs["publisherEmail"] == "deployer@example.com"
    assert run({"publisherEmail": "me@example.com"}).one(service).inputs["publisherEmail"] == "me@example.com"


@pytest.mark.parametrize("answer", ["not found", "without an address"])
def test_a_publisher_without_an_address_is_refused(
    answer: str, monkeypatch: pytest.MonkeyPatch, registered: list[Recording]
) -> None:
    """A service principal is no user: Entra ID does not find it."""

    def get_user(**_: str) -> object:
        if answer == "not found":
            raise Exception("User with object ID was not found")
        return type("User", (), {"mail": ""})

    monkeypatch.setattr("pulumi_azuread.get_user", get_user)
    with pytest.raises(SettingsError, match="publisherEmail is not set, and Entra ID knows no e-mail address"):
        run({})
    assert [resource.type for resource in registered[-1].resources] == ["pulumi:pulumi:Stack"]


def test_a_user_nobody_knows_is_refused(monkeypatch: pytest.MonkeyPatch, registered: list[Recording]) -> None:
    def get_user(**_: str) -> object:
        raise Exception("not found")

    monkeypatch.setattr("pulumi_azuread.get_user", get_user)
    with pytest.raises(SettingsError, match=r"users: nobody@example\.com was not found in Entra ID"):
        run({"users": ["nobody@example.com"], "publisherEmail": "me@example.com"})
    assert [resource.type for resource in registered[-1].resources] == ["pulumi:pulumi:Stack"]


def test_the_stack_file_that_is_shipped_builds(registered: list[Recording]) -> None:
    """In front of the AWS day as shipped but with an entry for API Management: one without a domain."""
    shipped = yaml.safe_load((ROOT / "Pulumi.azure.yaml").read_text(encoding="utf-8"))["config"]
    assert set(SETTINGS) <= {key.removeprefix("genaiplatform:") for key in shipped}
    run({key.removeprefix("genaiplatform:"): value for key, value in shipped.items()}, domain=False)
    assert len(registered[-1].resources) > 30
