"""Which proof `genai verify` takes, by what kind of stack it is told."""

from __future__ import annotations

from contextlib import AbstractContextManager

from ops.checks.verify.agentcore import mcp_proof
from ops.checks.verify.databricks import proof_of_databricks
from ops.checks.verify.proof import Proof, proof_of
from ops.clouds.azure import access_token
from ops.stack.running import read_aws_stack, read_databricks, read_gateway, read_mcp_gateway, running_type
from ops.stack.running_stacks import RunningDatabricks, RunningMcpGateway
from ops.stack.settings_file import StackConfigError


def proof_for(stack: str, azure_stack: str | None, *, failover: bool) -> AbstractContextManager[Proof]:
    """The proof of a running stack, `failover` of its gateway's pools too where asked.

    StackConfigError and StackOutputsError say why there is none.
    """
    kind = running_type(stack)
    if azure_stack and kind in (RunningMcpGateway, RunningDatabricks):
        raise StackConfigError(f"No Azure stack stands in front of {stack}: leave --azure-stack out.")
    if kind is RunningMcpGateway:
        return mcp_proof(read_mcp_gateway(stack))
    if kind is RunningDatabricks:
        return proof_of_databricks(read_databricks(stack), access_token)
    running = read_aws_stack(stack)
    gateway = read_gateway(azure_stack, stack, running) if azure_stack else None
    return proof_of(running, gateway, failover=failover)
