"""Pages of the documentation that hold the Mermaid picture of a stack: docs/architecture.md, the READMEs, and MCP's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from ops.commands.plan import mcp_page
from ops.commands.plan.picture import Picture, mermaid
from ops.project import PROJECT, ROOT, stack_files
from ops.stack.plan import Plan, make_plan
from ops.stack.settings_file import read
from stacks.errors import GenaiError

FILE = ROOT / "docs" / "architecture.md"
READMES = (ROOT / "README.md", ROOT / "README.ja.md")

_PAGE = """# Architecture

Drawn from the program itself: `genai plan -s dev --write-docs` runs it, with the settings of the stack, and writes this
page and the picture in the READMEs. A test fails when they no longer show what the program builds.

```mermaid
{mermaid}
```

- An arrow: sends requests to. On arrows to and from the load balancer stand its ports.
- An arrow to a box leads to all that stands in it. One with two heads: each sends requests to the other.
- Pods reach everything outside the VPC through the NAT gateway, except S3, which has an endpoint of its own.

Each workload in the cluster has a role of its own (IRSA), and the role allows what stands here and nothing else:

| workload | role | what it may use |
|---|---|---|
{rights}

## A request through Azure

With the Azure stack in front. `keyMode: header`, where the caller holds the key of LiteLLM:

```mermaid
sequenceDiagram
    actor client as client application
    participant entra as Entra ID
    participant gateway as API Management
    participant litellm as LiteLLM
    participant llm as LLM
    client->>entra: 1. client id and client secret
    entra-->>client: access token
    client->>gateway: 2. request with the token in Authorization,<br/>the virtual key in x-litellm-api-key
    gateway->>gateway: 3. check the token: tenant, audience, role
    gateway->>litellm: 4. request with the virtual key, without the token
    litellm->>llm: 5. request with the provider's key,<br/>if the virtual key may use the model
    llm-->>litellm: 6. answer
    litellm-->>gateway: 7. answer
    gateway-->>client: 8. answer
```

`keyMode: keyVault`, where no caller ever sees it:

```mermaid
sequenceDiagram
    actor client as client application
    participant entra as Entra ID
    participant gateway as API Management
    participant vault as Key Vault
    participant litellm as LiteLLM
    participant llm as LLM
    client->>entra: 1. client id and client secret
    entra-->>client: access token
    client->>gateway: 2. request with the token in Authorization
    gateway->>gateway: 3. check the token: tenant, audience, role,<br/>and read the client id in it
    gateway->>vault: 4. ask for the secret litellm-(client id)
    vault-->>gateway: virtual key, remembered for 300 s
    gateway->>litellm: 5. request with the virtual key, without the token
    litellm->>llm: 6. request with the provider's key,<br/>if the virtual key may use the model
    llm-->>litellm: 7. answer
    litellm-->>gateway: answer
    gateway-->>client: answer
```

LiteLLM sends the trace of each call to Langfuse afterwards. [azure.md](azure.md#what-the-gateway-does-with-a-request)
has every step of the policies, and every refusal.
"""


class NotDrawnError(GenaiError):
    """No page is drawn from the program of this stack, or it cannot be written."""


def write(plan: Plan) -> None:
    """Draw anew what the documents show of this kind of stack. NotDrawnError when it is drawn by hand, or read-only."""
    draw = PAGES[plan.config.kind.name]
    if draw is None:
        raise NotDrawnError(f"What docs/ shows of {plan.config.kind.title} is drawn by hand: leave --write-docs out.")
    try:
        draw(plan)
    except OSError as error:
        raise NotDrawnError(f"The drawings in docs/ cannot be written: {error}.") from error


def with_gateway(plan: Plan) -> tuple[Plan, Plan | None]:
    """The plan with its entry for API Management, and that of the Azure stack in front; without one, None."""
    for stack in stack_files(ROOT):
        config = read(ROOT, stack)
        if config.setting("awsStack").rpartition("/")[2] == plan.config.stack:
            entry = {**plan.config.values, f"{PROJECT}:apimEntry": "true"}
            return make_plan(replace(plan.config, values=entry)), make_plan(config)
    return plan, None


def page(plan: Plan, gateway: Plan | None) -> str:
    """The text of `docs/architecture.md`."""
    rights = (f"| {one.workload} | `{one.role}` | {', '.join(one.used)} |" for one in Picture(plan.recording).rights())
    return _PAGE.format(mermaid=mermaid(plan, gateway), rights="\n".join(rights))


def in_readme(text: str, plan: Plan, gateway: Plan | None) -> str:
    """The README with this picture in the place of the one that it has."""
    return re.sub(
        r"```mermaid\n.*?```", lambda _: f"```mermaid\n{mermaid(plan, gateway)}\n```", text, count=1, flags=re.DOTALL
    )


def _write_architecture(plan: Plan) -> None:
    drawn = with_gateway(plan)
    FILE.write_text(page(*drawn), encoding="utf-8")
    for readme in READMES:
        readme.write_text(in_readme(readme.read_text(encoding="utf-8"), *drawn), encoding="utf-8")


PAGES: Mapping[str, Callable[[Plan], None] | None] = {
    "aws": _write_architecture,
    "azure": None,
    "mcp": mcp_page.write,
    "databricks": None,
}
"""What draws the pages of a kind of stack, by its name; None where they are drawn by hand."""
