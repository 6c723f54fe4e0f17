"""Runs the user's own Pulumi CLI on a copy of the project, in a temporary folder with its own home and state."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ops.checks.check import State, run
from ops.checks.preflight import tools
from ops.project import ROOT
from stacks.errors import GenaiError

PARTS = ("__main__.py", "catalogue", "charts", "components", "policies", "stacks")
"""What of the project the program and its policies are made of."""
PASSPHRASE = "rehearsal"  # noqa: S105  protects a state that lives as long as the temporary folder
_KEPT = ("PATH", "LANG", "LC_ALL", "TERM", "SYSTEMROOT")


class RehearsalError(GenaiError):
    """The rehearsal cannot run here; the message says what to install or change."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """How a command ended."""

    code: int
    output: str

    @property
    def succeeded(self) -> bool:
        """Whether the command says so itself: no proof of anything (see the state)."""
        return self.code == 0

    @property
    def diagnostics(self) -> str:
        """What it complains about."""
        return self.output.rpartition("Diagnostics:")[2].partition("\nOutputs:")[0].partition("\nResources:")[0].strip()


def find_cli() -> str:
    """Path of the Pulumi CLI; RehearsalError when there is none, or one too old."""
    [cli] = run({"pulumi": lambda: tools.pulumi(ROOT)}).values()
    if cli.state is not State.FINE:
        raise RehearsalError(": ".join(filter(None, [cli.says, cli.fix])))
    return shutil.which("pulumi") or ""


class RehearsalEngine:
    """One stack in `folder`. Several may share a folder, and so the state: then they see each other's outputs."""

    def __init__(self, folder: Path, stack: str, config: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        self.cli, self.stack, self.folder = find_cli(), stack, folder
        self.project = folder / "project"
        self.environment = {
            **{key: os.environ[key] for key in _KEPT if key in os.environ},
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
            "PYTHONDONTWRITEBYTECODE": "1",
            "GRPC_VERBOSITY": "ERROR",
            # Nothing listens there: no request leaves this machine.
            "HTTP_PROXY": "http://127.0.0.1:9",
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": str(folder / "none"),
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / "none"),
            "KUBECONFIG": str(folder / "none"),
            **environment,
        }
        if not self.project.exists():
            try:
                _copy_project(self.project)
            except shutil.Error as error:
                raise RehearsalError(
                    f"The project cannot be copied to {self.project}: {error.args[0][0][2]}"
                ) from error
        (folder / "state").mkdir(exist_ok=True)
        self.run("stack", "init", stack, check=True)
        self.configure(config)

    @property
    def settings_file(self) -> Path:
        """Pulumi.<stack>.yaml of the copy."""
        return self.project / f"Pulumi.{self.stack}.yaml"

    def add(self, file: str) -> None:
        """Copy one more file of the project, by its path from there; what is outside stays outside."""
        source, target = ROOT / file, self.project / file
        if source.is_file() and target.resolve().is_relative_to(self.project.resolve()):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)

    def configure(self, config: Mapping[str, Any]) -> None:
        """Set full keys ("genaiplatform:size"), values as YAML has them; what was set before and is not here goes."""
        found = yaml.safe_load(self.settings_file.read_text()) if self.settings_file.exists() else {}
        self.settings_file.write_text(yaml.safe_dump({**(found or {}), "config": dict(config)}))

    def set_secrets(self, values: Mapping[str, str]) -> None:
        """Set values encrypted by path ("providerKeys.azure"), as `pulumi config set --secret --path` does."""
        if not values:
            return
        pairs = [word for path, value in values.items() for word in ("--secret", f"{path}={value}")]
        self.run("config", "set-all", "--path", *pairs, check=True)

    def up(self, *options: str, **how: Any) -> Result:
        """`pulumi up`."""
        return self.run("up", "--yes", "--skip-preview", "--parallel", "64", *options, **how)

    def destroy(self, *options: str, **how: Any) -> Result:
        """`pulumi destroy`."""
        return self.run("destroy", "--yes", "--skip-preview", "--parallel", "64", *options, **how)

    def run(
        self,
        command: str,
        *options: str,
        check: bool = False,
        started: Callable[[subprocess.Popen[str]], None] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Result:
        """Run a command of the CLI on the stack to its end; `started` gets the process while it runs."""
        stack = [] if command == "stack" and "init" in options else ["--stack", self.stack]
        process = subprocess.Popen(  # noqa: S603  the user's own CLI
            [self.cli, command, *options, *stack, "--non-interactive", "--cwd", str(self.project)],
            env={**self.environment, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            if started is not None:
                started(process)
            output, _ = process.communicate()
        except BaseException:
            kill(process)  # it is in a session of its own, and nobody else would end it
            process.wait()  # until then it may still write
            raise
        if check and process.returncode:
            raise RehearsalError(f"pulumi {command} failed: {output.strip()}")
        return Result(code=process.returncode, output=output)

    def state(self) -> dict[str, Any]:
        """The deployment in the state file: `resources` and `pending_operations`."""
        deployment: dict[str, Any] = json.loads(self.state_text())["checkpoint"]["latest"] or {}
        return deployment

    def state_text(self) -> str:
        """The state file as it lies on the disk."""
        [file] = (self.folder / "state" / ".pulumi" / "stacks").glob(f"*/{self.stack}.json")
        return file.read_text()

    def mend_state(self) -> None:
        """After a kill: away with metadata files that it left empty ("failed to load checkpoint: EOF").

        A state on the local disk is replaced at once, but the .attrs file beside it is written in place (gocloud.dev,
        blob/fileblob/attrs.go).
        """
        for attributes in (self.folder / "state").rglob("*.attrs"):
            if not attributes.stat().st_size:
                attributes.unlink()

    def resources(self) -> list[dict[str, Any]]:
        """What the state still holds."""
        found: list[dict[str, Any]] = self.state().get("resources") or []
        return found


def _copy_project(target: Path) -> None:
    target.mkdir()
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, target / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target / part)
    for file in ("Pulumi.yaml", "policies/guardrails/PulumiPolicy.yaml"):
        described = yaml.safe_load((ROOT / file).read_text())
        described["runtime"]["options"]["virtualenv"] = sys.prefix  # there is no .venv beside the copy
        (target / file).write_text(yaml.safe_dump(described, sort_keys=False))


def interrupt(process: subprocess.Popen[str]) -> None:
    """Ctrl-C: the whole group gets SIGINT, as in a terminal."""
    os.killpg(process.pid, signal.SIGINT)


def kill(process: subprocess.Popen[str]) -> None:
    """SIGKILL for the engine and all it started; plugins are in groups of their own and would stay."""
    stopped: set[int] = set()
    while found := _family(process.pid) - stopped:
        _signal(found, signal.SIGSTOP)  # who runs on may start another that nobody has seen
        stopped |= found
    _signal(stopped, signal.SIGKILL)


def _family(first: int) -> set[int]:
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)  # noqa: S607
    parents = {int(pid): int(parent) for pid, parent in map(str.split, listed.stdout.splitlines())}

    def is_ours(pid: int) -> bool:
        return pid == first or (pid in parents and is_ours(parents[pid]))

    return set(filter(is_ours, parents))


def _signal(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
