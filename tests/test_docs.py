"""What the documents name exists: commands and options, targets, files, links, settings and outputs."""

from __future__ import annotations

import re
import subprocess
import typing

import pytest
import yaml
from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from catalogue.secrets import SECRETS
from charts.shapes import McpServer, Model, VirtualKeySetting
from ops.project import ROOT
from ops.stack.plan import make_plan
from ops.stack.settings_file import read
from stacks.aws.settings import AwsSettings
from stacks.azure.settings import AzureSettings, ClientSetting
from stacks.mcp.settings import McpSettings, TargetSetting
from tests import azure_program, mcp_program
from tests.command_lines import commands, problems

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TEXTS = {page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8") for page in PAGES}
page = pytest.mark.parametrize("name", TEXTS)

FOLDERS = "apps|catalogue|charts|components|deploy|docs|ops|policies|rehearsal|stacks|tests"


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def _spans(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def _code(text: str) -> str:
    return "\n".join([*_spans(text), *_blocks(text, r"[a-z]*")])


def _anchors(text: str) -> set[str]:
    """GitHub's names for the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _fields(*models: type[BaseModel]) -> set[str]:
    return {to_camel(field) for model in models for field in model.model_fields}


def _known_names() -> set[str]:
    """AwsSettings and their parts, outputs of both stacks, and the values that are spelled like them."""
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]
    outputs = azure_program.aws_outputs().keys() | azure_program.recorded().outputs.keys() | {"personalKeys"}
    outputs |= mcp_program.recorded().outputs.keys()
    values = {
        value for field in ("key_mode",) for value in typing.get_args(AzureSettings.model_fields[field].annotation)
    }
    parts = _fields(AwsSettings, AzureSettings, Model, VirtualKeySetting, ClientSetting, McpServer)
    parts |= _fields(McpSettings, TargetSetting)
    return {*declared, *outputs, *values, *parts, *SECRETS}


@page
def test_every_command_exists_with_its_options(name: str) -> None:
    assert problems(_code(TEXTS[name])) == []


@page
def test_every_relative_link_leads_somewhere(name: str) -> None:
    broken = []
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", TEXTS[name]):
        path, _, anchor = target.partition("#")
        file = (ROOT / name).parent / path if path else ROOT / name
        if not file.exists() or (anchor and anchor not in _anchors(file.read_text(encoding="utf-8"))):
            broken.append(target)
    assert broken == []


@page
def test_every_file_of_the_project_exists(name: str) -> None:
    named = {span for span in _spans(TEXTS[name]) if re.fullmatch(rf"\.?({FOLDERS})/[\w./-]+", span)}
    assert [span for span in sorted(named) if not (ROOT / span).exists()] == []


@page
def test_every_setting_and_output_exists(name: str) -> None:
    code = _code(TEXTS[name])
    named = {span for span in _spans(TEXTS[name]) if re.fullmatch(r"[a-z]+([A-Z][a-z0-9]*)+(\.[\w<>]+)*", span)}
    named |= set(re.findall(r'pulumi config set (?:--secret |--path |--stack \w+ )*"?([A-Za-z]+)', code))
    named |= set(re.findall(r"pulumi stack output (?:--show-secrets |--json |--stack \w+ )*([A-Za-z]+)", code))
    known = _known_names()
    assert [name for name in sorted(named) if name.split(".")[0] not in known] == []


@pytest.mark.parametrize(
    ("name", "block"),
    [(name, block) for name, text in TEXTS.items() for block in _blocks(text, "bash")],
    ids=lambda value: value if value in TEXTS else value.splitlines()[0][:40],
)
def test_every_command_is_one_that_bash_can_read(name: str, block: str) -> None:
    assert subprocess.run(["bash", "-n"], input=block, text=True, capture_output=True, timeout=60).stderr == ""


def test_operations_lists_the_exit_codes_of_every_command() -> None:
    assert set(re.findall(r"^\| `genai ([\w -]+)` \|", TEXTS["docs/operations.md"], re.MULTILINE)) == set(commands())


def test_operations_tells_what_the_plan_says_a_night_costs() -> None:
    aws, azure = (make_plan(read(ROOT, stack)).cost.usd_per_hour for stack in ("dev", "azure"))
    assert f"{aws:.2f} USD an hour idle" in TEXTS["docs/operations.md"]
    assert f"{13.5 * aws:.0f} USD from 19:17 to 08:47" in TEXTS["docs/operations.md"]
    assert f"{61.5 * aws:.0f} USD from Friday evening to Monday morning" in TEXTS["docs/operations.md"]
    assert f"{azure:.2f} USD an hour more" in TEXTS["docs/operations.md"]


def test_both_readmes_have_the_same_commands() -> None:
    def lines(name: str) -> list[str]:
        return [line.split("#")[0].strip() for block in _blocks(TEXTS[name], "bash") for line in block.splitlines()]

    assert lines("README.ja.md") == lines("README.md")
