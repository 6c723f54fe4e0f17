"""A running day on this machine. What only the default run has installed is imported in the fixtures that need it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from tests.kubeconfig import kubeconfig
from tests.ops.verify.stream_clock import StreamClock, stream_clock
from tests.ops.verify.world import World, running


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    """A client of a server that answers as S3 does, which every other client of this process reaches too."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    account = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_MAX_ATTEMPTS": "1"}
    with mock.patch.dict(os.environ, {"AWS_ENDPOINT_URL": f"http://{host}:{port}", **account}):
        yield boto3.client("s3", region_name="us-east-1")
    server.stop()


@pytest.fixture
def clock() -> Iterator[StreamClock]:
    """By which streams are timed."""
    with stream_clock() as made:
        yield made


@pytest.fixture
def world(s3: Any, clock: StreamClock) -> Iterator[World]:
    """A day that is well. What is waited for has come at once, or never does."""
    with (
        running(s3, clock) as made,
        mock.patch("ops.checks.verify.polling.sleep"),
        mock.patch("ops.clouds.kubeconfig.kubeconfig", return_value=kubeconfig(made.urls["kubernetes"])),
        mock.patch("ops.checks.verify.gateway.LOGIN", made.urls["entra"]),
    ):
        yield made
