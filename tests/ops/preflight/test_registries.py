"""Charts and images, against a registry on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import httpx
import pytest

from ops.checks.check import State, fine
from ops.checks.preflight.registries import artifact, artifact_checks
from tests.ops.preflight.stand_in import Server, serve, state_of

MANIFEST = "/v2/berriai/litellm/manifests/v1"


@pytest.fixture
def registry() -> Iterator[Server]:
    with serve() as server:
        yield server


def look(registry: Server, *, addresses: dict[str, str] | None = None) -> State:
    return state_of(partial(artifact, "ghcr.io/berriai/litellm", "v1", addresses or {"ghcr.io": registry.url}))


def test_an_artifact_that_anybody_may_pull_is_fine(registry: Server) -> None:
    registry.answers[f"HEAD {MANIFEST}"] = (200, {}, {})
    assert look(registry) == State.FINE
    (request,) = registry.asked
    assert "application/vnd.oci.image.index.v1+json" in request.headers["Accept"]


@pytest.mark.parametrize("name", ["token", "access_token"])
def test_the_registry_is_asked_again_with_the_token_it_gives_to_anybody(registry: Server, name: str) -> None:
    challenge = f'Bearer realm="{registry.url}/token",service="ghcr.io",scope="repository:berriai/litellm:pull"'
    registry.answers[f"HEAD {MANIFEST}"] = (401, {"WWW-Authenticate": challenge}, {})
    registry.answers["GET /token"] = (200, {}, {name: "t-1"})
    look(registry)
    first, token, second = registry.asked
    assert "Authorization" not in first.headers
    assert token.target == "/token?service=ghcr.io&scope=repository%3Aberriai%2Flitellm%3Apull"
    assert second.headers["Authorization"] == "Bearer t-1"


def test_a_redirect_is_followed(registry: Server) -> None:
    registry.answers[f"HEAD {MANIFEST}"] = (307, {"Location": f"{registry.url}/elsewhere"}, {})
    registry.answers["HEAD /elsewhere"] = (200, {}, {})
    assert look(registry) == State.FINE


@pytest.mark.parametrize("status", [404, 401, 403])
def test_a_tag_that_does_not_exist_or_is_private_is_bad(registry: Server, status: int) -> None:
    headers = {"WWW-Authenticate": f'Bearer realm="{registry.url}/token"'}
    registry.answers[f"HEAD {MANIFEST}"] = (status, headers, {})
    registry.answers["GET /token"] = (403, {}, {"errors": [{"code": "DENIED"}]})
    assert look(registry) == State.BAD


@pytest.mark.parametrize(("status", "headers"), [(429, {}), (500, {}), (503, {}), (204, {}), (401, {})])
def test_a_registry_that_does_not_say_is_could_not_look(registry: Server, status: int, headers: dict[str, str]) -> None:
    registry.answers[f"HEAD {MANIFEST}"] = (status, headers, {})
    assert look(registry) == State.COULD_NOT_LOOK


def test_a_registry_that_is_not_there_is_could_not_look(registry: Server) -> None:
    assert look(registry, addresses={"ghcr.io": "http://127.0.0.1:9"}) == State.COULD_NOT_LOOK
    with pytest.raises(httpx.HTTPError):
        artifact("ghcr.io/berriai/litellm", "v1", {"ghcr.io": "http://127.0.0.1:9"})


def test_every_artifact_has_its_check(registry: Server) -> None:
    registry.answers["HEAD /v2/library/postgres/manifests/17.7-alpine"] = (200, {}, {})
    checks = artifact_checks(
        [("docker.io/library/postgres", "17.7-alpine"), ("ghcr.io/berriai/litellm", "v1")],
        {"docker.io": registry.url, "ghcr.io": registry.url},
    )
    assert {name: check().state for name, check in checks.items()} == {
        "docker.io/library/postgres:17.7-alpine": State.FINE,
        "ghcr.io/berriai/litellm:v1": State.BAD,
    }
    assert checks["docker.io/library/postgres:17.7-alpine"]() == fine("found")


def test_an_image_with_a_digest_is_asked_for_by_it(registry: Server) -> None:
    digest = f"sha256:{'a' * 64}"
    registry.answers[f"HEAD /v2/library/postgres/manifests/{digest}"] = (200, {}, {})
    reference = f"17.7-alpine@{digest}"
    [(name, check)] = artifact_checks([("docker.io/library/postgres", reference)], {"docker.io": registry.url}).items()
    assert name == f"docker.io/library/postgres:{reference}"
    assert check() == fine("found")
