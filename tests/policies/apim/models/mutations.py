"""Weakened policies of the model gateway. For each, at least one case must fail."""

from __future__ import annotations

from tests.policies.apim.mutations import DELETED, Mutation, instead, without

ROUTE = '((string)context.Variables["route"])'
READ = "context.Request.Body.As&lt;string>(true)"
OPTIONS = 'body["stream_options"] as JObject ?? new JObject()'
QUOTA = 'status == 403 ? "token_quota_exceeded" : "token_rate_limited"'
OF_CHAT = 'case "chat": return "gpt-5-mini gemini-2.5-flash"'
MESSAGE = 'new JProperty("message", answer[2])'

MUTATIONS = (
    # Callers
    Mutation("tokens are not validated", r"<validate-azure-ad-token.*?</validate-azure-ad-token>"),
    instead("the role is not asked for", '"" : "role_missing"', '"" : ""'),
    instead("strangers pass", '"client_unknown" : ""', '"" : ""'),
    instead("a client is part of another", 'clientId"] + ":"', 'clientId"].ToString().Substring(0, 1)'),
    Mutation("clients are not limited", r'<rate-limit-by-key id="client-limit".*?/>'),
    instead("a limit is not called one", 'return "rate_limited"', 'return "gateway_error"'),
    instead("a bad token is a broken gateway", 'error.PolicyId == "token")', "false)"),
    # Headers
    *(
        Mutation(f"{name} travels on", rf'<set-header name="{name}" exists-action="delete" />|\|auth[^"]*')
        for name in DELETED
        if name != "Authorization"  # the gateway's own takes its place
    ),
    Mutation("x-litellm-* travel on", r"<retry condition='@\(context\.Request.*?</retry>"),
    Mutation("path and query travel on", r"<rewrite-uri.*?/>"),
    without("the query travels on", ' copy-unmatched-params="false"'),
    without("the version stands twice", ".Substring(3)"),
    Mutation("the identity does not call", r"<authentication-managed-identity.*?/>"),
    instead("another identity calls", "{{model-identity-client-id}}", "{{tenant-id}}"),
    instead("the identity is of another service", "cognitiveservices.azure.com", "vault.azure.net"),
    # Models
    instead("a model has another name", 'return "azureOpenAI small', 'return "azureOpenAI x'),
    instead("a missing model passes", 'return "model_missing"', 'return "gateway_error"'),
    instead("an unknown model is a broken gateway", 'return "model_not_found"', 'return "gateway_error"'),
    instead("any model is allowed", 'return "model_not_allowed"', 'return ""'),
    instead(
        "a part of a name will do", ".Split(&apos; &apos;).Contains(model)) {", ".Contains(model.Substring(0, 1))) {"
    ),
    instead("every client has all", OF_CHAT, OF_CHAT.replace("gemini", "small gemini")),
    instead("a client has none", OF_CHAT, 'case "chat": return ""'),
    instead("the list is not one", 'new JProperty("object", "list")', 'new JProperty("object", "models")'),
    Mutation("a broken body is a broken gateway", r'(?<=catch \(Exception\) \{\n        )return "";', "throw;"),
    instead("the body is gone once it was read", "As&lt;string>(true)", "As&lt;string>()"),
    instead("operations are not told apart", '"operation_not_supported" : ""', '"" : ""'),
    without("the caller's name of the model travels on", f"body[\"model\"] = {ROUTE}.Split(' ')[1];"),
    instead(
        "the first of two models is checked",
        f'JObject.Parse({READ})["model"]',
        f'Regex.Match({READ}, "\\"model\\": \\"([^\\"]*)").Groups[1].Value',
    ),
    Mutation("the model is not told", r'<set-header name="x-gateway-model".*?</set-header>'),
    Mutation("the provider tells the model", r'(?<=x-gateway-model" exists-action=")override', "skip"),
    Mutation("the provider is not told", r'<set-header name="x-gateway-provider".*?</set-header>'),
    # Bodies
    instead("streams tell no tokens", 'options["include_usage"] = true', 'options["x"] = true'),
    instead("every call is a stream", 'Convert.ToString(body["stream"]) == "True"', "true"),
    without("every stream is a chat", 'context.Operation.UrlTemplate == "/v1/chat/completions" &amp;&amp; '),
    instead("other options are lost", OPTIONS, "new JObject()"),
    instead("odd options break the gateway", OPTIONS, '(JObject)body["stream_options"] ?? new JObject()'),
    instead("dates are written anew", "[0-9]{4}-[0-9]{2}-[0-9]{2}T|/Date|", "x|/Date|"),
    instead("old dates are written anew", "|/Date|\\\\\\\\/Date)", "|x)"),
    instead("marks stay", '"\\"\\\\\\\\u0001(?=', '"x(?='),
    # Limits
    Mutation("tokens are not limited", r"<llm-token-limit.*?/>"),
    without("tokens of the minute are not limited", ' tokens-per-minute="20"'),
    without("tokens of the day are not limited", ' token-quota="60" token-quota-period="Daily"'),
    instead("every client is limited", '(string)context.Variables["client"] == "chat"', "true"),
    instead("a quota is a rate", QUOTA, '"token_rate_limited"'),
    instead("a rate is a quota", QUOTA, '"token_quota_exceeded"'),
    instead("a limit of tokens is a broken gateway", '(error.PolicyId ?? "").StartsWith("token-limit")', "false"),
    instead("the wait for tokens is not told", '.EndsWith("rate_limited")', '.Equals("rate_limited")'),
    Mutation("tokens are no metric", r"<llm-emit-token-metric.*?</llm-emit-token-metric>"),
    Mutation("clients are not told apart", r"""(?<=name="Client" value=')[^']*""", "all"),
    instead("admitted clients are not logged", "<message>admitted</message>", "<message>?</message>"),
    # Deployments
    instead("nothing is repeated", 'EndsWith(" 0") &amp;&amp; (', 'EndsWith(" 0") &amp;&amp; false &amp;&amp; ('),
    instead("one deployment is asked again", '!((string)context.Variables["route"]).EndsWith(" 0") &amp;&amp; ', ""),
    instead("a full deployment is not left", "status == 429 || ", ""),
    instead("a broken deployment is not left", " || status &gt;= 500 &amp;&amp; status &lt;= 599", ""),
    instead("faults of the caller are repeated", "status &gt;= 500 &amp;&amp;", "status &gt;= 400 &amp;&amp;"),
    instead("good answers are repeated", "status &gt;= 500 &amp;&amp;", "status &gt;= 200 &amp;&amp;"),
    Mutation("a request is repeated without end", r"count='@\(Math[^']*'", 'count="50"'),
    instead("the second request is empty", ' buffer-request-body="true"', ""),
    instead("streams are buffered", 'buffer-response="false"', 'buffer-response="true"'),
    instead("a provider is not waited for", 'timeout="230"', 'timeout="60"'),
    instead("a provider is waited for too long", 'timeout="230"', 'timeout="300"'),
    instead("the backend is another one", f"{ROUTE}.Split(&apos; &apos;)[2]", '"model-small-1"'),
    instead("the caller is told that its token is bad", 'status == 401 || status == 403 ? "provider_refused" : ', ""),
    instead("nobody left is told as it is", ' status == 503 ? "no_deployment_available" : "";', ' "";'),
    instead("a timeout is not called one", '"Timeout" ? "provider_timeout"', '"Timeout" ? "provider_unreachable"'),
    instead("a provider that is gone is a broken gateway", 'error.Section == "backend"', "false"),
    instead(
        "error messages are told",
        MESSAGE,
        MESSAGE.replace("answer[2]", 'context.LastError == null ? answer[2] : context.LastError.Message + "."'),
    ),
    Mutation("429 and 503 do not say when", r'<set-header name="Retry-After".*?</set-header>'),
)

