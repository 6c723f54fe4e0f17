"""How the user's CLI is run, and what becomes of another run's lock."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from ops.stack.engine import Engine, EngineError
from tests.ops.up_and_down.conftest import Cli
from tests.waiting import PATIENCE, until

UPDATE = {
    "kind": "destroy",
    "startTime": "2026-11-26T08:00:00.000Z",
    "message": "",
    "environment": {},
    "config": {},
    "result": "succeeded",
}
HERE = socket.gethostname()
DEAD = 2**22 + 1
"""More than Linux and macOS ever give to a process."""


def locked(host: str, pid: int) -> str:
    """As the engine refuses (pulumi pkg/backend/diy/lock.go)."""
    return (
        "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the "
        "lock file with `pulumi cancel`.\n"
        f"  file:///state/locks/0a1b.json: created by anna@{host} (pid {pid}) at 2026-11-26T08:15:30Z"
    )


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def engine(cli: Cli, tmp_path: Path, said: list[str]) -> Engine:
    cli.answer("stack export", out=json.dumps({"version": 3, "deployment": {}}))
    cli.answer("stack history", out=json.dumps([UPDATE]))
    cli.answer("stack output", out="{}")
    return Engine(tmp_path, "dev", said.append)


def test_destroy_refreshes_and_goes_on_after_an_error_and_the_users_selection_stays(engine: Engine, cli: Cli) -> None:
    assert engine.destroy(lambda _: None) == ""
    [command] = cli.commands("destroy")
    for option in ("--yes", "--skip-preview", "--refresh", "--continue-on-error", "--parallel 64", "--stack dev"):
        assert option in command
    assert not [command for command in cli.commands("stack") if "select" in command]


def test_up_is_the_plain_one(engine: Engine, cli: Cli) -> None:
    assert engine.up(lambda _: None) == ""
    [command] = cli.commands("up")
    assert "--refresh" not in command
    assert "--continue-on-error" not in command
    assert not [command for command in cli.commands("stack") if "history" in command and "--show-secrets" in command]


def test_the_lock_of_a_dead_run_is_taken_away_after_saying_so(engine: Engine, cli: Cli, said: list[str]) -> None:
    cli.answer("destroy", code=255, err=locked(HERE, DEAD), times=1)
    assert engine.destroy(lambda _: None) == ""
    assert [command.split()[0] for command in cli.commands("destroy", "cancel")] == ["destroy", "cancel", "destroy"]
    [sentence] = said
    assert f"process {DEAD} of anna" in sentence
    assert "pulumi cancel" in sentence


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(locked(HERE, os.getpid()), id="alive here"),
        pytest.param(locked("elsewhere", DEAD), id="elsewhere"),
        pytest.param(f"{locked(HERE, DEAD)}\n{locked('elsewhere', 1)}", id="one of two"),
        pytest.param("error: [409] Conflict: Another update is currently in progress.", id="Pulumi Cloud"),
    ],
)
def test_a_run_that_may_be_alive_is_left_alone(engine: Engine, cli: Cli, refusal: str) -> None:
    cli.answer("destroy", code=255, err=refusal, times=1)
    with pytest.raises(EngineError, match="`pulumi cancel --stack dev`"):
        engine.destroy(lambda _: None)
    assert cli.commands("cancel") == []
    assert len(cli.commands("destroy")) == 1


def test_an_engine_that_does_not_begin_says_why(engine: Engine, cli: Cli) -> None:
    cli.answer("up", code=255, err="error: getting stack configuration: incorrect passphrase\n", times=1)
    with pytest.raises(EngineError, match=r"^getting stack configuration: incorrect passphrase$"):
        engine.up(lambda _: None)


def test_a_stack_that_does_not_exist_is_named_with_the_command_that_makes_it(cli: Cli, tmp_path: Path) -> None:
    cli.answer("stack export", code=6, err="error: no stack named 'dev' found\n")
    with pytest.raises(EngineError, match="`pulumi stack init dev`"):
        Engine(tmp_path, "dev", print)


def test_a_state_that_cannot_be_read_is_the_clis_word(cli: Cli, tmp_path: Path) -> None:
    words = "PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions"
    cli.answer("stack export", code=1, err=f"error: {words}\n")
    with pytest.raises(EngineError, match=f"^{words}$"):
        Engine(tmp_path, "dev", print)


def test_another_stack_may_not_be_there(engine: Engine, cli: Cli) -> None:
    found = engine.state_of("azure")
    assert found is not None
    assert found.empty
    cli.answer("export --show-secrets --stack azure", code=6, err="error: no stack named 'azure' found\n")
    assert engine.state_of("azure") is None


@pytest.fixture
def begun(engine: Engine, tmp_path: Path) -> Path:
    """What a CLI makes when its destroy begins, which takes minutes; once interrupted, a moment."""
    made = tmp_path / "begun"
    (tmp_path / "pulumi").write_text(
        f"#!/bin/sh\ncase $* in *destroy*) trap 'echo update canceled >&2; sleep 0.1; exit 255' INT; touch {made}; "
        f"for _ in $(seq {2 * PATIENCE / 0.05:.0f}); do sleep 0.05; done;; *) echo '[]';; esac\n"
    )
    return made


def interrupt(begun: Path, number: int) -> None:
    until(begun.exists, "destroy did not begin")
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_reaches_the_engine_which_is_waited_for(
    engine: Engine, begun: Path, said: list[str], number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    threading.Thread(target=interrupt, args=(begun, number)).start()
    assert engine.destroy(lambda _: None) == "update canceled"
    assert engine.interrupted
    assert len(said) == 1
    assert signal.getsignal(number) is before


def test_an_interruption_of_an_engine_that_has_just_started_is_not_lost(
    engine: Engine, begun: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = subprocess.Popen

    def interrupted_popen(*arguments: Any, **options: Any) -> Any:
        process = real(*arguments, **options)
        interrupt(begun, signal.SIGINT)
        return process

    monkeypatch.setattr(subprocess, "Popen", interrupted_popen)
    assert engine.destroy(lambda _: None) == "update canceled"


def test_after_an_operation_ctrl_c_is_pythons_again(engine: Engine, cli: Cli) -> None:
    cli.answer("destroy")
    assert engine.destroy(lambda _: None) == ""
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
