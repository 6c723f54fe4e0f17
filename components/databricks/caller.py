"""Databricks service principal as which LiteLLM calls, with a secret that lives for days."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_databricks as databricks


@dataclass(frozen=True, kw_only=True)
class CallerArgs:
    """Inputs of `Caller`. Another number of days makes a new secret."""

    display_name: str
    secret_days: int


class Caller(pulumi.ComponentResource):
    """A service principal of the workspace and its OAuth secret."""

    client_id: pulumi.Output[str]
    client_secret: pulumi.Output[str]
    secret_end: pulumi.Output[str]
    """RFC 3339."""

    def __init__(self, name: str, args: CallerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create both; see `CallerArgs`. The provider in `opts` is the workspace's."""
        super().__init__("genai:databricks:Caller", name, None, opts)
        principal = databricks.ServicePrincipal(
            name,
            display_name=args.display_name,
            workspace_access=True,
            disable_as_user_deletion=False,  # else a destroy would only switch it off
            force_delete_home_dir=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        secret = databricks.ServicePrincipalSecret(
            name,
            service_principal_id=principal.id,
            lifetime=f"{args.secret_days * 86_400}s",
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.client_id = principal.application_id
        self.client_secret = pulumi.Output.secret(secret.secret)
        self.secret_end = secret.expire_time
        self.register_outputs({})
