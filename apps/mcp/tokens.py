"""OAuth tokens of a login, in a file that only its owner can read, from one command to the next."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What the last login gave; `ends` is seconds since 1970."""

    access_token: str = field(repr=False)
    ends: float
    refresh_token: str = field(default="", repr=False)

    @property
    def lasts(self) -> bool:
        """Whether the access token is good for another minute."""
        return self.ends >= time.time() + 60


def keep(file: Path, answer: Mapping[str, Any]) -> None:
    """Keep what a token endpoint answered, in place of what was there: another command may read it meanwhile."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = {
        "access_token": answer["access_token"],
        "ends": time.time() + float(answer.get("expires_in", 3600)),
        "refresh_token": answer.get("refresh_token", ""),
    }
    handle, name = tempfile.mkstemp(dir=file.parent)  # for its owner alone
    with os.fdopen(handle, "w") as opened:
        json.dump(kept, opened)
    Path(name).replace(file)


def kept(file: Path) -> Kept | None:
    """What was kept; None when nothing was, or nothing that can be read."""
    try:
        return Kept(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        return None
