"""A checkout with settings of its own, and the `pulumi` of a user whose two stacks are up."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.project import ROOT
from tests.ops.forward.stand_in import program

HOSTILE = '\'; touch broken; echo "$(touch broken)`touch broken`" \\ *\n#\t$HOME ü'
DAY: Mapping[str, Any] = {
    "litellmUrl": "http://entry-1.us-east-1.elb.amazonaws.com",
    "litellmMasterKey": "sk-master-0123456789abcdef",
    "virtualKeys": {"batch": "sk-batch-0123456789abcdef", "demo": f"sk-{HOSTILE}"},
    "langfuseUrl": "http://entry-1.us-east-1.elb.amazonaws.com:3000",
    "langfusePublicKey": f"pk-lf-{HOSTILE}",
    "langfuseSecretKey": f"-n {HOSTILE}",
    "langfuseBucket": "langfuse-1234567",
    "clickhouseBucket": "clickhouse-1234567",
    "clusterName": "genai-dev-1234567",
}
GATEWAY: Mapping[str, Any] = {
    "gatewayUrl": "https://genai-gateway1a2b3c4d.azure-api.net",
    "keyMode": "header",
    "tenantId": "tenant",
    "scope": "api://gateway/.default",
    "clientIds": {"chat": "id-of-chat", "nightly": "id-of-nightly"},
    "clientSecrets": {"chat": HOSTILE, "nightly": "secret"},
}
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "dev": {"virtualKeys": [{"alias": "demo"}, {"alias": "batch"}]},
    "azure": {
        "awsStack": "organization/genaiplatform/dev",
        "clients": [{"name": "nightly", "key": "batch"}, {"name": "chat"}],
    },
}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with settings of its own, and the `pulumi` of a user whose two stacks are up."""
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    for stack, settings in SETTINGS.items():
        config = {f"genaiplatform:{name}": value for name, value in settings.items()}
        if stack == "azure":
            config["azure-native:location"] = "eastus2"
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"config": config}))
    monkeypatch.setattr("ops.stack.running.ROOT", tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    pulumi(tmp_path, {"dev": DAY, "azure": GATEWAY})
    return tmp_path


def pulumi(project: Path, stacks: Mapping[str, Mapping[str, Any]]) -> None:
    program(
        project / "bin" / "pulumi",
        f"import json, sys; print(json.dumps({dict(stacks)!r}[sys.argv[sys.argv.index('--stack') + 1]]))",
    )
