"""Bad settings are refused with a sentence, good ones arrive typed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import hypothesis
import pytest
import yaml
from hypothesis import strategies as st
from pydantic.alias_generators import to_camel

from ops.recorder import ROOT, record
from stacks import public_address, settings
from stacks.azure_settings import AzureSettings
from stacks.configuration import SettingsError
from stacks.secrets import FIXABLE, placeholder
from stacks.settings import Settings


def load(values: Mapping[str, Any] | None = None, secret: tuple[str, ...] = (), **other: str) -> Settings:
    """The settings a stack with these values would read (objects are passed as JSON, as the engine does)."""
    loaded: list[Settings] = []
    config = {
        f"genaiplatform:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in (values or {}).items()
    } | other
    record(
        lambda: loaded.append(settings.load()), config=config, secret_keys=[f"genaiplatform:{key}" for key in secret]
    )
    return loaded[0]


def refusal(values: Mapping[str, Any], secret: tuple[str, ...] = (), **other: str) -> str:
    with pytest.raises(SettingsError) as error:
        load(values, secret, **other)
    return str(error.value)


def test_without_any_configuration_the_day_needs_no_provider_key() -> None:
    loaded = load()
    assert [model.name for model in loaded.models] == ["nova-lite", "echo"]
    assert loaded.provider_keys == {}
    assert loaded.key_models(loaded.virtual_keys[0]) == ("nova-lite",)
    assert load({"models": []}) == loaded


@pytest.mark.parametrize(
    ("region", "model"),
    [
        ("us-east-1", "amazon.nova-lite-v1:0"),
        ("us-west-2", "us.amazon.nova-lite-v1:0"),
        ("ap-northeast-1", "jp.amazon.nova-2-lite-v1:0"),
        ("ap-northeast-3", "jp.amazon.nova-2-lite-v1:0"),
        ("ap-southeast-2", "apac.amazon.nova-lite-v1:0"),
        ("eu-central-1", "eu.amazon.nova-lite-v1:0"),
    ],
)
def test_the_default_model_is_called_in_the_way_that_the_region_offers(region: str, model: str) -> None:
    first, _ = load({}, (), **{"aws:region": region}).models
    assert (first.name, first.model) == ("nova-lite", f"bedrock/{model}")


def test_a_region_without_a_known_way_to_the_default_model_asks_for_models() -> None:
    assert "no documented way of inference in sa-east-1: set models" in refusal({}, (), **{"aws:region": "sa-east-1"})
    echo = [{"name": "echo", "model": "openai/echo"}]
    assert load({"models": echo}, (), **{"aws:region": "sa-east-1"}).models[0].name == "echo"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"sice": "day"}, "sice is no setting: did you mean size?"),
        ({"zzz": "day"}, "zzz is no setting: the known ones are"),
        ({"size": "huge"}, "size must be 'day' or 'team', not 'huge'"),
        ({"vpcCidr": "10.0.0.0/24"}, "too small: set a range from /16 to /20"),
        ({"vpcCidr": "10.0.0.0/8"}, "larger than a VPC may be"),
        ({"vpcCidr": "10.100.0.0/16"}, "overlaps 10.100.0.0/16, where EKS may put its service addresses"),
        ({"vpcCidr": "10.0.0.1/16"}, "is no IPv4 range"),
        ({"availabilityZones": 1}, "1 is not possible: EKS and Aurora need two zones"),
        ({"availabilityZones": "two"}, "availabilityZones must be a whole number, not 'two'"),
        ({"kubernetesVersion": "1.33"}, "1.33 is not in standard support"),
        ({"kubernetesVersion": "1.4"}, "1.4 is not in standard support"),
        ({"auroraVersion": "15.4"}, "auroraVersion: '15.4' is not a version of Aurora PostgreSQL 16 or 17"),
        ({"auroraMinCapacity": "4", "auroraMaxCapacity": "2"}, "auroraMinCapacity 4.0 is above auroraMaxCapacity 2.0"),
        ({"domain": "https://genai.example.com"}, "is no domain name"),
        ({"allowedCidrs": ["0.0.0.0/0"]}, "confirm with `pulumi config set openToTheWorld true`"),
        ({"allowedCidrs": []}, "nobody could enter"),
        ({"allowedCidrs": ["198.51.100.0/24", "198.51.100.0/25"]}, "198.51.100.0/25 overlaps 198.51.100.0/24"),
        ({"allowedCidrs": ["everyone"]}, "'everyone' is no IPv4 range"),
        ({"allowedCidrs": "auto"}, "allowedCidrs must be a list, not 'auto'"),
        ({"models": [{"name": "gpt", "model": "azure/x", "providerKey": "azure"}]}, "providerKeys.azure"),
        ({"models": [{"name": "a", "model": "m"}, {"name": "a", "model": "n"}]}, "two entries have the name 'a'"),
        ({"models": [{"name": "a b", "model": "m"}]}, "models.0.name: 'a b' is not a name"),
        ({"models": [{"name": "a", "model": "m", "colour": "red"}]}, "models.0.colour is not known there"),
        ({"models": [{"name": "a", "model": "m", "params": {"api_key": "x"}}]}, "api_key would stand in a ConfigMap"),
        ({"virtualKeys": [{"alias": "a"}, {"alias": "a"}]}, "two entries have the alias 'a'"),
        ({"virtualKeys": [{"alias": "a", "models": ["gpt"]}]}, "'gpt', which is no model: use one of nova-lite, echo"),
        ({"virtualKeys": [{"alias": "a", "maxBudget": 0}]}, "virtualKeys.0.maxBudget must be more than 0"),
        (
            {"virtualKeys": [{"alias": "a", "duration": "a day"}]},
            "'a day' is not a duration: set one such as 30m, 12h or 7d",
        ),
        ({"owner": "Some, One"}, "owner: 'Some, One' is not a value that tags can carry"),
        ({"langfuseEmail": "nobody"}, "langfuseEmail: 'nobody' is not an e-mail address"),
        ({"auroraMinCapacity": "0.7"}, "auroraMinCapacity must be a multiple of 0.5, not 0.7"),
        ({"models": [{"name": "a"}]}, "models.0.model is missing"),
        ({"litellmImageTag": "v1:2"}, "litellmImageTag: 'v1:2' is not an image tag"),
    ],
)
def test_a_wrong_setting_is_refused_with_a_sentence(values: Mapping[str, Any], message: str) -> None:
    assert message in refusal(values)


@pytest.mark.parametrize("owner", ["Platform Team", "someone@example.com", "山田"])
def test_an_owner_is_whatever_a_tag_can_carry(owner: str) -> None:
    assert load({"owner": owner}).owner == owner


def test_everything_wrong_is_told_at_once() -> None:
    told = refusal({"size": "huge", "sice": "day", "domain": "x"})
    assert all(start in told for start in ("size must", "sice is", "domain: "))


@pytest.mark.parametrize("name", Settings.SECRET)
def test_a_secret_setting_in_plain_text_is_refused_without_showing_it(name: str) -> None:
    told = refusal({name: {"azure": "hunter2hunter2hunter2"}})
    assert f"{name} is set in plain text" in told
    assert "hunter2" not in told


@pytest.mark.parametrize("name", sorted(FIXABLE))
def test_a_fixed_secret_that_its_readers_cannot_carry_is_refused_without_showing_it(name: str) -> None:
    told = refusal({"fixedSecrets": {name: "p@ss word/é"}}, ("fixedSecrets",))
    assert f"fixedSecrets.{name} is not " in told
    assert "p@ss" not in told


@pytest.mark.parametrize("name", sorted(FIXABLE))
def test_the_placeholder_of_a_fixed_secret_passes(name: str) -> None:
    loaded = load({"fixedSecrets": {name: placeholder(f"fixedSecrets.{name}")}}, ("fixedSecrets",))
    assert list(loaded.fixed_credentials().values()) == [placeholder(f"fixedSecrets.{name}")]


def test_unknown_fixed_secrets_and_keys_are_refused() -> None:
    assert "did you mean langfusePassword?" in refusal({"fixedSecrets": {"langfusPassword": "x"}}, ("fixedSecrets",))
    told = refusal({"fixedSecrets": {"virtualKeys": {"nobody": "sk-" + "0" * 32}}}, ("fixedSecrets",))
    assert "fixedSecrets.virtualKeys.nobody belongs to no entry of virtualKeys" in told


def test_a_secret_of_the_wrong_shape_is_not_shown() -> None:
    told = refusal({"providerKeys": ["hunter2"], "fixedSecrets": "hunter2"}, ("providerKeys", "fixedSecrets"))
    assert "providerKeys must be an object" in told
    assert "hunter2" not in told


def test_a_provider_key_with_a_line_break_is_refused() -> None:
    assert "providerKeys.azure is not " in refusal({"providerKeys": {"azure": "x\n"}}, ("providerKeys",))
    assert "providerKeys.AZURE is no name" in refusal({"providerKeys": {"AZURE": "x"}}, ("providerKeys",))


def test_the_world_may_enter_when_that_is_confirmed() -> None:
    assert load({"allowedCidrs": ["0.0.0.0/0"], "openToTheWorld": True}).entry_cidrs() == ("0.0.0.0/0",)


def test_auto_is_refused_on_a_ci_runner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(public_address.PublicAddressError, match="only this CI runner"):
        public_address.look_up()


def test_auto_with_a_look_up_that_fails_is_an_error_and_not_an_open_door(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(public_address, "SERVICE", "http://127.0.0.1:9")
    with pytest.raises(SettingsError, match=r"did not tell this machine's public IPv4 address"):
        Settings().entry_cidrs()


@hypothesis.settings(deadline=None)
@hypothesis.given(st.text(max_size=30))
def test_no_text_in_place_of_a_range_gets_through(text: str) -> None:
    """Whatever is accepted is a range that IPv4 knows."""
    try:
        Settings(allowed_cidrs=(text,))
    except ValueError:
        return
    assert text == "auto" or text.count(".") == 3


def _documented() -> dict[str, Any]:
    keys = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    return {key: entry for key, entry in keys.items() if ":" not in key}


def test_pulumi_yaml_documents_exactly_the_settings_with_their_defaults() -> None:
    documented = _documented()
    assert set(documented) == {to_camel(name) for model in (Settings, AzureSettings) for name in model.model_fields}
    for key, entry in documented.items():
        assert entry["description"], key
    from_yaml = load({key: entry["default"] for key, entry in documented.items()})
    assert from_yaml == Settings()
