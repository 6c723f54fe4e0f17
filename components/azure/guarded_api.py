"""API Management API that answers nothing before its policy is there, and the named values that policies refer to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import apimanagement


@dataclass(frozen=True, kw_only=True)
class ServicePlace:
    """The service that something is made in, and the component of that name which it is a child of."""

    parent: pulumi.Resource
    name: str
    resource_group_name: pulumi.Input[str]
    service_name: pulumi.Input[str]

    def inside(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of a child that is made after those."""
        return pulumi.ResourceOptions(parent=self.parent, depends_on=list(after))


@dataclass(frozen=True, kw_only=True)
class GuardedApiArgs:
    """Inputs of `guarded_api`. `policy` waits for `needed`; `operations` are method and path by operation id."""

    api_id: str
    title: str
    path: str
    policy: str
    needed: Sequence[pulumi.Resource]
    operations: Mapping[str, tuple[str, str]]


def guarded_api(name: str, args: GuardedApiArgs, place: ServicePlace, *, operations_of: str) -> apimanagement.Api:
    """The API with its policy and operations, which are named after `operations_of`.

    It has no service URL, so nothing is forwarded without its policy, and the operations wait for that.
    """
    api = apimanagement.Api(
        name,
        resource_group_name=place.resource_group_name,
        service_name=place.service_name,
        api_id=args.api_id,
        display_name=args.title,
        path=args.path,
        protocols=[apimanagement.Protocol.HTTPS],
        subscription_required=False,  # the policy wants an Entra ID token instead
        opts=place.inside(),
    )
    policy = apimanagement.ApiPolicy(
        name,
        resource_group_name=place.resource_group_name,
        service_name=place.service_name,
        api_id=api.name,
        policy_id="policy",  # the only id there is
        format=apimanagement.PolicyContentFormat.XML,
        value=args.policy,
        opts=place.inside(*args.needed),
    )
    for operation_id, (method, template) in args.operations.items():
        apimanagement.ApiOperation(
            f"{operations_of}-{operation_id}",
            resource_group_name=place.resource_group_name,
            service_name=place.service_name,
            api_id=api.name,
            operation_id=operation_id,
            display_name=operation_id,
            method=method,
            url_template=template,
            opts=place.inside(policy),
        )
    return api


def named_value(id_: str, value: pulumi.Input[str], place: ServicePlace, *, secret: bool) -> apimanagement.NamedValue:
    """A value that policies write as `{{id}}`; a secret one is shown nowhere."""
    return apimanagement.NamedValue(
        f"{place.name}-{id_}",
        resource_group_name=place.resource_group_name,
        service_name=place.service_name,
        named_value_id=id_,
        display_name=id_,
        value=pulumi.Output.secret(value) if secret else value,
        secret=secret,
        opts=place.inside(),
    )
