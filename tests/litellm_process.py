"""LiteLLM itself, as a process on this machine."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from charts.litellm import GUARD, values
from tests.http_server import Service, serve


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def litellm(
    folder: Path, config: Mapping[str, Any], langfuse: Service, environment: Mapping[str, str]
) -> Iterator[str]:
    """The URL of a LiteLLM with this configuration, started as the chart would start it, with an unreachable cache."""
    (folder / "config.yaml").write_text(json.dumps(config))
    shutil.copy(GUARD, folder)
    chart = values(config, image_tag="", replicas=1, database_host="", cache_host="", secrets_checksum="")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = f"--config config.yaml --host 127.0.0.1 --port {port}".split()
    log = folder / "log"
    with serve(langfuse) as langfuse_url, log.open("w") as output:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("litellm"), *arguments],
            cwd=folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                **{variable["name"]: variable["value"] for variable in chart["gateway"]["extraEnv"]},
                "LANGFUSE_OTEL_HOST": langfuse_url,
                "LANGFUSE_HOST": langfuse_url,
                "LANGFUSE_PUBLIC_KEY": "pk-lf-1",
                "LANGFUSE_SECRET_KEY": "sk-lf-1",
                "OPENAI_API_KEY": "none",
                "REDIS_HOST": "127.0.0.1",
                "REDIS_PORT": str(free_port()),
                "REDIS_PASSWORD": "none",
                **environment,
            },
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_ready(url, process, log)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 400  # on two cores that others load too
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            if httpx.get(f"{url}/health/readiness", timeout=10).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.5)
    raise AssertionError(log.read_text())
