"""Web browser of the user: opens a page where one is at hand."""

from __future__ import annotations

import os
import sys
import webbrowser


def opened(url: str) -> bool:
    """Whether a browser was told to open the URL. One that would take over this terminal is not."""
    screen = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
    if sys.platform.startswith("linux") and not screen:
        return False
    return webbrowser.open(url)
