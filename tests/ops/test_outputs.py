"""Outputs of a stack, read from a `pulumi` on PATH that answers in place of the user's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.project import ROOT
from ops.stack.outputs import NotUpError, StackOutputsError, read_outputs
from tests.ops.forward.stand_in import program


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the program, which does not exist yet."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path / "pulumi"


def test_secrets_come_in_plain_from_the_projects_own_stack(pulumi: Path) -> None:
    program(pulumi, "import json, sys; print(json.dumps({'asked': sys.argv[1:], 'keys': {'demo': 'sk-1'}}))")
    outputs = read_outputs("dev")
    assert outputs.pop("keys") == {"demo": "sk-1"}
    asked = " ".join(outputs["asked"])
    assert asked.startswith("stack output --stack dev ")
    assert asked.endswith(f"--cwd {ROOT}")
    assert {"--json", "--show-secrets", "--non-interactive"} <= set(outputs["asked"])


def test_without_the_cli_it_says_where_to_get_it(pulumi: Path) -> None:
    assert not pulumi.exists()
    with pytest.raises(StackOutputsError, match="install the Pulumi CLI") as caught:
        read_outputs("dev")
    assert not isinstance(caught.value, NotUpError)


@pytest.mark.parametrize(
    "says",
    ["backend: access denied", "failed to decrypt: incorrect passphrase, please set PULUMI_CONFIG_PASSPHRASE"],
)
def test_why_it_cannot_be_read_is_told_in_pulumis_words(pulumi: Path, says: str) -> None:
    program(pulumi, f"import sys; print({{}}); sys.exit({f'error: {says}'!r})")
    with pytest.raises(StackOutputsError) as caught:
        read_outputs("dev")
    assert str(caught.value) == f"pulumi stack output --stack dev: {says}"
    assert not isinstance(caught.value, NotUpError)


def test_a_stack_that_the_backend_does_not_know_is_to_be_made(pulumi: Path) -> None:
    program(pulumi, "import sys; sys.exit(\"error: no stack named 'dev' found\")")
    with pytest.raises(StackOutputsError, match="`pulumi stack init dev` makes it"):
        read_outputs("dev")


def test_a_stack_without_outputs_is_not_up(pulumi: Path) -> None:
    program(pulumi, f"print({json.dumps({})!r})")
    with pytest.raises(NotUpError, match="pulumi up --stack dev"):
        read_outputs("dev")
