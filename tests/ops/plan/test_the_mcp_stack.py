"""The picture of the MCP stack: what its page shows, and that it shows what the program builds."""

from __future__ import annotations

import json

from ops.commands.plan import mcp_page
from ops.project import ROOT
from ops.stack.plan import Plan, make_plan
from ops.stack.settings_file import read
from tests.mcp_program import SETTINGS


def plan(*assignments: str) -> Plan:
    return make_plan(read(ROOT, "mcp", assignments))


def test_the_page_shows_what_the_program_builds() -> None:
    assert mcp_page.FILE.read_text("utf-8") == mcp_page.page(plan()), "stale: run `genai plan -s mcp --write-docs`"


def test_whose_token_goes_where_and_which_secret_is_read_is_drawn() -> None:
    text = mcp_page.mermaid(plan(f"targets={json.dumps(SETTINGS['targets'])}"))
    assert "gateway --> target-drive -->|token of this user| api0" in text
    assert "gateway --> target-wiki -->|token of the application| api1" in text
    assert 'api0["www.googleapis.com"]:::provider' in text
    assert '("secret mcp/google")' in text
    assert '("secret mcp/wiki")' in text
    assert "token with mcp.invoke| gateway" in text


def test_the_role_allows_what_the_page_says_and_the_page_no_wildcard() -> None:
    text = mcp_page.page(plan())
    assert "| `secretsmanager:GetSecretValue` | `" in text
    rights = text.partition("| action | on |")[2]
    assert "*" not in rights
    assert "123456789012" not in rights


def test_another_target_is_a_change_of_the_page() -> None:
    assert mcp_page.page(plan(f"targets={json.dumps(SETTINGS['targets'])}")) != mcp_page.page(plan())
