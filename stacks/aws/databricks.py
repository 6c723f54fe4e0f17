"""Pulumi StackReference to a Databricks stack: how the LiteLLM of an AWS stack calls the model that it serves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from charts.shapes import Model
from stacks.aws.model_params import is_price
from stacks.errors import SettingsError
from stacks.kinds import KINDS, kind_problems

PROVIDER = "databricks/"
OUTPUTS = ("workspaceUrl", "gateway", "servedModel", "clientId", "clientSecret", "costs")
_COSTS = {"input_cost_per_token": "input", "output_cost_per_token": "output"}
_SET_HERE = ("api_base", "base_url", "api_key", "custom_llm_provider")
"""In LiteLLM `base_url` goes before `api_base`."""


@dataclass(frozen=True, kw_only=True)
class DatabricksCall:
    """The models as LiteLLM takes them, and the environment variables by which it logs in.

    With these variables LiteLLM logs in before each call to any model on Databricks, at the address of that model
    (litellm llms/databricks/common_utils.py).
    """

    models: tuple[Model, ...]
    environment: Mapping[str, str] = field(repr=False)


def problems(models: Sequence[Model]) -> Iterator[str]:
    """Say what is wrong with entries that name a Databricks stack."""
    stacks = {model.databricks_stack for model in models if model.databricks_stack}
    if len(stacks) > 1:
        yield (
            f"models: {' and '.join(sorted(stacks))} are both named as databricksStack, and LiteLLM logs in to one "
            "Databricks: name one"
        )
    for model in models:
        if model.databricks_stack:
            yield from (f"models: {model.name}: {problem}" for problem in _entry_problems(model))
        elif stacks and _is_on_databricks(model):
            yield (
                f"models: {model.name} is on Databricks without databricksStack, and its address would be sent the "
                f"login of {min(stacks)}: take one of them out"
            )


def _is_on_databricks(model: Model) -> bool:
    return model.model.startswith(PROVIDER) or model.params.get("custom_llm_provider") == PROVIDER.rstrip("/")


def _entry_problems(model: Model) -> Iterator[str]:
    if not model.model.startswith(PROVIDER):
        yield f"its model is {model.model}, which is not on Databricks: write {PROVIDER}chat, as modelName there is"
    if model.provider_key:
        yield "its login comes from the Databricks stack: take providerKey out"
    for param in _SET_HERE:
        if param in model.params:
            yield f"{param} comes from the Databricks stack: take it out of params"
    for param in _COSTS:
        price = model.params.get(param, 0)
        if not is_price(price):
            yield f"{param} is {price!r}, which counts nothing: set USD for one token, such as 2.5e-7, or take it out"


def named(models: Sequence[Model]) -> str:
    """The Databricks stack that they name, in full; empty when none does."""
    return next((model.databricks_stack for model in models if model.databricks_stack), "")


async def read(models: Sequence[Model]) -> DatabricksCall:
    """The models with what the outputs of their Databricks stack say; SettingsError tells what is missing.

    To be awaited before the first resource is made. A stack that does not exist is refused by the engine itself.
    """
    full_name = named(models)
    if problem := next(kind_problems("databricksStack", full_name, KINDS["databricks"]), None):
        raise SettingsError(f"models: {problem}")
    reference = pulumi.StackReference(full_name)
    details = {name: await reference.get_output_details(name) for name in OUTPUTS}
    found: dict[str, Any] = {
        name: one.value if one.secret_value is None else one.secret_value for name, one in details.items()
    }
    stack = full_name.rpartition("/")[2]
    if missing := [name for name in OUTPUTS[:-1] if not isinstance(found[name], str)]:
        raise SettingsError(f"stack {stack} has no usable output {', '.join(missing)}: run `pulumi up -s {stack}`")
    if not found["clientSecret"]:
        raise SettingsError(
            f"the secret outputs of stack {stack} cannot be decrypted here: give both stacks the same passphrase "
            "(PULUMI_CONFIG_PASSPHRASE) or secrets provider"
        )
    return DatabricksCall(
        models=tuple(_resolved(model, found, stack) if model.databricks_stack else model for model in models),
        environment={
            "DATABRICKS_CLIENT_ID": found["clientId"],
            "DATABRICKS_CLIENT_SECRET": found["clientSecret"],
        },
    )


def _resolved(model: Model, found: Mapping[str, Any], stack: str) -> Model:
    served = str(found["servedModel"])
    if model.model.removeprefix(PROVIDER) != served.rpartition(".")[2]:
        raise SettingsError(
            f"models: {model.name} asks for {model.model}, and stack {stack} serves "
            f"{served.rpartition('.')[2]}: write {PROVIDER}{served.rpartition('.')[2]}"
        )
    costs = found["costs"] or {}
    priced = {param: costs[side] / 1_000_000 for param, side in _COSTS.items() if side in costs}
    if unpriced := [param for param in _COSTS if param not in {**priced, **model.params}]:
        raise SettingsError(
            f"models: {model.name} has no price, so LiteLLM would count nothing: set inputCost and outputCost of every "
            f"servedModels with a share on stack {stack}, or {' and '.join(unpriced)} in its params"
        )
    # A model service has two dots in its name, by which LiteLLM finds its path; an endpoint's path it is told.
    path = "/serving-endpoints" if found["gateway"] == "endpoint" else ""
    # The gateway tries the fallback by itself: a second round of tries here would multiply both.
    once = {"num_retries": 0, "max_retries": 0}
    return model.model_copy(
        update={
            "model": f"{PROVIDER}{served}",
            "params": {**once, **priced, **model.params, "api_base": f"{found['workspaceUrl']}{path}"},
        }
    )
