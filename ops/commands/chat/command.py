"""`genai chat`: options, exit codes and where the output goes."""

from __future__ import annotations

from typing import Annotated

import typer

from ops.commands.options import stack_option
from ops.completion import stacks


def chat(
    stack: Annotated[str | None, stack_option("The AWS day: the name in Pulumi.<stack>.yaml; dev by default.")] = None,
    azure_stack: Annotated[
        str | None,
        typer.Option(help="Offer also the way through this Azure stack, in front of the day.", autocompletion=stacks),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Without an account: LiteLLM with PostgreSQL on this machine.")
    ] = False,
    allow_master_key: Annotated[
        bool, typer.Option("--allow-master-key", help="Offer LiteLLM's master key too; always so with --offline.")
    ] = False,
    port: Annotated[int, typer.Option(help="Local port of the page.", min=1, max=65535)] = 8501,
    json_: Annotated[bool, typer.Option("--json", help="The address as data, and no browser.")] = False,
) -> None:
    """Open a chat on the running day in the browser, until Ctrl-C.

    Choose model, key and way, see what is refused, and follow the session to Langfuse. Without a domain the chat goes
    through `kubectl port-forward`, as `genai forward` does.

    Exit codes: 0 ended with Ctrl-C, 2 the input is wrong, the stack is not up, something is not installed or does not
    start, or a port is taken.
    """
    # Imported here: `genai --help` must not wait for the cloud SDKs.
    import asyncio
    import json

    from ops.commands.chat import browser, processes
    from ops.commands.chat.run import offline_chat, online_chat
    from ops.commands.chat.settings import ChatError

    url = f"http://localhost:{port}"

    def say(line: str) -> None:
        typer.echo(line, err=True)

    def ready() -> None:
        if json_:
            typer.echo(json.dumps({"chat": url}))
            return
        typer.echo(f"Chat  {url}\nOpen on this machine alone. Ctrl-C ends it.")
        if not browser.opened(url):
            say("There is no browser here to open it in: open it yourself.")

    try:
        if offline and (stack or azure_stack):
            raise ChatError("--offline has no stack: leave --stack and --azure-stack out.")
        processes.refuse_taken(port)
        if offline:
            processes.refuse_missing(processes.STREAMLIT, processes.LITELLM)
            asyncio.run(offline_chat(port, ready, say))
        else:
            processes.refuse_missing(processes.STREAMLIT)
            asyncio.run(online_chat(stack or "dev", azure_stack, port, ready, say, allow_master_key=allow_master_key))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return
