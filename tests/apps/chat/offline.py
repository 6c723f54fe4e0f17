"""`genai chat --offline` as a process, and its page in a real Chromium."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, Page, WebSocket, expect, sync_playwright

from ops.local.process import free_port
from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[3]
expect.set_options(timeout=PATIENCE * 1000)  # milliseconds
FIRST, SECOND = "gpt-4o-mini", "gemini-2.5-flash-lite"
"""The model that the restricted key may use, and the one it may not."""


def chromium() -> str | None:
    """The system's Chromium."""
    return next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )


@dataclass
class Chat:
    """The running command: its address, its process, where its files are, and what it said."""

    url: str
    process: subprocess.Popen[str]
    folder: Path
    said: str

    def processes(self) -> dict[int, str]:
        """What it started, also indirectly, by process id: descendants, and what works in its folder."""
        found = {self.process.pid}
        lines: dict[int, str] = {}
        for _ in range(6):  # as deep as the tree can be
            for entry in Path("/proc").iterdir():
                if entry.name.isdigit() and int(entry.name) not in found and self._is_ours(entry, found):
                    found.add(int(entry.name))
        for pid in found - {self.process.pid}:
            try:
                lines[pid] = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
            except OSError:
                continue
        return lines

    def _is_ours(self, entry: Path, found: set[int]) -> bool:
        try:
            status = (entry / "stat").read_text().rpartition(")")[2].split()
            return status[0] != "Z" and (int(status[1]) in found or str(self.folder) in (entry / "cmdline").read_text())
        except OSError:
            return False

    def end(self, number: signal.Signals) -> str:
        """Send the signal, wait, and give what it said."""
        self.process.send_signal(number)
        assert self.process.stdout
        output = self.process.stdout.read()
        self.process.wait(timeout=120)
        return self.said + output


@contextmanager
def running(folder: Path) -> Iterator[Chat]:
    """The chat, open."""
    port = free_port()
    python = str(ROOT / ".venv" / "bin" / "python")
    command = [python, "-m", "ops.cli", "chat", "--offline", "--json", "--port", str(port)]
    with (folder / "stderr").open("w+") as stderr:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(folder)},
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
        try:
            assert process.stdout
            line = process.stdout.readline()
            stderr.seek(0)
            assert line, stderr.read()
            yield Chat(json.loads(line)["chat"], process, folder, line + stderr.read())
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(timeout=120)


@dataclass
class Window:
    """The page, and everything that the server sent to it."""

    page: Page
    received: list[str] = field(default_factory=list)

    def ask(self, question: str) -> None:
        """Type and send."""
        box = self.page.get_by_test_id("stChatInputTextArea")
        box.fill(question)
        box.press("Enter")

    def choose(self, label: str, value: str) -> None:
        """An entry of a box in the sidebar."""
        self.page.get_by_role("combobox", name=label).click()
        self.page.get_by_role("option", name=value, exact=True).click()

    def bubble(self, number: int) -> Locator:
        """A turn of the conversation, counted from 0."""
        return self.page.get_by_test_id("stChatMessage").nth(number)

    def expect_answer(self, number: int, text: str) -> None:
        """Wait until this turn holds the text and is over."""
        expect(self.bubble(number)).to_contain_text(text)
        expect(self.bubble(number)).to_contain_text("USD")

    def expect_error(self, text: str) -> None:
        """Wait until the page shows this error."""
        expect(self.page.get_by_test_id("stAlert")).to_contain_text(text)


@contextmanager
def window(url: str) -> Iterator[Window]:
    """The page of the chat in Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        shown = Window(browser.new_page(viewport={"width": 1200, "height": 800}))
        shown.page.context.set_default_timeout(PATIENCE * 1000)

        def keep(socket: WebSocket) -> None:
            socket.on("framereceived", lambda frame: shown.received.append(repr(frame)))

        shown.page.on("websocket", keep)
        shown.page.goto(url)
        expect(shown.page.get_by_test_id("stChatInputTextArea")).to_be_visible()
        yield shown
        browser.close()
