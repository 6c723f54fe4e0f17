"""`genai mcp`: options, exit codes and where the output goes."""

from __future__ import annotations

from typing import Annotated

import typer

from ops.commands.options import stack_option
from ops.typer_command import GenaiCommand

mcp = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Stack = Annotated[
    str,
    stack_option("An MCP stack, or an AWS stack with mcpServers, or its Azure stack: its Pulumi.<stack>.yaml."),
]
Server = Annotated[
    str, typer.Option(help="Not of an MCP stack: which of the mcpServers; by default the first.", show_default=False)
]
Key = Annotated[
    str,
    typer.Option(
        help="Of an AWS stack: alias of your own virtual key; by default the first with a user.", show_default=False
    ),
]


@mcp.callback()
def mcp_() -> None:
    """Use the tools of an MCP gateway: AgentCore of an MCP stack, or LiteLLM of a day (docs/mcp.md)."""


@mcp.command(cls=GenaiCommand)
def login(
    stack: Stack = "mcp",
    server: Server = "",
    key: Key = "",
    *,
    device: Annotated[
        bool, typer.Option("--device", help="At Entra ID, from another machine: show an address and a code to type.")
    ] = False,
) -> None:
    """Log in with the browser.

    For AgentCore and API Management at Entra ID; the tokens are kept in a file that only you can read, and renewed
    until the tenant ends the login. For LiteLLM at the provider of the server's data; LiteLLM keeps that token under
    the user of the key.

    Exit codes: 0 logged in, 1 refused, 2 the input is wrong, the stack is not up, or `make setup-mcp` did not run.
    """
    from ops.commands.mcp.run import run

    raise typer.Exit(run(["login", *(["--device"] if device else [])], stack, server, key))


@mcp.command(cls=GenaiCommand)
def tools(stack: Stack = "mcp", server: Server = "", key: Key = "") -> None:
    """List the tools: a name and, after a tab, what it does.

    Exit codes: as those of `login`.
    """
    from ops.commands.mcp.run import run

    raise typer.Exit(run(["tools"], stack, server, key))


@mcp.command(cls=GenaiCommand)
def call(
    tool: Annotated[str, typer.Argument(help="Its name, as `tools` shows it.")],
    arguments: Annotated[str, typer.Argument(help="Its arguments, a JSON object.")] = "{}",
    stack: Stack = "mcp",
    server: Server = "",
    key: Key = "",
) -> None:
    """Call a tool and print its answer. Where it takes a consent first, the browser opens, and it is called again.

    Telling AgentCore who came back from the consent takes AWS credentials (CompleteResourceTokenAuth).

    Exit codes: as those of `login`.
    """
    import json

    from ops.commands.mcp.run import McpCommandError, run

    def no_number(text: str) -> None:
        raise ValueError(f"{text} is no JSON")

    try:
        given = json.loads(arguments, parse_constant=no_number)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise McpCommandError(f'{arguments[:200]!r} is no JSON object: write one such as \'{{"q": "budget"}}\'.')
    raise typer.Exit(run(["call", tool, arguments], stack, server, key))
