"""uvicorn on loopback for the applications of the offline MCP gateways, and the browser of one person (httpx)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urljoin, urlsplit

import httpx
import uvicorn
from starlette.types import ASGIApp

from apps.mcp.loopback import HOSTS

PERSON = "person"
"""The cookie that says who sits before the browser: the stand-ins ask for no password."""


@contextmanager
def serving(app: ASGIApp, port: int) -> Iterator[None]:
    """Serve it until the context ends."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", lifespan="on"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError(f"nothing listens on 127.0.0.1:{port}")
        time.sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=10)


class Browser:
    """The browser of one person: it keeps cookies and follows redirects on loopback."""

    def __init__(self, person: str) -> None:
        self.person, self.visited = person, list[str]()
        self._http = httpx.Client(cookies={PERSON: person}, timeout=30, trust_env=False)

    def visit(self, url: str) -> httpx.Response:
        """Open the address and follow it to its end."""
        for _ in range(20):
            if urlsplit(url).hostname not in HOSTS:
                raise ValueError(f"{url} is not on this machine")
            self.visited.append(url)
            answer = self._http.get(url)
            if not answer.is_redirect:
                return answer
            url = urljoin(url, answer.headers["location"])
        raise ValueError("redirected without end")

    def show(self, url: str) -> None:
        """As `visit`, beside what the caller does: it waits for the visit."""
        threading.Thread(target=self.visit, args=(url,), daemon=True).start()
