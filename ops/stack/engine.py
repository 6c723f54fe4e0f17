"""Pulumi CLI of the user on the user's stack: backend, passphrase and program are those of `pulumi up`."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from pulumi import automation
from pulumi.automation.errors import ConcurrentUpdateError, create_command_error
from pulumi.automation.events import EngineEvent

from ops.stack import dead_run, state
from ops.stack.state import StackState
from stacks.errors import GenaiError

PARALLEL = 64
"""Operations at a time: most only wait, and the CLI's default of four for each CPU would make some wait twice."""

Watch = Callable[[EngineEvent], None]


class EngineError(GenaiError):
    """The engine did not begin; the message says why."""


class _Cli(automation.PulumiCommand):
    """Runs each command in a session of its own: a Ctrl-C reaches it only through `interrupt`, once for each."""

    running: subprocess.Popen[str] | None = None
    to_interrupt = False
    """Whether a Ctrl-C came while no command ran, or one was just starting: the next gets it."""

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: automation.OnOutput | None = None,  # noqa: ARG002  whoever watches gets events
        on_error: automation.OnOutput | None = None,  # noqa: ARG002
    ) -> automation.CommandResult:
        """Run it to its end; CommandError when it fails."""
        self.running = subprocess.Popen(  # noqa: S603  the user's own CLI
            [self.command, "--non-interactive", *args],
            cwd=cwd,
            env={**os.environ, **additional_env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        if self.to_interrupt:
            self.interrupt()
        stdout, stderr = self.running.communicate()
        result = automation.CommandResult(stdout=stdout, stderr=stderr, code=self.running.returncode)
        if result.code:
            raise create_command_error(result)
        return result

    def interrupt(self) -> None:
        """What Ctrl-C does to it: the first ends it cleanly, a second at once."""
        self.to_interrupt = self.running is None or self.running.returncode is not None
        if self.running and not self.to_interrupt:
            with suppress(ProcessLookupError):  # it has just ended
                os.killpg(self.running.pid, signal.SIGINT)


class _Workspace(automation.LocalWorkspace):
    """Leaves the stack that the user has selected as it is."""

    def select_stack(self, stack_name: str) -> None:
        """Only see that it exists and can be read."""
        self.export_stack(stack_name)


class Engine:
    """One stack of the project in `root`. `say` gets a sentence whenever something happens that nobody asked for.

    EngineError when there is no such stack, or its state cannot be read: not logged in, no passphrase.
    """

    def __init__(self, root: Path, stack: str, say: Callable[[str], None]) -> None:
        self.name, self.say, self.interrupted = stack, say, False
        self._no_settings: tempfile.TemporaryDirectory[str] | None = None
        self._cli = _Cli()
        try:
            self._stack = automation.Stack.select(stack, _Workspace(work_dir=str(root), pulumi_command=self._cli))
        except automation.StackNotFoundError as error:
            raise EngineError(
                f"There is no stack {stack} in this backend: `pulumi whoami -v` names the backend, "
                f"`pulumi stack init {stack}` makes the stack."
            ) from error
        except automation.CommandError as error:
            raise EngineError(_said(error)) from error

    def ignore_settings(self) -> None:
        """Read an empty file in the place of Pulumi.<stack>.yaml: a destroy needs no more than the state."""
        self._no_settings = tempfile.TemporaryDirectory()
        self._settings_file.write_text("config: {}\n", encoding="utf-8")

    @property
    def _settings_file(self) -> Path:
        return Path(self._no_settings.name if self._no_settings else "", "no-settings.yaml")

    def state(self) -> StackState:
        """What the state holds now."""
        try:
            return state.read(self._stack.export_stack().deployment or {})
        except automation.CommandError as error:
            raise EngineError(_said(error)) from error

    def state_of(self, stack: str) -> StackState | None:
        """The state of another stack; None when it cannot be read, or there is none."""
        try:
            return state.read(self._stack.workspace.export_stack(stack).deployment or {})
        except automation.CommandError:
            return None

    def up(self, watch: Watch) -> str:
        """`pulumi up`. What went wrong, in the CLI's words; empty when it says that nothing did."""
        return self._operate(self._stack.up, watch)

    def destroy(self, watch: Watch) -> str:
        """`pulumi destroy --refresh --continue-on-error`: what is gone is no error, what fails keeps nothing else."""
        return self._operate(self._stack.destroy, watch, refresh=True, continue_on_error=True)

    def forget_pending_creates(self) -> str:
        """`pulumi refresh --clear-pending-creates`."""
        return self._operate(self._stack.refresh, lambda _: None, clear_pending_creates=True)

    def _operate(self, command: Callable[..., object], watch: Watch, **options: Any) -> str:
        begun = False
        if self._no_settings:
            options["config_file"] = str(self._settings_file)

        def on_event(event: EngineEvent) -> None:
            nonlocal begun
            begun = True
            watch(event)

        def run() -> None:
            command(on_event=on_event, parallel=PARALLEL, show_secrets=False, **options)

        with self._passing_on_signals():
            try:
                try:
                    run()
                except ConcurrentUpdateError as error:
                    self._unlock(_said(error))
                    run()
            except automation.CommandError as error:
                if not (begun or self.interrupted):
                    raise EngineError(_said(error)) from error
                return _said(error)
        return ""

    def _unlock(self, refusal: str) -> None:
        """Cancel a run that is certainly dead."""
        found = dead_run.locks(refusal)
        if not found or not all(lock.is_of_a_dead_run for lock in found):
            raise EngineError(
                f"{refusal}\nWhether that run is still alive cannot be seen from here. If it is, wait for it. "
                f"If it is not: `pulumi cancel --stack {self.name}`, then run this again."
            )
        for lock in found:
            self.say(f"The state was locked by {lock}: that run is dead, so its lock is taken away (pulumi cancel).")
        self._stack.cancel()

    @contextmanager
    def _passing_on_signals(self) -> Iterator[None]:
        def pass_on(_number: int, _frame: FrameType | None) -> None:
            if not self.interrupted:
                self.say(
                    "Ending: the engine finishes what it has begun. A second Ctrl-C stops it in the middle of that."
                )
            self.interrupted = True
            self._cli.interrupt()

        before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            self._cli.to_interrupt = False


def _said(error: automation.CommandError) -> str:
    return str(error).rpartition("stderr: ")[2].strip().removeprefix("error: ")
