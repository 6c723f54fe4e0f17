"""Starts PostgreSQL, LiteLLM, a model and traces on this machine, and prints their addresses as a line of JSON.

It ends with SIGINT, SIGTERM or when standard input closes: so it does not outlive who started it.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette

from charts.litellm import allowed_routes, proxy_config
from charts.shapes import Model
from ops.local import model
from ops.local.database import database, missing_program, prisma_client
from ops.local.process import LocalError, free_port, litellm
from ops.local.traces import Projects

ALIAS = "restricted"
MODELS = {"gpt-4o-mini": "gpt-4o-mini", "gemini-2.5-flash-lite": "gemini/gemini-2.5-flash-lite"}
"""What callers ask for, and whose price applies. The key may use the first."""


@contextmanager
def platform(folder: Path) -> Iterator[dict[str, Any]]:
    """All of it in this folder; gives where it is, and its keys, which are new each time. LocalError says why not."""
    if program := missing_program():
        raise LocalError(
            f"There is no `{program}` on PATH, which runs Prisma's engine: install Node.js (https://nodejs.org)."
        )
    pairs = {
        project: (f"pk-lf-{secrets.token_hex(8)}", f"sk-lf-{secrets.token_hex(8)}") for project in ("litellm", "mine")
    }
    master_key, key = f"sk-{secrets.token_hex(16)}", f"sk-{secrets.token_hex(16)}"
    first = next(iter(MODELS))
    with ExitStack() as stack:
        projects = Projects({":".join(pair): project for project, pair in pairs.items()})
        beside = stack.enter_context(_served(Starlette(routes=[*model.ROUTES, *projects.routes()])))
        models = [
            Model(
                name=name,
                model=f"openai/{name}",
                base_model=price,
                params={"api_base": f"{beside}/v1", "api_key": "none"},
            )
            for name, price in MODELS.items()
        ]
        config = proxy_config(models, region="us-east-1", vpc_cidr="127.0.0.0/8")
        config["general_settings"]["proxy_batch_write_at"] = 1
        environment = {
            **prisma_client(folder),
            "DATABASE_URL": stack.enter_context(database(folder / "data")),
            "DISABLE_SCHEMA_UPDATE": "true",
            "LITELLM_MASTER_KEY": master_key,
            "LITELLM_SALT_KEY": f"sk-{secrets.token_hex(16)}",
            "LANGFUSE_PUBLIC_KEY": pairs["litellm"][0],
            "LANGFUSE_SECRET_KEY": pairs["litellm"][1],
        }
        url = stack.enter_context(litellm(folder, config, beside, environment))
        restricted = {"key": key, "key_alias": ALIAS, "models": [first], "allowed_routes": allowed_routes([first])}
        headers = {"x-litellm-api-key": master_key}
        httpx.post(f"{url}/key/generate", json=restricted, headers=headers, timeout=60).raise_for_status()
        yield {
            "litellmUrl": url,
            "litellmMasterKey": master_key,
            "virtualKeys": {ALIAS: key},
            "models": list(MODELS),
            "langfuseUrl": beside,
            "langfusePairs": pairs,
        }


@contextmanager
def _served(app: Starlette) -> Iterator[str]:
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = server.force_exit = True
        thread.join(timeout=10)


def main() -> None:
    """Run until it is to end."""
    over = threading.Event()

    def handle(how: Any) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, how)

    def end(*_: object) -> None:
        over.set()

    def watch() -> None:
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    def interrupt(*_: object) -> None:
        handle(signal.SIG_IGN)  # a second Ctrl-C must not leave half of it running
        raise KeyboardInterrupt

    handle(interrupt)
    threading.Thread(target=watch, daemon=True).start()
    try:
        with TemporaryDirectory(prefix="genai-local-") as folder, platform(Path(folder)) as found:
            handle(end)
            print(json.dumps(found), flush=True)
            over.wait()
    except KeyboardInterrupt:
        return
    except LocalError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
