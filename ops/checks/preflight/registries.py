"""OCI registries: whether the charts and images can be pulled (OCI distribution specification, "Pull")."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial

import httpx

from ops.checks.check import Check, Outcome, bad, fine

ADDRESSES: Mapping[str, str] = {"docker.io": "https://registry-1.docker.io"}
"""Where a registry answers, by the host that references name, where that is another one."""

_MANIFESTS = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)


def artifact_checks(
    artifacts: Sequence[tuple[str, str]], addresses: Mapping[str, str] = ADDRESSES
) -> Mapping[str, Check]:
    """One check for each repository ("ghcr.io/berriai/litellm") and tag."""
    return {f"{repository}:{tag}": partial(artifact, repository, tag, addresses) for repository, tag in artifacts}


def artifact(repository: str, tag: str, addresses: Mapping[str, str] = ADDRESSES) -> Outcome:
    """Whether anybody may pull that tag, or its digest after an @. httpx.HTTPError when the registry does not say."""
    host, _, name = repository.partition("/")
    answer = manifest(repository, tag, addresses)
    match answer.status_code:
        case httpx.codes.OK:
            return fine("found")
        case httpx.codes.NOT_FOUND:
            return bad(f"{host} has no {name} with the tag {tag}", "set a version or tag that exists")
        case httpx.codes.UNAUTHORIZED | httpx.codes.FORBIDDEN:
            return bad(f"{host} lets nobody pull {name}: it is private or does not exist", "name a public one")
    answer.raise_for_status()
    raise RuntimeError(f"{host} answered {answer.status_code}")


def manifest(
    repository: str, tag: str, addresses: Mapping[str, str], login: tuple[str, str] | None = None
) -> httpx.Response:
    """What the registry answers to whoever pulls that tag, with a user and password or as anybody."""
    host, _, name = repository.partition("/")
    reference = tag.rpartition("@")[2]  # a digest wins over its tag, as where it is pulled
    url = f"{addresses.get(host, f'https://{host}')}/v2/{name}/manifests/{reference}"
    with httpx.Client(timeout=20, follow_redirects=True, headers={"Accept": _MANIFESTS}) as http:
        answer = http.head(url)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            return _with_token(http, url, answer.headers.get("WWW-Authenticate", ""), login)
        return answer


def _with_token(http: httpx.Client, url: str, challenge: str, login: tuple[str, str] | None) -> httpx.Response:
    """Ask again with the token that the registry gives for it ("Token Authentication Specification")."""
    fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    if "realm" not in fields:
        raise RuntimeError(f"the registry asks for a log-in that is not known here: {challenge!r}")
    issued = http.get(fields.pop("realm"), params=fields, auth=login)
    if not issued.is_success:
        return issued
    body = issued.json()
    return http.head(url, headers={"Authorization": f"Bearer {body.get('token') or body['access_token']}"})
