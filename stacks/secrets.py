"""Secrets of an AWS stack: which exist, what they may look like, and how one is fixed instead of generated."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stacks import commands


@dataclass(frozen=True, kw_only=True)
class SecretRule:
    """What a secret must look like so that all who read it can carry it."""

    pattern: str
    """A regular expression that matches the whole value."""
    meaning: str
    """The same in words, for the message that refuses a value."""
    example: str
    """A value of that shape that is no secret: stands in where the real one cannot be decrypted."""


_PASSWORD = SecretRule(pattern="[A-Za-z0-9]{16,99}", meaning="16 to 99 letters and digits", example="0" * 32)
_LITELLM_KEY = SecretRule(
    pattern="sk-[A-Za-z0-9_-]{16,128}", meaning="sk- and 16 to 128 letters, digits, - or _", example="sk-" + "0" * 32
)
_HEXADECIMAL = SecretRule(
    pattern="[0-9a-f]{64}", meaning="64 lower-case hexadecimal characters (openssl rand -hex 32)", example="0" * 64
)

FIXABLE: Mapping[str, SecretRule] = {
    # Letters and digits only: Langfuse's entrypoint pastes these into URLs as they are (langfuse web/entrypoint.sh).
    "databaseMasterPassword": _PASSWORD,
    "litellmDatabasePassword": _PASSWORD,
    "langfuseDatabasePassword": _PASSWORD,
    "cacheToken": _PASSWORD,
    "clickhousePassword": _PASSWORD,
    "langfuseSalt": _PASSWORD,
    "langfuseNextauthSecret": _PASSWORD,
    # LiteLLM wants its master key to start with sk- (docs.litellm.ai/docs/proxy/virtual_keys).
    "litellmMasterKey": _LITELLM_KEY,
    "litellmSaltKey": _LITELLM_KEY,
    # Langfuse wants exactly 64 hexadecimal characters (langfuse packages/shared/src/env.ts).
    "langfuseEncryptionKey": _HEXADECIMAL,
    "apimEntryKey": _HEXADECIMAL,
    "langfusePublicKey": SecretRule(
        pattern="pk-lf-[A-Za-z0-9-]{16,64}",
        meaning="pk-lf- and 16 to 64 letters, digits or -",
        example="pk-lf-" + "0" * 32,
    ),
    "langfuseSecretKey": SecretRule(
        pattern="sk-lf-[A-Za-z0-9-]{16,64}",
        meaning="sk-lf- and 16 to 64 letters, digits or -",
        example="sk-lf-" + "0" * 32,
    ),
    "langfusePassword": SecretRule(
        pattern="[!-~]{8,72}", meaning="8 to 72 printable ASCII characters without spaces", example="0" * 16
    ),
}
"""Secrets that `fixedSecrets` may set, by name."""

VIRTUAL_KEY = _LITELLM_KEY
"""A virtual key fixed under `fixedSecrets.virtualKeys.<alias>`; API Management lets the same shape through."""

PROVIDER_KEY = SecretRule(
    pattern=r"[!-~]{1,4096}|\{[ -~]{1,16382}\}",
    meaning="printable ASCII characters without spaces, or a JSON object in one line (a Vertex AI credential)",
    example="placeholder-provider-key-" + "0" * 32,
)
"""A key of a model provider under `providerKeys`."""


def problem(where: str, value: object, rule: SecretRule) -> str | None:
    """Say what is wrong with a secret, never showing it; None when nothing is."""
    if isinstance(value, str) and re.fullmatch(rule.pattern, value):
        return None
    return f"{where} is not {rule.meaning}: set it anew with {commands.set_secret(where)}."


def equal(secrets: Mapping[str, object], repeatable: Mapping[str, object] | None = None) -> Iterator[str]:
    """Say which of the secrets, by configuration path, have one value, never showing it.

    Whoever has the one would have the other: LiteLLM gives two aliases of one key the rights of the last. Those that
    are `repeatable` may be equal among themselves, as two names for one account of a provider are.
    """
    first: dict[object, str] = {}
    for where, value in secrets.items():
        if isinstance(value, str) and first.setdefault(value, where) != where:
            yield _same(where, first[value])
    for where, value in (repeatable or {}).items():
        if isinstance(value, str) and value in first:
            yield _same(where, first[value])


def _same(where: str, other: str) -> str:
    return (
        f"{where} has the value of {other}, so whoever knows one has the other: set it anew with "
        f"{commands.set_secret(where)}."
    )


def placeholder(path: str) -> str:
    """A value that passes for the secret at that configuration path, for use where it cannot be decrypted.

    Every path has one of its own, as secrets must differ.
    """
    head, _, name = path.rpartition(".")
    rule = FIXABLE.get(name, _PASSWORD)
    if head == "providerKeys":
        rule = PROVIDER_KEY
    elif head.endswith("virtualKeys"):
        rule = VIRTUAL_KEY
    own = iter(hashlib.sha256(path.encode()).hexdigest())
    return re.sub("0", lambda _: next(own), rule.example)
