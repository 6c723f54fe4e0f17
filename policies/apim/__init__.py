"""API Management policies as XML, and the names that the deployment and the policies share.

`header.xml` and `key-vault.xml` are one policy each; what both do is written once in `fragments/` and pulled in with
API Management's own element `include-fragment`, which `load` resolves, so that one resource carries the whole policy.

Whoever deploys a policy creates, before it: every entry of `NAMED_VALUES[mode]`; a backend with the id `BACKEND_ID`
that sends the entry's secret in the header `APIM_ENTRY_HEADER`; and gives the applications that may call the
role `ROLE`.
"""

from __future__ import annotations

import hashlib
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Mode = Literal["header", "keyVault"]
"""Where the LiteLLM key comes from: the caller's header `x-litellm-api-key`, or Key Vault by the caller's client id."""

APIM_ENTRY_HEADER = "cookie"
"""The header in which the backend entity shows the entry for API Management its secret.

LiteLLM writes the headers of a request into its trace. It redacts this one (litellm_pre_call_utils.py,
`_CREDENTIAL_HEADER_NAMES`) and takes it for no key, as it would `api-key` where `x-litellm-api-key` is missing.
"""

APIM_ENTRY_PORT = 8443
"""The HTTPS port of the load balancer behind which the policies' backend entity finds LiteLLM."""

BACKEND_ID = "litellm"
"""The backend entity the policies send requests to."""

ROLE = "LiteLLM.Invoke"
"""The app role without which a valid token is answered with 403."""

NAMED_VALUE_LENGTH = 4096
"""Characters a named value holds (Azure limits, "API Management limits")."""

_FILES: Mapping[Mode, str] = {"header": "header.xml", "keyVault": "key-vault.xml"}
_HERE = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class NamedValue:
    """A value that API Management pastes, as text, where the policy says `{{name}}`."""

    secret: bool
    meaning: str


_TOKEN = {
    "tenant-id": NamedValue(secret=False, meaning="GUID of the tenant whose tokens are accepted"),
    "api-client-id": NamedValue(secret=False, meaning="client id (GUID) of the API application, the token's audience"),
}

NAMED_VALUES: Mapping[Mode, Mapping[str, NamedValue]] = {
    "header": {
        **_TOKEN,
        "key-bindings": NamedValue(secret=True, meaning="which keys belong to which clients, from `key_bindings`"),
    },
    "keyVault": {
        **_TOKEN,
        "key-vault-uri": NamedValue(secret=False, meaning="https://<name>.vault.azure.net/, with the slash at its end"),
        "gateway-identity-client-id": NamedValue(
            secret=False, meaning="client id of the user-assigned identity that may read the vault's secrets"
        ),
    },
}
"""Exactly the names each policy refers to."""

OF_VAULT = ("key-vault-uri", "gateway-identity-client-id")
"""Those of them that tell of Key Vault, which the policies in front of MCP servers refer to in either mode."""


def load(mode: Mode) -> str:
    """The policy as one well-formed XML document (ARM format `xml`), its fragments included."""
    return read(_FILES[mode])


def read(name: str) -> str:
    """A file of this folder with its fragments put in."""
    text = (_HERE / name).read_text(encoding="utf-8")
    return re.sub(r'( *)<include-fragment fragment-id="([a-z-]+)" />\n', _include, text)


def fragment(name: str) -> str:
    """What stands in a fragment, the fragments in it put in."""
    text = read(f"fragments/{name}.xml")
    return textwrap.dedent(text[text.index("<fragment>\n") + len("<fragment>\n") : text.rindex("</fragment>")])


def _include(match: re.Match[str]) -> str:
    return textwrap.indent(fragment(match[2]), match[1])


def with_refusals(policy: str, refusals: Mapping[str, str]) -> str:
    """The policy with more codes that it may refuse with; each answer is status, type and message."""
    cases = "".join(f'case "{code}": return "{answer}";\n' for code, answer in refusals.items())
    return re.sub(
        r"(?m)^( *)(?=default: return \"500 )", lambda place: textwrap.indent(cases, place[1]) + place[1], policy
    )


def key_bindings(keys: Mapping[str, Sequence[str]]) -> str:
    """The named value `key-bindings`: each client id with the SHA-256 of each virtual key it may use.

    A client that is named may use its own keys only, and a key that is named serves its own clients only; a client and
    a key that are both not named go together. Raises ValueError for a client id that is no GUID, a client with no keys,
    and for more bindings than a named value holds.
    """
    pairs = []
    for client_id, client_keys in keys.items():
        if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", client_id):
            raise ValueError(f"keys are bound to {client_id!r}, which is no client id: use a GUID in lower case")
        if not client_keys:
            raise ValueError(f"client {client_id} has an empty list of keys: name at least one, or leave the list out")
        pairs += [f"{client_id}:{hashlib.sha256(key.encode()).hexdigest()}" for key in client_keys]
    text = ",".join(sorted(set(pairs))) or "none"
    if len(text) > NAMED_VALUE_LENGTH:
        most = (NAMED_VALUE_LENGTH + 1) // (len(pairs[0]) + 1)
        raise ValueError(
            f"{len(pairs)} keys are bound to clients, a named value holds {most}: bind fewer, or use keyMode keyVault"
        )
    return text
