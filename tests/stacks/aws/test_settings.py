"""Bad settings are refused with a sentence, good ones arrive typed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import partial
from typing import Any

import hypothesis
import pytest
import yaml
from hypothesis import strategies as st
from pydantic.alias_generators import to_snake

from catalogue.secrets import SECRETS
from charts.shapes import Model
from components.credentials import Credentials
from ops.model.recorder import record
from ops.project import ROOT
from stacks import public_address
from stacks.aws import bedrock, settings
from stacks.aws.settings import AwsSettings
from stacks.errors import SettingsError
from stacks.secrets import placeholder


def load(values: Mapping[str, Any] | None = None, secret: tuple[str, ...] = (), **other: str) -> AwsSettings:
    """The settings a stack with these values would read (objects are passed as JSON, as the engine does)."""
    loaded: list[AwsSettings] = []
    config = {
        f"genaiplatform:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in (values or {}).items()
    } | other
    record(
        lambda: loaded.append(settings.load()), config=config, secret_keys=[f"genaiplatform:{key}" for key in secret]
    )
    return loaded[0]


SECRET = "sk-abcdefghijklmnopqrst"


def refusal(values: Mapping[str, Any], secret: tuple[str, ...] = (), **other: str) -> str:
    with pytest.raises(SettingsError) as error:
        load(values, secret, **other)
    return str(error.value)


def test_more_models_of_bedrock_than_a_policy_of_a_role_holds_are_refused() -> None:
    def models(count: int) -> Mapping[str, Any]:
        return {"models": [{"name": f"m{n}", "model": f"bedrock/us.maker.model-{n:03}-v1:0"} for n in range(count)]}

    def policy(count: int) -> int:
        made = tuple(Model(**model) for model in models(count)["models"])
        statement = {"Effect": "Allow", "Action": bedrock.ACTIONS, "Resource": bedrock.role_arns(made, "us-east-1")}
        return len(json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":")))

    most = 1 + (10_240 - policy(1)) // (policy(2) - policy(1))
    assert re.search(
        r"models: LiteLLM's role would need a policy of 10,\d{3} characters .*, and IAM takes 10,240: leave out",
        refusal(models(most + 1)),
    )
    again = [{"name": f"n{n}", "model": "bedrock/us.maker.model-000-v1:0"} for n in range(most)]
    assert len(load({"models": [*models(most)["models"], *again]}).models) == 2 * most


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
    echo = [{"name": "echo", "model": "openai/echo", "params": {"mock_response": "pong"}}]
    assert load({"models": echo}, (), **{"aws:region": "sa-east-1"}).models[0].name == "echo"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"sice": "day"}, "sice is no setting: did you mean size?"),
        ({"frontDoor": "true"}, "frontDoor is no setting: it is called apimEntry now"),
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
        ({"auroraVersion": "17.99"}, "set one of 16.8"),
        ({"auroraMaxCapacity": "0.5", "auroraMinCapacity": "0.5"}, "auroraMaxCapacity must be at least 1"),
        ({"auroraMaxCapacity": "1e400"}, "auroraMaxCapacity must be at most 256"),
        ({"availabilityZones": "9" * 5000}, "availabilityZones must be a smaller number"),
        ({"models": "[" * 100_000}, "models must be a list"),
        ({"vpcCidr": "127.0.0.0/16"}, "is loopback (127.0.0.0/8), where AWS makes no VPC"),
        ({"vpcCidr": "169.254.0.0/16"}, "is link-local"),
        ({"vpcCidr": "224.0.0.0/16"}, "is multicast"),
        ({"vpcCidr": "0.0.0.0/16"}, "where AWS makes no VPC"),
        ({"vpcCidr": "240.0.0.0/16"}, "is reserved"),
        ({"vpcCidr": "8.8.0.0/16"}, "belongs to somebody on the internet"),
        ({"vpcCidr": "10.0.0.0/255.255.0.0"}, "is not written as AWS takes a range: write 10.0.0.0/16"),
        ({"auroraMinCapacity": "4", "auroraMaxCapacity": "2"}, "auroraMinCapacity 4.0 is above auroraMaxCapacity 2.0"),
        ({"domain": "https://genai.example.com"}, "is no domain name"),
        ({"allowedCidrs": ["0.0.0.0/0"]}, "confirm with `pulumi config set -s dev openToTheWorld true`"),
        ({"allowedCidrs": []}, "nobody could enter"),
        ({"allowedCidrs": ["198.51.100.0/24", "198.51.100.0/25"]}, "198.51.100.0/25 overlaps 198.51.100.0/24"),
        ({"allowedCidrs": ["everyone"]}, "'everyone' is no IPv4 range"),
        ({"allowedCidrs": ["0.0.0.0/1", "128.0.0.0/1"]}, "lets the whole world in"),
        ({"allowedCidrs": ["0.0.0.0/2", "64.0.0.0/3", "128.0.0.0/2", "192.0.0.0/3"]}, "lets the whole world in"),
        ({"allowedCidrs": [f"{first}.0.0.0/8" for first in range(11, 28)]}, "lets the whole world in"),
        ({"allowedCidrs": ["198.51.100.0/0.0.0.255"]}, "write 198.51.100.0/24"),
        ({"allowedCidrs": ["198.51.100.0/255.255.255.0"]}, "write 198.51.100.0/24"),
        ({"allowedCidrs": ["198.51.100.7"]}, "write 198.51.100.7/32"),
        ({"allowedCidrs": ["198.51.100.7/24"]}, "has host bits set): write one like 198.51.100.0/24"),
        ({"allowedCidrs": ["2001:db8::/32"]}, "have no IPv6 addresses"),
        ({"allowedCidrs": ["192.168.1.0/24"]}, "from where nobody comes over the internet"),
        ({"allowedCidrs": ["127.0.0.1/32"]}, "from where nobody comes over the internet"),
        ({"allowedCidrs": [f"198.51.100.{host}/32" for host in range(31)]}, "security group holds 30"),
        (
            {"apimEntry": True, "allowedCidrs": [f"198.51.100.{host}/32" for host in range(30)]},
            "security group holds 29",
        ),
        ({"allowedCidrs": "auto"}, "allowedCidrs must be a list, not 'auto'"),
        ({"models": [{"name": "gpt", "model": "azure/x", "providerKey": "azure"}]}, "providerKeys.azure"),
        ({"models": [{"name": "a", "model": "m"}, {"name": "a", "model": "n"}]}, "two entries have the name 'a'"),
        ({"models": [{"name": "a b", "model": "m"}]}, "models[a b].name: 'a b' is not a name"),
        ({"models": [{"name": "a", "model": "m", "colour": "red"}]}, "models[a].colour is not known there"),
        ({"models": [{"name": "a", "model": "m\n"}]}, "is not a model of LiteLLM's"),
        ({"models": [{"name": "a", "model": "os.environ/LITELLM_MASTER_KEY"}]}, "is not a model of LiteLLM's"),
        ({"models": [{"name": "a", "model": "m", "params": {"note": "x" * 500_001}}]}, "more than a ConfigMap carries"),
        ({"virtualKeys": [{"alias": "a"}, {"alias": "a"}]}, "two entries have the alias 'a'"),
        ({"virtualKeys": [{"alias": "a", "models": ["gpt"]}]}, "'gpt', which is no model: use one of nova-lite, echo"),
        ({"virtualKeys": [{"alias": "a", "maxBudget": 0}]}, "virtualKeys[a].maxBudget must be more than 0"),
        (
            {"virtualKeys": [{"alias": "a", "duration": "a day"}]},
            "'a day' is not a duration: set one such as 30m or 12h",
        ),
        ({"virtualKeys": [{"alias": "a", "duration": "9999999999d"}]}, "longer than a key may live"),
        ({"virtualKeys": [{"alias": "a", "duration": "9" * 5000 + "d"}]}, "is not a duration"),
        *(
            ({"virtualKeys": [{"alias": "a", "maxBudget": budget}]}, "virtualKeys[a].maxBudget must be a number")
            for budget in (float("inf"), float("nan"), 10**400, "1e400")
        ),
        ({"owner": "aws:someone"}, "owner: 'aws:someone' is not a value that tags can carry"),
        ({"owner": "AwS:someone"}, "another beginning than aws:"),
        ({"domain": f"{'a' * 54}.jp"}, "the certificate takes 56"),
        *(
            ({"langfuseEmail": email}, "is not an e-mail address")
            for email in ("a..b@example.com", ".a@example.com", "山田@example.com", "a@ex_ample.com", "a@b.c0m")
        ),
        ({"owner": "Some, One"}, "owner: 'Some, One' is not a value that tags can carry"),
        ({"langfuseEmail": "nobody"}, "langfuseEmail: 'nobody' is not an e-mail address"),
        ({"auroraMinCapacity": "0.7"}, "auroraMinCapacity must be a multiple of 0.5, not 0.7"),
        ({"models": [{"name": "a"}]}, "models[a].model is missing"),
        ({"openToTheWorld": []}, "openToTheWorld must be true or false, not a list"),
        ({"auroraMaxCapacity": 257}, "auroraMaxCapacity must be at most 256, not 257"),
        ({"virtualKeys": [{"alias": "a", "models": None}]}, "must be a list, not null: take it out, or write a list"),
        ({"virtualKeys": ""}, "virtualKeys must be a list, not '': take it out, or write a list"),
        (
            {"virtualKeys": {"alias": "a", "key": SECRET}},
            "must be a list, not an object: write - in front of the entry",
        ),
        ({"models": [{"name": "a", "model": {"key": SECRET}}]}, "models[a].model must be text, not an object"),
        ({"models": [{"name": "a", "model": "m", "params": f"api_key={SECRET}"}]}, "an object, not 'api_key=[hidden]'"),
        *(
            ({"models": [{"name": "a", "model": "openai/m", "providerKey": key}]}, "write a name such as azure there")
            for key in ("", "AZURE", SECRET)
        ),
        *(
            (
                {"models": [{"name": "a", "model": "ollama/m", "params": {name: price}}]},
                f"models: a: params.{name} is no price: set USD for one of what it counts",
            )
            for name in ("input_cost_per_token", "cache_read_input_token_cost")
            for price in ("free", -1, True, 2.5, "-1e-6", float("inf"))
        ),
        *(
            ({"models": [{"name": name, "model": "openai/m"}]}, "is LiteLLM's word for all models, or none")
            for name in ("all-proxy-models", "all-team-models", "no-default-models")
        ),
        ({"litellmImageTag": "v1:2"}, "litellmImageTag: 'v1:2' is not an image tag"),
    ],
)
def test_a_wrong_setting_is_refused_with_a_sentence(values: Mapping[str, Any], message: str) -> None:
    said = refusal(values)
    assert message in said
    assert SECRET not in said


@pytest.mark.parametrize("price", [0, 2.5e-7, "2.5e-7", None])
def test_a_price_that_litellm_counts_with_is_taken(price: Any) -> None:
    params = {"input_cost_per_token": price, "output_cost_per_image": 2, "search_context_cost_per_query": {"low": 0.1}}
    assert load({"models": [{"name": "a", "model": "ollama/m", "params": params}]}).models[0].params == params


def test_a_region_that_is_empty_is_refused_and_not_replaced() -> None:
    assert "aws:region: '' is no region of AWS" in refusal({}, (), **{"aws:region": ""})


@pytest.mark.parametrize("email", ["you@example.com", "o'neil.jr+genai@Sub-1.example.co.jp", "_@x.io"])
def test_an_address_that_langfuse_takes_passes(email: str) -> None:
    assert load({"langfuseEmail": email}).langfuse_email == email


@pytest.mark.parametrize("cidr", ["172.16.0.0/16", "192.168.0.0/16", "100.64.0.0/16", "198.18.0.0/16", "10.0.16.0/20"])
def test_a_vpc_lies_in_any_private_range(cidr: str) -> None:
    assert load({"vpcCidr": cidr}).vpc_cidr == cidr


@pytest.mark.parametrize("owner", ["Platform Team", "someone@example.com", "山田"])
def test_an_owner_is_whatever_a_tag_can_carry(owner: str) -> None:
    assert load({"owner": owner}).owner == owner


def test_everything_wrong_is_told_at_once() -> None:
    told = refusal({"size": "huge", "sice": "day", "domain": "x"})
    assert all(start in told for start in ("size must", "sice is", "domain: "))


@pytest.mark.parametrize("name", AwsSettings.secret_names())
def test_a_secret_setting_in_plain_text_is_refused_without_showing_it(name: str) -> None:
    told = refusal({name: {"azure": "hunter2hunter2hunter2"}})
    assert f"{name} is set in plain text" in told
    assert "hunter2" not in told


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_a_fixed_secret_that_its_readers_cannot_carry_is_refused_without_showing_it(name: str) -> None:
    told = refusal({"fixedSecrets": {name: "p@ss word/é"}}, ("fixedSecrets",))
    assert f"fixedSecrets.{name} is not " in told
    assert "p@ss" not in told


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_the_placeholder_of_a_fixed_secret_passes(name: str) -> None:
    loaded = load({"fixedSecrets": {name: placeholder(f"fixedSecrets.{name}")}}, ("fixedSecrets",))
    assert list(loaded.fixed_credentials().values()) == [placeholder(f"fixedSecrets.{name}")]


def test_every_secret_of_the_table_is_a_credential_and_fits_its_own_rule() -> None:
    declared = [name for name in Credentials.__annotations__ if name != "virtual_keys"]
    assert declared == [to_snake(name) for name in SECRETS]
    for name, rule in SECRETS.items():
        assert re.fullmatch(rule.pattern, rule.example), name


def test_unknown_fixed_secrets_and_keys_are_refused() -> None:
    assert "did you mean langfusePassword?" in refusal({"fixedSecrets": {"langfusPassword": "x"}}, ("fixedSecrets",))
    renamed = refusal({"fixedSecrets": {"frontDoorKey": "x"}}, ("fixedSecrets",))
    assert "fixedSecrets.frontDoorKey is no secret of the day: it is called apimEntryKey now" in renamed
    told = refusal({"fixedSecrets": {"virtualKeys": {"nobody": "sk-" + "0" * 32}}}, ("fixedSecrets",))
    assert "fixedSecrets.virtualKeys.nobody belongs to no entry of virtualKeys" in told


def test_a_secret_of_the_wrong_shape_is_not_shown() -> None:
    told = refusal({"providerKeys": ["hunter2"], "fixedSecrets": "hunter2"}, ("providerKeys", "fixedSecrets"))
    assert "providerKeys must be an object" in told
    assert "hunter2" not in told


def test_a_provider_key_with_a_line_break_is_refused() -> None:
    assert "providerKeys.azure is not " in refusal({"providerKeys": {"azure": "x\n"}}, ("providerKeys",))
    assert "providerKeys.AZURE is no name" in refusal({"providerKeys": {"AZURE": "x"}}, ("providerKeys",))


SAME = "sk-" + "5" * 32


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"fixedSecrets": {"virtualKeys": {"demo": SAME, "batch": SAME}}},
            "fixedSecrets.virtualKeys.batch has the value of fixedSecrets.virtualKeys.demo",
        ),
        (
            {"fixedSecrets": {"virtualKeys": {"demo": SAME}, "litellmMasterKey": SAME}},
            "fixedSecrets.virtualKeys.demo has the value of fixedSecrets.litellmMasterKey",
        ),
        (
            {"fixedSecrets": {"virtualKeys": {"demo": SAME}, "litellmSaltKey": SAME}},
            "fixedSecrets.virtualKeys.demo has the value of fixedSecrets.litellmSaltKey",
        ),
        (
            {"fixedSecrets": {"databaseMasterPassword": "5" * 32, "langfuseDatabasePassword": "5" * 32}},
            "fixedSecrets.langfuseDatabasePassword has the value of fixedSecrets.databaseMasterPassword",
        ),
        (
            {"fixedSecrets": {"litellmMasterKey": SAME}, "providerKeys": {"azure": SAME}},
            "providerKeys.azure has the value of fixedSecrets.litellmMasterKey",
        ),
    ],
)
def test_two_secrets_with_one_value_are_refused_without_showing_it(values: dict[str, Any], message: str) -> None:
    told = refusal({"virtualKeys": [{"alias": "demo"}, {"alias": "batch"}], **values}, tuple(values))
    assert message in told
    assert "5555" not in told


def test_two_names_may_stand_for_one_account_of_a_provider() -> None:
    keys = {"east": "the-same-key", "west": "the-same-key"}
    assert load({"providerKeys": keys}, ("providerKeys",)).provider_keys == keys


def test_every_secret_has_a_placeholder_of_its_own() -> None:
    paths = [f"fixedSecrets.{name}" for name in SECRETS] + [f"fixedSecrets.virtualKeys.{name}" for name in "ab"]
    assert len({placeholder(path) for path in paths}) == len(paths)


def test_a_credential_that_is_an_object_can_be_carried() -> None:
    key = '{"type": "service_account", "private_key": "-----BEGIN PRIVATE KEY-----\\nAAAA"}'
    assert load({"providerKeys": {"vertex": key}}, ("providerKeys",)).provider_keys["vertex"] == key


@pytest.mark.parametrize("stack", ["team.a", "a" * 87, "x y", "日本"])
@pytest.mark.parametrize("prefix", ["", "azure-"])
def test_a_stack_whose_name_the_cluster_cannot_carry_is_refused(stack: str, prefix: str) -> None:
    with pytest.raises(SettingsError, match="use lower-case letters, digits, - and _"):
        record(stack=prefix + stack)


def test_a_profile_in_the_configuration_is_refused_with_advice() -> None:
    assert "AWS_PROFILE" in refusal({}, (), **{"aws:profile": "work"})


@pytest.mark.parametrize("others", [["203.0.113.10/32"], ["203.0.113.0/24", "198.51.100.0/24"], ["auto"]])
def test_an_own_address_that_is_named_too_is_let_in_once(others: list[str]) -> None:
    named = [cidr for cidr in others if cidr != "auto"]
    assert load({"allowedCidrs": ["auto", *others]}).entry_cidrs(lambda: "203.0.113.10") == tuple(
        named or ["203.0.113.10/32"]
    )


def test_the_whole_program_takes_an_own_address_that_is_named_too() -> None:
    recording = record(config={"genaiplatform:allowedCidrs": '["auto", "203.0.113.10/32"]'})
    rules = recording.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert sum(rule.inputs.get("cidrIpv4") == "203.0.113.10/32" for rule in rules) == 2


def test_the_world_may_enter_when_that_is_confirmed() -> None:
    assert load({"allowedCidrs": ["0.0.0.0/0"], "openToTheWorld": True}).entry_cidrs(
        partial(public_address.look_up, "dev")
    ) == ("0.0.0.0/0",)


def test_auto_is_refused_on_a_ci_runner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(public_address.PublicAddressError, match="only this CI runner"):
        public_address.look_up("dev")


def test_auto_with_a_look_up_that_fails_is_an_error_and_not_an_open_door(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(public_address, "SERVICE", "http://127.0.0.1:9")
    with pytest.raises(SettingsError, match=r"did not tell this machine's public IPv4 address"):
        AwsSettings().entry_cidrs(partial(public_address.look_up, "dev"))


@hypothesis.settings(deadline=None)
@hypothesis.given(st.text(max_size=30))
def test_no_text_in_place_of_a_range_gets_through(text: str) -> None:
    """Whatever is accepted is a range that IPv4 knows."""
    try:
        AwsSettings(allowed_cidrs=(text,))
    except ValueError:
        return
    assert text == "auto" or text.count(".") == 3


def test_the_defaults_of_pulumi_yaml_are_those_of_the_model() -> None:
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    defaults = {key: entry["default"] for key, entry in declared.items() if "default" in entry}
    assert load(defaults) == AwsSettings()
    assert declared["aws:region"]["value"] == settings.DEFAULT_REGION
