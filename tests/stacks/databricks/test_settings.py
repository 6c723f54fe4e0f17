"""Bad settings of the Databricks stack are refused with a sentence before anything is created."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from catalogue import databricks as catalogue
from ops.model.recorder import Recording, record
from ops.project import ROOT
from stacks.configuration import read
from stacks.databricks.settings import DatabricksSettings
from stacks.errors import SettingsError
from tests.azure_program import config
from tests.databricks_program import ACCOUNT, GEMINI, GPT, IDENTITY, KEYS, SETTINGS, SPARE, run


def models(*entries: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """Served models, the first of them with these changes; a change to None takes the key out."""
    first = {key: value for key, value in {**entries[0], **changes}.items() if value is not None}
    return {"servedModels": [first, *entries[1:]]}


WHOLE = {**GPT, "share": 100}
CUSTOM = {"name": "own", "provider": "custom", "deployment": "m", "share": 100, "providerKey": "azure"}

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"servedModels": []}, "servedModels is empty, so nobody would answer"),
    ({"servedModels": "gpt"}, "servedModels must be a list"),
    (models(GPT), "servedModels: the shares are 50 per cent together (gpt 50): let them be 100"),
    (models(GPT, {**GEMINI, "share": 51}), "servedModels: the shares are 101 per cent together (gpt 50, gemini 51)"),
    (models(SPARE), "servedModels: nobody has a share (spare 0), and a fallback alone gets no call: set 100"),
    (models(SPARE, {**SPARE, "name": "second"}), "nobody has a share (spare 0, second 0)"),
    (models(GPT, GPT), "servedModels: two entries have the name 'gpt': rename one"),
    ({**models(WHOLE), "modelName": "gpt"}, "modelName is 'gpt', as one of servedModels is called"),
    ({"modelName": "my-chat"}, "modelName: 'my-chat' is not a name that Unity Catalog and SQL take as it is"),
    (models(WHOLE, name="gpt-4o"), "servedModels[gpt-4o].name: 'gpt-4o' is not a name that Unity Catalog"),
    (models(WHOLE, share=101), "servedModels[gpt].share must be at most 100"),
    (models(WHOLE, share=-1), "servedModels[gpt].share must be at least 0"),
    (models(WHOLE, share=33.5), "servedModels[gpt].share must be a whole number"),
    (models(WHOLE, share=None), "servedModels[gpt].share is missing"),
    (models(WHOLE, provider="bedrock"), "'bedrock' is no provider that the gateway is set up for: set one of azure"),
    (models(WHOLE, provider="azure"), "'azure' is no provider that the gateway is set up for: did you mean azureO"),
    (models(WHOLE, endpoint=None), "azureOpenai needs endpoint: set its address, such as https://example.openai"),
    (models(CUSTOM), "custom needs endpoint: set its address"),
    (models(CUSTOM, endpoint="https://a.example.com/v1?key=hunter2"), "leave ? or # away and what follows"),
    (models(CUSTOM, endpoint="https://a.example.com/v1#hunter2"), "leave ? or # away and what follows"),
    (models(WHOLE, endpoint="http://example.openai.azure.com"), "is no https address, and keys and prompts would"),
    *(
        (models(CUSTOM, endpoint=address), "is not reached from Databricks, which calls over the internet")
        for address in (
            "https://localhost:4000",
            "https://127.0.0.1/v1",
            "https://[::1]/v1",
            "https://10.0.0.5/v1",
            "https://169.254.169.254",
            "https://litellm/v1",
            "https://llm.corp.internal/v1",
            "https://printer.local",
            "https://127.1/v1",
            "https://127.0.0.1./v1",
            "https://0x7f.0.0.1/v1",
            "https://[::ffff:10.0.0.5]/v1",
            "https://example.privatelink.openai.azure.com",
            "https://llm.home.arpa",
            "https://litellm.default.svc",
            "https://litellm.default.svc.cluster.local",
            "https://224.0.0.1",
            "https://[64:ff9b::a00:5]",
            "https://llm.example",
        )
    ),
    *(
        (models(CUSTOM, endpoint=address), "is no address of a service")
        for address in (
            "llm.example.com",
            "https://",
            "https://<resource>.openai.azure.com",
            "https://exa mple.com",
            "https://x..example.com",
            "https://-x.example.com",
            "https://x.example.com?a=b",
            "a:b",
        )
    ),
    (models(CUSTOM, endpoint="https://u:hunter2@llm.example.com"), "endpoint holds a login: take it out"),
    (models(WHOLE, endpoint=f"{GPT['endpoint']}/openai/deployments/x"), "endpoint has the path /openai/deployments/x"),
    (models(CUSTOM, endpoint="https://x.example.com/v1/chat/completions"), "endpoint ends with /chat/completions"),
    (models(GEMINI, share=100, endpoint="https://x.example.com"), "gemini is always called at https://generativela"),
    (models(WHOLE, providerKey=None), "azureOpenai takes no call without a key: set providerKey, or account"),
    (models(GEMINI, share=100, providerKey=None), "gemini takes no call without a key: set providerKey"),
    (models(WHOLE, account=ACCOUNT), "account and providerKey both say how it is called: take one out"),
    (models(GEMINI, share=100, providerKey=None, account=ACCOUNT), "gemini knows no managed identity of Azure"),
    (models(IDENTITY, share=100, account="example"), "'example' is not the id of an Azure OpenAI account"),
    ({**models(IDENTITY, share=100), "gateway": "endpoint"}, "gpt has account, and a serving endpoint cannot call as"),
    (models(WHOLE, providerKey="other"), "gpt refers to the provider key 'other', which is not set: `pulumi config"),
    (models(WHOLE, outputCost=None), "inputCost and outputCost belong together: set both, or neither"),
    (models(WHOLE, inputCost=-1), "servedModels[gpt].inputCost must be at least 0"),
    (models(WHOLE, colour="red"), "servedModels[gpt].colour is not known there"),
    ({**models(WHOLE), "providerKeys": {"azure": "two words"}}, "providerKeys.azure is not printable ASCII"),
    (
        models(WHOLE, *({**SPARE, "name": f"spare_{number}"} for number in range(6))),
        "servedModels: 6 models with share 0, the gateway takes 5: take some out",
    ),
    (
        models(*({**GPT, "name": f"gpt_{number}", "share": 9 if number else 10} for number in range(11))),
        "servedModels: 11 models with a share, the gateway takes 10: take some out",
    ),
    ({"gateway": "cluster"}, "gateway must be 'service' or 'endpoint'"),
    ({"computeMode": "Classic"}, "computeMode must be 'Serverless' or 'Hybrid'"),
    *(
        ({"callers": names}, message)
        for names, message in (
            (["a@example.com", "A@Example.com"], "callers: A@Example.com is there twice: take one out"),
            ([" "], "callers[entry 1]: ' ' is not a name"),
            (["0F0F0F0F-0000-4000-8000-00000000000A"], "is not a name: write the e-mail address of one user"),
            (["data\nscience"], "is not a name"),
            (["data\u0000science"], "is not a name"),
            (["a@"], "callers[entry 1]: 'a@' is not a name"),
            (["a b@example.com"], "callers[entry 1]: 'a b@example.com' is not a name"),
            (["a@example.com,b@example.com"], "is not a name: write the e-mail address of one user"),
            (["2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"], "is not a name: write the e-mail address of one user"),
        )
    ),
    *(
        ({"catalog": name}, "catalog: ")
        for name in (" ", "my catalog", "my-cat", "a.b", "a`; drop", "Main", "a" * 300, "system", "samples")
    ),
    ({"requestsPerMinute": True}, "requestsPerMinute: true is no number: set one"),
    ({"callerSecretDays": True}, "callerSecretDays: true is no number: set one"),
    (models({**WHOLE, "share": 99}, {**SPARE, "share": True}), "servedModels[spare].share: true is no number"),
    (models(WHOLE, inputCost=True), "servedModels[gpt].inputCost: true is no number"),
    (models(WHOLE, baseModel="x', 0, 0), ('y"), "baseModel: \"x', 0, 0), ('y\" is not a name of a model: use letters"),
    (models(WHOLE, baseModel=" "), "servedModels[gpt].baseModel: ' ' is not a name of a model"),
    (models(WHOLE, deployment="gpt 4o"), "deployment: 'gpt 4o' is not a name of a model: use letters"),
    (models(WHOLE, providerKey="a.b"), "servedModels[gpt].providerKey: 'a.b' is not a name under providerKeys"),
    (models(WHOLE, providerKey=""), "servedModels[gpt].providerKey: '' is not a name under providerKeys"),
    ({**models(WHOLE), "providerKeys": {**KEYS, "my key": "k1"}}, "providerKeys.my key is no name: use at most 63"),
    ({"callerSecretDays": 0}, "callerSecretDays must be at least 1"),
    ({"callerSecretDays": 731}, "callerSecretDays must be at most 730"),
    ({"requestsPerMinute": -1}, "requestsPerMinute must be at least 0"),
    ({"azure-native:location": None}, "azure-native:location is not set: `pulumi config set -s databricks azure-nat"),
    ({"azure-native:location": "japanwest"}, "'japanwest' is not known to offer serverless workspaces: set one of"),
    (
        {"computeMode": "Hybrid", "azure-native:location": "us-east-1"},
        "'us-east-1' is no region of Azure: set one such",
    ),
    ({"shares": 50}, "shares is no setting"),
    ({"keyMode": "keyVault"}, "keyMode is a setting of an Azure stack: take it out here and set it there"),
    ({"databricks:host": "https://x"}, "databricks:host has no effect"),
]


@pytest.mark.parametrize(("values", "message"), REFUSED, ids=[message[:60] for _, message in REFUSED])
def test_a_wrong_setting_is_refused_before_anything_is_created(
    values: Mapping[str, Any], message: str, registered: list[Recording]
) -> None:
    with pytest.raises(SettingsError) as error:
        run(values)
    assert message in str(error.value)
    assert not any(key in str(error.value) for key in (*KEYS.values(), "hunter2"))
    assert [resource.type for resource in registered[-1].resources] == ["pulumi:pulumi:Stack"]


def test_keys_in_plain_text_are_refused(registered: list[Recording]) -> None:
    with pytest.raises(SettingsError, match="providerKeys is set in plain text") as error:
        record(lambda: str(read(DatabricksSettings)), stack="databricks", config=config(SETTINGS))  # type: ignore[arg-type]  # runs to its error
    assert KEYS["azure"] not in str(error.value)


def test_a_hybrid_workspace_may_be_in_any_region() -> None:
    assert run({"computeMode": "Hybrid", "azure-native:location": "japanwest"}).resources


@pytest.mark.parametrize("region", ["eastus2", "East US 2", *sorted(catalogue.SERVERLESS_REGIONS)])
def test_a_region_with_serverless_workspaces_is_taken_in_both_spellings(region: str) -> None:
    assert catalogue.region_problem(region) is None


def test_the_stack_file_that_is_shipped_builds() -> None:
    shipped = yaml.safe_load((ROOT / "Pulumi.databricks.yaml").read_text(encoding="utf-8"))["config"]
    run({**dict.fromkeys(SETTINGS), **{key.removeprefix("genaiplatform:"): value for key, value in shipped.items()}})
