"""`genai chat --offline` in a real Chromium, against the real LiteLLM with PostgreSQL: demonstration and end."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.apps.chat.offline import FIRST, SECOND, Chat, Window, chromium, running, window
from tests.required import missing
from tests.waiting import until

pytestmark = pytest.mark.chat
WORDS = 3000
"""So many take the model two minutes: nobody comes too late to stop it."""
SECRET = re.compile(r"\b[sp]k-[A-Za-z0-9-]{8,}")


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    """The running command."""
    if chromium() is None:
        missing("there is no Chromium on PATH")
    with running(tmp_path_factory.mktemp("chat")) as started:
        yield started


@pytest.fixture
def page(chat: Chat) -> Iterator[Window]:
    with window(chat.url) as opened:
        yield opened


def test_the_demonstration_goes_from_an_answer_to_the_refusal_and_back(page: Window) -> None:
    page.ask("Which model are you?")
    page.expect_answer(1, f"This is {FIRST} on your machine, and no model at all. Question 1 was: Which model are you?")
    page.choose("Model", SECOND)
    page.ask("And now?")
    page.expect_error(f"The key restricted may not use the model {SECOND}")
    expect(page.page.get_by_test_id("stChatMessage")).to_have_count(2)
    page.choose("Key", "master key")
    page.ask("And with the master key?")
    page.expect_answer(3, f"This is {SECOND} on your machine, and no model at all. Question 2 was: And with")
    page.choose("Key", "restricted")
    page.choose("Model", FIRST)
    page.ask("And back?")
    page.expect_answer(5, "Question 3 was: And back?")


def test_stop_keeps_the_part_that_came_and_the_conversation_goes_on(page: Window) -> None:
    page.ask("word " * WORDS)
    expect(page.bubble(1)).to_contain_text("Question 1 was")
    page.page.get_by_test_id("stChatInputStopButton").click()
    expect(page.page.get_by_test_id("stChatInputStopButton")).to_have_count(0)
    page.ask("Go on")
    page.expect_answer(3, "Question 2 was: Go on")
    expect(page.bubble(1)).to_contain_text("not complete")
    assert 0 < page.bubble(1).inner_text().count("word") < WORDS


def test_the_links_lead_to_the_session_in_both_projects(page: Window) -> None:
    page.page.get_by_text("Also trace to my own project").click()
    expect(page.page.get_by_text("The same in my own project")).to_be_visible()
    page.ask("Where is this?")
    page.expect_answer(1, "Where is this?")
    for link, tag in (("This session in Langfuse", "genai-chat"), ("The same in my own project", "own-tracing")):
        with page.page.expect_popup() as opened:
            page.page.get_by_role("link", name=link).click()
        rows = opened.value.get_by_role("row")
        expect(rows).to_have_count(2)  # its heading and the turn; the page loads itself anew
        expect(rows.nth(1)).to_contain_text("Where is this?")
        expect(rows.nth(1).get_by_role("cell", name=tag, exact=True)).to_be_visible()
        expect(rows.nth(1).get_by_role("cell", name=FIRST, exact=True)).to_be_visible()


def test_a_new_conversation_is_a_new_session(page: Window) -> None:
    page.ask("First")
    page.expect_answer(1, "Question 1 was: First")
    link = page.page.get_by_role("link", name="This session in Langfuse")
    before = link.get_attribute("href") or ""
    page.page.get_by_role("button", name="New conversation").click()
    expect(page.page.get_by_test_id("stChatMessage")).to_have_count(0)
    expect(link).not_to_have_attribute("href", before)


def test_no_secret_reaches_the_page_or_a_command_line(chat: Chat, page: Window) -> None:
    page.choose("Key", "master key")
    page.ask("Hello")
    page.expect_answer(1, "Hello")
    seen = "".join(page.received) + page.page.content()
    assert "gpt-4o-mini" in seen
    assert SECRET.findall(seen) == []
    lines = chat.processes()
    assert {"apps.chat", "ops.local", "litellm", "postgres"} <= {
        name for name in ("apps.chat", "ops.local", "litellm", "postgres") if name in " ".join(lines.values())
    }
    assert SECRET.findall(" ".join(lines.values()) + chat.said) == []


def test_ctrl_c_ends_everything_it_started(chat: Chat, page: Window) -> None:
    before = chat.processes()
    assert len(before) > 5
    assert SECRET.findall(chat.end(signal.SIGINT)) == []
    assert chat.process.returncode == 0
    # PostgreSQL takes its lock away, for which its stop waits, before it is gone itself.
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in before), f"still there of {before}")
    assert list(chat.folder.glob("genai-local-*")) == []
