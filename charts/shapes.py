"""pydantic models and field types that the settings of a stack and the values of a chart share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel


class Frozen(BaseModel):
    """A part of the settings: spelled in camelCase, without unknown keys, never changed after it was read."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True)

    @field_validator("*", mode="before")
    @classmethod
    def _true_is_no_number(cls, value: Any, field: ValidationInfo) -> Any:
        """Python, and so pydantic, takes True for 1."""
        if isinstance(value, bool) and _is_number(cls.model_fields[str(field.field_name)].annotation):
            raise ValueError(f"{str(value).lower()} is no number: set one")
        return value


def _is_number(annotation: Any) -> bool:
    return annotation in (int, float) or any(map(_is_number, get_args(annotation)))


def text(pattern: str, meaning: str) -> AfterValidator:
    """Text that matches the pattern whole; `meaning` says in words what it must be."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"{value!r} is not {meaning}")
        return value

    return AfterValidator(check)


_NAMES_OF_LITELLM = ("all-proxy-models", "all-team-models", "no-default-models")
"""In the list of a key they mean all models, or none (litellm proxy/_types.py, SpecialModelNames)."""


def _means_itself(name: str) -> str:
    if name in _NAMES_OF_LITELLM:
        raise ValueError(f"{name!r} is LiteLLM's word for all models, or none, in the list of a key: choose another")
    return name


Name = Annotated[
    str,
    text(
        r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?",
        "a name that LiteLLM, Kubernetes and URLs can all carry: use lower-case letters, digits, . and -, at most 63, "
        "with a letter or digit at both ends",
    ),
]

ModelId = Annotated[
    str,
    text(r"(?!os\.environ/)[!-~]{1,1024}", "a model of LiteLLM's: set one such as bedrock/us.amazon.nova-lite-v1:0"),
]


STACK_NAME = r"[^/\s]+/[^/\s]+/[^/\s]+"

StackName = Annotated[
    str,
    text(
        STACK_NAME,
        "the full name of a stack: write organization/project/stack, such as organization/genaiplatform/databricks",
    ),
]


class Model(Frozen):
    """One entry of `models`, and of LiteLLM's `model_list`."""

    name: Annotated[Name, AfterValidator(_means_itself)]
    """What callers ask for."""
    model: ModelId
    """LiteLLM's id: provider, slash, model, such as `bedrock/amazon.nova-lite-v1:0`."""
    params: Mapping[str, JsonValue] = Field(default_factory=dict)
    """More `litellm_params`, spelled as LiteLLM spells them."""
    provider_key: str | None = None
    """Name of the provider key that the calls carry."""
    base_model: ModelId | None = None
    """Whose price applies, where the id is a name of one's own (an Azure deployment, a profile of Bedrock)."""
    databricks_stack: StackName | None = None
    """Full name of the Databricks stack that serves it and tells how it is called."""


MCP_SERVER_NAME = r"[a-z][a-z0-9_]{0,30}"
"""LiteLLM puts a hyphen between the name and that of a tool (MCP_TOOL_PREFIX_SEPARATOR)."""

McpServerName = Annotated[
    str,
    text(
        MCP_SERVER_NAME,
        "a name of an MCP server that LiteLLM takes: use lower-case letters, digits and _, at most 31",
    ),
]


class McpServer(Frozen):
    """One entry of `mcpServers`, and of LiteLLM's `mcp_servers`."""

    name: McpServerName
    url: str
    """Of its MCP endpoint (streamable HTTP)."""
    auth: Literal["none", "oauth2"] = "none"
    """`oauth2`: each user consents, and LiteLLM keeps a token for each."""
    client_id: str = ""
    provider_key: str | None = None
    """Name of the client secret among the provider keys."""
    scopes: tuple[str, ...] = ()
    authorization_url: str = "https://accounts.google.com/o/oauth2/v2/auth"
    token_url: str = "https://oauth2.googleapis.com/token"  # noqa: S105  an address
    """Those of Google by default."""


_LONGEST_DURATION = 3650
"""Days. LiteLLM adds a duration to the time, which ends with the year 9999 (litellm key_management_endpoints.py)."""

_DAYS = {"s": 1 / 86400, "m": 1 / 1440, "h": 1 / 24, "d": 1}


def _lives_long_enough(duration: str) -> str:
    if int(duration[:-1]) * _DAYS[duration[-1]] > _LONGEST_DURATION:
        raise ValueError(f"{duration!r} is longer than a key may live: set at most {_LONGEST_DURATION}d, or none")
    return duration


Duration = Annotated[
    str,
    text(r"[1-9][0-9]{0,9}(s|m|h|d)", "a duration: set one such as 30m or 12h"),
    AfterValidator(_lives_long_enough),
]


class VirtualKeySetting(Frozen):
    """One entry of `virtualKeys`, and what a LiteLLM virtual key may do."""

    alias: Name
    models: tuple[str, ...] = ()
    """Names of models; in the settings none means the first configured one."""
    max_budget: float | None = Field(default=None, gt=0, le=1e9, allow_inf_nan=False)
    """USD, None for no limit."""
    mcp_servers: tuple[str, ...] = ()
    """Names of MCP servers that it may use."""
    user: str | None = None
    """Whose key it is: LiteLLM keeps a token for an MCP server under this name."""
    duration: Duration | None = None
    """Counted from the `up` that sets it: an `up` without a change does not prolong it. None for no end."""
