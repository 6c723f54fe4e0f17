"""CrossGuard rules about secrets: only in Kubernetes Secrets and in secret named values of API Management."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi_policy import ResourceValidationArgs

from policies.guardrails.rule import known, mappings, resource_rule
from policies.guardrails.workloads import POD_SPECS

_CONFIG_MAP, _RELEASE = "kubernetes:core/v1:ConfigMap", "kubernetes:helm.sh/v3:Release"
_NAMED_VALUE, _BACKEND = "azure-native:apimanagement:NamedValue", "azure-native:apimanagement:Backend"
_API_POLICY = "azure-native:apimanagement:ApiPolicy"

_NAME = r"[\w.-]*(?:password|passwd|secret|token|salt|_key|(?:api|access|encryption|master|private|secret)[.-]?key)"
_SECRET_NAME = re.compile(_NAME, re.IGNORECASE)
_SECRETS_IN_A_FILE = [
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        rf"""^\s*(?:export\s+)?["']?{_NAME}["']?(?::\s+|\s*=\s*)["']?([^\s"',]+)""",  # YAML, ini, shell
        rf'"{_NAME}"\s*:\s*"([^"]+)"',  # JSON
        rf"<{_NAME}>\s*([^<]+?)\s*</",  # XML
    )
]
_SECRET_LOOK = re.compile(
    r"\b[sp]k-(?:lf-)?[\w-]{8,}"  # LiteLLM, OpenAI, Langfuse
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{35}"  # AWS, Google
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|://[^/\s:@]*:[^/\s:@$]+@"  # a URL with a password that is no variable
)
_KEY_LOOK = re.compile(rf"{_SECRET_LOOK.pattern}|\b[0-9a-f]{{64}}\b")
"""In a gateway a key of 32 bytes too, or the hash of one; elsewhere that is a checksum."""
_KEY_NAME = re.compile(r"(.*-)?(key|password|secret|token)s?", re.IGNORECASE)
_REFERENCE = re.compile(r"\{\{[\w-]+\}\}")
_NO_SECRET = re.compile(
    r"|none|null|true|false|[\d.]+(?:e[+-]?\d+)?|os\.environ/.*|.*\$.*|\{\{.*", re.IGNORECASE | re.DOTALL
)
"""Nothing, a number, or a reference: LiteLLM's os.environ/NAME, $NAME, $(NAME) and ${NAME}, a template."""


@resource_rule(_CONFIG_MAP, _RELEASE, *POD_SPECS)
def no_secret_in_plain_text(resource: ResourceValidationArgs) -> Iterator[str]:
    """ConfigMaps, Helm values and plain environment variables hold names of Secrets, never their content."""
    where = {_CONFIG_MAP: "data", _RELEASE: "values"}.get(resource.resource_type, "spec")
    found = (name for name, text in _settings(known(resource.props, where)) if _is_secret(name, text))
    for name in dict.fromkeys(found):
        yield f"{where} holds what looks like a secret ({name}): put it in a Secret and refer to that"


@resource_rule(_NAMED_VALUE, _BACKEND, _API_POLICY)
def gateway_keys_are_secret_named_values(resource: ResourceValidationArgs) -> Iterator[str]:
    """What API Management must keep to itself is a named value marked as secret, and referred to as {{name}}."""
    if resource.resource_type == _NAMED_VALUE:
        name, value = resource.props["displayName"], known(resource.props, "value")
        looks_secret = _KEY_NAME.fullmatch(name) or (value and _KEY_LOOK.search(value))
        if looks_secret and not resource.props.get("secret"):
            yield f"whoever may read the gateway may read {name}: set secret to true"
    elif resource.resource_type == _BACKEND:
        for name, text in _settings(known(resource.props, "credentials")):
            if name != "scheme" and not _REFERENCE.search(text):
                yield f"credentials hold {name} in plain text: put it in a secret named value, write {{{{its name}}}}"
    elif _KEY_LOOK.search(resource.props["value"]):
        yield "the policy holds what looks like a secret: put it in a secret named value, write {{its name}}"


def _settings(tree: Any) -> Iterator[tuple[str, str]]:
    """Every known text with the name it goes by; names of Secrets, and of entries in them, are left out."""
    for parent, mapping in mappings(tree):
        for key in mapping:
            value = known(mapping, key)
            # {name: PASSWORD, value: x} in a list of variables; else {password: {value: x}}
            name = (known(mapping, "name") or parent) if key == "value" else key
            if not _names_a_secret(parent, key, mapping):
                yield from ((name, text) for text in _texts(value))


def _texts(value: Any) -> list[str]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        value = [known(value, index) for index in range(len(value))]
    else:
        value = [value]
    return [text for text in value if isinstance(text, str)]


def _names_a_secret(parent: str, key: str, mapping: Mapping[str, Any]) -> bool:
    in_a_reference = parent.lower().endswith(("secret", "secretkeys", "ref")) or {"secretName", "existingSecret"} & {
        *mapping
    }
    return key.startswith("existingSecret") or bool(key.endswith("Key") and in_a_reference)


def _is_secret(name: str, text: str) -> bool:
    if _SECRET_LOOK.search(text):
        return True
    if _SECRET_NAME.fullmatch(name) and not _NO_SECRET.fullmatch(text):
        return True
    values = (value for pattern in _SECRETS_IN_A_FILE for value in pattern.findall(text))
    return not all(_NO_SECRET.fullmatch(value) for value in values)
