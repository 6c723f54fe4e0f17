"""Pulumi CLI commands that set up a stack: where the state lives, the stack itself, its settings and secrets."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from ops.checks.check import State
from ops.checks.preflight.tools import pulumi
from ops.project import ROOT
from stacks.errors import GenaiError


class CliError(GenaiError):
    """The CLI is missing or refused; the message says why."""


class PulumiCli:
    """The user's CLI in the project folder `folder`."""

    passphrase: str | None = None
    """What encrypts secrets; None for the environment's."""

    def __init__(self, folder: Path) -> None:
        found = pulumi(ROOT)
        if found.state is not State.FINE:
            raise CliError(f"{found.says}: {found.fix}")
        self._folder = folder

    def backend(self) -> tuple[str, str]:
        """Where the user is logged in, and as whom; CliError when nowhere."""
        identity = json.loads(self._run("whoami", "--verbose", "--json"))
        return identity["url"], identity["user"]

    def login(self, url: str, *, ask: bool = False) -> None:
        """Log in there from now on, for all of Pulumi. Pulumi Cloud asks on the terminal when it may."""
        if ask and url.startswith("http"):
            if subprocess.run(["pulumi", "login", url], check=False).returncode:  # noqa: S603, S607  the user's own CLI
                raise CliError(f"`pulumi login {url}` failed.")
        else:
            self._run("login", url)

    def make_stack(self, stack: str) -> bool:
        """Make the stack in the backend; False when it is there already."""
        try:
            self._run("stack", "init", stack, "--no-select")
        except CliError as error:
            if "already exists" in str(error):
                return False
            raise
        return True

    def remove_stack(self, stack: str) -> None:
        """Take an empty stack out of the backend; its file is gone too."""
        self._run("stack", "rm", stack, "--yes")

    def set_plain(self, stack: str, values: Mapping[str, Any]) -> None:
        """Write settings by full key: text, or lists and objects. What stands around them in the file stays."""
        entries = {key: {"value": json.dumps(value), "objectValue": value} for key, value in values.items()}
        self._run("config", "set-all", "--stack", stack, "--json", json.dumps(entries))

    def set_secret(self, stack: str, path: str, value: str) -> None:
        """Encrypt a value into the file. The CLI gets it over standard input: a list of processes shows arguments."""
        self._run("config", "set", "--stack", stack, "--secret", "--path", path, given=value)

    def _run(self, *arguments: str, given: str = "") -> str:
        own = {"PULUMI_SKIP_UPDATE_CHECK": "true"}
        if self.passphrase is not None:
            own["PULUMI_CONFIG_PASSPHRASE"] = self.passphrase
        result = subprocess.run(  # noqa: S603  the user's own CLI
            ["pulumi", "--non-interactive", "--cwd", str(self._folder), *arguments],  # noqa: S607
            env={**os.environ, **own},
            input=given,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if result.returncode:
            why = result.stderr.strip().removeprefix("error: ")
            raise CliError(f"`pulumi {' '.join(arguments[:2])}`: {why or result.stdout.strip()}")
        return result.stdout


def needs_passphrase(backend: str, stack_files: Iterable[Path]) -> bool:
    """Whether secrets of one of these stacks are encrypted with a passphrase that the environment does not name.

    Pulumi Cloud encrypts by itself, and a key of a cloud (`secretsprovider` in the file, such as awskms://...) needs
    no passphrase either.
    """
    if backend.startswith("http") or {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & os.environ.keys():
        return False
    return any(encryption(file).get("secretsprovider", "passphrase") == "passphrase" for file in stack_files)


def encryption(file: Path) -> Mapping[str, str]:
    """How a stack's secrets are encrypted, as its file says it; nothing where there is no file that can be read."""
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    keys = ("secretsprovider", "encryptedkey", "encryptionsalt")
    return {key: found[key] for key in keys if key in found} if isinstance(found, dict) else {}
