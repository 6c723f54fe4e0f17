"""Content Safety that prompts to `gatewayModels` go through first (`contentSafety`): its settings."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import model_validator

from charts.shapes import Frozen
from components.azure.content_safety import SafetyService
from policies.apim.models import ContentSafety
from stacks.azure.gateway_models import Endpoint, account_name
from stacks.fields import account_id

_ENDPOINT = r"https://[a-z0-9-]+\.(cognitiveservices\.azure\.com|services\.ai\.azure\.com)"
"""Without port and path (learn.microsoft.com, "llm-content-safety policy")."""


class ContentSafetySetting(Frozen):
    """An account of Azure AI Content Safety, and what it refuses; no account means that nothing is checked."""

    account: Annotated[str, account_id("a Content Safety")] | None = None
    endpoint: Endpoint | None = None
    """Address of the account; None for the usual one."""
    threshold: Literal[2, 4, 6] = 4
    """Severity from which on a prompt is refused: 2 low, 4 medium, 6 high."""
    shield_prompt: bool = True
    """Whether prompts that try to get round the model's rules are refused too (Prompt Shields)."""

    @model_validator(mode="after")
    def _account_is_named(self) -> ContentSafetySetting:
        if self.model_fields_set and self.account is None:
            raise ValueError("account is missing: name the Content Safety account that prompts are to go to")
        if self.endpoint and not re.fullmatch(_ENDPOINT, self.endpoint):
            raise ValueError(
                f"endpoint {self.endpoint} is no address of Content Safety: set one such as "
                "https://<account name>.cognitiveservices.azure.com"
            )
        return self

    @property
    def service(self) -> SafetyService | None:
        """The account as the component takes it; None when nothing is checked."""
        if self.account is None:
            return None
        usual = f"https://{account_name(self.account)}.cognitiveservices.azure.com"
        return SafetyService(
            account=self.account,
            url=self.endpoint or usual,
            checks=ContentSafety(threshold=self.threshold, shield_prompt=self.shield_prompt),
        )
