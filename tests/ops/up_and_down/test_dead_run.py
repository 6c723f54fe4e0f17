"""Whose lock it is, and whether that run is certainly dead. The engine's words: pulumi pkg/backend/diy/lock.go."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

from ops.stack.dead_run import Lock, locks

REFUSAL = """the stack is currently locked by 2 lock(s). Either wait for the other process(es) to end or delete the \
lock file with `pulumi cancel`.
  s3://state/.pulumi/locks/organization/genaiplatform/dev/0a1b.json: created by anna@laptop.local (pid 4711) at \
2026-11-26T08:15:30+09:00
  s3://state/.pulumi/locks/organization/genaiplatform/dev/2c3d.json: created by DOMAIN\\ben@build-7 (pid 12) at \
2026-11-26T00:15:31Z"""


def lock(*, host: str | None = None, pid: int) -> Lock:
    return Lock(user="anna", host=host or socket.gethostname(), pid=pid, since="2026-11-26T08:15:30Z")


def test_every_lock_is_read() -> None:
    assert locks(REFUSAL) == [
        Lock(user="anna", host="laptop.local", pid=4711, since="2026-11-26T08:15:30+09:00"),
        Lock(user="DOMAIN\\ben", host="build-7", pid=12, since="2026-11-26T00:15:31Z"),
    ]
    assert str(locks(REFUSAL)[0]) == "process 4711 of anna on laptop.local, since 2026-11-26T08:15:30+09:00"


def test_pulumi_cloud_names_none() -> None:
    assert locks("[409] Conflict: Another update is currently in progress.") == []


def test_a_process_that_runs_here_is_alive() -> None:
    assert not lock(pid=os.getpid()).is_of_a_dead_run


def test_a_process_of_somebody_else_that_runs_here_is_alive() -> None:
    assert not lock(pid=1).is_of_a_dead_run


def test_a_process_that_ended_here_is_dead() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert lock(pid=ended.pid).is_of_a_dead_run


def test_of_a_process_elsewhere_nobody_knows() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert not lock(host="elsewhere", pid=ended.pid).is_of_a_dead_run
