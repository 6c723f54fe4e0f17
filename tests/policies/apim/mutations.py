"""Weakened policies: one protective line taken out or blunted. For each, at least one case must fail."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import pytest

from policies.apim import Mode
from tests.policies.apim.cases import BOTH


@dataclass(frozen=True)
class Mutation:
    """Every match of the regular expression `old` becomes `new`."""

    name: str
    old: str
    new: str = ""
    modes: tuple[Mode, ...] = BOTH

    def edit(self, policy: str) -> str:
        """The weakened policy; AssertionError when there was nothing to weaken."""
        weakened, count = re.subn(self.old, lambda _: self.new, policy, flags=re.DOTALL)
        assert count, f"{self.old} is not in the policy"
        return weakened


World = TypeVar("World")


def assert_noticed(mutation: Mutation, cases: Iterable[Callable[[World], object]], world: Callable[[], World]) -> None:
    """At least one case fails in the world with the weakened policy; each gets a world of its own."""
    for run in cases:
        try:
            run(world())
        except (AssertionError, KeyError):
            return
    pytest.fail(f"no case fails when {mutation.name}")


def without(name: str, text: str, *modes: Mode) -> Mutation:
    """Take this text out."""
    return Mutation(name, re.escape(text), "", modes or BOTH)


def instead(name: str, old: str, new: str, *modes: Mode) -> Mutation:
    """Put another text in its place."""
    return Mutation(name, re.escape(old), new, modes or BOTH)


DELETED = (
    "Authorization",
    "api-key",
    "x-api-key",
    "x-goog-api-key",
    "Ocp-Apim-Subscription-Key",
    "Cookie",
    "traceparent",
    "tracestate",
)

MUTATIONS = (
    # Tokens
    Mutation("tokens are not validated", r"<validate-azure-ad-token.*?</validate-azure-ad-token>"),
    instead(
        "another API's tokens pass",
        "{{api-client-id}}</audience>",
        "{{api-client-id}}</audience><audience>11111111-3c5d-4a7e-9f10-1d2c3b4a5f60</audience>",
    ),
    instead("the role is not asked for", '"" : "role_missing"', '"" : ""'),
    instead("any role will do", 'roles.Contains("LiteLLM.Invoke")', "roles.Length > 0"),
    instead(
        "a part of the role will do",
        'roles.Contains("LiteLLM.Invoke")',
        'string.Join(",", roles).Contains("LiteLLM.Invoke")',
    ),
    Mutation(
        "the client id need not be a GUID",
        r"Guid\.TryParseExact\((.*?), \"D\", out id\) \? .*?;",
        'claims.GetValueOrDefault("azp", claims.GetValueOrDefault("appid", "")).ToLowerInvariant();',
    ),
    instead("an empty client id passes", 'return "invalid_token"; }\n', 'return ""; }\n'),
    instead("v2 tokens have no client id", 'GetValueOrDefault("azp", ', 'GetValueOrDefault("appid", '),
    instead("v1 tokens have no client id", 'claims.GetValueOrDefault("appid", "")', '""'),
    # Headers
    # Without the loop's look for credentials too: each of the two would do for most of them.
    *(
        Mutation(f"{name} travels on", rf'<set-header name="{name}" exists-action="delete" />|\|auth[^"]*')
        for name in DELETED
    ),
    Mutation("x-litellm-* travel on", r"<retry.*?</retry>"),
    instead("only lower-case x-litellm-* are deleted", '"(?i)litellm', '"litellm'),
    instead("litellm-* travel on", "(?i)litellm", "(?i)x-litellm"),
    *(
        without(f"headers like {word} travel on", f"|{word}")
        for word in ("auth", "cookie", "credential", "key$", "password", "secret", "token", "^x-amz-")
    ),
    # Target
    Mutation("path and query travel on", r"<rewrite-uri.*?/>"),
    without("the query travels on", ' copy-unmatched-params="false"'),
    instead("every call is a chat", "@(context.Operation.UrlTemplate)", "/v1/chat/completions"),
    instead("too many x-litellm-* travel on", '? "gateway_error" : ""', '? "" : ""'),
    Mutation("the key is not set", r'<set-header name="x-litellm-api-key".*?</set-header>'),
    Mutation("the client is not told", r'<set-header name="langfuse_trace_user_id".*?</set-header>'),
    instead(
        "the client may be forged",
        'langfuse_trace_user_id" exists-action="override"',
        'langfuse_trace_user_id" exists-action="skip"',
    ),
    instead(
        "the client may be added to",
        'langfuse_trace_user_id" exists-action="override"',
        'langfuse_trace_user_id" exists-action="append"',
    ),
    without("the backend is not chosen", '<set-backend-service backend-id="litellm" />'),
    # Limits
    Mutation("addresses are not limited", r'<rate-limit-by-key id="address-limit".*?/>'),
    Mutation("clients are not limited", r'<rate-limit-by-key id="client-limit".*?/>'),
    instead("all clients share a limit", '"client:" + (string)context.Variables["clientId"]', '"client:"'),
    instead("all addresses share a limit", '"address:" + context.Request.IpAddress', '"address:"'),
    instead(
        "a client is limited per address",
        '"client:" + (string)context.Variables["clientId"]',
        '"client:" + context.Request.IpAddress',
    ),
    instead("a limit is not called one", 'return "rate_limited"', 'return "gateway_error"'),
    # Answers
    instead("streams are buffered", 'buffer-response="false"', 'buffer-response="true"'),
    instead("LiteLLM is not waited for", 'timeout="230"', 'timeout="60"'),
    instead("LiteLLM is waited for too long", 'timeout="230"', 'timeout="300"'),
    Mutation("errors are not explained", r"<on-error>.*</on-error>", "<on-error><base /></on-error>"),
    instead("a timeout is not called one", '"Timeout" ? "backend_timeout"', '"Timeout" ? "backend_unreachable"'),
    instead("a broken backend is a broken gateway", 'error.Section == "backend"', "false"),
    instead("a bad token is a broken gateway", 'error.PolicyId == "token"', "false"),
    instead("the load balancer speaks for itself", 'StartsWith("awselb/")', 'StartsWith("nobody/")'),
    instead(
        "LiteLLM is taken for the load balancer",
        'GetValueOrDefault("Server", "").StartsWith("awselb/")',
        'GetValueOrDefault("Server", "") != null',
    ),
    instead(
        "error messages are told",
        'new JProperty("message", answer[2])',
        'new JProperty("message", context.LastError == null ? answer[2] : context.LastError.Message + ".")',
    ),
    instead("error messages are logged", 'context.LastError.Source + " "', 'context.LastError.Message + " "'),
    instead(
        "claims are told",
        'new JProperty("message", answer[2])',
        'new JProperty("message", context.Variables.GetValueOrDefault<string>("clientId", "") + ".")'.replace(
            "<", "&lt;"
        ),
    ),
    instead(
        "the header's key is logged",
        "<message>refused</message>",
        '<message>@(context.Request.Headers.GetValueOrDefault("x-litellm-api-key", ""))</message>',
        "header",
    ),
    instead("admitted clients are not logged", "<message>admitted</message>", "<message>?</message>"),
    Mutation("401 has no challenge", r'<set-header name="WWW-Authenticate".*?</set-header>'),
    Mutation("429 and 503 do not say when", r'<set-header name="Retry-After".*?</set-header>'),
    instead(
        "the wait of a limit is not told", 'context.Variables.GetValueOrDefault&lt;object>("retryAfter", 60)', "60"
    ),
    # Header mode
    instead("a missing key passes", 'return "key_missing"', 'return ""', "header"),
    without("text before a key passes", r"\A", "header"),
    without("text after a key passes", r"\z", "header"),
    instead("a newline after a key passes", r"\z", "$", "header"),
    instead("short keys pass", "{16,128}", "{15,128}", "header"),
    instead("long keys pass", "{16,128}", "{16,}", "header"),
    instead("short keys only", "{16,128}", "{16,127}", "header"),
    instead("any character passes", "[A-Za-z0-9_-]", ".", "header"),
    instead("bindings are ignored", '"key_not_allowed" : ""', '"" : ""', "header"),
    without("bound clients may use free keys", "pair.StartsWith(clientId) || ", "header"),
    without("bound keys serve other clients", " || pair.EndsWith(keyHash)", "header"),
    instead(
        "a key bound to anyone passes",
        '!bindings.Contains(clientId + ":" + keyHash)',
        "!bindings.Any(pair => pair.EndsWith(keyHash))",
        "header",
    ),
    # Key Vault mode
    instead("a client without a key passes", '"client_not_onboarded")', '"")', "keyVault"),
    instead("there is a default key", 'return "absent"', 'return "sk-default-key-of-everyone"', "keyVault"),
    instead(
        "a broken vault is a missing key",
        'return ""; }\n          if (secret.StatusCode == 404)',
        'return "absent"; }\n          if (secret.StatusCode == 404)',
        "keyVault",
    ),
    instead("an unusable answer passes", '"key_lookup_failed" : ""', '"" : ""', "keyVault"),
    without("no answer is not expected", 'if (secret == null) { return ""; }', "keyVault"),
    without("404 is an unusable answer", 'if (secret.StatusCode == 404) { return "absent"; }', "keyVault"),
    without("any status is a good one", 'if (secret.StatusCode != 200) { return ""; }', "keyVault"),
    instead(
        "a broken body is a broken gateway",
        'catch (Exception) {\n            return "";',
        "catch (Exception) {\n            throw;",
        "keyVault",
    ),
    instead("errors of the vault are raised", 'ignore-error="true"', 'ignore-error="false"', "keyVault"),
    instead("the vault is waited for too long", 'timeout="5"', 'timeout="60"', "keyVault"),
    instead("the vault is not waited for", 'timeout="5"', 'timeout="3"', "keyVault"),
    Mutation("the vault does not know the gateway", r"<authentication-managed-identity.*?/>", "", ("keyVault",)),
    instead("another identity asks the vault", "{{gateway-identity-client-id}}", "{{tenant-id}}", "keyVault"),
    without("text before a stored key passes", r"\A", "keyVault"),
    without("text after a stored key passes", r"\z", "keyVault"),
    instead("a newline after a stored key passes", r"\z", "$", "keyVault"),
    instead("short stored keys pass", "{16,128}", "{15,128}", "keyVault"),
    instead("long stored keys pass", "{16,128}", "{16,}", "keyVault"),
    Mutation("keys are not remembered", r"<cache-store-value.*?/>", "", ("keyVault",)),
    instead("absence is remembered as long as a key", "? 60 : 300", "? 300 : 300", "keyVault"),
    instead("a key is forgotten as soon as absence", "? 60 : 300", "? 60 : 60", "keyVault"),
    instead("a key is remembered for longer", "? 60 : 300", "? 60 : 3000", "keyVault"),
    Mutation("a refused key is kept", r"<cache-remove-value.*?/>", "", ("keyVault",)),
    instead("any error drops the key", "StatusCode == 401)", "StatusCode > 400)", "keyVault"),
    instead(
        "clients share a remembered key",
        '"litellm-key:" + (string)context.Variables["clientId"]',
        '"litellm-key:"',
        "keyVault",
    ),
    instead(
        "null in the cache is a key",
        'string.IsNullOrEmpty(context.Variables.GetValueOrDefault&lt;string>("key", ""))',
        '!context.Variables.ContainsKey("key")',
        "keyVault",
    ),
    instead(
        "the caller's key is used",
        '"" : "client_not_onboarded")',
        '"" : context.Request.Headers.ContainsKey("x-litellm-api-key") ? "" : "client_not_onboarded")',
        "keyVault",
    ),
)
