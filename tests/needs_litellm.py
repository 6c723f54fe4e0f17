"""The mark of tests that need the LiteLLM wheel, which `make test-litellm` has in an environment of its own."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import TypeVar

import pytest

Test = TypeVar("Test", bound=Callable[..., object])

NEEDS_LITELLM = [
    pytest.mark.litellm,
    pytest.mark.skipif(find_spec("litellm") is None, reason="LiteLLM is not installed here: run `make test-litellm`"),
]
"""For a whole file, as its `pytestmark`."""


def needs_litellm(test: Test) -> Test:
    """The same for one test."""
    for mark in NEEDS_LITELLM:
        test = mark(test)
    return test
