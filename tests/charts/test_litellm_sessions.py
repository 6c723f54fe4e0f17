"""Which headers and fields give a trace session, user and tags, asked of LiteLLM itself: the table of docs/chat.md."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.needs_litellm import NEEDS_LITELLM
from tests.running_litellm import ECHO, MASTER_KEY, RunningLiteLLM, chat
from tests.waiting import until

if TYPE_CHECKING:
    from ops.local.traces import Span

pytestmark = NEEDS_LITELLM
ADMINISTRATOR = "default_user_id"
"""The user that the master key has; a virtual key has none."""
REQUEST = "litellm_request"
"""The last span of a call, and the only one with its session and user."""
SESSION, USER, TAGS, NAME = "session.id", "user.id", "langfuse.trace.tags", "langfuse.trace.name"


WAYS: Mapping[str, tuple[Mapping[str, str], Mapping[str, Any], Mapping[str, str]]] = {
    "header `x-litellm-session-id`": ({"x-litellm-session-id": "S"}, {}, {SESSION: "S"}),
    "header `x-litellm-trace-id`": ({"x-litellm-trace-id": "S"}, {}, {SESSION: "S"}),
    "header `langfuse_session_id`": ({"langfuse_session_id": "S"}, {}, {SESSION: "S"}),
    "field `metadata.session_id`": ({}, {"metadata": {"session_id": "S"}}, {SESSION: "S"}),
    "field `litellm_session_id`": ({}, {"litellm_session_id": "S"}, {}),
    "field `litellm_trace_id`": ({}, {"litellm_trace_id": "S"}, {}),
    "header `langfuse_trace_user_id`": ({"langfuse_trace_user_id": "U"}, {}, {USER: "U"}),
    "field `metadata.trace_user_id`": ({}, {"metadata": {"trace_user_id": "U"}}, {USER: "U"}),
    "field `user`": ({}, {"user": "U"}, {USER: "U", SESSION: "U"}),
    "field `safety_identifier`": ({}, {"safety_identifier": "U"}, {SESSION: "U"}),
    "field `metadata.user_id`": ({}, {"metadata": {"user_id": "U"}}, {SESSION: "U"}),
    "header `x-litellm-end-user-id`": ({"x-litellm-end-user-id": "U"}, {}, {SESSION: "U"}),
    "header `x-litellm-customer-id`": ({"x-litellm-customer-id": "U"}, {}, {SESSION: "U"}),
    "field `metadata.tags`": ({}, {"metadata": {"tags": ["T"]}}, {TAGS: '["T"]'}),
    "field `tags`": ({}, {"tags": ["T"]}, {TAGS: '["T"]'}),
    "header `x-litellm-tags`": ({"x-litellm-tags": "T"}, {}, {TAGS: '["T"]'}),
    "field `metadata.trace_name`": ({}, {"metadata": {"trace_name": "N"}}, {NAME: "N"}),
}


TOGETHER: Mapping[str, tuple[Mapping[str, str], Mapping[str, Any], Mapping[str, str]]] = {
    "a session beside `user`": ({"x-litellm-session-id": "S"}, {"user": "U"}, {SESSION: "S", USER: "U"}),
    "a session beside `safety_identifier`": ({"x-litellm-session-id": "S"}, {"safety_identifier": "U"}, {SESSION: "S"}),
    "a session beside `metadata.user_id`": ({}, {"metadata": {"user_id": "U", "session_id": "S"}}, {SESSION: "S"}),
    "the session's header before its field": (
        {"x-litellm-session-id": "S"},
        {"metadata": {"session_id": "other"}},
        {SESSION: "S"},
    ),
    "the gateway's user before the caller's": (
        {"langfuse_trace_user_id": "U"},
        {"metadata": {"trace_user_id": "other"}},
        {USER: "U"},
    ),
    "what the chat sends": (
        {},
        {"metadata": {"session_id": "S", "trace_user_id": "U", "tags": ["T"], "trace_name": "N"}},
        {SESSION: "S", USER: "U", TAGS: '["T"]', NAME: "N"},
    ),
}
CASES = {**WAYS, **TOGETHER}


@pytest.fixture(scope="module")
def traces(litellm: RunningLiteLLM) -> Mapping[tuple[str, bool], list[Span]]:
    """The spans of each case, and of each as a stream. All are sent first, and arrive together."""
    questions = {(case, stream): uuid.uuid4().hex for case in CASES for stream in (False, True)}
    for (case, stream), question in questions.items():
        headers, fields, _ = CASES[case]
        body = chat(question, stream=stream, **fields) | {"model": ECHO}
        litellm.post(MASTER_KEY, "/v1/chat/completions", body, **headers).raise_for_status()
    found: dict[tuple[str, bool], list[Span]] = {}

    def arrived() -> bool:
        for case, text in questions.items():
            found[case] = [span for span in litellm.langfuse.spans if text in str(span.attributes)]
        return all(any(span.name == REQUEST for span in spans) for spans in found.values())

    until(arrived, "not every call has its last span")
    return found


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("case", CASES)
def test_what_a_caller_sends_arrives_as(traces: Mapping[tuple[str, bool], list[Span]], case: str, stream: bool) -> None:
    arrived = {
        name: span.attributes[name]
        for span in traces[case, stream]
        for name in (SESSION, USER, TAGS, NAME)
        if span.attributes.get(name, ADMINISTRATOR) != ADMINISTRATOR
    }
    assert arrived == CASES[case][2]


def test_only_the_span_of_the_request_has_session_and_user(traces: Mapping[tuple[str, bool], list[Span]]) -> None:
    names = {span.name for spans in traces.values() for span in spans if {SESSION, USER} & set(span.attributes)}
    assert names == {REQUEST}


def test_the_page_lists_every_way_that_is_tried_here() -> None:
    page = (Path(__file__).parents[2] / "docs" / "chat.md").read_text(encoding="utf-8")
    assert [way for way in WAYS if not re.search(rf"^\| {re.escape(way)}", page, re.MULTILINE)] == []
