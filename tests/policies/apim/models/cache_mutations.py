"""Weakened policies with a semantic cache. For each, at least one case of cache_cases.py must fail."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.policies.apim.mutations import Mutation, instead, without

QUESTION = 'question["content"] = "";'
PART = 'new JArray(context.Variables["clientId"], sub, context.Variables["model"], body)'
LOOKUP = r"<llm-semantic-cache-lookup.*?</llm-semantic-cache-lookup>"
DATES = '(true), "\\"(?=[0-9]{4}-[0-9]{2}-[0-9]{2}T|/Date)"'
PART_SET = r'<set-variable name="cachePart"'
METRIC = r"<llm-emit-token-metric.*?</llm-emit-token-metric>"


@dataclass(frozen=True)
class Moved(Mutation):
    """What matches the regular expression `old` stands in front of what matches `new`."""

    def edit(self, policy: str) -> str:
        match = re.search(self.old, policy, flags=re.DOTALL)
        assert match, f"{self.old} is not in the policy"
        rest = policy.replace(match[0], "")
        moved = re.sub(self.new, lambda place: match[0] + place[0], rest, flags=re.DOTALL)
        assert moved != rest, f"{self.new} is not in the policy"
        return moved


def _choose(condition: str) -> str:
    return rf"<choose>\s*<when condition='@\({re.escape(condition)}\)'>.*?</choose>"


def forgets(name: str, forgotten: str) -> Mutation:
    """A part of the body is left out of the hash."""
    return instead(name, QUESTION, f"{QUESTION} {forgotten};")


CACHE_MUTATIONS = (
    # Whose answer to what
    instead("clients share answers", PART, PART.replace('context.Variables["clientId"], ', "")),
    instead("people share answers", PART, PART.replace("sub, ", "")),
    instead("people without a subject share answers", "string.IsNullOrEmpty(sub) || ", ""),
    instead("models share answers", PART, PART.replace('context.Variables["model"], ', "")),
    instead("only the question counts", PART, PART.replace(", body", "")),
    *(
        forgets(f"{name} does not count", f'body.Remove("{name}")')
        for name in ("temperature", "tools", "response_format", "max_tokens", "n", "seed", "user", "messages")
    ),
    forgets("the text of the system does not count", 'foreach (var one in messages) { one["content"] = ""; }'),
    forgets("who asks does not count", '((JObject)question).Remove("name")'),
    instead("one of two dates is as good as another", DATES, DATES.replace("[0-9]{4}-[0-9]{2}-[0-9]{2}T|", "")),
    instead("one of two old dates is as good as another", DATES, DATES.replace("|/Date", "")),
    without("the same words only are the same question", QUESTION),
    without("answers are not kept apart", '<vary-by>@((string)context.Variables["cachePart"])</vary-by>'),
    without("the text of the system drowns the question", ' ignore-system-messages="true"'),
    instead("more is the same question", 'score-threshold="0.05"', 'score-threshold="0.2"'),
    instead("less is the same question", 'score-threshold="0.05"', 'score-threshold="0.01"'),
    instead("nobody asks for embeddings", '"system-assigned"', '"none"'),
    instead("another backend is asked for embeddings", 'backend-id="embeddings"', 'backend-id="model-small-1"'),
    # What is not cached
    without("embeddings and responses are cached", ' || context.Operation.UrlTemplate != "/v1/chat/completions"'),
    *(
        instead(f"{operation} are cached", 'UrlTemplate != "/v1/chat/completions")', f'UrlTemplate == "/v1/{other}")')
        for operation, other in (("embeddings", "responses"), ("responses", "embeddings"))
    ),
    without("streams are cached", 'if (stream != "" &amp;&amp; stream != "False") { return ""; }'),
    instead("odd streams are cached", 'stream != "" &amp;&amp; stream != "False"', 'stream == "True"'),
    instead(
        "what says that it is no stream is not cached", 'stream != "" &amp;&amp; stream != "False"', 'stream != ""'
    ),
    instead("two user messages are cached", 'role == "user") != 1', 'role == "user") == 0'),
    instead("no user message breaks the gateway", 'role == "user") != 1', 'role == "user") > 1'),
    instead(
        "conversations are cached",
        ' || roles.Any(role => role != "user" &amp;&amp; role != "system")',
        "",
    ),
    *(
        instead(
            f"messages of {role or 'nobody'} are cached",
            '&amp;&amp; role != "system"',
            f'&amp;&amp; role != "system" &amp;&amp; role != "{role}"',
        )
        for role in ("assistant", "developer", "tool", "")
    ),
    instead("system messages are not cached", ' &amp;&amp; role != "system"', ""),
    instead("odd roles are cached", 'role != "system")', '!role.ToLowerInvariant().Contains("system"))'),
    instead(
        "images are cached", '(question["content"] as JValue)?.Value as string', 'Convert.ToString(question["content"])'
    ),
    instead("no question is a question", "string.IsNullOrWhiteSpace(text)", "text == null"),
    without("long questions are cached", " || text.Length > 2000"),
    instead("not so long questions are not cached", "text.Length > 2000", "text.Length >= 2000"),
    instead("everything is cached", """'@((string)context.Variables["cachePart"] != "")'""", "'@(true)'"),
    # Answers
    Mutation("nothing is found", LOOKUP),
    Mutation("nothing is kept", "<llm-semantic-cache-store.*?/>"),
    without("errors are kept", " &amp;&amp; context.Response.StatusCode == 200"),
    instead("all that is no error is kept", "StatusCode == 200)'>", "StatusCode &lt; 300)'>"),
    instead("a hit extends its own life", '"cache", "") == "miss"', '"cache", "") != ""'),
    instead("answers are kept for longer", 'duration="300"', 'duration="600"'),
    instead("answers are forgotten sooner", 'duration="300"', 'duration="60"'),
    # What is told
    Mutation("a hit is not told", r'<set-header name="x-gateway-cache".*?</set-header>'),
    instead(
        "a provider tells of the cache",
        'x-gateway-cache" exists-action="override"',
        'x-gateway-cache" exists-action="skip"',
    ),
    without("nobody knows that it was a hit", '<set-variable name="cache" value="hit" />'),
    without("a miss is told as a hit", '<set-variable name="cache" value="miss" />'),
    instead(
        "a hit is told as a miss",
        'name="cache" value="hit" />\n        <!--',
        'name="cache" value="miss" />\n        <!--',
    ),
    instead("what is not cached is told of", 'ContainsKey("cache")', 'ContainsKey("cachePart")'),
    Mutation("a hit is no JSON", r'<set-header name="Content-Type" exists-action="skip">.*?</set-header>'),
    instead(
        "a hit has another kind",
        'name="Content-Type" exists-action="skip"',
        'name="Content-Type" exists-action="override"',
    ),
    Mutation("a hit is not recorded", r"<message>answered from the cache</message>", "<message>admitted</message>"),
    *(
        Mutation(f"a hit has no {name}", rf'<metadata name="{name}"[^>]*/>(?=(?:(?!</trace>).)*<metadata name="cache")')
        for name in ("clientId", "client", "model", "provider")
    ),
    without("a hit is recorded as a call", '<metadata name="cache" value="hit" />'),
    instead(
        "a miss is recorded as a hit", 'GetValueOrDefault&lt;string>("cache", "") == "hit"', 'ContainsKey("cache")'
    ),
    instead("a cache that fails is a broken gateway", 'StartsWith("llm-semantic-cache")', 'StartsWith("none")'),
    instead("a cache that keeps nothing is a broken gateway", '"llm-semantic-cache")', '"llm-semantic-cache-lookup")'),
    # Order
    Moved("a hit costs tokens", METRIC, PART_SET),
    Moved("a hit is recorded twice", r"<trace source=\S+ severity=\S+>\s*<message>admitted.*?</trace>", PART_SET),
    Moved("known prompts are not checked", _choose('context.Operation.UrlTemplate != "/v1/embeddings"'), METRIC),
    Moved("known prompts are not limited", _choose('(string)context.Variables["client"] == "chat"'), METRIC),
)
