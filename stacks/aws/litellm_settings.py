"""What the settings say to LiteLLM: its models and the virtual keys that exist from the first minute."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import AfterValidator, Field, JsonValue

from charts.litellm import Model
from stacks.aws import model_params
from stacks.aws.litellm_providers import provider_problem
from stacks.configuration import Frozen, Name, text

_LONGEST_MODELS = 500_000
"""Bytes of `models` as JSON. They stand in a ConfigMap, and with it in Helm's Secret: Kubernetes takes 1 MiB each."""

_LONGEST_DURATION = 3650
"""Days. LiteLLM adds a duration to the time, which ends with the year 9999 (litellm key_management_endpoints.py)."""

_DAYS = {"s": 1 / 86400, "m": 1 / 1440, "h": 1 / 24, "d": 1}


def _lives_long_enough(duration: str) -> str:
    if int(duration[:-1]) * _DAYS[duration[-1]] > _LONGEST_DURATION:
        raise ValueError(f"{duration!r} is longer than a key may live: set at most {_LONGEST_DURATION}d, or none")
    return duration


ModelId = Annotated[
    str,
    text(r"(?!os\.environ/)[!-~]{1,1024}", "a model of LiteLLM's: set one such as bedrock/us.amazon.nova-lite-v1:0"),
]

Duration = Annotated[
    str,
    text(r"[1-9][0-9]{0,9}(s|m|h|d)", "a duration: set one such as 30m, 12h or 7d"),
    AfterValidator(_lives_long_enough),
]


class ModelSetting(Frozen):
    """One public model name and the LiteLLM parameters behind it."""

    name: Name
    model: ModelId
    params: Mapping[str, JsonValue] = Field(default_factory=dict)
    provider_key: str | None = None
    base_model: ModelId | None = None


class VirtualKeySetting(Frozen):
    """A LiteLLM virtual key that exists from the first minute of the day. `max_budget` is in USD."""

    alias: Name
    models: tuple[str, ...] = ()
    max_budget: float | None = Field(default=None, gt=0, le=1e9, allow_inf_nan=False)
    duration: Duration | None = None


def model_problems(models: Sequence[ModelSetting], provider_keys: Collection[str]) -> Iterator[str]:
    """What of the models cannot stand in LiteLLM's ConfigMap. No value is shown."""
    for model in models:
        for line in (
            model_params.value_problem("model", model.model),
            model_params.value_problem("baseModel", model.base_model or ""),
            *model_params.problems(model.params, provider_keys),
            provider_problem(Model(**dict(model))),
        ):
            if line:
                yield f"models: {model.name}: {line}"
    size = len(json.dumps([model.model_dump() for model in models]))
    if size > _LONGEST_MODELS:
        yield f"models has {size} bytes, more than a ConfigMap carries: keep below {_LONGEST_MODELS}"
