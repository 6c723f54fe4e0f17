"""`kubectl port-forward` beside other work of a command, such as the chat."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from ops.commands.forward import kubectl
from ops.local.process import free_port


def end_with_signals() -> None:
    """SIGINT, SIGTERM and SIGHUP cancel this task, once: a second Ctrl-C must not leave anything running."""
    task = asyncio.current_task()
    assert task  # noqa: S101  called by a coroutine

    def end() -> None:
        if not task.cancelling():
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, end)


@asynccontextmanager
async def forwarded(kubeconfig: dict[str, Any], say: Callable[[str], None]) -> AsyncIterator[tuple[str, str]]:
    """LiteLLM and Langfuse on ports of this machine. ForwardError when they cannot be reached."""
    forwards = kubectl.litellm_and_langfuse(free_port(), free_port())
    opened = asyncio.Event()
    running = asyncio.create_task(kubectl.forward(kubeconfig, forwards, ready=opened.set, say=say))
    ready = asyncio.create_task(opened.wait())
    try:
        await asyncio.wait((running, ready), return_when=asyncio.FIRST_COMPLETED)
        if not opened.is_set():
            await running  # tells why
        end_with_signals()  # the forward had taken them
        litellm, langfuse = (f"http://localhost:{forward.port}" for forward in forwards)
        yield litellm, langfuse
    finally:
        for task in (ready, running):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
