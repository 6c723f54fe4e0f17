"""LiteLLM models of the settings: no credential may stand in them, for they become a ConfigMap."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from urllib.parse import unquote, urlsplit

from charts.litellm import provider_key_variable
from charts.shapes import Model
from stacks import commands, secrets
from stacks.aws.credential_names import is_credential, is_credential_parameter
from stacks.aws.litellm_providers import provider_problem

_LONGEST_MODELS = 500_000
"""Bytes of `models` as JSON. They stand in a ConfigMap, and with it in Helm's Secret: Kubernetes takes 1 MiB each."""

_PRICE = re.compile("cost_per_|token_cost")
"""In the names of LiteLLM's prices (litellm/types/utils.py, ModelInfoBase)."""

_REFERENCE = "os.environ/"


def problems(models: Sequence[Model], provider_keys: Collection[str]) -> Iterator[str]:
    """What of the models cannot stand in LiteLLM's ConfigMap. No value is shown."""
    for model in models:
        for line in (
            value_problem("model", model.model),
            value_problem("baseModel", model.base_model or ""),
            *param_problems(model.params, provider_keys),
            provider_problem(model),
        ):
            if line:
                yield f"models: {model.name}: {line}"
    size = len(json.dumps([model.model_dump() for model in models]))
    if size > _LONGEST_MODELS:
        yield f"models has {size} bytes, more than a ConfigMap carries: keep below {_LONGEST_MODELS}"


def param_problems(params: Mapping[str, object], provider_keys: Collection[str]) -> Iterator[str]:
    """What in `params` is a credential, or refers to one that there is not. No value is shown."""
    if "model" in params:
        yield "params.model would replace the model: set it in model itself"
    for name, value in params.items():
        if _PRICE.search(name) and isinstance(value, str | int | float) and not _counts(name, value):
            yield f"params.{name} is no price: set USD for one of what it counts, such as 2.5e-7, or take it out"
    yield from _in_object(params, "params", provider_keys, resolved=True)


def is_price(value: object, highest: float = 1) -> bool:
    """Whether it is a price in USD, of one token by default; one below nothing would give budgets back.

    YAML has 1e-6, without a dot, as text in one reader and as a number in another.
    """
    try:
        return 0 <= float(str(value)) <= highest
    except ValueError:
        return False


def _counts(name: str, value: str | float) -> bool:
    return str(value).startswith(_REFERENCE) or is_price(value, 1 if "token" in name else sys.float_info.max)


def value_problem(where: str, value: str) -> str | None:
    """Say that a value holds a credential; None when it does not."""
    if secrets.SHAPES.search(value) or _in_address(value):
        return _refusal(f"the credential in {where}")
    return None


def _in_object(value: Mapping[str, object], where: str, keys: Collection[str], *, resolved: bool) -> Iterator[str]:
    for name, item in value.items():
        inside, named = f"{where}.{name}", is_credential(name)
        if named and isinstance(item, Mapping | list) and is_credential_parameter(name):
            yield _refusal(inside)
        else:
            yield from _in_value(item, inside, keys, named=named, resolved=resolved)


def _in_value(value: object, where: str, keys: Collection[str], *, named: bool, resolved: bool) -> Iterator[str]:
    """`resolved`: LiteLLM replaces references here, that is in objects, and in lists in the objects that they hold."""
    if isinstance(value, str) and value.startswith(_REFERENCE):
        yield from _in_reference(value.removeprefix(_REFERENCE), where, keys, resolved=resolved)
    elif isinstance(value, Mapping):
        yield from _in_object(value, where, keys, resolved=resolved)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            inside = resolved and isinstance(item, Mapping)
            yield from _in_value(item, f"{where}[{index}]", keys, named=named, resolved=inside)
    elif named and value is not None and not isinstance(value, bool):
        yield _refusal(where)
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{where} is {value}, which JSON does not know: set a number"
    elif isinstance(value, str) and (found := value_problem(where, value)):
        yield found


def _in_reference(variable: str, where: str, keys: Collection[str], *, resolved: bool) -> Iterator[str]:
    variables = sorted(map(provider_key_variable, keys))
    if not resolved:
        yield f"{where} is a reference in a list, where LiteLLM looks for none: put it into an object"
    elif variable not in variables:
        known = ", ".join(_REFERENCE + variable for variable in variables) or "none: set providerKeys first"
        yield f"{where} refers to a variable that is no provider key; the known ones are {known}"


def _refusal(where: str) -> str:
    return (
        f"{where} would stand in a ConfigMap: put the value under providerKeys "
        f"({commands.set_secret('providerKeys.NAME')}) and name it in providerKey, or refer to it as "
        "os.environ/PROVIDER_KEY_<NAME>"
    )


def _in_address(value: str) -> bool:
    """Whether an address in the value has a user, a password or a secret parameter."""
    for address in re.findall(r"//\S+", value):
        try:
            parts = urlsplit(address)
        except ValueError:  # such as an unfinished IPv6 host
            return "@" in address
        names = re.findall(r"(?:^|[&;])([^=&;]+)=", f"{parts.query}&{parts.fragment}")
        if "@" in parts.netloc or any(is_credential(unquote(name)) for name in names):
            return True
    return False
