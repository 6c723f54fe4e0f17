"""The sequence diagrams and the table of answers in docs/azure.md name every element of the policies, in its order."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import get_args

import pytest

from ops.project import ROOT
from policies.apim import Mode, load
from tests.policies.apim.elements import ELEMENTS

PAGE = (ROOT / "docs" / "azure.md").read_text(encoding="utf-8")
MODES: tuple[Mode, ...] = get_args(Mode)
DIAGRAMS = dict(zip(MODES, re.findall(r"```mermaid\n(sequenceDiagram\n.*?)```", PAGE, re.DOTALL), strict=True))
REFUSAL = "when/set-variable[@name='answer']/.."
INNER_WORKINGS = {
    *("id", "mode", "ignore-error", "interval", "first-fast-retry", "source", "severity", "resource"),
    *("output-token-variable-name", "retry-after-variable-name", "exists-action", "response-variable-name"),
}
"""Attributes that say how a step works, not what it does with the request."""
SECTIONS = ("inbound", "backend", "outbound", "on-error")

Step = tuple[str, list[str]]
"""A step by its name in the diagram, with what must stand in its line."""

every_mode = pytest.mark.parametrize("mode", MODES)


def policy(mode: Mode) -> ET.Element:
    return ET.fromstring(load(mode))


def literals(expression: str) -> list[str]:
    """Texts and numbers of an expression, or the whole when it is plain text."""
    if not expression.startswith("@"):
        return [re.sub(r"\{\{(.+?)\}\}", r"{\1}", expression)]
    without_variables = re.sub(r'Variables(\[|\.GetValueOrDefault<\w+>\()"\w+"', "", expression)
    texts = [text for text in re.findall(r'"([^"]*)"', without_variables) if len(text) > 1]
    numbers = re.findall(r"\b\d{2,}\b", re.sub(r'"[^"]*"', "", without_variables))
    return [re.sub(r"\\[Az]|\{(?=\{)|\}(?=\})", "", text) for text in [*texts, *numbers]]


def answers(refusal: ET.Element) -> dict[str, tuple[str, str]]:
    """Status and message by code."""
    expressions = " ".join(variable.attrib["value"] for variable in refusal.iterfind("set-variable"))
    found = re.findall(r'(?:case "(\w+)"|default): return "(\d{3}) \w+ ([^"]*)"', expressions)
    return {code or "gateway_error": (status, message) for code, status, message in found}


def steps(parent: ET.Element) -> Iterator[Step]:
    """What a diagram has to show of everything below an element; a refusal is a `break` with the codes it is for."""
    codes = ""
    for element in parent:
        refusal = element.find(REFUSAL)
        if refusal is not None:
            possible = {code: status for code, (status, _) in answers(refusal).items() if f'"{code}"' in codes}
            (trace,) = refusal.iter("trace")
            yield "break", sorted(possible)
            yield from steps_of(trace)
            yield "return-response", sorted(set(possible.values()))
        elif element.get("name") == "code":
            codes = element.attrib["value"]
        elif element.tag == "choose":
            for branch in element:
                yield "opt", literals(branch.get("condition", ""))
                yield from steps(branch)
        else:
            yield from steps_of(element)


def steps_of(element: ET.Element) -> Iterator[Step]:
    attributes = [
        value for name, text in element.attrib.items() if name not in INNER_WORKINGS for value in literals(text)
    ]
    match element.tag:
        case "base":  # where a policy for all APIs would run, and there is none
            pass
        case "set-header" if element.attrib["exists-action"] == "delete":
            name = element.attrib["name"]
            yield f"set-header without {'that header' if name.startswith('@') else name}", []
        case "set-header" | "set-variable":
            yield f"{element.tag} {element.attrib['name']}", attributes
        case "retry":
            yield "loop", attributes
            yield from steps(element)
        case "forward-request":
            yield element.tag, [element.attrib["timeout"]]
            yield "answer, streamed", [element.attrib["buffer-response"]]
        case "trace":
            yield (
                element.tag,
                [element.findtext("message", ""), *(one.attrib["name"] for one in element.iter("metadata"))],
            )
        case tag if tag in SECTIONS:
            yield tag, []
            yield from steps(element)
        case tag:
            texts = [text for one in element.iter() for text in literals((one.text or "").strip()) if text]
            inner = [
                value
                for one in element.iter("authentication-managed-identity")
                for value in literals(one.attrib["client-id"])
            ]
            yield tag, [*attributes, *texts, *inner]


def drawn(diagram: str) -> Iterator[tuple[str, str]]:
    """The steps that a diagram shows, by the same names, with their lines."""
    for line in diagram.replace("<br/>", " ").splitlines():
        said = re.sub(r"^ *(?:\w+-?->>\w+: |Note over gateway: |opt (?=on-error))", "", line).strip()
        first = re.split(r"[ ,:]", said)[0]
        if deleted := re.match(r"set-header without (.*)", said):
            yield from ((f"set-header without {name}", said) for name in re.split(r", ?", deleted[1]))
        elif first in ("set-header", "set-variable"):
            yield " ".join(said.split()[:2]), said
        elif said.startswith("answer, streamed"):
            yield "answer, streamed", said
        elif first in ELEMENTS or first in ("break", "opt", "loop"):
            yield first, said


def problems(root: ET.Element, diagram: str) -> list[str]:
    """Where the diagram does not show the policy."""
    wanted, shown = list(steps(root)), list(drawn(diagram))
    for (name, values), (title, line) in zip(wanted, shown, strict=False):
        if name != title:
            return [f"{name} comes next in the policy, {line!r} in the diagram"]
        if name in ("break", "return-response"):
            said = sorted(re.findall(r"[a-z]+_[a-z_]+|\d{3}", line))
            if said != values:
                return [f"the refusal is for {values}, the diagram says {said}"]
        missing = [
            value for value in values if not re.search(rf"((?<![\w-])|(?!\w)){re.escape(value)}(?!(?<=\w)[\w-])", line)
        ]
        if missing:
            return [f"{missing} of {name} is not in {line!r}"]
    longer = [f"nothing in the diagram: {name}" for name, _ in wanted[len(shown) :]]
    return longer or [f"nothing in the policy: {line}" for _, line in shown[len(wanted) :]]


@every_mode
def test_the_diagram_names_every_element_of_the_policy_in_its_order(mode: Mode) -> None:
    assert problems(policy(mode), DIAGRAMS[mode]) == []
    assert len(list(steps(policy(mode)))) > 35


@every_mode
def test_a_step_that_leaves_the_policy_must_leave_the_diagram(mode: Mode) -> None:
    root = policy(mode)
    for parent in [root, *root.iter()]:
        for position, element in enumerate(list(parent)):
            named = element.tag in ELEMENTS and ELEMENTS[element.tag].sections and element.tag != "base"
            named = named and parent.tag != "send-request"
            if named and element.get("name") not in ("answer", "status", "body") and not in_refusal(root, element):
                parent.remove(element)
                assert problems(root, DIAGRAMS[mode]), ET.tostring(element, encoding="unicode")
                parent.insert(position, element)


def in_refusal(root: ET.Element, element: ET.Element) -> bool:
    """Whether it stands inside of a refusal, which is one step."""
    return any(element is one for refusal in root.iterfind(f".//{REFUSAL}") for one in refusal.iter())


@every_mode
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"role_missing"', '""'),
        ("client:", "tenant:"),
        ("azp", "sub"),
        ("{16,128}", "{1,128}"),
        (">refused<", ">denied<"),
        ('calls="300"', 'calls="3"'),
        ('renewal-period="60"', 'renewal-period="6"'),
        ('count="50"', 'count="5"'),
        ('timeout="230"', 'timeout="23"'),
        ('buffer-response="false"', 'buffer-response="true"'),
        ('backend-id="litellm"', 'backend-id="other"'),
        ("{{api-client-id}}", "{{key-bindings}}"),
        ("x-goog-api-key", "x-other-key"),
        ('name="langfuse_trace_user_id"', 'name="langfuse_user"'),
        ("403 permission_error", "402 permission_error"),
    ],
)
def test_a_change_of_the_policy_must_change_the_diagram(mode: Mode, old: str, new: str) -> None:
    text = load(mode)
    assert old in text
    assert problems(ET.fromstring(text.replace(old, new)), DIAGRAMS[mode])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("? 60 : 300", "? 60 : 30"),
        ("litellm-key:", "key:"),
        ("{{key-vault-uri}}secrets", "{{key-vault-uri}}keys"),
        ("7.4", "7.5"),
        ("{{gateway-identity-client-id}}", "{{tenant-id}}"),
        ('timeout="5"', 'timeout="6"'),
        ("StatusCode == 401", "StatusCode == 403"),
        ("StatusCode == 404", "StatusCode == 410"),
    ],
)
def test_a_change_of_the_key_lookup_must_change_the_diagram(old: str, new: str) -> None:
    text = load("keyVault")
    assert old in text
    assert problems(ET.fromstring(text.replace(old, new)), DIAGRAMS["keyVault"])


@every_mode
def test_nothing_in_a_line_means_something_else_to_mermaid(mode: Mode) -> None:
    """A semicolon ends a statement, a number sign begins an entity (mermaid.js.org, sequence diagrams)."""
    assert not set(DIAGRAMS[mode]) & set(";#")


def rows(root: ET.Element) -> Iterator[tuple[str, ...]]:
    """Status, code, message and header of every answer that a policy makes itself."""
    for refusal in root.iterfind(f".//{REFUSAL}"):
        headers = {
            status: header.attrib["name"]
            for branch in refusal.findall("choose/*")
            for status in re.findall(r"== (\d{3})", branch.get("condition", ""))
            for header in branch.iter("set-header")
            if header.attrib["name"] != "Content-Type"
        }
        for code, (status, message) in answers(refusal).items():
            yield status, f"`{code}`", message, headers.get(status, "")


def test_the_table_shows_every_answer_of_the_gateway() -> None:
    table = re.findall(r"^\| (\d{3}) \| (`\w+`) \| (.*?) \| (.*?) ?\|$", PAGE, re.MULTILINE)
    assert table == sorted({row for mode in MODES for row in rows(policy(mode))})
