"""CrossGuard rules about listeners of the load balancer: TLS, redirects, and the entry for API Management."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pulumi_policy import PolicyResource, ResourceValidationArgs

from policies.apim import APIM_ENTRY_HEADER, APIM_ENTRY_PORT
from policies.guardrails.rule import known, of_type, referring, resource_rule, stack_rule

_BALANCER = "aws:lb/loadBalancer:LoadBalancer"
_LISTENER = "aws:lb/listener:Listener"
_RULE = "aws:lb/listenerRule:ListenerRule"


@resource_rule(_LISTENER)
def listeners_refuse_old_tls(listener: ResourceValidationArgs) -> Iterator[str]:
    """HTTPS is TLS 1.2 or newer; by default a load balancer still speaks 1.0."""
    policy = listener.props.get("sslPolicy") or "not set"
    newer = ("ELBSecurityPolicy-TLS13-1-2-", "ELBSecurityPolicy-TLS13-1-3-")
    if listener.props.get("protocol") == "HTTPS" and not policy.startswith(newer):
        yield f"sslPolicy is {policy}: set ELBSecurityPolicy-TLS13-1-2-2021-06 or a newer one without TLS 1.0 and 1.1"


@stack_rule
def plain_http_beside_https_only_redirects(resources: Sequence[PolicyResource]) -> Iterator[tuple[PolicyResource, str]]:
    """Where users have HTTPS, plain HTTP only leads there.

    The entry for API Management is not for users: without a domain its certificate is self-signed and the rest is
    HTTP.
    """
    for balancer in of_type(resources, _BALANCER):
        listeners = referring(resources, _LISTENER, "loadBalancerArn", balancer)
        secure = [listener for listener in listeners if known(listener.props, "protocol") == "HTTPS"]
        if all(known(listener.props, "port") == APIM_ENTRY_PORT for listener in secure):
            continue
        for listener in listeners:
            rules = referring(resources, _RULE, "listenerArn", listener)
            actions = [
                *(known(listener.props, "defaultActions") or ()),
                *(action for rule in rules for action in known(rule.props, "actions") or ()),
            ]
            if listener not in secure and any(known(action, "type") != "redirect" for action in actions):
                yield (
                    listener,
                    "plain HTTP is served beside HTTPS: make its default action and its rules redirect to HTTPS",
                )


@stack_rule
def the_apim_entry_is_shut_by_default(resources: Sequence[PolicyResource]) -> Iterator[tuple[PolicyResource, str]]:
    """The one port open to the world is HTTPS, answers 403, and forwards only what carries the secret header."""
    for listener in of_type(resources, _LISTENER):
        if known(listener.props, "port") != APIM_ENTRY_PORT:
            continue
        if known(listener.props, "protocol") != "HTTPS":
            yield listener, f"port {APIM_ENTRY_PORT} is open to the world in plain HTTP: set protocol HTTPS"
        actions = known(listener.props, "defaultActions") or ()
        if any(str(known(action, "fixedResponse", "statusCode")) != "403" for action in actions):
            yield listener, f"port {APIM_ENTRY_PORT} lets strangers in: make its default action a fixed response 403"
        for rule in referring(resources, _RULE, "listenerArn", listener):
            conditions = known(rule.props, "conditions") or ()
            headers = [known(condition, "httpHeader", "httpHeaderName") for condition in conditions]
            if APIM_ENTRY_HEADER not in headers:
                advice = f"add the condition httpHeader {APIM_ENTRY_HEADER}, which LiteLLM writes into no trace"
                yield rule, f"the rule forwards without the secret header: {advice}"
