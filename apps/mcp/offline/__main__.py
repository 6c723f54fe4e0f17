"""`make mcp`: MCP through AgentCore and through LiteLLM without an account; 1 where users see others' data."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from apps.mcp import client, device
from apps.mcp.login import log_in
from apps.mcp.offline.google import FILES
from apps.mcp.offline.litellm import LiteLLMWorld, litellm_world
from apps.mcp.offline.world import world

PEOPLE = ("alice", "bob")


def through_agentcore(say: Callable[[str], None]) -> bool:
    """AgentCore behind Entra ID; whether each saw the own files alone."""
    with TemporaryDirectory(prefix="genai-mcp-") as folder, world(Path(folder)) as at:
        stranger = httpx.post(at.gateway.url, json={}, trust_env=False, timeout=60)
        scheme = stranger.headers["www-authenticate"].partition(" ")[0]
        say(f"no token: {stranger.status_code} {scheme}, told where to log in")
        norole = at.entra.token("mallory", roles=[])
        headers = {"authorization": f"Bearer {norole}"}
        refused = httpx.post(at.gateway.url, json={}, headers=headers, trust_env=False, timeout=60)
        say(f"a token of the tenant without the role: {refused.status_code}")
        right = stranger.status_code == 401 and refused.status_code == 403
        for person in PEOPLE:
            told, browser = at.told(person), at.browser(person)
            if person == "bob":
                asyncio.run(device.log_in(told, lambda sentence: at.type_code(sentence, "bob")))
                say("bob logs in at Entra ID from another machine, by a code")
            else:
                asyncio.run(log_in(told, browser.show))
                say(f"{person} logs in at Entra ID (PKCE, loopback)")
            seen = asyncio.run(client.call(told, "drive___listFiles", {}, browser.show))
            asked = sum("authorize?request_uri=" in url for url in browser.visited)
            say(f"{person} calls drive___listFiles: -32042, {asked} consent, then {seen!r}")
            right = right and seen.splitlines() == FILES[person]
        again = [asyncio.run(client.call(at.told(one), "drive___listFiles", {}, print)) for one in PEOPLE]
        say(f"both again, without a consent: {again}")
        return right and again == ["\n".join(FILES[one]) for one in PEOPLE]


def through_litellm(at: LiteLLMWorld, say: Callable[[str], None]) -> bool:
    """LiteLLM with a key for each person; whether each saw the own files alone."""

    def attempt(person: str) -> str:
        try:
            return asyncio.run(client.call(at.told(person), "listFiles", {}, at.browser(person).show))
        except client.CallError as error:
            return f"refused ({str(error).partition(':')[0]})"

    say(f"alice calls before her login: {attempt('alice')}")
    right = True
    for person in PEOPLE:
        asyncio.run(log_in(at.told(person), at.browser(person).show))
        seen = attempt(person)
        say(f"{person} logs in at Google through LiteLLM, and sees {seen!r}")
        right = right and seen == "\n".join(FILES[person])
    at.google.revoke("alice")
    say(f"alice takes her consent back: {attempt('alice')}; bob still sees {(bob := attempt('bob'))!r}")
    shown = [one for one in at.google.secrets() if one in at.log()]
    say(f"tokens in LiteLLM's log: {len(shown)}")
    return right and bob == "\n".join(FILES["bob"]) and not shown


def main() -> int:
    """0 when both gateways keep the users apart, 1 when one does not."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "offline", "AWS_SECRET_ACCESS_KEY": "offline"}

    def say(line: str) -> None:
        print(f"  {line}", flush=True)

    litellm = litellm_world()
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(litellm.__enter__)  # takes most of the time
        print("AgentCore Gateway behind Entra ID (a model of it on the MCP SDK)")
        good = through_agentcore(say)
        print("LiteLLM as MCP gateway (the real one, which takes a while to start)")
        at = starting.result()
        try:
            good = through_litellm(at, say) and good
        finally:
            litellm.__exit__(None, None, None)
    print("Each saw the own files, and nobody else's." if good else "Somebody saw what is not his.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
