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
from components.databricks import model as databricks_model
from ops.project import ROOT
from ops.stack.plan import make_plan
from ops.stack.settings_file import read
from policies.apim.models import PROVIDERS
from stacks.aws.settings import AwsSettings
from stacks.azure.content_safety import ContentSafetySetting
from stacks.azure.gateway_models import CircuitBreaker, Deployment, GatewayModel
from stacks.azure.semantic_cache import SemanticCacheSetting
from stacks.azure.settings import AzureSettings, ClientSetting
from stacks.databricks.served_model import ServedModelSetting
from stacks.mcp.settings import McpSettings, TargetSetting
from tests import azure_program, databricks_program, mcp_program
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


def _headings(text: str) -> list[str]:
    return re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _anchors(text: str) -> set[str]:
    """GitHub's names for the headings of a page, and names of its own."""
    return {*map(_anchor, _headings(text)), *re.findall(r'<a id="([\w-]+)"></a>', text)}


def _fields(*models: type[BaseModel]) -> set[str]:
    return {to_camel(field) for model in models for field in model.model_fields}


def _known_names() -> set[str]:
    """AwsSettings and their parts, outputs of both stacks, and the values that are spelled like them."""
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]
    outputs = azure_program.aws_outputs().keys() | azure_program.with_models().outputs.keys() | {"personalKeys"}
    outputs |= {"mcpUrls", "mcpClientId"}  # of an Azure stack before MCP servers
    outputs |= mcp_program.recorded().outputs.keys()
    outputs |= databricks_program.recorded().outputs.keys()
    values = {
        value for field in ("key_mode",) for value in typing.get_args(AzureSettings.model_fields[field].annotation)
    }
    parts = _fields(AwsSettings, AzureSettings, Model, VirtualKeySetting, ClientSetting, McpServer)
    parts |= _fields(GatewayModel, Deployment, CircuitBreaker, ContentSafetySetting, McpSettings, TargetSetting)
    parts |= _fields(SemanticCacheSetting, ServedModelSetting)
    return {*declared, *outputs, *values, *parts, *SECRETS, *PROVIDERS, *databricks_model.PROVIDERS}


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


def test_the_schedule_tells_what_the_plan_says_a_night_costs() -> None:
    aws, azure = (make_plan(read(ROOT, stack)).cost.usd_per_hour for stack in ("dev", "azure"))
    assert f"{aws:.2f} USD an hour idle" in TEXTS["docs/schedule.md"]
    assert f"{13.5 * aws:.0f} USD from 19:17 to 08:47" in TEXTS["docs/schedule.md"]
    assert f"{61.5 * aws:.0f} USD from Friday evening to Monday morning" in TEXTS["docs/schedule.md"]
    assert f"{azure:.2f} USD an hour more" in TEXTS["docs/schedule.md"]


OF_A_STACK = re.compile(
    r"\b(?:pulumi (?:up|destroy|refresh|cancel|stack output|stack export|config (?:set|rm|get))|genai (?:"
    + "|".join(name for name, options in commands().items() if "--stack" in options)
    + r"))\b(?! --litellm)[^|;&)`\n]*"
)


def _told(name: str) -> list[str]:
    """What a page tells to run: its blocks, and in the tables of symptoms the last column."""
    rows = re.findall(r"^\|.*\| *(.*?) *\|$", TEXTS[name], re.MULTILINE) if name.endswith("troubleshooting.md") else []
    return [*_blocks(TEXTS[name], "bash"), *(span for row in rows for span in _spans(row))]


@page
def test_every_command_of_a_stack_names_it(name: str) -> None:
    found = [
        command.strip() for text in _told(name) for command in OF_A_STACK.findall(re.sub(r"\\\n|(^|\s)#.*", " ", text))
    ]
    assert [command for command in found if not re.search(r" (-s|--stack) ", f"{command} ")] == []


def test_readme_can_be_read_in_five_minutes() -> None:
    assert [name for name in ("README.md", "README.ja.md") if len(TEXTS[name].splitlines()) >= 120] == []


IN_JAPANESE = {"README.ja.md": "README.md"} | {
    name: name.replace("docs/ja/", "docs/") for name in TEXTS if name.startswith("docs/ja/")
}
japanese = pytest.mark.parametrize("name", IN_JAPANESE)


def _lines(name: str) -> list[str]:
    """Of all blocks but pictures, what is not a comment."""
    blocks = [
        text for language, text in re.findall(r"```(\w*)\n(.*?)```", TEXTS[name], re.DOTALL) if language != "mermaid"
    ]
    return [re.sub(r"(^|\s+)#( .*)?$", "", line) for block in blocks for line in block.splitlines()]


@japanese
def test_a_page_has_the_same_commands_in_both_languages(name: str) -> None:
    assert _lines(name) == _lines(IN_JAPANESE[name])


@japanese
def test_a_page_has_the_same_pictures_in_both_languages(name: str) -> None:
    assert _blocks(TEXTS[name], "mermaid") == _blocks(TEXTS[IN_JAPANESE[name]], "mermaid")


@pytest.mark.parametrize("name", [name for name in IN_JAPANESE if name.startswith("docs/")])
def test_a_page_has_the_same_anchors_in_both_languages(name: str) -> None:
    """A Japanese heading has the English one's name before it, so that a link works in both."""
    english = [_anchor(heading) for heading in _headings(TEXTS[IN_JAPANESE[name]])[1:]]
    assert re.findall(r'^<a id="([\w-]+)"></a>\n\n#+ ', TEXTS[name], re.MULTILINE) == english


@japanese
def test_a_page_names_the_same_settings_and_commands_in_both_languages(name: str) -> None:
    """What stands in backticks is the same, in whatever order."""
    assert sorted(set(_spans(TEXTS[name]))) == sorted(set(_spans(TEXTS[IN_JAPANESE[name]])))
