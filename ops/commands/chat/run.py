"""The chat on a running day, and on a LiteLLM of this machine: what is started, in which order."""

from __future__ import annotations

import os
from collections.abc import Callable

from ops.clouds.aws import Aws
from ops.clouds.kubeconfig import kubeconfig
from ops.commands.chat import processes, settings
from ops.commands.forward import in_background
from ops.stack.running import read_aws_stack, read_gateway


async def offline_chat(port: int, ready: Callable[[], None], say: Callable[[str], None]) -> None:
    """Until this task is cancelled. ChatError when something does not start."""
    in_background.end_with_signals()
    say("PostgreSQL and LiteLLM start on this machine, which takes about a minute.")
    async with processes.local_platform() as found:
        await processes.serve(settings.local_platform(found), port, ready)


async def online_chat(
    stack: str,
    azure_stack: str | None,
    port: int,
    ready: Callable[[], None],
    say: Callable[[str], None],
    *,
    allow_master_key: bool,
) -> None:
    """Until this task is cancelled.

    ChatError, StackConfigError, StackOutputsError and ForwardError say why it cannot be opened.
    """
    in_background.end_with_signals()
    running = read_aws_stack(stack)
    gateway = read_gateway(azure_stack, stack, running) if azure_stack else None
    own = settings.own_pair(os.environ, running)
    if own is None and os.environ.get("LANGFUSE_PUBLIC_KEY"):
        say("LANGFUSE_PUBLIC_KEY is LiteLLM's project, in which every turn is already: no own tracing.")

    async def serve(litellm_url: str, langfuse_url: str) -> None:
        addresses = {"litellm_url": litellm_url, "langfuse_url": langfuse_url}
        chat = settings.running_stack(running, gateway, own, **addresses, allow_master_key=allow_master_key)
        await processes.serve(chat, port, ready)

    if running.litellm_url.startswith("https://") and running.langfuse_url.startswith("https://"):
        await serve(running.litellm_url, running.langfuse_url)
        return
    say("Without a domain LiteLLM and Langfuse speak HTTP: the chat goes through `kubectl port-forward`.")
    async with in_background.forwarded(kubeconfig(Aws(running.region), running.cluster_name), say) as urls:
        await serve(*urls)
