"""Docker and Helm logins on this machine that would keep Helm from pulling a public chart.

Helm uses a login whenever it finds one and does not try without it: an expired one makes public charts unreachable
(akuity/kargo#777). Nodes pull images without any login.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from ops.checks.check import Check, Outcome, bad, fine
from ops.checks.preflight.registries import ADDRESSES, manifest


def login_checks(charts: Sequence[tuple[str, str]], addresses: Mapping[str, str] = ADDRESSES) -> Mapping[str, Check]:
    """One check for the registry of each chart (repository and tag)."""
    hosts = {repository.partition("/")[0]: (repository, tag) for repository, tag in charts}
    return {f"login to {host}": partial(login, *chart, addresses) for host, chart in hosts.items()}


def login(repository: str, tag: str, addresses: Mapping[str, str] = ADDRESSES) -> Outcome:
    """Whether the login that Helm would use, if there is one, can pull that chart."""
    host = repository.partition("/")[0]
    for file, command in _files().items():
        config = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        helper = config.get("credHelpers", {}).get(host) or config.get("credsStore")
        log_out = f"`{command} logout {host}`"
        if helper:
            try:
                found = _from_helper(helper, host)
            except FileNotFoundError:
                return bad(
                    f"{file} leaves logins to docker-credential-{helper}, which is not installed: no chart is pulled",
                    f"install it, or take credsStore and credHelpers out of {file}",
                )
        else:
            found = _from_config(config.get("auths", {}).get(host, {}))
        if found:
            answer = manifest(repository, tag, addresses, found)
            if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
                return bad(
                    f"{host} refuses the login in {file}, which Helm uses although anybody may pull: it has expired or "
                    "is wrong",
                    f"{log_out}, or log in anew",
                )
            answer.raise_for_status()
            return fine(f"the one in {file} works")
    return fine("none, and none is needed")


def _files() -> Mapping[Path, str]:
    """Where Helm looks, in its order, and the command that logs out there (helm.sh/docs/topics/registries)."""
    environment, home = os.environ, Path.home()
    settings = home / ("Library/Preferences" if sys.platform == "darwin" else ".config")
    helm = Path(environment.get("HELM_CONFIG_HOME") or Path(environment.get("XDG_CONFIG_HOME") or settings) / "helm")
    docker = Path(environment.get("DOCKER_CONFIG") or home / ".docker")
    return {
        Path(environment.get("HELM_REGISTRY_CONFIG") or helm / "registry" / "config.json"): "helm registry",
        docker / "config.json": "docker",
    }


def _from_config(login: Mapping[str, Any]) -> tuple[str, str] | None:
    if login.get("identitytoken"):
        raise RuntimeError("the login is an identity token, which is not tried here")
    if not login.get("auth"):
        return None
    user, _, password = base64.b64decode(login["auth"]).decode().partition(":")
    return user, password


def _from_helper(helper: str, host: str) -> tuple[str, str] | None:
    """As Docker's credential helpers answer (docs.docker.com/reference/cli/docker/login, "Credential helpers")."""
    answer = subprocess.run(  # noqa: S603  no shell; Helm runs the same
        [f"docker-credential-{helper}", "get"], input=host, capture_output=True, text=True, check=False, timeout=30
    )
    if answer.returncode:
        if "not found" in answer.stdout + answer.stderr:
            return None
        raise RuntimeError(f"docker-credential-{helper} did not answer")
    found = json.loads(answer.stdout)
    return found["Username"], found["Secret"]
