"""What `genai chat` starts, as small programs: the page, LiteLLM with its database, and the user's `kubectl`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.ops.forward.stand_in import program

LOCAL = {
    "litellmUrl": "http://127.0.0.1:4000",
    "litellmMasterKey": "sk-master-0123456789",
    "virtualKeys": {"restricted": "sk-restricted-0123456789"},
    "models": ["gpt-4o-mini", "gemini-2.5-flash-lite"],
    "langfuseUrl": "http://127.0.0.1:3000",
    "langfusePairs": {"litellm": ["pk-lf-1", "sk-lf-1"], "mine": ["pk-lf-2", "sk-lf-2"]},
}

_TELL = """
import http.server, json, os, pathlib, sys, threading
told = {"pid": os.getpid(), "arguments": sys.argv[1:], "environment": dict(os.environ)}
pathlib.Path(__file__).with_name("started").write_text(json.dumps(told))
def wait():
    while os.read(0, 1024):
        pass
"""
_PAGE = f"""{_TELL}
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
port = int(sys.argv[-1].partition("=")[2])
threading.Thread(target=http.server.HTTPServer(("127.0.0.1", port), Page).serve_forever, daemon=True).start()
wait()
"""
_KUBECTL = f"""{_TELL}
class Pod(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({{"data": [{{"id": "genai-platform"}}]}}).encode())
    def log_message(self, *_):
        pass
port = int(sys.argv[-1].partition(":")[0])
print(f"Forwarding from 127.0.0.1:{{port}}", flush=True)
http.server.HTTPServer(("127.0.0.1", port), Pod).serve_forever()
"""


def page(environment: Path, code: str = _PAGE) -> Path:
    """The environment `.venv-chat`."""
    return _environment(environment, code)


def local(environment: Path, code: str = f"{_TELL}print({json.dumps(LOCAL)!r}, flush=True)\nwait()") -> Path:
    """The environment `.venv-litellm`."""
    return _environment(environment, code)


def kubectl(folder: Path) -> None:
    """Pods that answer as Langfuse does."""
    program(folder / "kubectl", _KUBECTL)
    program(folder / "aws", "")


def started(environment: Path) -> dict[str, Any]:
    """Process id, arguments and environment of the program."""
    told: dict[str, Any] = json.loads((environment / "bin" / "started").read_text())
    return told


def _environment(environment: Path, code: str) -> Path:
    (environment / "bin").mkdir(parents=True)
    program(environment / "bin" / "python", code)
    return environment
