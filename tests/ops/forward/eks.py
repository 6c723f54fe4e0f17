"""EKS on this machine with one cluster, for what boto3 asks before kubectl is started."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.ops.preflight.stand_in import Server, serve

CLUSTER: Mapping[str, Any] = {
    "name": "genai-dev-abc1234",
    "status": "ACTIVE",
    "endpoint": "https://abc.gr7.us-east-1.eks.amazonaws.com",
    "certificateAuthority": {"data": "Q0E="},
}


@pytest.fixture
def eks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """It describes `CLUSTER`, and boto3 asks it."""
    with serve() as server:
        server.answers[f"GET /clusters/{CLUSTER['name']}"] = (200, {}, {"cluster": CLUSTER})
        for name, value in {
            "AWS_ENDPOINT_URL_EKS": server.url,
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_CONFIG_FILE": os.devnull,
        }.items():
            monkeypatch.setenv(name, value)
        yield server
