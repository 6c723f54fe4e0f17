"""Pulumi dynamic resource that refuses new values of settings which Langfuse and LiteLLM read at first start only.

Its `check` runs in every preview and at the beginning of every `pulumi up`, before anything is changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

# Langfuse's users and keys: langfuse web/src/initialize.ts.
REASONS: Mapping[str, str] = {
    "langfuseEmail": "Langfuse would make a second owner, and the first one would keep its rights",
    "fixedSecrets.langfusePassword": "Langfuse reads it only when it makes its first user, so the old one would stay",
    "fixedSecrets.langfusePublicKey": "Langfuse would add a second key pair, and the old one would stay valid",
    "fixedSecrets.langfuseSecretKey": "Langfuse reads it only when it makes the key pair, so the old one would stay",
    "fixedSecrets.langfuseSalt": "Langfuse has hashed the API keys that it stores with the old one",
    "fixedSecrets.langfuseEncryptionKey": "Langfuse could no longer read what it has stored encrypted with the old one",
    "fixedSecrets.litellmSaltKey": "LiteLLM could no longer read what it has stored encrypted with the old one",
}
"""Why a new value would not do on a running stack, by the setting's path."""


@dataclass(frozen=True, kw_only=True)
class FirstStartArgs:
    """Inputs of `FirstStart`: the value of each setting in `REASONS`, by its path; ValueError when one is missing."""

    values: Mapping[str, pulumi.Input[str]]

    def __post_init__(self) -> None:
        if self.values.keys() != REASONS.keys():
            raise ValueError(f"values must hold exactly these settings: {', '.join(REASONS)}")


class FirstStartProvider(ResourceProvider):
    """Remembers digests of the values and refuses others.

    Pulumi's state refers to this class by module and name: rename neither, and keep no state in `self`.
    """

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse each value that differs from the recorded one. A value without a record is taken.

        A value that is unknown in a preview differs too: it is about to be generated anew.
        """
        recorded = _olds.get("digests", {})
        failures = [
            # Without a property, whose value the engine would print.
            CheckFailure(
                "",
                f"{setting} is not what this stack was first brought up with. {reason}. Set it back (take it out of "
                "the settings if it was generated), or take the stack down and bring it up anew.",
            )
            for setting, reason in REASONS.items()
            if setting in recorded and news["digests"][setting] != recorded[setting]
        ]
        return CheckResult(news, failures)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Record the digests."""
        return CreateResult("first-start", dict(props))

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Update the record when it lacks a setting; never replace it."""
        return DiffResult(changes=_olds.get("digests") != _news.get("digests"), replaces=[])

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Record the digests of settings that had no record."""
        return UpdateResult(dict(_news))


class FirstStart(Resource, module="genai", name="FirstStart"):
    """What the stack was first brought up with, as SHA-256 digests that stay encrypted in the state."""

    def __init__(self, name: str, args: FirstStartArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Record the values; see `FirstStartArgs`."""
        digests = {setting: pulumi.Output.from_input(value).apply(_digest) for setting, value in args.values.items()}
        opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(additional_secret_outputs=["digests"]))
        super().__init__(FirstStartProvider(), name, {"digests": pulumi.Output.secret(digests)}, opts)


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
