"""Which ARNs a Bedrock model needs."""

from __future__ import annotations

from collections.abc import Sequence

from charts.litellm import Model

_ROUTES = ("converse/", "converse_like/", "invoke/")
"""LiteLLM's route prefixes after `bedrock/` (docs.litellm.ai/docs/providers/bedrock)."""

_PROFILE_PREFIXES = ("us.", "us-gov.", "eu.", "apac.", "jp.", "au.", "ca.", "global.")
"""Geographies of system-defined inference profiles (Amazon Bedrock user guide, "Supported Regions and models for
inference profiles")."""


def invokable_arns(model: Model, region: str) -> Sequence[str]:
    """The exact ARNs that `bedrock:InvokeModel` must be allowed on for a model; empty when it is not Bedrock's.

    A model id needs its foundation model in the region it is called in. An inference profile needs itself and the same
    foundation model in any region it may route to.
    """
    provider, _, identifier = model.model.partition("/")
    if provider != "bedrock":
        return ()
    for route in _ROUTES:
        identifier = identifier.removeprefix(route)
    region = str(model.params.get("aws_region_name", region))
    if identifier.startswith("arn:"):
        foundation = (model.base_model or "").rpartition("/")[2]
        return (identifier, f"arn:aws:bedrock:*::foundation-model/{foundation}") if foundation else (identifier,)
    for prefix in _PROFILE_PREFIXES:
        if identifier.startswith(prefix):
            return (
                f"arn:aws:bedrock:{region}:*:inference-profile/{identifier}",
                f"arn:aws:bedrock:*::foundation-model/{identifier.removeprefix(prefix)}",
            )
    return (f"arn:aws:bedrock:{region}::foundation-model/{identifier}",)
