"""What API Management does with a request, drawn from the policies themselves: a sequence diagram for each key mode."""

from __future__ import annotations

import itertools
import re
import textwrap
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import get_args

from ops.recorder import ROOT
from policies.apim import Mode, load

FILE = ROOT / "docs" / "azure.md"

_SENT: Mapping[Mode, str] = {"header": "Authorization and x-litellm-api-key", "keyVault": "Authorization"}
_REFUSAL = "when/set-variable[@name='answer']/.."
"""Where below `choose` an answer of the gateway's own is made: fragments/refuse.xml."""
_READABLE = (
    (r'\(\w+\)context\.Variables\["(\w+)"\]', r"\1"),
    (r'context\.Variables\.GetValueOrDefault<\w+>\("(\w+)", [^)]*\)', r"\1"),
    (r'context\.Request\.Headers\.Keys\.\w+\(name => Regex\.IsMatch\(name, "\(\?i\)([^"]+)"\)\)', r"a header like \1"),
    (r"context\.Operation\.UrlTemplate", "path of the operation"),
    (r"context\.Re(?:quest|sponse)\.", ""),
    (r"string\.IsNullOrEmpty\((\w+)\)", r"no \1"),
    (r' \?\? "[\w-]+"', ""),
    (r"\{\{([\w-]+)\}\}", r"{\1}"),
    (r'" \+ | \+ "|^@|["()]', ""),
)
"""From C# to what it says, for the short expressions that stand in a diagram."""


def page() -> str:
    """The text of `docs/azure.md` with diagrams and table of answers as the policies are now."""
    text = FILE.read_text(encoding="utf-8")
    policies: dict[Mode, ET.Element] = {mode: ET.fromstring(load(mode)) for mode in get_args(Mode)}  # noqa: S314  ours
    for mode, policy in policies.items():
        text = _replaced(text, f"sequence {mode}", f"```mermaid\n{mermaid(policy, mode)}\n```")
    return _replaced(text, "answers", answers_table(policies.values()))


def _replaced(text: str, name: str, block: str) -> str:
    before, start, rest = text.partition(f"<!-- {name}: made by `genai plan --stack azure --write-docs` -->\n")
    _, end, after = rest.partition("<!-- end -->\n")
    if not (start and end):
        raise ValueError(f"{FILE} has no place for {name}: add the comments between which it stood")
    return f"{before}{start}{block}\n{end}{after}"


def mermaid(policy: ET.Element, mode: Mode) -> str:
    """The sequence diagram of a policy in Mermaid's language; ValueError for an element that it cannot draw."""
    inbound, backend, outbound, on_error = ([*_steps(section)] for section in policy)
    lines = [
        "actor client as client application",
        "participant entra as Entra ID",
        "participant gateway as API Management",
        *(["participant vault as Key Vault"] if mode == "keyVault" else []),
        "participant litellm as LiteLLM",
        "participant logs as Log Analytics",
        "client->>entra: client id and secret",
        "entra-->>client: token",
        f"client->>gateway: request with {_SENT[mode]}",
        *inbound,
        *backend,
        *outbound,
        "gateway-->>client: answer of LiteLLM",
        *_block("opt a step failed", on_error),
    ]
    return "\n".join(["sequenceDiagram", *(f"    {line}" for line in lines)])


def answers_table(policies: Iterable[ET.Element]) -> str:
    """The answers that are the gateway's own, as a table in Markdown."""
    rows = {row for policy in policies for refusal in policy.iterfind(f".//{_REFUSAL}") for row in _rows(refusal)}
    return "\n".join(["| status | `code` | `message` | header |", "|---|---|---|---|", *sorted(rows)])


def _rows(refusal: ET.Element) -> Iterator[str]:
    headers: dict[str, str] = {}
    for branch in refusal.findall("choose/*"):
        for status in re.findall(r"== (\d{3})", branch.get("condition", "")):
            headers[status] = ", ".join(_names(branch.iter("set-header"), but="Content-Type"))
    for code, (status, message) in _answers(refusal).items():
        yield f"| {status} | `{code}` | {message} | {headers.get(status, '')} |"


def _answers(refusal: ET.Element) -> dict[str, tuple[str, str]]:
    """Status and message by code."""
    expressions = " ".join(variable.attrib["value"] for variable in refusal.iterfind("set-variable"))
    found = re.findall(r'(?:case "(\w+)"|default): return "(\d{3}) \w+ ([^"]*)"', expressions)
    return {code or "gateway_error": (status, message) for code, status, message in found}


def _steps(parent: ET.Element) -> Iterator[str]:
    """The lines of what stands below an element, in its order."""
    codes = ""  # the expression that last decided whether to refuse
    for tag, group in itertools.groupby(parent, key=lambda child: child.tag):
        elements = [*group]
        if tag == "set-header":
            yield from _headers(elements)
            continue
        for element in elements:
            refusal = element.find(_REFUSAL)
            if element.get("name") == "code":
                codes = element.attrib["value"]
            elif refusal is not None:
                yield from _refusal(refusal, codes)
            else:
                yield from _step(element)


