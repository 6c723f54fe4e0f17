import base64
import pickletools
from typing import Any

import pytest
from pulumi.dynamic.dynamic import serialize_provider

from catalogue.secrets import SECRETS
from components.kubernetes.first_start import REASONS, FirstStart, FirstStartArgs, FirstStartProvider
from ops.model.recorder import plain, record
from tests.program import plaintext, recorded

TYPE = "pulumi-python:dynamic/genai:FirstStart"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # how the engine writes what a preview cannot know
provider = FirstStartProvider()


def state(**changed: Any) -> dict[str, Any]:
    return {"digests": {setting: changed.get(setting.rpartition(".")[2], "0") for setting in REASONS}}


def refusals(olds: dict[str, Any], news: dict[str, Any]) -> list[str]:
    return [failure.reason for failure in provider.check(olds, news).failures]


@pytest.mark.parametrize("setting", REASONS)
@pytest.mark.parametrize("value", ["1", UNKNOWN], ids=["another value", "a value to be generated anew"])
def test_another_value_than_at_the_first_up_is_refused_with_its_reason(setting: str, value: str) -> None:
    [told] = refusals(state(), state(**{setting.rpartition(".")[2]: value}))
    assert told.startswith(f"{setting} is not what this stack was first brought up with. {REASONS[setting]}.")
    assert "or take the stack down and bring it up anew" in told


def test_every_changed_value_is_named_at_once() -> None:
    assert len(refusals(state(), {"digests": dict.fromkeys(REASONS, "1")})) == len(REASONS)


def test_the_engine_is_given_no_property_whose_value_it_would_print() -> None:
    assert {failure.property for failure in provider.check(state(), state(langfuseSalt="1")).failures} == {""}


def test_a_stack_without_a_record_takes_todays_values() -> None:
    assert refusals({}, state()) == []
    assert refusals({}, state(langfusePassword=UNKNOWN)) == []
    assert provider.create(state()).outs == state()


def test_a_setting_that_has_no_record_yet_is_added_without_a_replacement() -> None:
    older = {"digests": {"langfuseEmail": "0"}}
    assert refusals(older, state()) == []
    diff = provider.diff("first-start", older, state())
    assert (diff.changes, diff.replaces) == (True, [])
    assert provider.update("first-start", older, state()).outs == state()


def test_the_same_values_change_nothing() -> None:
    assert refusals(state(), state()) == []
    assert provider.diff("first-start", state(), state()).changes is False


def test_each_setting_is_one_that_can_be_fixed() -> None:
    fixed = {setting.removeprefix("fixedSecrets.") for setting in REASONS if setting.startswith("fixedSecrets.")}
    assert fixed <= SECRETS.keys()


def test_a_setting_that_is_missing_is_refused() -> None:
    with pytest.raises(ValueError, match="exactly these settings"):
        FirstStartArgs(values={"langfuseEmail": "a@example.com"})


def test_the_state_refers_to_the_provider_by_a_name_that_stays() -> None:
    pickled = base64.b64decode(serialize_provider(provider))
    names = [argument for _, argument, _ in pickletools.genops(pickled) if isinstance(argument, str)]
    assert names == ["components.kubernetes.first_start", "FirstStartProvider"]  # frozen: a rename strands every state


def test_the_record_holds_digests_alone_and_keeps_them_secret() -> None:
    def program() -> None:
        FirstStart("first-start", FirstStartArgs(values=dict.fromkeys(REASONS, "hunter22")))

    inputs = record(program).one(TYPE).inputs
    digests = plain(inputs["digests"])
    assert digests.keys() == REASONS.keys()
    assert {len(digest) for digest in digests.values()} == {64}
    assert not set(digests.values()) & set(plaintext(inputs))


def test_the_day_records_a_digest_of_its_own_for_each_setting() -> None:
    digests = plain(recorded().one(TYPE).inputs["digests"])
    assert len(set(digests.values())) == len(REASONS)


def test_the_letter_case_of_the_address_is_no_change_as_langfuse_stores_it_in_lower_case() -> None:
    def digest(email: str) -> str:
        recording = record(config={"genaiplatform:langfuseEmail": email})
        found: str = plain(recording.one(TYPE).inputs["digests"])["langfuseEmail"]
        return found

    assert digest("Anna@Example.com") == digest("anna@example.com") != digest("bob@example.com")
