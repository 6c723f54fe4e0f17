"""Takes the pictures of docs/terminal (Rich, SVG): what `genai plan`, `up`, `verify` and `down` print.

`up` and `down` run on the real engine in the simulated cloud, `verify` against stand-ins on this machine: nothing of it
takes as long as in a real account.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import boto3
from moto.server import ThreadedMotoServer
from rich.console import Console
from rich.text import Text

from ops.project import ROOT
from rehearsal.simulation import running as simulated
from tests.kubeconfig import kubeconfig
from tests.ops.verify.invoke import verify
from tests.ops.verify.stream_clock import stream_clock
from tests.ops.verify.world import running as world_running
from tests.rehearsal.engines import engine, lists_that_moto_lacks

PICTURES = ROOT / "docs" / "terminal"
WIDTH = 120
"""Columns."""
PASSING = r"[\u2800-\u28ff]|^Whether developers' projects are over"
COLOURS = {"FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}


def take(name: str, command: str, output: str) -> None:
    """What stays on the screen, with its colours: no spinner, and no word of the Langfuse that is simulated nowhere."""
    shown = [line for line in output.splitlines() if not re.search(PASSING, line)]
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(f"\x1b[1m$ {command}\x1b[0m\n" + "\n".join(shown)), soft_wrap=False)
    console.save_svg(str(PICTURES / f"{name}.svg"), title=command, unique_id=name)


def genai(words: Sequence[str], folder: Path, environment: dict[str, str]) -> str:
    """What a command prints."""
    said = subprocess.run(
        [sys.executable, "-m", "ops.cli", *words],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if said.returncode:
        raise SystemExit(f"genai {' '.join(words)} ended with {said.returncode}:\n{said.stdout}")
    return said.stdout


def take_the_day() -> None:
    """`genai up` and `genai down`."""
    with simulated(hosted_zones=["example.com"]) as simulation, TemporaryDirectory() as folder, lists_that_moto_lacks():
        day = engine(simulation, Path(folder))
        shutil.copytree(ROOT / "ops", day.project / "ops", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("up", "down"):
            # Without colours: a terminal would show a table that changes, and a picture does not move.
            take(name, f"genai {name} -s dev", genai([name, "-s", "dev"], day.project, day.environment))
            simulation.fill_buckets()


def take_the_proof() -> None:
    """Against stand-ins."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    account = {"AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    with (
        mock.patch.dict(os.environ, {**account, **COLOURS}),
        stream_clock() as clock,
        world_running(boto3.client("s3", region_name="us-east-1"), clock) as world,
        mock.patch("ops.checks.verify.polling.sleep"),
        mock.patch("ops.clouds.kubeconfig.kubeconfig", return_value=kubeconfig(world.urls["kubernetes"])),
    ):
        take("verify", "genai verify -s dev", verify(world, "-s", "dev").output)
    server.stop()


def main() -> None:
    """All of them."""
    PICTURES.mkdir(exist_ok=True)
    take("plan", "genai plan -s dev", genai(["plan", "-s", "dev"], ROOT, {**os.environ, **COLOURS}))
    take_the_proof()
    take_the_day()


if __name__ == "__main__":
    main()
