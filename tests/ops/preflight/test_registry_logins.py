"""A login that Helm would use and the registry refuses is told beforehand."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ops.checks.check import Outcome, State
from ops.checks.preflight.registry_logins import login, login_checks
from tests import http_server
from tests.ops.preflight.stand_in import state_of

CHART = ("ghcr.io/berriai/litellm/chart/litellm", "1.0.0")
GOOD, STALE = "octocat:good-token", "octocat:stale-token"
HELM, DOCKER = ".config/helm/registry/config.json", ".docker/config.json"


def _basic(login_: str) -> str:
    return base64.b64encode(login_.encode()).decode()


@pytest.fixture
def registry() -> Iterator[str]:
    """Gives a token to anybody and to whoever has the right password, and 403 to a wrong one, as ghcr.io does."""

    def answer(request: http_server.Request) -> http_server.Answer:
        given = request.headers.get("Authorization", "")
        if request.path == "/token":
            refused = given not in ("", f"Basic {_basic(GOOD)}")
            return http_server.Answer(403, {"errors": []}) if refused else http_server.Answer(200, {"token": "t-1"})
        if given == "Bearer t-1":
            return http_server.Answer(200, {})
        return http_server.Answer(401, {}, {"WWW-Authenticate": f'Bearer realm="{served}/token",service="ghcr.io"'})

    with http_server.serve(answer) as served:
        yield served


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("DOCKER_CONFIG", "HELM_REGISTRY_CONFIG", "HELM_CONFIG_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    return tmp_path


def write(file: Path, config: Mapping[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(config), encoding="utf-8")


def auths(login_: str, host: str = "ghcr.io") -> dict[str, Any]:
    return {"auths": {host: {"auth": _basic(login_)}}}


def look(registry: str) -> Outcome:
    return login(*CHART, {"ghcr.io": registry})


def test_without_a_login_all_is_fine(registry: str, home: Path) -> None:
    assert look(registry).says == "none, and none is needed"
    write(home / DOCKER, {"auths": {"ghcr.io": {}}})
    assert look(registry).says == "none, and none is needed"
    write(home / DOCKER, auths(STALE, "docker.io"))
    assert look(registry).says == "none, and none is needed"


@pytest.mark.parametrize(("file", "fix"), [(DOCKER, "docker logout ghcr.io"), (HELM, "helm registry logout ghcr.io")])
def test_a_stale_login_is_bad_and_is_not_shown(file: str, fix: str, registry: str, home: Path) -> None:
    write(home / file, auths(STALE))
    outcome = look(registry)
    assert outcome.state == State.BAD
    assert str(home / file) in outcome.says
    assert f"`{fix}`" in outcome.fix
    assert "stale-token" not in f"{outcome}"
    write(home / file, auths(GOOD))
    assert look(registry).state == State.FINE


def test_helms_own_login_counts_before_that_of_docker(registry: str, home: Path) -> None:
    write(home / HELM, auths(GOOD))
    write(home / DOCKER, auths(STALE))
    assert look(registry).state == State.FINE


@pytest.mark.parametrize(
    ("variable", "file"),
    [
        ("DOCKER_CONFIG", "elsewhere/config.json"),
        ("HELM_REGISTRY_CONFIG", "elsewhere"),
        ("HELM_CONFIG_HOME", "elsewhere/registry/config.json"),
        ("XDG_CONFIG_HOME", "elsewhere/helm/registry/config.json"),
    ],
)
def test_files_are_looked_for_where_the_environment_says(
    variable: str, file: str, registry: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(home / "elsewhere"))
    write(home / file, auths(STALE))
    assert look(registry).state == State.BAD


def _helper(home: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = home / "bin" / "docker-credential-test"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")


@pytest.mark.parametrize("config", [{"credsStore": "test"}, {"credHelpers": {"ghcr.io": "test"}}])
@pytest.mark.parametrize(
    ("script", "state"),
    [
        ("""[ "$(cat)" = ghcr.io ] && echo '{"Username": "octocat", "Secret": "stale-token"}'""", State.BAD),
        ("""echo '{"Username": "octocat", "Secret": "good-token"}'""", State.FINE),
        ("echo credentials not found in native keychain; exit 1", State.FINE),
        ("echo the keychain is locked; exit 1", State.COULD_NOT_LOOK),
    ],
)
def test_a_login_that_a_helper_keeps_is_tried(
    config: dict[str, Any], script: str, state: State, registry: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _helper(home, script, monkeypatch)
    write(home / DOCKER, config)
    assert state_of(lambda: look(registry)) == state


def test_a_helper_that_is_not_installed_is_bad(registry: str, home: Path) -> None:
    write(home / DOCKER, {"credsStore": "is-not-there"})
    assert "docker-credential-is-not-there, which is not installed" in look(registry).says


@pytest.mark.parametrize("text", ["{", '{"auths": {"ghcr.io": {"identitytoken": "t"}}}'])
def test_a_login_that_cannot_be_tried_is_could_not_look(text: str, registry: str, home: Path) -> None:
    write(home / DOCKER, {})
    (home / DOCKER).write_text(text)
    assert state_of(lambda: look(registry)) == State.COULD_NOT_LOOK


def test_a_registry_is_asked_once_for_all_its_charts(registry: str) -> None:
    checks = login_checks([CHART, ("ghcr.io/langfuse/langfuse-k8s/charts/langfuse", "2.0.3")], {"ghcr.io": registry})
    assert list(checks) == ["login to ghcr.io"]
