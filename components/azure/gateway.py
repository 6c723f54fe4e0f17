"""Azure API Management with one API, its policy, and LiteLLM as its backend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import apimanagement

from catalogue.api_management import tier_problem
from components.azure.guarded_api import GuardedApiArgs, ServicePlace, guarded_api, named_value
from components.azure.key_vault import KeyVault
from components.azure.model_identity import ModelIdentity
from policies import apim

API_ID = "litellm"
"""Name of the API inside the gateway."""

OPERATIONS: Mapping[str, tuple[str, str]] = {
    "chat-completions": ("POST", "/v1/chat/completions"),
    "responses": ("POST", "/v1/responses"),
    "embeddings": ("POST", "/v1/embeddings"),
    "models": ("GET", "/v1/models"),
}
"""What callers may do, by operation id: method and path. No wildcard: LiteLLM's administration stays unreachable."""


@dataclass(frozen=True, kw_only=True)
class GatewayArgs:
    """Inputs of `Gateway`.

    `named_values` are what the policy of `mode` refers to (`policies.apim.NAMED_VALUES`), and with a `key_vault` those
    that tell of it, whatever the mode: another mode on a running day must not make them anew. `backend_url` has no
    slash at its end; without `verify_certificate` the gateway takes any certificate the backend shows. `apim_entry_key`
    is the value of the header `APIM_ENTRY_HEADER`. `key_vault` is where it looks keys up, as the reader of that vault;
    `model_identity` is the one by which it calls models itself; with `own_identity` it has one of its own beside them,
    which begins and ends with it.
    """

    resource_group_name: pulumi.Input[str]
    mode: apim.Mode
    named_values: Mapping[str, pulumi.Input[str]]
    backend_url: str
    verify_certificate: bool
    apim_entry_key: pulumi.Input[str]
    publisher_email: str
    tags: Mapping[str, pulumi.Input[str]]
    tier: str
    own_identity: bool
    key_vault: KeyVault | None = None
    model_identity: ModelIdentity | None = None

    def __post_init__(self) -> None:
        if problem := tier_problem(self.tier):
            raise ValueError(problem)
        if set(self.named_values) != set(self.specs):
            raise ValueError(
                f"the policy of mode {self.mode} refers to the named values {', '.join(self.specs)}, not "
                f"{', '.join(self.named_values)}: give exactly those"
            )

    @property
    def specs(self) -> Mapping[str, apim.NamedValue]:
        """What each of the named values is."""
        of_vault = {name: apim.NAMED_VALUES["keyVault"][name] for name in apim.OF_VAULT} if self.key_vault else {}
        return {**apim.NAMED_VALUES[self.mode], **of_vault}


class Gateway(pulumi.ComponentResource):
    """API Management in front of LiteLLM. It is never open, not even while it is built.

    The policy of its API waits for its named values and the backend. Name and address are new each morning: yesterday's
    stay taken for 48 hours (learn.microsoft.com, "API Management soft-delete").

    Nothing inside is `deleted_with` the service: should that one stay, after an error or an interruption, the next `up`
    could not create what has left the state.
    """

    service: apimanagement.ApiManagementService
    api: apimanagement.Api
    url: pulumi.Output[str]
    named_values: Sequence[apimanagement.NamedValue]
    """Those that its policy refers to, the token's of every policy, and the vault's of those that look keys up."""
    backend: apimanagement.Backend

    def __init__(self, name: str, args: GatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the gateway; see `GatewayArgs`."""
        super().__init__("genai:azure:Gateway", name, None, opts)
        group = args.resource_group_name
        service = apimanagement.ApiManagementService(
            name,
            resource_group_name=group,
            sku=apimanagement.ApiManagementServiceSkuPropertiesArgs(name=args.tier, capacity=1),
            publisher_name="genaiplatform",
            publisher_email=args.publisher_email,
            # Said even when there is none: left out, an update would keep the identity of the other mode.
            identity=_identity(args),
            developer_portal_status=apimanagement.DeveloperPortalStatus.DISABLED,
            legacy_portal_status=apimanagement.LegacyPortalStatus.DISABLED,
            tags=dict(args.tags),
            # It can look keys up at once, and goes before them: a deleted secret keeps its name in a vault that still
            # stands, so an `up` after a destroy that failed at the gateway could not create it again.
            opts=pulumi.ResourceOptions(parent=self, depends_on=_identities(args)),
        )

        place = ServicePlace(parent=self, name=name, resource_group_name=group, service_name=service.name)
        apim_entry_key = named_value("apim-entry-key", args.apim_entry_key, place, secret=True)
        named_values = [
            named_value(value_name, args.named_values[value_name], place, secret=spec.secret)
            for value_name, spec in args.specs.items()
        ]
        backend = apimanagement.Backend(
            f"{name}-litellm",
            resource_group_name=group,
            service_name=service.name,
            backend_id=apim.BACKEND_ID,
            url=args.backend_url,
            protocol=apimanagement.BackendProtocol.HTTP,  # for https URLs too (Azure/bicep#14093)
            tls=apimanagement.BackendTlsPropertiesArgs(
                validate_certificate_chain=args.verify_certificate, validate_certificate_name=args.verify_certificate
            ),
            credentials=apimanagement.BackendCredentialsContractArgs(
                header={apim.APIM_ENTRY_HEADER: ["{{apim-entry-key}}"]}
            ),
            opts=place.inside(apim_entry_key),
        )
        api = guarded_api(
            f"{name}-litellm",
            GuardedApiArgs(
                api_id=API_ID,
                title="LiteLLM",
                path="",
                policy=apim.load(args.mode),
                needed=[*named_values, backend],
                operations=OPERATIONS,
            ),
            place,
            operations_of=name,
        )
        self.service, self.api = service, api
        self.named_values, self.backend = named_values, backend
        self.url = service.gateway_url
        self.register_outputs({"url": self.url})


def _identities(args: GatewayArgs) -> list[KeyVault | ModelIdentity]:
    return [one for one in (args.key_vault, args.model_identity) if one]


def _identity(args: GatewayArgs) -> apimanagement.ApiManagementServiceIdentityArgs:
    type_ = _IDENTITY_TYPES[args.own_identity, bool(_identities(args))]
    if not _identities(args):
        return apimanagement.ApiManagementServiceIdentityArgs(type=type_)
    ids = [one.reader_id if isinstance(one, KeyVault) else one.id for one in _identities(args)]
    return apimanagement.ApiManagementServiceIdentityArgs(
        type=type_,
        user_assigned_identities=pulumi.Output.all(*ids).apply(
            lambda known: {id_: apimanagement.UserIdentityPropertiesArgs() for id_ in known}
        ),
    )


_IDENTITY_TYPES = {
    (False, False): apimanagement.ApimIdentityType.NONE,
    (False, True): apimanagement.ApimIdentityType.USER_ASSIGNED,
    (True, False): apimanagement.ApimIdentityType.SYSTEM_ASSIGNED,
    (True, True): apimanagement.ApimIdentityType.SYSTEM_ASSIGNED_USER_ASSIGNED,
}
"""By whether the gateway has an identity of its own, and whether it is given others."""
