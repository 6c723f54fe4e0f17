"""Generated passwords, keys and tokens of the AWS stack (pulumi-random)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_random as random


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
        child = pulumi.ResourceOptions(parent=self)

        # RandomPassword alone: the ids of RandomUuid and RandomBytes are their values, in plain text in the state
        # (pulumi-random provider/resources.go, computeRandomBytesID).
        def password(secret: str) -> pulumi.Input[str]:
            return random.RandomPassword(f"{name}-{secret}", length=32, special=False, opts=child).result

        def hexadecimal(secret: str) -> pulumi.Input[str]:
            formerly = {"apim-entry-key": "front-door-key"}.get(secret)  # a running stack keeps its value
            return random.RandomPassword(
                f"{name}-{secret}",
                length=64,
                lower=False,
                upper=False,
                override_special="abcdef",
                opts=pulumi.ResourceOptions(
                    parent=self, aliases=[pulumi.Alias(name=f"{name}-{formerly}")] if formerly else None
                ),
            ).result

        def prefixed(prefix: str) -> Callable[[str], pulumi.Input[str]]:
            return lambda secret: pulumi.Output.concat(prefix, password(secret))

        kinds = {
            "database_master_password": password,
            "litellm_database_password": password,
            "langfuse_database_password": password,
            "cache_token": password,
            "clickhouse_password": password,
            "litellm_master_key": prefixed("sk-"),
            "litellm_salt_key": prefixed("sk-"),
            "langfuse_salt": password,
            "langfuse_encryption_key": hexadecimal,
            "langfuse_nextauth_secret": password,
            "langfuse_public_key": prefixed("pk-lf-"),
            "langfuse_secret_key": prefixed("sk-lf-"),
            "langfuse_password": password,
            "apim_entry_key": hexadecimal,
        }
        for attribute, generate in kinds.items():
            value = args.fixed.get(attribute) or generate(attribute.replace("_", "-"))
            setattr(self, attribute, pulumi.Output.secret(value))
        self.virtual_keys = {
            alias: pulumi.Output.secret(args.fixed_virtual_keys.get(alias) or prefixed("sk-")(f"virtual-key-{alias}"))
            for alias in args.virtual_key_aliases
        }
        self.register_outputs({})
