"""The elements our policies use, as documented: learn.microsoft.com/azure/api-management/<element>-policy.

on-error takes what learn.microsoft.com/azure/api-management/api-management-error-handling-policies lists for it.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass

POLICIES = "(policies)"
ALL = "inbound backend outbound on-error"


@dataclass(frozen=True)
class Element:
    """Attributes beside `id`, children in their order, and the sections in which it is a policy."""

    attributes: str = ""
    children: str = ""
    sections: str = ""


ELEMENTS: Mapping[str, Element] = {
    "policies": Element(children=ALL),
    **dict.fromkeys(ALL.split(), Element(children=POLICIES)),
    "base": Element(sections=ALL),
    "choose": Element(children="when otherwise", sections=ALL),
    "when": Element("condition", POLICIES),
    "otherwise": Element(children=POLICIES),
    "retry": Element("condition count interval first-fast-retry", POLICIES, ALL),
    "set-variable": Element("name value", sections=ALL),
    "set-header": Element("name exists-action", "value", ALL),
    "value": Element(),
    "return-response": Element(children="set-status set-header set-body", sections=ALL),
    "set-status": Element("code reason"),
    "set-body": Element(sections="inbound backend outbound"),
    "trace": Element("source severity", "message metadata", ALL),
    "message": Element(),
    "metadata": Element("name value"),
    "rate-limit-by-key": Element("calls renewal-period counter-key retry-after-variable-name", sections="inbound"),
    "validate-azure-ad-token": Element("tenant-id header-name output-token-variable-name", "audiences", "inbound"),
    "audiences": Element(children="audience"),
    "audience": Element(),
    "cache-lookup-value": Element("key variable-name caching-type", sections="inbound backend outbound"),
    "cache-store-value": Element("key value duration caching-type", sections="inbound backend outbound"),
    "cache-remove-value": Element("key caching-type", sections="inbound backend outbound"),
    "send-request": Element(
        "mode response-variable-name timeout ignore-error",
        "set-url set-method authentication-managed-identity",
        ALL,
    ),
    "set-url": Element(),
    "set-method": Element(),
    "authentication-managed-identity": Element("resource client-id", sections="inbound"),
    "llm-token-limit": Element(
        "counter-key tokens-per-minute token-quota token-quota-period estimate-prompt-tokens retry-after-variable-name",
        sections="inbound",
    ),
    "llm-emit-token-metric": Element("namespace", "dimension", "inbound"),
    "dimension": Element("name value"),
    "llm-content-safety": Element("backend-id shield-prompt", "categories", "inbound"),
    "categories": Element("output-type", "category"),
    "category": Element("name threshold"),
    "llm-semantic-cache-lookup": Element(
        "score-threshold embeddings-backend-id embeddings-backend-auth ignore-system-messages max-message-count",
        "vary-by",
        "inbound",
    ),
    "vary-by": Element(),
    "llm-semantic-cache-store": Element("duration", sections="outbound"),
    "rewrite-uri": Element("template copy-unmatched-params", sections="inbound"),
    "set-backend-service": Element("backend-id", sections="inbound backend"),
    "forward-request": Element("timeout buffer-request-body buffer-response", sections="backend"),
}


def check(element: ET.Element, section: str = "") -> None:
    """AssertionError for anything that is not in `ELEMENTS`, in a section where it is not allowed, or out of order."""
    known = ELEMENTS[element.tag]
    unknown = set(element.attrib) - {"id", *known.attributes.split()}
    assert not unknown, f"<{element.tag}> has the unknown attributes {unknown}"
    allowed = known.children.split()
    position = 0
    for child in element:
        if known.children == POLICIES:
            assert child.tag in ELEMENTS, f"<{child.tag}> is not known"
            assert section in ELEMENTS[child.tag].sections.split(), f"<{child.tag}> is not allowed in <{section}>"
        else:
            assert child.tag in allowed, f"<{child.tag}> is not known in <{element.tag}>"
            assert allowed.index(child.tag) >= position, f"<{child.tag}> comes too late in <{element.tag}>"
            position = allowed.index(child.tag)
        check(child, section or (child.tag if element.tag == "policies" else ""))
