"""pytest settings: environment variables that tests do not take from whoever starts them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.running_litellm import RunningLiteLLM

for name in [*os.environ]:
    if name.startswith(("AWS_", "AZURE_", "ARM_", "PULUMI_", "KUBE", "LANG", "LC_", "FORCE_COLOR", "TTY_COMPATIBLE")):
        del os.environ[name]
# What is asked here is on this machine; npm may need the proxy of whoever starts the tests.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost,::1"


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """Signals as on a terminal: nohup ignores one, and a shell another of what it starts in the background."""
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler),
        signal.SIGHUP: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    }
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def litellm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLiteLLM]:
    """LiteLLM itself with a PostgreSQL. Its start takes half a minute, so one serves all tests."""
    from tests.running_litellm import running_litellm

    with running_litellm(tmp_path_factory.mktemp("litellm")) as running:
        yield running
