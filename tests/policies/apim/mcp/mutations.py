"""Weakened policies of MCP servers; for each, at least one case must fail."""

from __future__ import annotations

from tests.policies.apim.mutations import Mutation, instead, without

MUTATIONS = (
    Mutation("tokens are not validated", r"<validate-azure-ad-token.*?</validate-azure-ad-token>"),
    instead("the role is not asked for", '"" : "role_missing"', '"" : ""'),
    instead("the key is that of the application", 'GetValueOrDefault("oid", "")', 'GetValueOrDefault("azp", "")'),
    instead("a pairwise subject is the person", 'GetValueOrDefault("oid", "")', 'GetValueOrDefault("sub", "")'),
    Mutation(
        "any id goes into the address of the vault",
        r"return Guid\.TryParseExact\((.*?), \"D\", out id\) .*?;",
        r'return ((Jwt)context.Variables["token"]).Claims.GetValueOrDefault("oid", "");',
    ),
    without("strangers are not told where to log in", ' + (string)context.Variables["challenge"]'),
    instead("the metadata is that of one server", "+ context.Operation.UrlTemplate +", '+ "/drive" +'),
    instead(
        "the metadata is elsewhere",
        "/.well-known/oauth-protected-resource/",
        "/.well-known/oauth-authorization-server/",
    ),
    instead(
        "the path travels as it came", '@(context.Operation.UrlTemplate + "/mcp")', "@(context.Operation.UrlTemplate)"
    ),
    instead("every server is one", '@(context.Operation.UrlTemplate + "/mcp")', "/search/mcp"),
    without("the query travels on", ' copy-unmatched-params="false"'),
    instead("x-mcp-* travels on", "^x-(amz|mcp)-", "^x-amz-"),
    Mutation(
        "the token travels on",
        r'<set-header name="Authorization" exists-action="delete" />.*?<set-header name="x-litellm-api-key"',
        '<set-header name="x-litellm-api-key"',
    ),
    instead("headers of MCP do not travel", "^x-(amz|mcp)-", "^x-(amz|mcp)-|^mcp-"),
    instead("streams are buffered", 'buffer-response="false"', 'buffer-response="true"'),
    instead("LiteLLM is not waited for", 'timeout="230"', 'timeout="60"'),
    instead("LiteLLM's own 401 is told", '== 401 ? "consent_missing"', '== 401 ? ""'),
    instead(
        "every refusal of LiteLLM is a missing consent",
        'StatusCode == 401 ? "consent_missing"',
        'StatusCode == 403 ? "consent_missing"',
    ),
    Mutation("a replaced key stays", r"<cache-remove-value.*?/>", ""),
    instead(
        "the persons of an address share a limit", '"client:" + (string)context.Variables["clientId"]', '"client:"'
    ),
    Mutation("addresses are not limited", r'<rate-limit-by-key id="address-limit".*?/>'),
    instead("one key for all", '"litellm-key:" + (string)context.Variables["clientId"]', '"litellm-key:"'),
    without("the backend is not chosen", '<set-backend-service backend-id="litellm" />'),
)
