"""A running AWS stack with MCP servers: keys of persons are known, and are not among those that tools may take."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.commands.mcp.run import of_litellm
from ops.project import ROOT
from ops.stack import running
from tests.stacks.aws.test_mcp_servers import SETTINGS

OUTPUTS: dict[str, Any] = {
    "litellmUrl": "https://litellm.genai.example.com",
    "litellmMasterKey": "sk-master",
    "virtualKeys": {"demo": "sk-demo"},
    "personalKeys": {"anna": "sk-anna", "ben": "sk-ben"},
    "langfuseUrl": "https://langfuse.genai.example.com",
    "langfusePublicKey": "pk",
    "langfuseSecretKey": "sk",
    "langfuseBucket": "b",
    "clickhouseBucket": "c",
    "clusterName": "genai-dev-abc1234",
}


def test_a_person_uses_her_key_and_verify_only_those_of_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Pulumi.yaml").write_text((ROOT / "Pulumi.yaml").read_text())
    own = {f"genaiplatform:{name}": value for name, value in SETTINGS.items() if name != "providerKeys"}
    own["genaiplatform:providerKeys"] = {"google": {"secure": "AAABBB"}}
    (tmp_path / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": own}))
    monkeypatch.setattr(running, "ROOT", tmp_path)
    monkeypatch.setattr(running, "read_outputs", lambda stack: json.loads(json.dumps(OUTPUTS)))
    day = running.read_aws_stack("dev")
    assert set(day.key_models) == {"demo"}
    assert {"sk-anna", "sk-ben"} <= day.secrets
    told = of_litellm(day, "dev", "", "anna")
    assert (told["url"], told["key"]) == ("https://litellm.genai.example.com/drive/mcp", "sk-anna")
