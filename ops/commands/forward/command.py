"""`genai forward`: options, exit codes and where the output goes."""

from __future__ import annotations

from typing import Annotated

import typer

from ops.commands.options import stack_option


def forward(
    stack: Annotated[str, stack_option("Whose LiteLLM and Langfuse: the name in Pulumi.<stack>.yaml.")] = "dev",
    litellm_port: Annotated[int, typer.Option(help="Local port for LiteLLM.", min=1, max=65535)] = 4000,
    langfuse_port: Annotated[int, typer.Option(help="Local port for Langfuse.", min=1, max=65535)] = 3000,
    json_: Annotated[bool, typer.Option("--json", help="The addresses as data, once they are open.")] = False,
) -> None:
    """Open LiteLLM and Langfuse on localhost.

    With `kubectl port-forward`, until Ctrl-C; nothing goes out in clear. Needs `kubectl` and `aws`.

    Exit codes: 0 ended with Ctrl-C, 2 the input is wrong, a program is missing, a port is taken, or the cluster or a
    pod cannot be reached.
    """
    # Imported here: `genai --help` must not wait for the cloud SDKs.
    import asyncio
    import json

    from ops.clouds.aws import Aws
    from ops.clouds.kubeconfig import ForwardError, kubeconfig
    from ops.commands.forward import kubectl
    from ops.project import ROOT
    from ops.stack.outputs import read_outputs
    from ops.stack.settings_file import read

    forwards = kubectl.litellm_and_langfuse(litellm_port, langfuse_port)

    def ready() -> None:
        addresses = {forward.title: f"http://localhost:{forward.port}" for forward in forwards}
        if json_:
            typer.echo(json.dumps({title.lower(): address for title, address in addresses.items()}))
            return
        for title, address in addresses.items():
            typer.echo(f"{title:9} {address}")
        typer.echo(
            "Open on this machine alone, and encrypted from here to the cluster. Ctrl-C ends it.\n"
            f"Logging in to Langfuse works here; logging out leads to {outputs['langfuseUrl']}."
        )

    try:
        region = read(ROOT, stack).values["aws:region"]
        outputs = read_outputs(stack)
        if "clusterName" not in outputs:
            raise ForwardError(f"Stack {stack} has no output clusterName: name the stack of an AWS day, and run `up`.")
        way = kubeconfig(Aws(region), outputs["clusterName"])
        asyncio.run(kubectl.forward(way, forwards, ready=ready, say=lambda line: typer.echo(line, err=True)))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return
