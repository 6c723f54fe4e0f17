"""pydantic model of one entry of `servedModels`: a provider's model behind the gateway of a Databricks stack."""

from __future__ import annotations

import difflib
import ipaddress
import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from charts.shapes import Frozen, text
from components.databricks.model import PROVIDERS, DestinationModel
from stacks.fields import OpenAIAccountId
from stacks.secrets import PROVIDER_KEY_NAME

CatalogName = Annotated[
    str,
    text(
        r"[a-z][a-z0-9_]{0,62}",
        "a name that Unity Catalog and SQL take as it is: use lower-case letters, digits and _, at most 63, with a "
        "letter first",
    ),
]


_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_HOST = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\.?"
_PRIVATE_ENDINGS = frozenset({"cluster", "example", "lab", "onion", "private"})
_PRIVATE = frozenset(
    [
        "arpa",
        "corp",
        "home",
        "internal",
        "intra",
        "intranet",
        "invalid",
        "lan",
        "local",
        "localhost",
        "privatelink",
        "svc",
        "test",
    ]
)
"""Labels of host names that the internet does not resolve (RFC 2606, 6762, 8375; "Azure Private Endpoint DNS")."""


def _reachable(url: str) -> str:
    """Databricks calls it over the internet, from addresses of its own."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if "@" in url:
        raise ValueError("endpoint holds a login: take it out, keys belong to providerKeys")
    if "?" in url or "#" in url:
        raise ValueError(
            "endpoint is no address of a service: leave ? or # away and what follows, keys are providerKeys"
        )
    if not (_address(host) or re.fullmatch(_HOST, host)) or url != url.strip():
        raise ValueError(f"{url!r} is no address of a service: set one such as https://example.openai.azure.com")
    if parts.scheme != "https":
        raise ValueError(f"{url} is no https address, and keys and prompts would cross the internet in clear")
    if not _is_public(host) or port == 0:
        raise ValueError(f"{url} is not reached from Databricks, which calls over the internet: set a public address")
    return url.rstrip("/")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_public(host: str) -> bool:
    if address := _address(host):
        return address.is_global and not address.is_multicast and address not in _NAT64
    labels = host.rstrip(".").split(".")
    # A number at the end is an address in another spelling (127.1), and names of a private link are so inside.
    number = labels[-1][:1].isdigit()
    private = labels[-1] in _PRIVATE_ENDINGS or not _PRIVATE.isdisjoint(labels[1:])
    return len(labels) > 1 and not number and not private


def _known(provider: str) -> str:
    if provider not in PROVIDERS:
        near = difflib.get_close_matches(provider, PROVIDERS, n=1, cutoff=0.5)
        instead = f"did you mean {near[0]}?" if near else f"set one of {', '.join(PROVIDERS)}"
        raise ValueError(f"{provider!r} is no provider that the gateway is set up for: {instead}")
    return provider


ModelName = Annotated[
    str,
    text(
        r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}",
        "a name of a model: use letters, digits and . _ : / -, at most 128, with a letter or digit first",
    ),
]
Usd = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]


class ServedModelSetting(Frozen):
    """One entry of `servedModels`."""

    name: CatalogName
    provider: Annotated[str, AfterValidator(_known)]
    deployment: ModelName
    share: int = Field(ge=0, le=100)
    endpoint: Annotated[str, AfterValidator(_reachable)] | None = None
    provider_key: Annotated[str, text(PROVIDER_KEY_NAME, "a name under providerKeys, such as azure")] | None = None
    account: OpenAIAccountId | None = None
    base_model: ModelName | None = None
    input_cost: Usd | None = None
    output_cost: Usd | None = None

    @model_validator(mode="after")
    def _has_what_its_provider_needs(self) -> ServedModelSetting:
        rule = PROVIDERS[self.provider]
        if self.endpoint is None and rule.endpoint is None:
            raise ValueError(f"{self.provider} needs endpoint: set its address, such as {rule.example}")
        if self.endpoint is not None and not rule.own_endpoint:
            raise ValueError(f"{self.provider} is always called at {rule.endpoint}: take endpoint out, or set custom")
        path = urlsplit(self.endpoint or "").path
        if self.provider == "azureOpenai" and path:
            raise ValueError(f"endpoint has the path {path}, which Databricks adds itself: set {rule.example} alone")
        if path.endswith("/chat/completions"):
            raise ValueError("endpoint ends with /chat/completions, which is added here: leave that away")
        if self.account is not None and not rule.managed_identity:
            raise ValueError(f"{self.provider} knows no managed identity of Azure: take account out, set providerKey")
        if self.account is not None and self.provider_key is not None:
            raise ValueError("account and providerKey both say how it is called: take one out")
        if self.account is None and self.provider_key is None:
            ways = "providerKey, or account for a call without a key" if rule.managed_identity else "providerKey"
            raise ValueError(f"{self.provider} takes no call without a key: set {ways}")
        if (self.input_cost is None) != (self.output_cost is None):
            raise ValueError("inputCost and outputCost belong together: set both, or neither")
        return self

    def to_call(self) -> DestinationModel:
        """As the components take it."""
        return DestinationModel(
            name=self.name,
            provider=self.provider,
            deployment=self.deployment,
            share=self.share,
            endpoint=self.endpoint or str(PROVIDERS[self.provider].endpoint),
            key=self.provider_key,
            account=self.account,
            answers_as=self.base_model or self.deployment,
            input_cost=self.input_cost,
            output_cost=self.output_cost,
        )
