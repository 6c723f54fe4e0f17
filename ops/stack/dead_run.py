"""Pulumi's lock on the state, which a run that was killed leaves behind: whose it is, and whether that run is dead."""

from __future__ import annotations

import os
import re
import socket
from dataclasses import dataclass

_LOCK = re.compile(r"created by (?P<user>\S+)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<since>\S+)")
"""pulumi pkg/backend/diy/lock.go, checkForLock: the same for files, S3, Azure Blob and Google Cloud Storage."""


@dataclass(frozen=True, kw_only=True)
class Lock:
    """Who locked the state and when."""

    user: str
    host: str
    pid: int
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} of {self.user} on {self.host}, since {self.since}"

    @property
    def is_of_a_dead_run(self) -> bool:
        """Whether it is certain that whoever holds it is gone: it ran on this machine and does not any more."""
        return self.host == socket.gethostname() and not _runs(self.pid)


def locks(refusal: str) -> list[Lock]:
    """The locks that a refused command names. Pulumi Cloud names none."""
    return [
        Lock(user=found["user"], host=found["host"], pid=int(found["pid"]), since=found["since"])
        for found in _LOCK.finditer(refusal)
    ]


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True
