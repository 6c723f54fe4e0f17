"""The tests of the chat need Streamlit, which is in `.venv-chat`; without it there is nothing to collect."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("streamlit") else ["test_*.py"]
