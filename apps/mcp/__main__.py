"""`python -m apps.mcp login [--device]`, `tools` or `call NAME JSON`: what `genai mcp` runs in its own environment."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import webbrowser

from apps.mcp import client, device
from apps.mcp.login import LoginError, log_in
from apps.mcp.settings import load


def show(url: str) -> None:
    """Open it, and print it for who has no browser here."""
    tell(f"Open in a browser, if none opens: {url}")
    webbrowser.open(url)


def tell(sentence: str) -> None:
    """Print it at once: the user must act on it."""
    print(sentence, file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    """0 done, 1 refused, 130 ended with Ctrl-C."""
    gateway = load(os.environ)
    try:
        match arguments:
            case ["login"]:
                asyncio.run(log_in(gateway, show))
                tell("Logged in.")
            case ["login", "--device"]:
                asyncio.run(device.log_in(gateway, tell))
                tell("Logged in.")
            case ["tools"]:
                for tool in asyncio.run(client.tools(gateway)):
                    print(f"{tool.name}\t{(tool.description or '').splitlines()[0] if tool.description else ''}")
            case ["call", name, given]:
                print(asyncio.run(client.call(gateway, name, json.loads(given), show)))
            case _:
                raise SystemExit("login [--device], tools or call NAME JSON")
    except KeyboardInterrupt:
        return 130
    except (LoginError, client.CallError, OSError) as error:
        tell(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
