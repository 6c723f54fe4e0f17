"""The tables of a running stack, read in its pods with `kubectl exec`: nothing is installed, made or opened there."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.clouds.kubeconfig import kubectl
from ops.schema import clickhouse, postgresql, prisma
from ops.schema.differences import differences
from ops.schema.tables import DescribedDatabase, SchemaError

_SECONDS = 120.0
"""For one `kubectl exec`: the answers are there within seconds."""
_LAST_LINE = "command terminated with exit code"
"""What kubectl adds below the error of the command that it ran."""
_CONNECTION = ("HOST", "PORT", "USERNAME", "PASSWORD", "NAME")
"""The variables in which Langfuse's pod has its database, after `DATABASE_`; of these only the port may be empty."""


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """What a running stack has."""

    databases: Mapping[str, DescribedDatabase]
    """By name, as the versions that run describe their tables."""
    drift: tuple[str, ...]
    """Where a database of PostgreSQL is not what its version describes."""


def read(kubeconfig: Mapping[str, Any]) -> Deployed:
    """Ask the pods. SchemaError when one cannot be asked, ForwardError without `kubectl` or `aws`."""
    with kubectl(kubeconfig) as command:
        pods = _Pods(command)
        described = pods.python("own_schema()")
        litellm = postgresql.database(prisma.parse(described["schema"]), described["version"])
        image = pods.run("get", "deployment/langfuse-web", "-o", "jsonpath={.spec.template.spec.containers[0].image}")
        version = image.partition("@")[0].rpartition(":")[2].removeprefix("v")
        schema = pods.execute("deployment/langfuse-web", "cat", "packages/shared/prisma/schema.prisma")
        langfuse = postgresql.database(prisma.parse(schema), version)
        # It logs in as the variables CLICKHOUSE_USER and CLICKHOUSE_PASSWORD of the pod say (ClickHouse#48440).
        answered = pods.execute("statefulset/clickhouse", "clickhouse-client", "--query", clickhouse.TABLES)
        spans = clickhouse.database([_json(line) for line in answered.splitlines()], version)
        live = {
            "litellm": pods.python(f"own_tables({postgresql.TABLES!r})"),
            "langfuse": pods.python(f"tables({postgresql.TABLES!r}, {_langfuse_connection(pods)!r})"),
        }
    databases = {"litellm": litellm, "langfuse": langfuse, "clickhouse": spans}
    drift = (
        f"{name}: {line}"
        for name, answer in live.items()
        for line in differences(
            postgresql.comparable(databases[name]), postgresql.live(answer, databases[name].version)
        )
    )
    return Deployed(databases=databases, drift=tuple(drift))


@dataclass(frozen=True)
class _Pods:
    kubectl: tuple[str, ...]

    def run(self, *arguments: str, stdin: str = "") -> str:
        try:
            result = subprocess.run(  # noqa: S603  the arguments are this module's own
                [*self.kubectl, *arguments], input=stdin, capture_output=True, text=True, check=False, timeout=_SECONDS
            )
        except subprocess.TimeoutExpired:
            raise SchemaError(
                f"kubectl {arguments[0]} {arguments[1]}: no answer within {_SECONDS:.0f} seconds."
            ) from None
        if result.returncode:
            lines = [line for line in result.stderr.splitlines() if line.strip() and not line.startswith(_LAST_LINE)]
            reason = (lines or [f"exit code {result.returncode}"])[-1].removeprefix("error: ")
            raise SchemaError(f"kubectl {' '.join(word for word in arguments[:3] if word[0] != '-')}: {reason}")
        return result.stdout

    def execute(self, workload: str, *command: str, stdin: str = "") -> str:
        return self.run("exec", "--stdin", workload, "--", *command, stdin=stdin)

    def python(self, call: str) -> Any:
        """The JSON that a call of in_pod.py prints in LiteLLM's pod. A password in it is on no command line."""
        code = Path(__file__).with_name("in_pod.py").read_text(encoding="utf-8")
        return _json(self.execute("deployment/litellm", "python3", "-", stdin=f"{code}\n\n{call}\n"))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise SchemaError(f"A pod answered no JSON, but {text[:80]!r}.") from None


def _langfuse_connection(pods: _Pods) -> dict[str, str]:
    """Langfuse's own login: its pod has no client that could print an answer, LiteLLM's pod has one."""
    print_all = "printf '%s\\n' " + " ".join(f'"$DATABASE_{name}"' for name in _CONNECTION)
    lines = pods.execute("deployment/langfuse-web", "sh", "-c", print_all).splitlines()
    values = dict(zip(_CONNECTION, lines, strict=False))
    if missing := [name for name in _CONNECTION if name != "PORT" and not values.get(name)]:
        raise SchemaError(
            f"The pod of langfuse-web has no DATABASE_{missing[0]}: its chart is not that of this project."
        )
    return {
        "host": values["HOST"],
        "port": values["PORT"] or "5432",
        "user": values["USERNAME"],
        "password": values["PASSWORD"],
        "dbname": values["NAME"],
        "sslmode": "require",
    }
