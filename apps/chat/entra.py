"""Tokens of Entra ID for an application (client credentials, msal), asked for anew before they end."""

from __future__ import annotations

from collections.abc import Callable

import msal
from msal.exceptions import MsalError

from apps.chat.settings import Gateway


class NoTokenError(Exception):
    """Entra ID gives no token; the message says why."""


def tokens(gateway: Gateway) -> Callable[[], str]:
    """A function that gives a token good for some minutes at least: msal keeps it until shortly before its end.

    The function raises NoTokenError.
    """
    application: msal.ConfidentialClientApplication | None = None

    def token() -> str:
        nonlocal application
        try:
            if application is None:  # asks the authority for its addresses
                application = msal.ConfidentialClientApplication(
                    gateway.client_id,
                    client_credential=gateway.client_secret,
                    authority=gateway.authority,
                    instance_discovery=False,  # the authority is the stack's, not a user's
                )
            answer = application.acquire_token_for_client([gateway.scope])
        except (OSError, ValueError, MsalError) as error:  # requests' errors are OSErrors
            raise NoTokenError(f"Entra ID does not answer ({type(error).__name__}).") from error
        if "access_token" not in answer:
            code = str(answer.get("error_description", answer.get("error", ""))).partition(":")[0]
            raise NoTokenError(f"Entra ID refuses the application ({code}): its secret may have ended (docs/azure.md).")
        return str(answer["access_token"])

    return token
