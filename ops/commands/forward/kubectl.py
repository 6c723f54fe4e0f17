"""`kubectl port-forward`, one process for each service, started again when its pod is gone."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from ops.clouds.kubeconfig import ForwardError, kubectl

_START = 60.0
"""Seconds for all services to be reached at the start: kubectl alone gives up on a silent API after 32 a request."""
_PAUSE = 1.0
"""Seconds before kubectl is started again."""
_LOST = re.compile(r'an error occurred forwarding [^"]*|lost connection to pod')
"""kubectl ends after these since 1.23; before, it went on listening in vain (kubernetes#103526)."""
_LAST_WORDS = ("error: ", "Error from server", "Unable to connect", "The connection to the server")
"""How kubectl begins the line that tells why it ends; the lines around it are a log."""


@dataclass(frozen=True, kw_only=True)
class Forward:
    """A service, what it is called in sentences, its port, and the local port that leads to it."""

    title: str
    service: str
    service_port: int
    port: int


def litellm_and_langfuse(litellm_port: int, langfuse_port: int) -> list[Forward]:
    """Both services of an AWS stack, on these local ports."""
    return [
        Forward(title="LiteLLM", service="litellm", service_port=4000, port=litellm_port),
        Forward(title="Langfuse", service="langfuse-web", service_port=3000, port=langfuse_port),
    ]


async def forward(
    kubeconfig: dict[str, Any], forwards: Sequence[Forward], *, ready: Callable[[], None], say: Callable[[str], None]
) -> None:
    """Keep the local ports open until this task is cancelled, or the process gets SIGTERM or SIGHUP.

    `ready` is called when all ports are open, `say` with a line when a service is lost and when it is back.
    ForwardError when `kubectl` or `aws` is missing, a port is taken, or at the start a service cannot be reached.
    """
    with kubectl(kubeconfig) as command:
        _refuse_taken_ports(forwards)
        task = asyncio.current_task()
        assert task  # noqa: S101  this is a coroutine
        for ending in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(ending, task.cancel)
        opened = {service.title: asyncio.Event() for service in forwards}
        try:
            async with asyncio.TaskGroup() as tasks:
                for service in forwards:
                    tasks.create_task(_keep(command, service, opened[service.title], say))
                await _all(opened)
                ready()
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None


def _refuse_taken_ports(forwards: Sequence[Forward]) -> None:
    with ExitStack() as opened:
        for service in forwards:
            try:
                opened.enter_context(socket.create_server(("127.0.0.1", service.port)))
            except OSError as error:
                raise ForwardError(
                    f"Port {service.port} of this machine cannot be opened ({os.strerror(error.errno or 0)}): "
                    f"choose another with --{service.title.lower()}-port."
                ) from error


async def _all(opened: dict[str, asyncio.Event]) -> None:
    try:
        async with asyncio.timeout(_START):
            for event in opened.values():
                await event.wait()
    except TimeoutError as error:
        missing = " and ".join(title for title, event in opened.items() if not event.is_set())
        raise ForwardError(f"{missing}: `kubectl port-forward` opened no port within {_START:.0f} seconds.") from error


async def _keep(begin: Sequence[str], target: Forward, opened: asyncio.Event, say: Callable[[str], None]) -> None:
    """Run kubectl again and again. ForwardError when it ends before it opened the port for the first time."""
    command = [*begin, "port-forward", "--address", "127.0.0.1", "--pod-running-timeout", "10s"]
    command += [f"service/{target.service}", f"{target.port}:{target.service_port}"]
    trouble = ""  # the trouble that was last told, empty when there is none

    def connected() -> None:
        nonlocal trouble
        if trouble:
            say(f"{target.title}: connected again.")
        trouble = ""
        opened.set()

    while True:
        reason = await _run(command, connected)
        if not opened.is_set():
            raise ForwardError(f"{target.title}: {reason}.")
        await asyncio.sleep(_PAUSE)  # Ctrl-C ends kubectl too: then nothing is to be told
        if reason != trouble:
            say(f"{target.title}: {reason}; connecting again.")
            trouble = reason


async def _run(command: Sequence[str], connected: Callable[[], None]) -> str:
    """Run kubectl until it ends or has lost its pod, and return why, without a full stop. Leaves no kubectl behind."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    assert process.stdout  # noqa: S101  a pipe, see above
    lines = []
    try:
        async for data in process.stdout:
            line = data.decode(errors="replace").strip()
            if line.startswith("Forwarding from"):
                connected()
            elif lost := _LOST.search(line):
                return lost[0]
            elif line and not line.startswith("Handling connection"):
                lines.append(line)
        code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    reasons = (
        [line for line in lines if line.startswith(_LAST_WORDS)] or lines or [f"kubectl ended with exit code {code}"]
    )
    reason = reasons[-1].removeprefix("error: ").rstrip(".")
    if "getting credentials" in reason:
        return f"{reason}: see whether `aws sts get-caller-identity` works"
    return reason
