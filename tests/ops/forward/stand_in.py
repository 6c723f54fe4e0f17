"""Programs of a user on PATH: a `kubectl` whose pods a test can take away, and others that print what they are told."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_KUBECTL = """
import http.server, json, os, pathlib, sys, threading, time

folder, arguments = pathlib.Path(__file__).parent, sys.argv[1:]
kubeconfig = pathlib.Path(arguments[arguments.index("--kubeconfig") + 1])
service, port = arguments[-2].removeprefix("service/"), int(arguments[-1].partition(":")[0])
run = {"pid": os.getpid(), "arguments": arguments, "mode": oct(kubeconfig.stat().st_mode & 0o777)}
with (folder / "runs.jsonl").open("a") as runs:
    runs.write(json.dumps({**run, "file": str(kubeconfig), "kubeconfig": json.loads(kubeconfig.read_text())}) + "\\n")
try:
    sys.exit((folder / f"{service}.refuses").read_text())
except FileNotFoundError:  # it accepts, or does again
    pass
if (folder / f"{service}.silent").exists():
    time.sleep(60)

class Pod(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print(f"Handling connection for {port}", flush=True)
        body = f"{service} {os.getpid()}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Pod)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"Forwarding from 127.0.0.1:{port} -> {port}", flush=True)
lost = folder / f"{service}.lost"
while not lost.exists():
    time.sleep(0.01)
last_words, stays = json.loads(lost.read_text())
lost.unlink()
print(last_words, file=sys.stderr, flush=True)
if stays:
    time.sleep(60)
sys.exit(1)
"""


@dataclass(frozen=True)
class Kubectl:
    """A `kubectl` that answers HTTP in the place of the pods."""

    folder: Path

    @property
    def runs(self) -> list[dict[str, Any]]:
        """Each start: process id, arguments, and the kubeconfig with its path and mode."""
        lines = (self.folder / "runs.jsonl").read_text().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]  # the last may be half written

    def refuse(self, service: str, words: str) -> None:
        """From now on it ends at once, with these last words."""
        _put(self.folder / f"{service}.refuses", words)

    def accept(self, service: str) -> None:
        (self.folder / f"{service}.refuses").unlink()

    def hang(self, service: str) -> None:
        """From now on it opens no port and says nothing."""
        (self.folder / f"{service}.silent").touch()

    def lose(self, service: str, words: str, *, stays: bool = False) -> None:
        """The pod goes. Up to 1.22 kubectl stays after that."""
        _put(self.folder / f"{service}.lost", json.dumps([words, stays]))


def _put(file: Path, text: str) -> None:
    """Write it so that nobody finds half of it."""
    made = file.with_suffix(".making")
    made.write_text(text)
    made.rename(file)


def kubectl(folder: Path) -> Kubectl:
    program(folder / "kubectl", _KUBECTL)
    return Kubectl(folder)


def program(file: Path, code: str) -> Path:
    """Write an executable Python program."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!{sys.executable}\n{code}\n")
    file.chmod(0o755)
    return file
