"""What can be seen without running a policy: elements, named values, types, order."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from policies.apim import BACKEND_ID, NAMED_VALUES, ROLE, Mode, load
from tests.policies.apim.cases import BOTH
from tests.policies.apim.elements import check
from tests.policies.apim.expressions import is_expression, texts

TYPES = {
    "BitConverter",
    "Convert",
    "Encoding",
    "Exception",
    "Guid",
    "IResponse",
    "JObject",
    "JProperty",
    "Jwt",
    "Regex",
    "SHA256",
}
"""All allowed by learn.microsoft.com/azure/api-management/api-management-policy-expressions."""

policies = pytest.mark.parametrize("mode", BOTH)


def _section(mode: Mode, name: str) -> ET.Element:
    section = ET.fromstring(load(mode)).find(name)
    assert section is not None
    return section


def types_of(expression: str) -> set[str]:
    code = re.sub(r'@"[^"]*"|"(\\.|[^"\\])*"', '""', expression)
    return set(re.findall(r"(?<![\w.])[A-Z]\w*", code))


@policies
def test_every_element_is_documented_for_its_place(mode: Mode) -> None:
    check(ET.fromstring(load(mode)))


@pytest.mark.parametrize(
    "planted",
    [
        "<inbound><jsonp /></inbound>",
        "<inbound><forward-request /></inbound>",
        '<outbound><rate-limit-by-key calls="1" /></outbound>',
        "<on-error><set-body>x</set-body></on-error>",
        '<inbound><set-variable name="x" value="y" scope="z" /></inbound>',
        "<inbound><choose><otherwise /><when /></choose></inbound>",
        "<inbound><choose><when><forward-request /></when></choose></inbound>",
        "<inbound><return-response><set-body>x</set-body><set-status /></return-response></inbound>",
        "<on-error /><inbound />",
    ],
)
def test_an_element_out_of_place_is_found(planted: str) -> None:
    with pytest.raises(AssertionError):
        check(ET.fromstring(f"<policies>{planted}</policies>"))


@policies
def test_named_values_are_those_of_the_contract(mode: Mode) -> None:
    assert set(re.findall(r"\{\{([\w-]+)\}\}", load(mode))) == set(NAMED_VALUES[mode])
    assert load(mode).count("{{") == len(re.findall(r"\{\{[\w-]+\}\}", load(mode)))


@policies
def test_every_section_but_backend_takes_over_the_wider_policy_first(mode: Mode) -> None:
    for name in ("inbound", "outbound", "on-error"):
        assert [child.tag for child in _section(mode, name)].index("base") == 0
    assert [child.tag for child in _section(mode, "backend")] == ["forward-request"]


@policies
def test_nothing_but_the_limit_per_address_comes_before_the_token(mode: Mode) -> None:
    tags = [child.tag for child in _section(mode, "inbound")]
    assert tags[:3] == ["base", "rate-limit-by-key", "validate-azure-ad-token"]
    assert tags[-1] == "set-backend-service"


@policies
def test_streams_are_not_buffered_and_end_before_azure_drops_them(mode: Mode) -> None:
    forward = _section(mode, "backend")[0]
    assert forward.get("buffer-response") == "false"
    assert int(forward.attrib["timeout"]) < 240  # learn.microsoft.com/azure/api-management/forward-request-policy


@policies
def test_the_policy_keeps_to_its_documented_limits(mode: Mode) -> None:
    """Of rate-limit-by-key-policy, cache-store-value-policy, trace-policy and retry-policy."""
    root = ET.fromstring(load(mode))
    assert all(int(limit.attrib["renewal-period"]) <= 300 for limit in root.iter("rate-limit-by-key"))
    assert all(len(list(section.iter("cache-store-value"))) <= 1 for section in root)
    assert all(int(retry.attrib["count"]) <= 50 for retry in root.iter("retry"))
    assert all(trace.get("severity") == "information" for trace in root.iter("trace")), "verbose is not logged"


@policies
def test_keys_stay_in_the_cache_inside_the_gateway(mode: Mode) -> None:
    """The default, prefer-external, would put them into a Redis that somebody adds later."""
    for element in ET.fromstring(load(mode)).iter():
        assert not element.tag.startswith("cache-") or element.get("caching-type") == "internal"


@policies
def test_the_backend_and_the_role_are_those_of_the_contract(mode: Mode) -> None:
    backends = [element.attrib for element in ET.fromstring(load(mode)).iter("set-backend-service")]
    assert backends == [{"backend-id": BACKEND_ID}]
    assert f'roles.Contains("{ROLE}")' in load(mode)


@policies
def test_the_policy_holds_no_key_and_no_address(mode: Mode) -> None:
    assert not re.search(r"sk-\w", load(mode))
    assert set(re.findall(r"https?://[^\s\"]+", load(mode))) <= {"https://vault.azure.net"}


@policies
def test_expressions_name_only_types_that_are_allowed(mode: Mode) -> None:
    for place, text in texts(ET.fromstring(load(mode))):
        if is_expression(text):
            assert types_of(text) <= TYPES, place


@pytest.mark.parametrize(
    "planted", ['@(File.ReadAllText("x"))', "@(new WebClient())", '@{ return "Guid" + Environment.NewLine; }']
)
def test_a_type_that_is_not_allowed_is_found(planted: str) -> None:
    assert not types_of(planted) <= TYPES


@policies
def test_fragments_are_included(mode: Mode) -> None:
    assert "fragment" not in load(mode)
