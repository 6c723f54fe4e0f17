"""The real Pulumi CLI tells the outputs of a stack, which was imported here and not brought up."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ops.project import ROOT
from ops.stack.outputs import NotUpError, StackOutputsError, read_outputs
from rehearsal.engine import find_cli
from rehearsal.simulation import Simulation

pytestmark = pytest.mark.engine

OUTPUTS = {"litellmUrl": "http://entry-1.elb.amazonaws.com", "virtualKeys": {"demo": "sk-0123456789abcdef"}}


def secret(value: object) -> dict[str, str]:
    """As the engine writes a secret into a deployment (pulumi sdk/go/common/resource/sig)."""
    signature = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    return {**signature, "plaintext": json.dumps(value)}


@pytest.fixture
def cli(simulation: Simulation, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The CLI, where the project has a stack `dev` that is not up."""
    found = find_cli()
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    (folder / "state").mkdir()
    monkeypatch.setattr("ops.stack.outputs.ROOT", folder)
    for name, value in {
        "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "of the user",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }.items():
        monkeypatch.setenv(name, value)
    subprocess.run([found, "stack", "init", "dev", "--non-interactive"], cwd=folder, check=True, capture_output=True)
    return found


def bring_up(cli: str, folder: Path) -> None:
    """Give the stack outputs, one of them secret."""
    salt = re.search(r"encryptionsalt: (\S+)", (folder / "Pulumi.dev.yaml").read_text())
    assert salt
    stack = {
        "urn": "urn:pulumi:dev::genaiplatform::pulumi:pulumi:Stack::genaiplatform-dev",
        "custom": False,
        "type": "pulumi:pulumi:Stack",
        "outputs": {**OUTPUTS, "virtualKeys": secret(OUTPUTS["virtualKeys"])},
    }
    deployment = {
        "manifest": {"time": "2026-11-26T08:00:00Z", "magic": "", "version": ""},
        "secrets_providers": {"type": "passphrase", "state": {"salt": salt[1]}},
        "resources": [stack],
    }
    (folder / "deployment.json").write_text(json.dumps({"version": 3, "deployment": deployment}))
    words = [cli, "stack", "import", "--stack", "dev", "--file", "deployment.json"]
    subprocess.run(words, cwd=folder, check=True, capture_output=True)


def test_outputs_are_read_with_their_secrets(cli: str, folder: Path) -> None:
    with pytest.raises(NotUpError):
        read_outputs("dev")
    bring_up(cli, folder)
    assert read_outputs("dev") == OUTPUTS


def test_a_wrong_passphrase_and_an_unknown_stack_are_told(
    cli: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_up(cli, folder)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "of somebody else")
    with pytest.raises(StackOutputsError, match="incorrect passphrase") as caught:
        read_outputs("dev")
    assert not isinstance(caught.value, NotUpError)
    with pytest.raises(StackOutputsError, match="`pulumi stack init prod` makes it"):
        read_outputs("prod")
