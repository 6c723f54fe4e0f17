"""LiteLLM itself, as a process on this machine, with a service in the place of Langfuse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ops.local import process
from tests.http_server import Service, serve


@contextmanager
def litellm(
    folder: Path, config: Mapping[str, Any], langfuse: Service, environment: Mapping[str, str]
) -> Iterator[str]:
    """The URL of a LiteLLM with this configuration, started as the chart would start it, with an unreachable cache."""
    keys = {"LANGFUSE_PUBLIC_KEY": "pk-lf-1", "LANGFUSE_SECRET_KEY": "sk-lf-1"}
    with (
        serve(langfuse) as langfuse_url,
        process.litellm(folder, config, langfuse_url, {**keys, **environment}) as url,
    ):
        yield url
