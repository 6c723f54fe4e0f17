"""The walker itself, where API Management is easily misjudged; each statement is in Microsoft's policy reference."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator

import pytest

from tests.policies.apim.expressions import Expressions
from tests.policies.apim.walker import Headers, Response, Walker

DOCUMENT = """
<policies>
  <inbound>{}<set-backend-service backend-id="echo" /></inbound>
  <backend><forward-request timeout="10" buffer-response="false" /></backend>
  <outbound />
  <on-error>
    <return-response>
      <set-status code="500" reason="Failed" />
      <set-body>@(context.LastError.Source + " " + context.LastError.Reason)</set-body>
    </return-response>
  </on-error>
</policies>
"""
SEND = """
<send-request mode="new" response-variable-name="r" timeout="5" ignore-error="{}"><set-url>u</set-url></send-request>
"""
READ = """
<set-header name="read" exists-action="append">
  <value>@(((IResponse)context.Variables["r"]).Body.As&lt;string>({}))</value>
</set-header>
"""
READ_REQUEST = """
<set-header name="read" exists-action="append"><value>@(context.Request.Body.As&lt;string>({}))</value></set-header>
"""
INBOUND = {
    "a body is read once": SEND.format("true") + READ.format("") + READ.format(""),
    "a body can be preserved": SEND.format("true") + READ.format("true") + READ.format(""),
    "values are joined": """<set-header name="joined" exists-action="override">
        <value>@(context.Request.Headers.GetValueOrDefault("X-MANY", "none"))</value></set-header>""",
    "a name matches in any case": """<set-header name="X-MANY" exists-action="append"><value>c</value></set-header>""",
    "a request's body is read once": READ_REQUEST.format("") + READ_REQUEST.format(""),
    "a request's body can be preserved": READ_REQUEST.format("true") + READ_REQUEST.format(""),
    "a body is set anew": READ_REQUEST.format("") + "<set-body>new</set-body>" + READ_REQUEST.format(""),
    "a failed request is null": SEND.format("true")
    + """<set-header name="answer" exists-action="override">
        <value>@(context.Variables["r"] == null ? "null" : "some")</value></set-header>""",
    "a failed request raises": SEND.format("false"),
    "a variable of another type": """<set-variable name="n" value="@(1)" />
        <set-variable name="t" value='@(context.Variables.GetValueOrDefault&lt;string>("n", ""))' />""",
    "a query survives a new path": """<rewrite-uri template='@(context.Operation.UrlTemplate + "/v2")' />""",
    "a query can be dropped": '<rewrite-uri template="/new" copy-unmatched-params="false" />',
    "return-response ends the pipeline": """<return-response><set-status code="204" reason="Ended" /></return-response>
        <set-variable name="n" value='@(int.Parse("x"))' />""",
}


def _policy(name: str) -> ET.Element:
    return ET.fromstring(DOCUMENT.format(INBOUND[name]))


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory, mono: None) -> Iterator[Expressions]:
    expressions = Expressions(map(_policy, INBOUND), tmp_path_factory.mktemp("walker"))
    yield expressions
    expressions.close()


@pytest.mark.parametrize(
    ("name", "answer", "expected"),
    [
        ("a body is read once", "text", "set-header ExpressionValueEvaluationFailure"),
        ("a body can be preserved", "text", {"read": ["text", "text"]}),
        ("a request's body is read once", None, "set-header ExpressionValueEvaluationFailure"),
        ("a request's body can be preserved", None, {"read": ["sent", "sent"]}),
        ("a body is set anew", None, {"read": ["sent", "new"]}),
        ("values are joined", "text", {"joined": ["a,b"]}),
        ("a name matches in any case", "text", {"x-many": ["a", "b", "c"]}),
        ("a failed request is null", None, {"answer": ["null"]}),
        ("a failed request raises", None, "send-request Timeout"),
        ("a variable of another type", "text", "set-variable ExpressionValueEvaluationFailure"),
        ("a query survives a new path", "text", {"url": ["/models/v2?a=b&c=d"]}),
        ("a query can be dropped", "text", {"url": ["/new"]}),
        ("return-response ends the pipeline", "text", 204),
    ],
)
def test_the_walker_does_as_the_reference_says(
    compiled: Expressions, name: str, answer: str | None, expected: str | int | Headers
) -> None:
    forwarded: list[Headers] = []

    def echo(headers: Headers, url: str, _body: str) -> Response:
        forwarded.append({**headers, "url": [url]})
        return Response(200)

    def send(*_: object) -> Response:
        if answer is None:
            raise ConnectionError("down")
        return Response(200, body=answer)

    walker = Walker(_policy(name), compiled, tokens={}, backends={"echo": echo}, send=send)
    response = walker.handle({"x-many": ["a", "b"]}, "203.0.113.7", "/Models?a=b&c=d", "/models", "sent")
    if isinstance(expected, dict):
        assert expected.items() <= forwarded[0].items()
    elif isinstance(expected, int):
        assert (response.status, forwarded) == (expected, [])
    else:
        assert (response.status, response.body, forwarded) == (500, expected, [])
