"""Services that answer, that answer otherwise, and that do not."""

from __future__ import annotations

import socket
import threading
from unittest import mock

import httpx
import pytest

from ops.checks.check import State, bad, fine
from ops.checks.status.http import answers
from ops.local.process import free_port
from tests.ops.preflight.stand_in import serve


def test_only_the_wanted_status_is_well() -> None:
    with serve() as server:
        server.answers["GET /v1/models"] = (401, {}, {"error": "token_missing"})
        url = f"{server.url}/v1/models"
        assert answers(url, 401, "look") == fine(f"{url} answered 401")
        assert answers(url, 200, "look") == bad(f"{url} answered 401", "look")


def test_an_answer_that_leads_elsewhere_is_not_followed() -> None:
    with serve() as server:
        server.answers["GET /health"] = (301, {"Location": f"{server.url}/other"}, {})
        server.answers["GET /other"] = (200, {}, {})
        assert answers(f"{server.url}/health", 200, "look").says.endswith("answered 301")


def test_no_key_is_sent() -> None:
    with serve() as server:
        answers(f"{server.url}/v1/models", 401, "look")
        (request,) = server.asked
    assert not [name for name in request.headers if "auth" in name.lower() or "key" in name.lower()]


def test_what_cannot_be_connected_to_could_not_be_looked_at() -> None:
    with pytest.raises(RuntimeError, match="cannot be reached from here"):
        answers(f"http://127.0.0.1:{free_port()}", 200, "look")


def test_a_connection_without_an_answer_is_not_well() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=lambda: server.accept()[0].close()).start()
        outcome = answers(f"http://127.0.0.1:{server.getsockname()[1]}", 200, "look")
    assert outcome.state is State.BAD
    assert "gave no answer (" in outcome.says


def test_who_is_too_slow_is_not_well() -> None:
    with mock.patch("httpx.get", side_effect=httpx.ReadTimeout("")):
        assert answers("http://slow", 200, "look") == bad("http://slow gave no answer (ReadTimeout)", "look")
