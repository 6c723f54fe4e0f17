"""The commands of docs/azure.md do what the page says."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from ops.model.recorder import plain
from ops.project import ROOT
from tests.azure_program import aws_outputs, recorded

PAGE = (ROOT / "docs" / "azure.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)

PULUMI = """#!/usr/bin/env python3
import json, pathlib, sys
*_, name = sys.argv
stack = sys.argv[sys.argv.index("--stack") + 1]
value = json.loads(pathlib.Path(sys.argv[0]).with_name(stack + ".json").read_text())[name]
print(json.dumps(value) if "--json" in sys.argv else value)
"""
CURL = """#!/usr/bin/env python3
import json, pathlib, sys
log = pathlib.Path(sys.argv[0]).with_name("calls.jsonl")
with log.open("a") as calls:
    calls.write(json.dumps({"arguments": sys.argv[1:], "input": sys.stdin.read()}) + "\\n")
print(json.dumps({"access_token": "the-token"}))
"""


@pytest.fixture
def calls(tmp_path: Path) -> list[dict[str, str]]:
    """What the page's token and completion commands give to curl, with the outputs of recorded stacks."""
    for name, text in (("pulumi", PULUMI), ("curl", CURL)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "azure.json").write_text(json.dumps(plain(recorded().outputs)))
    (tmp_path / "dev.json").write_text(json.dumps(plain(aws_outputs())))
    (script,) = [block for block in BLOCKS if "client_secret@-" in block]
    path = f"{tmp_path}:{os.environ['PATH']}"
    subprocess.run(["bash", "-euo", "pipefail", "-c", script], env={"PATH": path}, check=True, timeout=60)
    return [json.loads(line) for line in (tmp_path / "calls.jsonl").read_text().splitlines()]


def test_the_token_is_asked_for_with_the_clients_id_and_secret(calls: list[dict[str, str]]) -> None:
    outputs = plain(recorded().outputs)
    token = calls[0]
    assert f"https://login.microsoftonline.com/{outputs['tenantId']}/oauth2/v2.0/token" in token["arguments"]
    assert f"client_id={outputs['clientIds']['demo']}" in token["arguments"]
    assert f"scope={outputs['scope']}" in token["arguments"]
    assert token["input"] == outputs["clientSecrets"]["demo"]


def test_the_completion_carries_the_token_and_the_key(calls: list[dict[str, str]]) -> None:
    completion = calls[1]
    assert f"{recorded().outputs['gatewayUrl']}/v1/chat/completions" in completion["arguments"]
    key = plain(aws_outputs())["virtualKeys"]["demo"]
    assert completion["input"].splitlines() == ["Authorization: Bearer the-token", f"x-litellm-api-key: {key}"]


def test_no_secret_stands_on_a_command_line(calls: list[dict[str, str]]) -> None:
    secrets = [
        "the-token",
        plain(recorded().outputs)["clientSecrets"]["demo"],
        plain(aws_outputs())["virtualKeys"]["demo"],
    ]
    assert not [secret for call in calls for secret in secrets if secret in json.dumps(call["arguments"])]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0][:40])
def test_every_command_is_one_that_bash_can_read(block: str) -> None:
    result = subprocess.run(["bash", "-n"], input=block, text=True, capture_output=True, timeout=60)
    assert not result.stderr


def test_python_on_the_page_is_python() -> None:
    (snippet,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names = set(re.findall(r"output\(['\"](\w+)", compile(snippet, "docs/azure.md", "exec") and snippet))
    assert names <= recorded().outputs.keys() | aws_outputs().keys()


def test_the_page_uses_outputs_that_exist() -> None:
    for stack, outputs in (("azure", recorded().outputs), ("dev", aws_outputs())):
        used = re.findall(rf"pulumi stack output --stack {stack}(?: --show-secrets)?(?: --json)? (\w+)", PAGE)
        assert used
        assert set(used) <= outputs.keys()
        assert len(used) == PAGE.count(f"pulumi stack output --stack {stack}")
