"""LiteLLM as a process on this machine, started as its Helm chart would start it."""

from __future__ import annotations

import errno
import itertools
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from charts.litellm import GUARD, values

_START = 400.0
"""Seconds until LiteLLM answers: about 30 on a machine with nothing else to do."""


_PORTS = itertools.cycle(random.sample(range(20_000, 30_000), 1000))
"""Below those that systems give to clients (Linux 32768 and up), in an order of this process's own."""


class LocalError(Exception):
    """Something did not start; the message says what, and what it wrote last."""


def free_port() -> int:
    """A port of this machine that nobody listens on, and no connection takes until somebody does."""
    for port in _PORTS:
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
            else:
                return port
    raise AssertionError("a cycle has no end")


@contextmanager
def litellm(
    folder: Path, config: Mapping[str, Any], langfuse_url: str, environment: Mapping[str, str]
) -> Iterator[str]:
    """The URL of a LiteLLM with this configuration, without a cache: `REDIS_PORT` leads nowhere.

    It writes to the file `log` of the folder. LocalError when it ends before it answers.
    """
    (folder / "config.yaml").write_text(json.dumps(config))
    shutil.copy(GUARD, folder)
    chart = values(config, image_tag="", replicas=1, database_host="", cache_host="", secrets_checksum="")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    log = folder / "log"
    with log.open("w") as output:
        process = subprocess.Popen(  # noqa: S603
            [
                Path(sys.executable).with_name("litellm"),
                "--config",
                "config.yaml",
                "--host",
                "127.0.0.1",
                "--port",
                str(port),
            ],
            cwd=folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                **{variable["name"]: variable["value"] for variable in chart["gateway"]["extraEnv"]},
                "LANGFUSE_OTEL_HOST": langfuse_url,
                "LANGFUSE_HOST": langfuse_url,
                "OPENAI_API_KEY": "none",
                "REDIS_HOST": "127.0.0.1",
                "REDIS_PORT": str(free_port()),
                "REDIS_PASSWORD": "none",
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for whoever started us, and Prisma's engine goes with the session
        )
        try:
            _wait_until_ready(url, process, log)
            yield url
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(urllib.error.URLError, TimeoutError, ConnectionError):
            urllib.request.urlopen(f"{url}/health/readiness", timeout=10).close()  # noqa: S310
            return
        time.sleep(0.5)
    raise LocalError(f"LiteLLM does not answer. It wrote last:\n{log.read_text(errors='replace')[-4000:]}")
