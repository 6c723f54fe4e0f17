"""Runs the chat in Streamlit, for this machine alone; further arguments are Streamlit's own.

When standard input is a pipe it ends with it, so that it does not outlive `genai chat`.
"""

from __future__ import annotations

import os
import stat
import sys
import threading
from pathlib import Path

from streamlit.web import cli

OPTIONS = {
    "server.address": "127.0.0.1",
    "server.headless": "true",  # `genai chat` opens the browser
    "server.fileWatcherType": "none",
    "runner.magicEnabled": "false",  # else a docstring is shown on the page
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",  # a traceback may hold a key
}


def _end_with(pipe: int) -> None:
    while os.read(pipe, 1024):
        pass
    os._exit(0)


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        threading.Thread(target=_end_with, args=(0,), daemon=True).start()
    options = [f"--{name}={value}" for name, value in OPTIONS.items()]
    sys.argv = ["streamlit", "run", str(Path(__file__).with_name("app.py")), *options, *sys.argv[1:]]
    cli.main()


if __name__ == "__main__":
    main()