def _step(element: ET.Element) -> Iterator[str]:
    said = {name: _readable(value) for name, value in element.attrib.items()}
    match element.tag:
        case "base":
            pass
        case "rate-limit-by-key":
            yield _does(f"limit {said['counter-key']} to {said['calls']} calls in {said['renewal-period']} s")
        case "validate-azure-ad-token":
            audiences = ", ".join(_readable(audience.text or "") for audience in element.iter("audience"))
            meant = f"tenant {said['tenant-id']}, audience {audiences}"
            yield _does(f"validate the token in {said['header-name']}: {meant}")
        case "set-variable":
            yield _does(f"read {said['name']} from {', '.join(_sources(element))}")
        case "cache-lookup-value":
            yield _does(f"look up {said['variable-name']} in the {said['caching-type']} cache: {said['key']}")
        case "cache-store-value":
            yield _does(f"remember {said['key']} in the {said['caching-type']} cache, seconds: {said['duration']}")
        case "cache-remove-value":
            yield _does(f"forget {said['key']} in the {said['caching-type']} cache")
        case "send-request":
            url = _readable(element.findtext("set-url") or "")
            identities = [_readable(one.attrib["client-id"]) for one in element.iter("authentication-managed-identity")]
            asks = f"{element.findtext('set-method')} {url} as {', '.join(identities)}, {said['timeout']} s at most"
            yield f"gateway->>vault: {_lines(asks)}"
            yield f"vault-->>gateway: {said['response-variable-name']}"
        case "rewrite-uri" if said["copy-unmatched-params"] == "false":
            yield _does(f"take the {said['template']} in place of the caller's, without a query")
        case "set-backend-service":
            yield _does(f"choose the backend {said['backend-id']}")
        case "forward-request":
            yield f"gateway->>litellm: request, {said['timeout']} s at most"
            yield f"litellm-->>gateway: answer{', streamed' if said['buffer-response'] == 'false' else ''}"
        case "trace":
            yield _logs(element)
        case "retry":
            yield from _block(f"loop {said['condition']}, {said['count']} times at most", _steps(element))
        case "choose" if len(element) == 1:
            yield from _block(f"opt {_readable(element[0].attrib['condition'])}", _steps(element[0]))
        case _:
            raise ValueError(f"<{element.tag}> is new in a policy: say in ops/plan/policy_diagram.py how it is drawn")


def _headers(elements: Sequence[ET.Element]) -> Iterator[str]:
    """Header by header, those that are deleted one after another in one step."""
    for action, group in itertools.groupby(elements, key=lambda element: element.attrib["exists-action"]):
        if action == "delete":
            yield _does(f"delete {', '.join(_names(group))}")
        else:
            for element in group:
                verb = "set" if action == "override" else action
                yield _does(f"{verb} {element.attrib['name']} to {_readable(element.findtext('value') or '')}")


def _refusal(refusal: ET.Element, codes: str) -> Iterator[str]:
    possible = {code: status for code, (status, _) in _answers(refusal).items() if f'"{code}"' in codes}
    answer = f"gateway-->>client: {' or '.join(sorted(set(possible.values())))}"
    yield from _block(f"break {_lines(' or '.join(possible))}", [*map(_logs, refusal.iter("trace")), answer])


def _logs(trace: ET.Element) -> str:
    noted = (metadata.attrib["name"] for metadata in trace.iter("metadata"))
    return f"gateway->>logs: {', '.join([trace.findtext('message') or '', *noted])}"


def _names(headers: Iterable[ET.Element], but: str = "") -> list[str]:
    return [_readable(header.attrib["name"]) for header in headers if header.attrib["name"] != but]


def _sources(variable: ET.Element) -> list[str]:
    """Variables, headers, claims and properties that an expression reads, and the pattern that they must match."""
    found = re.findall(r'(?:\[|\.GetValueOrDefault(?:<\w+>)?\()"([\w-]+)"|@"([^"]*)"', variable.attrib["value"])
    return list(dict.fromkeys(name or pattern for name, pattern in found))


def _readable(expression: str) -> str:
    for pattern, replacement in _READABLE:
        expression = re.sub(pattern, replacement, expression)
    return expression


def _does(text: str) -> str:
    return f"gateway->>gateway: {_lines(text)}"


def _lines(text: str) -> str:
    return "<br/>".join(textwrap.wrap(text, 60, break_long_words=False, break_on_hyphens=False))


def _block(head: str, lines: Iterable[str]) -> list[str]:
    return [head, *(f"    {line}" for line in lines), "end"]
