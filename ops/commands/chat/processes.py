"""Processes of `genai chat`: Streamlit, and LiteLLM for --offline, each in an environment of its own."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO, Any

import httpx

from ops.commands.chat.settings import ChatError
from ops.project import ROOT

_START = 120.0
"""Seconds for Streamlit to answer: about 3 on a machine with nothing else to do."""
_END = 40.0
"""Seconds for a process to end before it is killed; LiteLLM has 30 of them."""
_NOT_PASSED_ON = ("AWS_", "ARM_", "AZURE_", "LANGFUSE_", "LITELLM_", "OPENAI_", "OTEL_", "PULUMI_", "STREAMLIT_")
"""What the user's shell holds for other programs, credentials among it."""
LITELLM, STREAMLIT = ROOT / ".venv-litellm", ROOT / ".venv-chat"


def refuse_missing(*environments: Path) -> None:
    """ChatError when one of these environments is not there."""
    for environment in environments:
        if not (environment / "bin" / "python").exists():
            raise ChatError(f"There is no {environment.name}: `make setup-chat` makes it.")


def refuse_taken(port: int) -> None:
    """ChatError when somebody listens on this port."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise ChatError(
            f"Port {port} of this machine cannot be opened ({os.strerror(error.errno or 0)}): "
            "choose another with --port."
        ) from error


@asynccontextmanager
async def local_platform() -> AsyncIterator[Mapping[str, Any]]:
    """LiteLLM with PostgreSQL on this machine, and what `ops.local` tells of it. ChatError when it does not start."""
    environment = _environment() | {"PYTHONUNBUFFERED": "1"}
    async with _running([LITELLM / "bin" / "python", "-m", "ops.local"], environment, stdout=PIPE) as process:
        assert process.stdout  # noqa: S101  a pipe, see above
        line = await process.stdout.readline()
        if not line:
            raise ChatError("LiteLLM did not start, see above.")
        yield json.loads(line)


async def serve(settings: Mapping[str, Any], port: int, ready: Callable[[], None]) -> None:
    """Run the chat until this task is cancelled; `ready` is called when it answers.

    ChatError when it ends by itself.
    """
    environment = _environment() | {"GENAI_CHAT": json.dumps(settings)}
    command: list[str | Path] = [STREAMLIT / "bin" / "python", "-m", "apps.chat", f"--server.port={port}"]
    with tempfile.TemporaryFile() as log:
        async with _running(command, environment, stdout=log) as process:
            ended = asyncio.create_task(process.wait())
            try:
                async with asyncio.timeout(_START), httpx.AsyncClient(trust_env=False) as http:
                    while not ended.done() and not await _is_healthy(http, port):
                        await asyncio.wait((ended,), timeout=0.2)
                if not ended.done():
                    ready()
                await ended
            except TimeoutError:
                pass
            finally:
                ended.cancel()
            log.seek(0)
            last = log.read().decode(errors="replace").strip()[-2000:]
            raise ChatError(f"The chat does not run. Streamlit wrote last:\n{last}")


async def _is_healthy(http: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await http.get(f"http://127.0.0.1:{port}/_stcore/health")).is_success
    except httpx.TransportError:
        return False


@asynccontextmanager
async def _running(
    command: list[str | Path], environment: Mapping[str, str], stdout: int | IO[bytes]
) -> AsyncIterator[Process]:
    """A process that ends with this context, and with this program: its standard input closes then."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env=environment,
        stdin=PIPE,
        stdout=stdout,
        stderr=None if stdout == PIPE else stdout,
        start_new_session=True,  # Ctrl-C is for this program, which ends the others in order
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_END):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(_NOT_PASSED_ON)}
