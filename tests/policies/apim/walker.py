"""What API Management does with one request: a walk through a policy, for exactly the elements in `elements.py`.

After learn.microsoft.com/azure/api-management (policy reference, error handling). Signatures of tokens are not checked:
which tokens Microsoft signed is a table.
"""

from __future__ import annotations

import dataclasses
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.policies.apim.expressions import REQUEST, ExpressionError, Expressions, is_expression

LONGEST_CHECKED = 10_000
"""Characters of a text (learn.microsoft.com, "Azure AI Content Safety", input requirements)."""

Headers = dict[str, list[str]]
Backend = Callable[[Headers, str, str], "Response"]


@dataclass
class Response:
    """An HTTP answer; `seconds` is how long it takes to come, `consumed` whether its body was read.

    A `stream` comes in place of the body, piece by piece.
    """

    status: int
    headers: Headers = field(default_factory=dict)
    body: str = ""
    seconds: float = 0
    consumed: bool = False
    buffered: bool = False
    stream: Iterator[str] | None = None


class PolicyError(Exception):
    """Processing goes on in on-error."""

    def __init__(self, element: ET.Element, reason: str, status: int = 500, message: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.error = {
            "Source": element.tag,
            "PolicyId": element.get("id"),
            "Reason": reason,
            "Message": message,
        }


class _Returned(Exception):  # noqa: N818 - no error: return-response ends the pipeline
    def __init__(self, response: Response) -> None:
        self.response = response


def _find(headers: Headers, name: str) -> str | None:
    return next((known for known in headers if known.lower() == name.lower()), None)


class Walker:
    """A gateway with one policy. Its cache and counters live on between requests; `clock` counts seconds."""

    request_id = "6f1d2a52-2f0c-4d39-9d9a-0a4e9b1c7e55"

    def __init__(
        self,
        policy: ET.Element,
        expressions: Expressions,
        *,
        tokens: Mapping[str, Mapping[str, Any]],
        backends: Mapping[str, Backend],
        send: Callable[[str, Mapping[str, str]], Response],
    ) -> None:
        """`tokens`: claims of each token Microsoft signed; `send`: URL and identity to answer, or ConnectionError.

        A backend is told the headers, path and query, and the body.
        """
        self._policy, self._expressions = policy, expressions
        self.tokens, self.backends, self.send = tokens, backends, send
        self.clock = 0.0
        self.cache: dict[str, tuple[str, float]] = {}
        self.cache_miss_sets_null = False
        self.traces: list[dict[str, str]] = []
        self._calls: dict[str, list[float]] = {}
        self.metrics: list[dict[str, str | int]] = []
        self._tokens: dict[str, list[tuple[float, int]]] = {}
        self.kept: list[tuple[str, list[float], float, Response]] = []
        """The semantic cache: vary-by, embedding of the question, end, answer."""
        self.cache_is_away = False
        # Of both the reference says little, or something else than was seen.
        self.failing_cache_raises = self.cache_keeps_headers = True

    def handle(
        self, headers: Headers, ip: str, url: str = "/", operation: str = "/", body: str | None = None
    ) -> Response:
        """What the caller gets back. `url` is path and query, `operation` the template of the operation it matches."""
        self._body, self._body_consumed, self._on_tokens = body, False, list[Callable[[int], None]]()
        self._headers, self._ip, self._url, self._operation = dict(headers), ip, url, operation
        self._variables: dict[str, Any] = {}
        self._response: Response | None = None
        self._error: Mapping[str, Any] | None = None
        self._backend = ""
        self._question: tuple[str, list[float]] | None = None
        try:
            for section in ("inbound", "backend", "outbound"):
                if section == "backend" and self._response:
                    continue
                self._section = section
                try:
                    self._run(self._policy.find(section))
                except PolicyError as error:
                    self._error = {**error.error, "Section": section}
                    # What the caller would get without on-error.
                    self._response = Response(error.status, body=str(error))
                    self._section = "on-error"
                    self._run(self._policy.find("on-error"))
                    break
        except _Returned as returned:
            return returned.response
        assert self._response
        return self._response

    def _run(self, element: ET.Element | None) -> None:
        for child in element if element is not None else ():
            if self._section == "inbound" and self._response:
                return  # an answer out of the cache
            getattr(self, "_" + child.tag.replace("-", "_"))(child)

    def _value(self, element: ET.Element, text: str | None) -> Any:
        text = (text or "").strip()
        if not is_expression(text):
            return text
        context = {
            "requestId": self.request_id,
            "request": {
                "headers": self._headers,
                "ip": self._ip,
                "body": self._body,
                "consumed": self._body_consumed,
            },
            "operation": self._operation,
            "response": self._response and dataclasses.replace(self._response, stream=None),
            "error": self._error,
            "variables": self._variables,
        }
        try:
            value, consumed = self._expressions.evaluate(text, context)
        except ExpressionError as error:
            raise PolicyError(element, "ExpressionValueEvaluationFailure", message=str(error)) from error
        for name in consumed:
            if name == REQUEST:
                self._body_consumed = True
            else:
                self._variables[name].consumed = True
        return value

    def _attribute(self, element: ET.Element, name: str) -> Any:
        return self._value(element, element.attrib[name])

    def _base(self, element: ET.Element) -> None:
        pass

    def _choose(self, element: ET.Element) -> None:
        for branch in element:
            if branch.tag == "otherwise" or self._attribute(branch, "condition") is True:
                self._run(branch)
                return

    def _retry(self, element: ET.Element) -> None:
        self._run(element)
        for _ in range(int(self._attribute(element, "count"))):
            if self._attribute(element, "condition") is not True:
                return
            self._run(element)

    def _set_variable(self, element: ET.Element) -> None:
        value = self._attribute(element, "value")
        assert isinstance(value, str | bool | int), f"set-variable cannot hold {value!r}"
        self._variables[element.attrib["name"]] = value

    def _set_header(self, element: ET.Element) -> None:
        response = self._response if self._section in ("outbound", "on-error") else None
        self._change_header(self._headers if response is None else response.headers, element)

    def _change_header(self, headers: Headers, element: ET.Element) -> None:
        name, action = self._attribute(element, "name"), self._attribute(element, "exists-action")
        known = _find(headers, name)
        if known and action == "skip":
            return
        if known and action in ("override", "delete"):
            del headers[known]
        if action != "delete":
            values = [str(self._value(element, value.text)) for value in element]
            headers.setdefault((known if action == "append" else None) or name, []).extend(values)

    def _return_response(self, element: ET.Element) -> None:
        response = Response(200)
        for child in element:
            if child.tag == "set-status":
                response.status = int(self._attribute(child, "code"))
            elif child.tag == "set-header":
                self._change_header(response.headers, child)
            else:
                response.body = self._value(element, child.text)
        raise _Returned(response)

    def _trace(self, element: ET.Element) -> None:
        metadata = {m.attrib["name"]: self._attribute(m, "value") for m in element.findall("metadata")}
        self.traces.append({"message": self._value(element, element.findtext("message")), **metadata})

    def _rate_limit_by_key(self, element: ET.Element) -> None:
        period = float(element.attrib["renewal-period"])
        calls = self._calls.setdefault(self._attribute(element, "counter-key"), [])
        calls[:] = [at for at in calls if at > self.clock - period]
        if len(calls) >= int(element.attrib["calls"]):
            self._variables[element.attrib["retry-after-variable-name"]] = int(calls[0] + period - self.clock)
            raise PolicyError(element, "RateLimitExceeded", 429, "Rate limit is exceeded")
        calls.append(self.clock)

    def _validate_azure_ad_token(self, element: ET.Element) -> None:
        header = ",".join(self._headers.get(_find(self._headers, element.attrib["header-name"]) or "", []))
        claims = self.tokens.get(header.removeprefix("Bearer ")) if header.startswith("Bearer ") else None
        if claims is None:
            raise PolicyError(element, "TokenNotPresent", 401, f"JWT not present in {header}.")
        tenant = element.attrib["tenant-id"]
        issuers = (f"https://login.microsoftonline.com/{tenant}/v2.0", f"https://sts.windows.net/{tenant}/")
        audiences = [audience.text for audience in element.iter("audience")]
        in_time = claims["nbf"] <= self.clock < claims["exp"]
        if claims["iss"] not in issuers or claims["aud"] not in audiences or not in_time:
            raise PolicyError(element, "JwtInvalid", 401, f"IDX10214: validation failed for the claims {claims}.")
        values = {name: value if isinstance(value, list) else [str(value)] for name, value in claims.items()}
        self._variables[element.attrib["output-token-variable-name"]] = {"claims": values}

    def _cache_lookup_value(self, element: ET.Element) -> None:
        value, until = self.cache.get(self._attribute(element, "key"), ("", 0.0))
        if self.clock < until:
            self._variables[element.attrib["variable-name"]] = value
        elif self.cache_miss_sets_null:  # the reference says both: not set, and null
            self._variables[element.attrib["variable-name"]] = None

    def _cache_store_value(self, element: ET.Element) -> None:
        until = self.clock + int(self._attribute(element, "duration"))
        self.cache[self._attribute(element, "key")] = (self._attribute(element, "value"), until)

    def _cache_remove_value(self, element: ET.Element) -> None:
        self.cache.pop(self._attribute(element, "key"), None)

    def _send_request(self, element: ET.Element) -> None:
        identity = element.find("authentication-managed-identity")
        try:
            url = self._value(element, element.findtext("set-url"))
            answer = self.send(url, identity.attrib if identity is not None else {})
            if answer.seconds > float(element.attrib["timeout"]):
                raise ConnectionError("no answer in time")
        except ConnectionError as error:
            if element.get("ignore-error") != "true":
                raise PolicyError(element, "Timeout", message=f"{error} at {url}") from error
            self._variables[element.attrib["response-variable-name"]] = None
        else:
            self._variables[element.attrib["response-variable-name"]] = answer

    def _llm_content_safety(self, element: ET.Element) -> None:
        """After its page: all text of a completion or chat completion; 403 for what is refused and for what is long."""
        said = json.loads(self._body or "{}")
        parts = [message.get("content") for message in said.get("messages") or () if isinstance(message, dict)]
        text = "\n".join(str(part) for part in parts)
        if len(text) > LONGEST_CHECKED:
            raise PolicyError(element, "ContentSafety", 403, f"too long: {text}")
        found = self._ask_safety(element, "analyze", {"text": text})["categoriesAnalysis"]
        severities = {one["category"]: one["severity"] for one in found}
        categories = [(one.attrib["name"], int(one.attrib["threshold"])) for one in element.iter("category")]
        severe = any(severities[name] >= threshold for name, threshold in categories)
        shield = element.get("shield-prompt") == "true"
        if severe or (
            shield
            and self._ask_safety(element, "shieldPrompt", {"userPrompt": text})["userPromptAnalysis"]["attackDetected"]
        ):
            raise PolicyError(element, "ContentSafety", 403, f"{found} in {text}")

    def _ask_safety(self, element: ET.Element, operation: str, body: Mapping[str, str]) -> Any:
        backend = self.backends[element.attrib["backend-id"]]
        answer = backend({}, f"/contentsafety/text:{operation}", json.dumps(body))
        if answer.status != 200:
            raise PolicyError(element, "InternalError", 500, f"{answer.status} for {body}")
        return json.loads(answer.body)

    def _llm_semantic_cache_lookup(self, element: ET.Element) -> None:
        """A found answer is counted by what ran before."""
        said = json.loads(self._body or "{}")["messages"]
        left_out = "system" if element.get("ignore-system-messages") == "true" else None
        text = "\n".join(str(message["content"]) for message in said if message["role"] != left_out)
        part, vector = "".join(str(self._value(one, one.text)) for one in element), self._embedding(element, text)
        self._question = part, vector
        known = [one for one in self.kept if vector and one[0] == part and one[2] > self.clock]
        distances = [1 - sum(a * b for a, b in zip(one[1], vector, strict=True)) for one in known]
        if min(distances, default=1.0) <= float(element.attrib["score-threshold"]):
            answer = known[distances.index(min(distances))][3]
            headers = dict(answer.headers) if self.cache_keeps_headers else {}
            self._response = dataclasses.replace(answer, headers=headers)
            [*self._counted([answer.body], self._on_tokens)]

    def _embedding(self, element: ET.Element, text: str) -> list[float]:
        identity = {"Authorization": [f"Bearer token of {element.attrib['embeddings-backend-auth']}"]}
        answer = self.backends[element.attrib["embeddings-backend-id"]](identity, "", json.dumps({"input": text}))
        if answer.status == 200 and not self.cache_is_away:
            return list(json.loads(answer.body)["data"][0]["embedding"])
        if self.failing_cache_raises:
            raise PolicyError(element, "InternalError", message=f"{answer.status} for {text}")
        return []

    def _llm_semantic_cache_store(self, element: ET.Element) -> None:
        """An answer of any status is kept: "only 200" is the policy's own to say."""
        assert self._question, "nothing was looked up"
        assert self._response
        if self.cache_is_away and self.failing_cache_raises:
            raise PolicyError(element, "InternalError", message=self._response.body)
        if self._question[1] and not self.cache_is_away:
            until = self.clock + int(self._attribute(element, "duration"))
            answer = dataclasses.replace(self._response, headers=dict(self._response.headers))
            self.kept.append((*self._question, until, answer))

    def _rewrite_uri(self, element: ET.Element) -> None:
        query = self._url.partition("?")[2] if element.get("copy-unmatched-params") != "false" else ""
        self._url = self._attribute(element, "template") + (f"?{query}" if query else "")

    def _set_body(self, element: ET.Element) -> None:
        assert self._body is not None, "the request has no body to set"
        self._body = str(self._value(element, element.text))
        self._body_consumed = False

    def _authentication_managed_identity(self, element: ET.Element) -> None:
        token = f"Bearer token of {element.attrib['client-id']} for {element.attrib['resource']}"
        self._headers[_find(self._headers, "Authorization") or "Authorization"] = [token]

    def _llm_token_limit(self, element: ET.Element) -> None:
        spent = self._tokens.setdefault(self._attribute(element, "counter-key"), [])
        for attribute, seconds, status in (("tokens-per-minute", 60, 429), ("token-quota", 86_400, 403)):
            recent = [(at, tokens) for at, tokens in spent if at > self.clock - seconds]
            if attribute in element.attrib and sum(tokens for _, tokens in recent) >= int(element.attrib[attribute]):
                wait = int(recent[0][0] + seconds - self.clock)
                self._variables[element.attrib["retry-after-variable-name"]] = wait
                raise PolicyError(element, "TokenLimitExceeded", status, "Token limit is exceeded")
        self._on_tokens.append(lambda tokens: spent.append((self.clock, tokens)))

    def _llm_emit_token_metric(self, element: ET.Element) -> None:
        dimensions = {one.attrib["name"]: self._attribute(one, "value") for one in element}
        self._on_tokens.append(lambda tokens: self.metrics.append({**dimensions, "Total Tokens": tokens}))

    def _counted(self, pieces: Iterable[str], on_tokens: Iterable[Callable[[int], None]]) -> Iterator[str]:
        """Pass an answer on, and then count what it says of tokens, beside whatever request is handled by then."""
        told = ""
        for piece in pieces:
            told += piece
            yield piece
        if found := re.findall(r'"total_tokens": ?(\d+)', told):
            for count in on_tokens:
                count(int(found[-1]))

    def _set_backend_service(self, element: ET.Element) -> None:
        self._backend = self._attribute(element, "backend-id")
        if self._backend not in self.backends:
            raise PolicyError(element, "BackendNotFound", message=f"no backend {self._backend} for {self._headers}")

    def _forward_request(self, element: ET.Element) -> None:
        body, kept = "" if self._body_consumed else self._body or "", element.get("buffer-request-body") == "true"
        self._body = self._body if kept else None
        try:
            answer = self.backends[self._backend](self._headers, self._url, body)
        except (KeyError, ConnectionError) as error:
            raise PolicyError(element, "BackendConnectionFailure", message=f"{error} for {self._headers}") from error
        if answer.seconds > float(element.attrib["timeout"]):
            raise PolicyError(element, "Timeout", message=f"no answer in time for {self._headers}")
        buffered, headers = element.get("buffer-response") != "false", dict(answer.headers)
        self._response = dataclasses.replace(answer, buffered=buffered, headers=headers)
        if answer.stream is None:
            [*self._counted([answer.body], self._on_tokens)]
        else:
            self._response.stream = self._counted(answer.stream, self._on_tokens)
