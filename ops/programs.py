"""Programs on PATH, such as the Pulumi CLI and kubectl: whether each is installed and new enough."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import yaml


class ProgramError(Exception):
    """A program is missing or too old; `fix` says how to get it, the message says both."""

    def __init__(self, says: str, fix: str) -> None:
        super().__init__(f"{says}: {fix}")
        self.says, self.fix = says, fix


def require(command: list[str], minimum: tuple[int, ...], where: str) -> str:
    """The version of the program that this command asks for it; `where` is the page that says how to install it.

    ProgramError when the program is not there, or older than the minimum; RuntimeError when it names no version.
    """
    name, wanted = command[0], ".".join(map(str, minimum))
    try:
        answer = subprocess.run(  # noqa: S603  constants
            command,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
    except FileNotFoundError:
        raise ProgramError(f"{name} is not installed", f"install version {wanted} or later: {where}") from None
    found = re.search(r"\d+\.\d+(\.\d+)?", answer.stdout)
    if found is None:
        raise RuntimeError(f"`{' '.join(command)}` names no version: {answer.stdout.strip()!r}")
    if tuple(map(int, found[0].split("."))) < minimum:
        raise ProgramError(f"{name} is {found[0]}, {wanted} is needed", f"update it: {where}")
    return found[0]


def require_pulumi(root: Path) -> str:
    """The version of the Pulumi CLI; ProgramError when it is older than `Pulumi.yaml` in that directory requires."""
    try:
        required = yaml.safe_load((root / "Pulumi.yaml").read_text(encoding="utf-8"))["requiredPulumiVersion"]
        minimum = tuple(map(int, required.removeprefix(">=").split(".")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise ProgramError(
            f"Pulumi.yaml does not tell which pulumi is needed ({error})", "restore it: `git checkout Pulumi.yaml`"
        ) from error
    return require(["pulumi", "version"], minimum, "https://www.pulumi.com/docs/install")
