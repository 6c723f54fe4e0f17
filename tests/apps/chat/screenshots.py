"""Takes the pictures of docs/chat.md: the demonstration on `genai chat --offline`, in Chromium."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import expect

from tests.apps.chat.offline import FIRST, ROOT, SECOND, Chat, Window, running, window

PICTURES = ROOT / "docs" / "chat"


def take(shown: Window, name: str) -> None:
    """What the page shows, once it stands still."""
    shown.page.wait_for_timeout(1000)
    shown.page.screenshot(path=PICTURES / f"{name}.png")


def take_log(shown: Window, chat: Chat) -> None:
    """The same calls in LiteLLM's own log."""
    (pid,) = (pid for pid, line in chat.processes().items() if "-m apps.chat" in line)
    variables = Path(f"/proc/{pid}/environ").read_text().split("\0")
    told = json.loads(next(one.partition("=")[2] for one in variables if one.startswith("GENAI_CHAT=")))
    browser = shown.page.context.browser
    assert browser
    page = browser.new_page(viewport={"width": 1400, "height": 760})
    page.goto(f"{told['litellmUrl']}/ui/login")
    page.get_by_placeholder("Enter your username").fill("admin")
    page.get_by_placeholder("Enter your password").fill(told["masterKey"])
    page.get_by_role("button", name="Login", exact=True).click()
    page.wait_for_timeout(8000)  # its pages load several times
    page.goto(f"{told['litellmUrl']}/ui/?page=logs")
    expect(page.get_by_role("cell", name="restricted")).to_be_visible()
    page.wait_for_timeout(2000)
    page.screenshot(path=PICTURES / "log.png")


def main() -> None:
    """All of them."""
    PICTURES.mkdir(exist_ok=True)
    with (
        TemporaryDirectory(prefix="genai-pictures-") as folder,
        running(Path(folder)) as chat,
        window(chat.url) as shown,
    ):
        shown.page.set_viewport_size({"width": 980, "height": 700})
        shown.ask("Which model are you?")
        shown.expect_answer(1, "Which model are you?")
        shown.choose("Model", SECOND)
        shown.ask("And now?")
        shown.expect_error("may not use the model")
        take(shown, "refused")
        shown.choose("Key", "master key")
        shown.page.get_by_text("Also trace to my own project").click()
        shown.ask("And with the master key?")
        shown.expect_answer(3, "And with the master key?")
        shown.choose("Key", "restricted")
        shown.choose("Model", FIRST)
        shown.ask("And back?")
        shown.expect_answer(5, "And back?")
        take(shown, "allowed")
        with shown.page.expect_popup() as opened:
            shown.page.get_by_role("link", name="This session in Langfuse").click()
        session = opened.value
        session.set_viewport_size({"width": 980, "height": 560})
        expect(session.get_by_role("row")).to_have_count(4)
        session.screenshot(path=PICTURES / "session.png")
        take_log(shown, chat)


if __name__ == "__main__":
    main()
