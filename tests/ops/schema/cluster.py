"""A day's pods as programs of this machine: `kubectl exec` runs the command, on a PostgreSQL and on chdb."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.ops.forward.stand_in import program
from tests.ops.schema import given

PASSWORD = "Langfuse0Password"
LITELLM = """
model LiteLLM_UserTable {
  user_id String @id
}
model LiteLLM_VerificationToken {
  token   String  @id
  user_id String?
  spend   Float   @default(0.0)
}
"""
LANGFUSE = """
model Project {
  id   String @id @default(cuid())
  name String
  @@map("projects")
}
"""
STATEMENTS = {
    "litellm": 'CREATE TABLE "LiteLLM_UserTable" (user_id text PRIMARY KEY);'
    'CREATE TABLE "LiteLLM_VerificationToken" (token text PRIMARY KEY, user_id text, spend float8 NOT NULL DEFAULT 0)',
    "langfuse": "CREATE TABLE projects (id text PRIMARY KEY, name text NOT NULL)",
    "clickhouse": "CREATE TABLE events_core (project_id String, trace_id String) ENGINE MergeTree ORDER BY project_id",
}
_KUBECTL = """
import json, os, pathlib, sys

folder, arguments = pathlib.Path(__file__).parent, sys.argv[1:]
with (folder / "runs.jsonl").open("a") as runs:
    runs.write(json.dumps({"arguments": arguments, "mode": oct(os.stat(arguments[1]).st_mode & 0o777)}) + "\\n")
verb, *words = arguments[2:]
pods = json.loads((folder / "pods.json").read_text())
if verb == "get":
    print(pods[words[0]]["image"], end="")
    sys.exit()
pod, command = pods[words[1]], words[3:]
if "refuses" in pod:
    sys.exit(pod["refuses"])
os.chdir(pod["folder"])
os.execvpe(command[0], command, {**pod["environment"], "PATH": pod["path"]})
"""
_CLICKHOUSE_CLIENT = """
import json, pathlib, subprocess, sys
folder = pathlib.Path(__file__).parent
statements = [json.loads((folder / "clickhouse.json").read_text()), sys.argv[sys.argv.index("--query") + 1]]
words = [sys.executable, "-c", (folder / "chdb.py").read_text()]
sys.exit(subprocess.run(words, input="\\0".join(statements), text=True).returncode)
"""


@dataclass(frozen=True)
class Cluster:
    """What `kubectl` reaches, and the server of its databases of PostgreSQL."""

    folder: Path
    server: Path

    @property
    def runs(self) -> list[dict[str, Any]]:
        """Each start of kubectl: its arguments, and the mode of its kubeconfig."""
        return [json.loads(line) for line in (self.folder / "runs.jsonl").read_text().splitlines()]

    def change(self, workload: str, **values: Any) -> None:
        """Something is different in the pods of a workload from now on."""
        file = self.folder / "pods.json"
        pods = json.loads(file.read_text())
        pods[workload] |= values
        file.write_text(json.dumps(pods))


def cluster(folder: Path, server: Path) -> Cluster:
    """LiteLLM 0.4.110's and Langfuse 4.66.0's pods, with few tables."""
    program(folder / "kubectl", _KUBECTL)
    program(folder / "pod" / "clickhouse-client", _CLICKHOUSE_CLIENT)
    (folder / "pod" / "chdb.py").write_text(given.CLICKHOUSE)
    (folder / "pod" / "clickhouse.json").write_text(json.dumps(STATEMENTS["clickhouse"]))
    write(folder / "site" / "litellm_proxy_extras" / "__init__.py", "")
    write(folder / "site" / "litellm_proxy_extras" / "schema.prisma", LITELLM)
    metadata = "Metadata-Version: 2.1\nName: litellm-proxy-extras\nVersion: 0.4.110\n"
    write(folder / "site" / "litellm_proxy_extras-0.4.110.dist-info" / "METADATA", metadata)
    write(folder / "app" / "packages" / "shared" / "prisma" / "schema.prisma", LANGFUSE)
    for name in ("litellm", "langfuse"):
        given.make(server, name, [f"CREATE ROLE {name} SUPERUSER LOGIN".encode(), STATEMENTS[name].encode()])
    path = f"{folder / 'pod'}:{Path(sys.executable).parent}:/usr/bin:/bin"
    login = {
        name: {
            "DATABASE_HOST": str(server),
            "DATABASE_USERNAME": name,
            "DATABASE_NAME": name,
            "DATABASE_PASSWORD": PASSWORD,
        }
        for name in ("litellm", "langfuse")
    }
    pods = {
        "deployment/litellm": {
            "folder": str(folder),
            "environment": {**login["litellm"], "DATABASE_PORT": "5432", "PYTHONPATH": str(folder / "site")},
        },
        "deployment/langfuse-web": {
            "image": "docker.langfuse.com/langfuse/langfuse:4.66.0@sha256:00",
            "folder": str(folder / "app"),
            "environment": login["langfuse"],
        },
        "statefulset/clickhouse": {"folder": str(folder), "environment": {}},
    }
    (folder / "pods.json").write_text(json.dumps({name: {**pod, "path": path} for name, pod in pods.items()}))
    return Cluster(folder, server)


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
