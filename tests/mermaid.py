"""Mermaid diagrams as Chromium draws them; the package is the one that `make test-schema` gets from npm."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.ops.schema import given
from tests.required import missing

PAGE_WIDTH = 980
"""Pixels that GitHub gives a page."""
SMALLEST_LETTERS = 9.0
"""Pixels high that letters are at least, once a diagram is as wide as a page."""


def drawn(source: str, folder: Path) -> dict[str, Any]:
    """Width in pixels, height of the smallest letters, words, arrows, what they cross. `folder` is for the browser."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        missing("neither chromium nor google-chrome is on PATH")
    shutil.copy(given.npm("dist/mermaid.min.js"), folder)
    text = Path(__file__).with_suffix(".html").read_text(encoding="utf-8").replace("SOURCE", html.escape(source))
    (folder / "page.html").write_text(text, encoding="utf-8")
    words = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=30000", "--dump-dom"]
    words += [f"--user-data-dir={folder / 'profile'}", str(folder / "page.html")]
    said = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True)
    (title,) = re.findall(r"<title>(.*?)</title>", said.stdout, re.DOTALL)
    found: dict[str, Any] = json.loads(html.unescape(title))
    assert "error" not in found, found
    return found


def height_of_letters(found: dict[str, Any]) -> float:
    """Pixels, as wide as a page."""
    return float(found["letters"]) * min(1, PAGE_WIDTH / float(found["width"]))
