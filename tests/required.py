"""pytest: a test that lacks a program of this machine is skipped, and fails with GENAI_REQUIRE_ALL=1, as in CI."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(reason: str) -> NoReturn:
    """Skip the test, or fail it."""
    if os.environ.get("GENAI_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
