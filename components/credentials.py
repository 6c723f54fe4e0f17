"""Generated passwords, keys and tokens of the AWS stack (pulumi-random)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_random as random
from pydantic.alias_generators import to_snake

from catalogue.secrets import SECRETS, VIRTUAL_KEY, SecretRule

_LETTERS_AND_DIGITS: Mapping[str, Any] = {"length": 32, "special": False}
_HEXADECIMAL: Mapping[str, Any] = {"length": 64, "lower": False, "upper": False, "override_special": "abcdef"}


@dataclass(frozen=True, kw_only=True)
class CredentialsArgs:
    """Inputs of `Credentials`. What stands in `fixed` (by attribute name) or `fixed_virtual_keys` is not generated."""

    virtual_key_aliases: Sequence[str]
    fixed: Mapping[str, pulumi.Input[str]] = field(repr=False)
    fixed_virtual_keys: Mapping[str, pulumi.Input[str]] = field(repr=False)


class Credentials(pulumi.ComponentResource):
    """Generated once for a stack and kept in its encrypted state; a destroy ends them, the next `up` makes new ones.

    Letters and digits behind their prefix: they travel in URLs that nobody escapes.
    """

    database_master_password: pulumi.Output[str]
    litellm_database_password: pulumi.Output[str]
    langfuse_database_password: pulumi.Output[str]
    cache_token: pulumi.Output[str]
    clickhouse_password: pulumi.Output[str]
    litellm_master_key: pulumi.Output[str]
    litellm_salt_key: pulumi.Output[str]
    langfuse_salt: pulumi.Output[str]
    langfuse_encryption_key: pulumi.Output[str]
    langfuse_nextauth_secret: pulumi.Output[str]
    langfuse_public_key: pulumi.Output[str]
    langfuse_secret_key: pulumi.Output[str]
    langfuse_password: pulumi.Output[str]
    apim_entry_key: pulumi.Output[str]
    virtual_keys: Mapping[str, pulumi.Output[str]]
    """LiteLLM virtual keys by alias."""

    def __init__(self, name: str, args: CredentialsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Generate what is not fixed; see `CredentialsArgs`."""
        super().__init__("genai:index:Credentials", name, None, opts)

        # RandomPassword alone: the ids of RandomUuid and RandomBytes are their values, in plain text in the state
        # (pulumi-random provider/resources.go, computeRandomBytesID).
        def generated(secret: str, rule: SecretRule) -> pulumi.Input[str]:
            formerly = {"apim-entry-key": "front-door-key"}.get(secret)  # a running stack keeps its value
            aliases = [pulumi.Alias(name=f"{name}-{formerly}")] if formerly else None
            value = random.RandomPassword(
                f"{name}-{secret}",
                **(_HEXADECIMAL if rule.hexadecimal else _LETTERS_AND_DIGITS),
                opts=pulumi.ResourceOptions(parent=self, aliases=aliases),
            ).result
            return pulumi.Output.concat(rule.prefix, value) if rule.prefix else value

        for key, rule in SECRETS.items():
            attribute = to_snake(key)
            value = args.fixed.get(attribute) or generated(attribute.replace("_", "-"), rule)
            setattr(self, attribute, pulumi.Output.secret(value))
        self.virtual_keys = {
            alias: pulumi.Output.secret(
                args.fixed_virtual_keys.get(alias) or generated(f"virtual-key-{alias}", VIRTUAL_KEY)
            )
            for alias in args.virtual_key_aliases
        }
        self.register_outputs({})
