"""No connection to other machines, and a Pulumi CLI that answers as it is told."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.loopback import loopback_only as loopback_only

SCRIPT = """#!{python} -SE
import json, pathlib, sys, time
here, words = pathlib.Path({here!r}), sys.argv[1:]
with (here / "log").open("a") as log:
    log.write(" ".join(words) + "\\n")
answers = json.loads((here / "answers.json").read_text())
for number, (wanted, code, out, err, times) in enumerate(answers):
    if wanted in " ".join(words) and times:
        answers[number][4] -= 1
        (here / "answers.json").write_text(json.dumps(answers))
        sys.stdout.write(out)
        sys.stderr.write(err)
        sys.exit(code)
"""


@dataclass
class Cli:
    """Answers as it was told last for these words, as many times as it was told, then as before; else with nothing.

    Each entry: words, exit code, standard output, standard error, times.
    """

    folder: Path
    answers: list[tuple[str, int, str, str, int]] = field(default_factory=list)

    def answer(self, words: str, *, code: int = 0, out: str = "", err: str = "", times: int = 99) -> None:
        """From now on, to commands with these words in them."""
        self.answers.insert(0, (words, code, out, err, times))
        (self.folder / "answers.json").write_text(json.dumps(self.answers))

    def commands(self, *kinds: str) -> list[str]:
        """Those of these kinds that were run, in order."""
        ran = [line.removeprefix("--non-interactive ") for line in (self.folder / "log").read_text().splitlines()]
        return [command for command in ran if command.split()[0] in kinds]


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that open nothing: without any, botocore would ask around for some."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nobody")


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The first `pulumi` on PATH. Its stack is empty."""
    script = tmp_path / "pulumi"
    script.write_text(SCRIPT.format(python=sys.executable, here=str(tmp_path)))
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    told = Cli(tmp_path)
    told.answer("version", out="v3.258.0\n")
    return told
