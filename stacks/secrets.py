"""Rules for the secrets in the settings of a stack: their shape, and that no two are equal."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping

from catalogue.secrets import PROVIDER_KEY, SECRETS, VIRTUAL_KEY, SecretRule
from stacks import commands

PROVIDER_KEY_NAME = r"[a-z][a-z0-9-]{0,62}"
"""Variables of LiteLLM, named values of API Management and secret scopes of Databricks all take it."""

SHAPES = re.compile(
    r"(?i:^(bearer|basic)\s+\S+$)"  # a header's value
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\b(sk-[A-Za-z0-9_-]{13,}|(AKIA|ASIA)[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{35}|ya29\.[\w.-]+|dapi[0-9a-f]{32})"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"  # a JSON Web Token
)
"""Values that LiteLLM takes for a credential wherever they stand (litellm_core_utils/secret_redaction.py)."""

_HIDDEN = "[hidden]"


def problem(where: str, value: object, rule: SecretRule) -> str | None:
    """Say what is wrong with a secret, never showing it; None when nothing is."""
    if isinstance(value, str) and re.fullmatch(rule.pattern, value):
        return None
    return f"{where} is not {rule.meaning}: set it anew with {commands.set_secret(where)}."


def provider_key_problems(keys: Mapping[str, object], rule: SecretRule = PROVIDER_KEY) -> Iterator[str]:
    """Say what is wrong with names and values of `providerKeys`."""
    for name, value in keys.items():
        if said := problem(f"providerKeys.{name}", value, rule):
            yield said
        if not re.fullmatch(PROVIDER_KEY_NAME, name):
            yield f"providerKeys.{name} is no name: use at most 63 lower-case letters, digits and -, such as azure"


def hidden(message: str) -> str:
    """The message without what looks like a credential: somebody may have put one where a name belongs."""
    without_shapes = SHAPES.sub(_HIDDEN, message)
    return re.sub(r"(?<=//)[^/\s@'\"]+(?=@)|(?<=[?#])[^'\"]+(?=['\"])", _HIDDEN, without_shapes)


def unset(name: str) -> str:
    """What to do about the name of a provider key that is not set. It is not shown when it may be the key itself."""
    if re.fullmatch(PROVIDER_KEY_NAME, name) and not SHAPES.search(name):
        return f"{name!r}, which is not set: {commands.set_secret(f'providerKeys.{name}')}"
    return (
        "by what can be no name of one: write a name such as azure there, and set the key itself with "
        f"{commands.set_secret('providerKeys.azure')}"
    )


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
    rule = SECRETS.get(name, SECRETS["cacheToken"])
    if head == "providerKeys":
        rule = PROVIDER_KEY
    elif head.endswith(("virtualKeys", "personalKeys")):
        rule = VIRTUAL_KEY
    own = iter(hashlib.sha256(path.encode()).hexdigest())
    return re.sub("0", lambda _: next(own), rule.example)