NAMED_MUTATIONS = (
    without("the version of the API is missing", "?api-version=2024-10-21"),
    instead("every model gets a version", "var named = ", "var named = true || "),
    instead(
        "a pool of several names has responses",
        'var chatOnly = "gpt-5-mini gemini-2.5-flash"',
        'var chatOnly = "gemini-2.5-flash"',
    ),
)
"""Of a policy with a pool whose deployments have names of their own."""

SAFETY_MUTATIONS = (
    Mutation("prompts are not checked", r"<llm-content-safety.*?</llm-content-safety>"),
    *(
        Mutation(f"{harm} is not checked", rf'<category name="{harm}".*?/>')
        for harm in ("Hate", "SelfHarm", "Sexual", "Violence")
    ),
    instead("a higher severity passes", 'name="Hate" threshold="4"', 'name="Hate" threshold="6"'),
    instead("a lower severity is refused", 'name="Hate" threshold="4"', 'name="Hate" threshold="2"'),
    instead("attacks pass", 'shield-prompt="true"', 'shield-prompt="false"'),
    instead("chats are not checked", 'UrlTemplate != "/v1/embeddings"', 'UrlTemplate == "/v1/embeddings"'),
    instead("embeddings are checked", 'UrlTemplate != "/v1/embeddings"', 'UrlTemplate != "/v1/none"'),
    instead("a refusal is a broken gateway", 'error.Source == "llm-content-safety"', "false"),
    instead("a refusal is told as a failure", "status &lt; 500 ?", "status &lt; 400 ?"),
    instead("a failure is told as a refusal", "status &lt; 500 ?", "status &lt; 600 ?"),
    instead(
        "the text is told",
        MESSAGE,
        MESSAGE.replace("answer[2]", 'context.LastError == null ? answer[2] : context.LastError.Message + "."'),
    ),
)
"""Of a policy that has prompts checked by Content Safety."""
