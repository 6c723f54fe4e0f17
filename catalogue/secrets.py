"""Secrets of an AWS stack, one row each: how a value is generated, and what a value that is fixed may look like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SecretRule:
    """What a secret must look like so that all who read it can carry it.

    A generated value is the prefix and 32 letters and digits, or 64 hexadecimal characters.
    """

    pattern: str
    """A regular expression that matches the whole value."""
    meaning: str
    """The same in words, for the message that refuses a value."""
    prefix: str = ""
    hexadecimal: bool = False

    @property
    def example(self) -> str:
        """A value of that shape that is no secret: stands in where the real one cannot be decrypted."""
        return self.prefix + "0" * (64 if self.hexadecimal else 32)


_PASSWORD = SecretRule(pattern="[A-Za-z0-9]{16,99}", meaning="16 to 99 letters and digits")
_LITELLM_KEY = SecretRule(
    pattern="sk-[A-Za-z0-9_-]{16,128}", meaning="sk- and 16 to 128 letters, digits, - or _", prefix="sk-"
)
_HEXADECIMAL = SecretRule(
    pattern="[0-9a-f]{64}",
    meaning="64 lower-case hexadecimal characters (openssl rand -hex 32)",
    hexadecimal=True,
)

SECRETS: Mapping[str, SecretRule] = {
    # Letters and digits only: Langfuse's entrypoint pastes these into URLs as they are (langfuse web/entrypoint.sh).
    "databaseMasterPassword": _PASSWORD,
    "litellmDatabasePassword": _PASSWORD,
    "langfuseDatabasePassword": _PASSWORD,
    "cacheToken": _PASSWORD,
    "clickhousePassword": _PASSWORD,
    # LiteLLM wants its master key to start with sk- (docs.litellm.ai/docs/proxy/virtual_keys).
    "litellmMasterKey": _LITELLM_KEY,
    "litellmSaltKey": _LITELLM_KEY,
    "langfuseSalt": _PASSWORD,
    # Langfuse wants exactly 64 hexadecimal characters (langfuse packages/shared/src/env.ts).
    "langfuseEncryptionKey": _HEXADECIMAL,
    "langfuseNextauthSecret": _PASSWORD,
    "langfusePublicKey": SecretRule(
        pattern="pk-lf-[A-Za-z0-9-]{16,64}", meaning="pk-lf- and 16 to 64 letters, digits or -", prefix="pk-lf-"
    ),
    "langfuseSecretKey": SecretRule(
        pattern="sk-lf-[A-Za-z0-9-]{16,64}", meaning="sk-lf- and 16 to 64 letters, digits or -", prefix="sk-lf-"
    ),
    "langfusePassword": SecretRule(pattern="[!-~]{8,72}", meaning="8 to 72 printable ASCII characters without spaces"),
    "apimEntryKey": _HEXADECIMAL,
}
"""By the name that `fixedSecrets` gives them; `components.credentials` makes them in this order."""

VIRTUAL_KEY = _LITELLM_KEY
"""A virtual key, by alias under `fixedSecrets.virtualKeys`; API Management lets the same shape through."""

PROVIDER_KEY = SecretRule(
    pattern=r"[!-~]{1,4096}|\{[ -~]{1,16382}\}",
    meaning="printable ASCII characters without spaces, or a JSON object in one line (a Vertex AI credential)",
    prefix="placeholder-provider-key-",
)
"""A key of a model provider under `providerKeys`; it is never generated."""

HEADER_KEY = SecretRule(
    pattern=r"[!-~]{1,4000}",
    meaning="1 to 4000 printable ASCII characters without spaces, which a header and a named value can carry",
    prefix=PROVIDER_KEY.prefix,
)
"""A key under `providerKeys` that API Management sends itself."""
