"""HTTP: whether a service answers at the address that users have."""

from __future__ import annotations

import httpx

from ops.checks.check import Outcome, bad, fine


def answers(url: str, wanted: int, advice: str) -> Outcome:
    """Whether a GET, without any key, is answered with that status within 10 seconds.

    What cannot be connected to is a RuntimeError: it may be well, and only out of reach from here.
    """
    try:
        answer = httpx.get(url, timeout=10)
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise RuntimeError(f"{url} cannot be reached from here ({error})") from error
    except httpx.TransportError as error:
        return bad(f"{url} gave no answer ({str(error) or type(error).__name__})", advice)
    says = f"{url} answered {answer.status_code}"
    return fine(says) if answer.status_code == wanted else bad(says, advice)
