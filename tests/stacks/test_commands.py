"""Commands in refusals name the stack whose settings are refused, whichever was read before."""

from __future__ import annotations

import pytest

from ops.model.recorder import record
from stacks import public_address
from stacks.aws import settings
from stacks.aws.settings import AwsSettings
from stacks.commands import for_stack, set_config, set_secret
from stacks.configuration import validated
from stacks.errors import SettingsError

OPEN = {"allowedCidrs": '["0.0.0.0/0"]'}


def read(stack: str, **config: str) -> None:
    def program() -> None:
        settings.load()

    record(program, stack=stack, config={f"genaiplatform:{name}": value for name, value in config.items()})


@pytest.mark.parametrize("stack", ["dev", "dev-2"])
def test_a_refusal_names_the_stack_that_is_read(stack: str) -> None:
    with pytest.raises(SettingsError, match=f"`pulumi config set -s {stack} openToTheWorld true`"):
        read(stack, **OPEN)


def test_settings_that_belong_to_no_stack_name_none_that_was_read_before() -> None:
    read("dev-2")
    with pytest.raises(SettingsError, match="`pulumi config set openToTheWorld true`"):
        validated(AwsSettings, OPEN)


@pytest.mark.parametrize("stack", ["dev", "dev-2"])
def test_the_look_up_of_the_own_address_names_the_stack_that_it_is_for(
    monkeypatch: pytest.MonkeyPatch, stack: str
) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(SettingsError, match=f"`pulumi config set -s {stack} --path "):
        public_address.look_up(stack)


def test_every_command_of_a_message_gets_the_stack_once() -> None:
    named = for_stack(
        "dev", f"{set_config('domain x.com')}, {set_secret('cacheToken')}, `pulumi config set -s aws x y`"
    )
    assert named == (
        "`pulumi config set -s dev domain x.com`, `pulumi config set -s dev --secret --path cacheToken`, "
        "`pulumi config set -s aws x y`"
    )
    assert for_stack("dev", named) == named
