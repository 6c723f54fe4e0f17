"""`genai usage`: options, exit codes and where the output goes."""

from __future__ import annotations

from typing import Annotated

import typer

from ops.commands.options import Json, stack_option


def usage(
    stack: Annotated[str, stack_option("Which Azure stack: the name in Pulumi.<stack>.yaml.")] = "azure",
    day: Annotated[str, typer.Option(help="Which day in UTC, such as 2026-11-29. By default today.")] = "",
    json_: Json = False,
) -> None:
    """Say who used what through API Management in a day.

    Requests, errors, tokens and cost per client and model, from the gateway's logs.

    Exit codes: 0 all of it is counted and priced, 1 a part is not, 2 the input is wrong, the stack is not up, or Log
    Analytics cannot be asked.
    """
    # Imported here: `genai --help` must not wait for the cloud SDKs.
    import json
    from datetime import UTC, datetime

    from ops.clouds.log_analytics import Workspace
    from ops.commands.usage.report import as_json, print_usage
    from ops.commands.usage.usage import parse_day, read_usage
    from ops.console import report_console
    from ops.project import ROOT
    from ops.stack.outputs import StackOutputsError, read_outputs
    from ops.stack.running import RUNNING
    from ops.stack.running_stacks import RunningGateway
    from ops.stack.settings_file import StackConfigError, read

    wanted = parse_day(day, datetime.now(UTC).date())
    config = read(ROOT, stack)
    if RUNNING[config.kind.name] is not RunningGateway:
        raise StackConfigError(
            f"{stack} is {config.kind.title}, and only API Management is asked here: name an Azure stack with --stack. "
            "What LiteLLM serves is under Usage in its UI."
        )
    outputs = read_outputs(stack)
    if "logsWorkspaceId" not in outputs:
        raise StackOutputsError(
            f"Stack {stack} has no output logsWorkspaceId: finish it with `pulumi up --stack {stack}`."
        )
    found = read_usage(Workspace(id=outputs["logsWorkspaceId"]), outputs.get("clientIds", {}), wanted)
    if json_:
        typer.echo(json.dumps(as_json(found, stack=stack), indent=2))
    else:
        print_usage(found, report_console(), stack=stack)
    raise typer.Exit(found.exit_code)
