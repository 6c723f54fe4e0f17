"""What the Azure stack takes from the AWS day, from where, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from ops.model.recorder import Recording, Secret, plain, record
from stacks.aws import outputs
from stacks.aws.outputs import AwsOutputs
from stacks.azure import program
from stacks.azure.settings import AzureSettings
from stacks.errors import SettingsError
from tests.azure_program import AWS_STACK, config
from tests.azure_program import aws_outputs as exported

OUTPUTS: Mapping[str, Any] = {
    "apimEntryUrl": "https://litellm.example.com:8443",
    "apimEntryCertificate": "public",
    "apimEntryKey": Secret("0123456789abcdef" * 4),
    "virtualKeys": Secret({"demo": "sk-0123456789abcdef"}),
}


def read(settings: AzureSettings, stacks: Mapping[str, Mapping[str, Any]], *, preview: bool = False) -> AwsOutputs:
    import pulumi

    found: list[AwsOutputs] = []

    async def program() -> None:
        found.append(await outputs.read(settings))

    record(lambda: pulumi.run(program), other_stacks=stacks, preview=preview)
    return found[0]


def refusal(outputs: Mapping[str, Any], **settings: Any) -> str:
    with pytest.raises(SettingsError) as error:
        read(AzureSettings(aws_stack=AWS_STACK, **settings), {AWS_STACK: outputs})
    return str(error.value)


@pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])
def test_the_outputs_of_the_other_stack_are_known_at_once_in_a_preview_too(*, preview: bool) -> None:
    found = read(AzureSettings(aws_stack=AWS_STACK), {AWS_STACK: OUTPUTS}, preview=preview)
    assert found.apim_entry_url == OUTPUTS["apimEntryUrl"]
    assert found.apim_entry_key == plain(OUTPUTS["apimEntryKey"])
    assert found.virtual_keys == plain(OUTPUTS["virtualKeys"])
    assert found.certificate_is_public


@pytest.mark.parametrize("domain", [True, False])
def test_a_recorded_aws_day_exports_what_is_read_here(*, domain: bool) -> None:
    settings = AzureSettings(aws_stack=AWS_STACK, insecure_backend=True)
    assert read(settings, {AWS_STACK: exported(domain=domain)}).certificate_is_public is domain


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_missing_output_is_told_with_what_to_do(name: str) -> None:
    told = refusal({key: value for key, value in OUTPUTS.items() if key != name}, insecure_backend=True)
    if name == "apimEntryKey":
        # Nothing but a foreign passphrase takes the secret outputs away and leaves the others.
        assert told.startswith(
            "the secret outputs of stack dev cannot be decrypted here: give both stacks the same pass"
        )
    else:
        assert told.startswith(f"stack dev has no usable output {name}: set apimEntry on stack dev and run up")
        assert len(told.splitlines()) == 1


def test_a_day_that_was_destroyed_is_told_with_every_output_that_is_missing() -> None:
    told = refusal({}).splitlines()
    assert [line.split()[6].rstrip(":") for line in told] == list(OUTPUTS)


def test_secrets_of_a_stack_with_another_passphrase_are_told_as_such() -> None:
    """The engine passes them over in silence: an empty key, an empty map (pulumi pkg/resource/deploy/builtins.go)."""
    told = refusal({**OUTPUTS, "apimEntryKey": Secret(""), "virtualKeys": Secret({})})
    assert told.startswith("the secret outputs of stack dev cannot be decrypted here")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("apimEntryUrl", "litellm.example.com"),
        ("apimEntryUrl", "https://litellm.example.com/v1"),
        ("apimEntryUrl", "https://user:sk-hunter2@litellm.example.com"),
        ("apimEntryUrl", "https://litellm.example.com?key=sk-hunter2"),
        ("apimEntryUrl", "https://litellm.example.com#sk-hunter2"),
        ("apimEntryUrl", 'https://litellm"><.example.com'),
        ("apimEntryUrl", "https://litellm.example.com:99999999"),
        ("apimEntryCertificate", "none"),
        ("apimEntryKey", Secret("0123456789ABCDEF" * 4)),
        ("apimEntryKey", Secret("0" * 63 + "\n")),
        ("virtualKeys", Secret({"demo": "sk-short"})),
        ("virtualKeys", Secret(["sk-0123456789abcdef"])),
    ],
)
def test_an_output_of_the_wrong_shape_is_refused_without_showing_it(name: str, value: Any) -> None:
    told = refusal({**OUTPUTS, name: value})
    assert f"stack dev has no usable output {name}" in told
    assert "sk-" not in told
    assert "0123456789" not in told


@pytest.mark.parametrize(
    ("change", "danger"),
    [
        ({"apimEntryCertificate": "self-signed"}, "shows a self-signed certificate"),
        ({"apimEntryUrl": "http://elb.example.com:8080"}, "speaks HTTP"),
    ],
)
def test_a_backend_that_nobody_vouches_for_is_refused_unless_that_is_accepted(
    change: Mapping[str, Any], danger: str
) -> None:
    told = refusal({**OUTPUTS, **change})
    assert danger in told
    assert (
        "set domain on the AWS stack, or accept it for a day (`pulumi config set -s dev insecureBackend true`)" in told
    )
    accepted = read(AzureSettings(aws_stack=AWS_STACK, insecure_backend=True), {AWS_STACK: {**OUTPUTS, **change}})
    assert accepted.certificate_is_public is False


def test_a_stack_that_does_not_exist_is_refused_before_anything_is_created(monkeypatch: pytest.MonkeyPatch) -> None:
    registered = Recording()
    monkeypatch.setattr("ops.model.recorder.Recording", lambda: registered)
    with pytest.raises(LookupError, match=f'unknown stack "{AWS_STACK}"'):
        record(
            lambda: program.build("azure"),
            stack="azure",
            config=config({"azure-native:location": "eastus2", "awsStack": AWS_STACK}),
        )
    assert [resource.type for resource in registered.resources] == ["pulumi:pulumi:Stack"]


def test_without_a_stack_the_outputs_come_from_secret_configuration() -> None:
    values = {name: plain(value) for name, value in OUTPUTS.items() if name != "apimEntryCertificate"}
    recording = record(
        lambda: program.build("azure"),
        stack="azure",
        config={**config({"azure-native:location": "eastus2"}), "genaiplatform:awsOutputs": json.dumps(values)},
        secret_keys=["genaiplatform:awsOutputs"],
    )
    backend = recording.one("azure-native:apimanagement:Backend").inputs
    assert backend["url"] == OUTPUTS["apimEntryUrl"]
    assert backend["tls"] == {"validateCertificateChain": True, "validateCertificateName": True}


def test_configured_outputs_that_are_incomplete_or_unknown_are_told() -> None:
    with pytest.raises(SettingsError) as error:
        read(AzureSettings(aws_outputs={"apimEntryUrl": "https://x", "litellmUrl": "http://x"}), {})
    told = str(error.value)
    assert "awsOutputs.litellmUrl is not read here: take it out" in told
    for name in ("apimEntryKey", "virtualKeys"):
        assert f"awsOutputs.{name} is missing or malformed" in told
        assert f"`pulumi config set -s dev --secret --path awsOutputs.{name}`" in told


def test_two_sources_are_refused() -> None:
    with pytest.raises(ValueError, match="awsStack and awsOutputs are both set"):
        AzureSettings(aws_stack=AWS_STACK, aws_outputs={"apimEntryUrl": "https://x"})


def test_no_secret_shows_when_outputs_are_printed() -> None:
    shown = repr(read(AzureSettings(aws_stack=AWS_STACK), {AWS_STACK: OUTPUTS}))
    assert "sk-" not in shown
    assert "0123456789" not in shown


@pytest.mark.parametrize(
    ("stack", "says"),
    [
        (
            "databricks",
            "awsStack names organization/genaiplatform/databricks, which is a Databricks stack: name an AWS st",
        ),
        (
            "mcp-2",
            "which is an MCP stack: name an AWS stack, such as organization/genaiplatform/dev",
        ),
        ("azure", "which is an Azure stack"),
    ],
)
def test_a_stack_of_another_kind_is_told_as_such(stack: str, says: str) -> None:
    name = f"organization/genaiplatform/{stack}"
    with pytest.raises(SettingsError) as error:
        read(AzureSettings(aws_stack=name), {name: {"next": "..."}})
    assert str(error.value).startswith(says) or says in str(error.value)
    assert "apimEntry" not in str(error.value)


def test_a_stack_whose_name_says_no_kind_is_taken_for_an_aws_stack() -> None:
    name = "organization/genaiplatform/prod"
    assert read(AzureSettings(aws_stack=name), {name: OUTPUTS}).certificate_is_public


def test_a_client_called_as_the_application_for_mcp_is_refused_only_where_there_is_one() -> None:
    clients = ({"name": "mcp-clients", "key": "demo"},)
    with_servers = {**OUTPUTS, "mcpServers": {"drive": {}}}
    assert refusal(with_servers, clients=clients) == (
        "clients: mcp-clients is what the application is called that people log in with for MCP servers: rename it"
    )
    assert read(AzureSettings(aws_stack=AWS_STACK, clients=clients), {AWS_STACK: OUTPUTS}).virtual_keys


def test_without_any_virtual_key_none_is_proposed() -> None:
    assert refusal({**OUTPUTS, "virtualKeys": Secret({})}) == (
        "clients: demo names the key 'demo', which LiteLLM does not have: add it to virtualKeys of the AWS stack"
    )
