"""Stand-in for the Pulumi CLI: notes what it is asked, and changes the file of a stack as the real one does."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.required import missing

SCRIPT = """#!{python}
import json, os, pathlib, sys
here, words = pathlib.Path({here!r}), [word for word in sys.argv[1:] if word != "--non-interactive"]
if words[0] == "version":
    sys.exit(print("v3.258.0"))
given = sys.stdin.read()
noted = {{"words": words[2:], "given": given, "passphrase": os.environ.get("PULUMI_CONFIG_PASSPHRASE")}}
with (here / "log").open("a") as log:
    log.write(json.dumps(noted) + "\\n")
folder, asked = pathlib.Path(words[1]), " ".join(words[2:])
for part, refusal in json.loads((here / "refusals.json").read_text()).items():
    if part in asked:
        sys.exit(refusal)
backend = here / "backend"
if asked.startswith("whoami"):
    if not backend.exists():
        sys.exit("error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions")
    print(json.dumps({{"user": "somebody", "url": backend.read_text()}}))
elif words[2] == "login":
    backend.write_text(words[3])
elif words[2] == "config":
    import yaml
    file = folder / f"Pulumi.{{words[words.index('--stack') + 1]}}.yaml"
    written = yaml.safe_load(file.read_text(encoding="utf-8"))
    if words[3] == "set-all":
        written["config"].update({{key: entry["objectValue"] for key, entry in json.loads(words[-1]).items()}})
    else:
        head, _, name = words[-1].partition(".")
        written["config"].setdefault("genaiplatform:" + head, {{}})[name] = {{"secure": "v1:encrypted"}}
    file.write_text(yaml.safe_dump(written, sort_keys=False, allow_unicode=True), encoding="utf-8")
"""


@dataclass
class Cli:
    """What it was asked, and what it refuses."""

    folder: Path

    def refuse(self, words: str, why: str) -> None:
        """From now on, commands with these words."""
        (self.folder / "refusals.json").write_text(json.dumps({words: f"error: {why}"}))

    @property
    def asked(self) -> list[dict[str, Any]]:
        """Each command but `version`: words, standard input, passphrase."""
        log = self.folder / "log"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    @property
    def changed(self) -> list[str]:
        """Those that change something."""
        asked = [" ".join(call["words"]) for call in self.asked]
        return [words for words in asked if not words.startswith("whoami")]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The first `pulumi` on PATH, logged in to a backend on this machine, with a passphrase in the environment."""
    folder = tmp_path / "cli"
    folder.mkdir()
    script = folder / "pulumi"
    script.write_text(SCRIPT.format(python=sys.executable, here=str(folder)))
    script.chmod(0o755)
    (folder / "refusals.json").write_text("{}")
    (folder / "backend").write_text("file://~")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "of the environment")
    return Cli(folder)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project without stacks, and no credentials of a cloud."""
    from ops.project import ROOT

    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text((ROOT / "Pulumi.yaml").read_text("utf-8"), "utf-8")
    monkeypatch.setattr("ops.project.ROOT", folder)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    return folder


@pytest.fixture
def real_cli() -> str:
    """The user's own."""
    from rehearsal.engine import RehearsalError, find_cli

    try:
        return find_cli()
    except RehearsalError as error:
        missing(str(error))
