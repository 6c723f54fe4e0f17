"""AWS credentials: whether they are valid for as long as `pulumi up` takes."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from pathlib import Path

from botocore.exceptions import NoCredentialsError
from botocore.session import Session
from botocore.utils import JSONFileCache, SSOTokenLoader

from ops.checks.check import Outcome, bad, fine, note
from ops.clouds.aws import LOG_IN

_SLOW = 1.5
"""AWS is not always as fast as the typical times say."""


def credentials(session: Session, seconds: float, now: datetime.datetime) -> Outcome:
    """Whether they outlast a run of `seconds`, half as much again to be safe, or renew themselves meanwhile."""
    profile = session.get_scoped_config()
    if "mfa_serial" in profile:
        return bad(
            f"profile {session.profile or 'default'} asks for a code (mfa_serial), and nobody can be asked during `up`",
            'begin with `eval "$(aws configure export-credentials --format env)"` and unset AWS_PROFILE',
        )
    found = session.get_credentials()
    if found is None:
        return bad(str(NoCredentialsError()), LOG_IN)
    minutes = round(seconds / 60)
    ends, again = _end(session, found.method)
    if ends is None:
        # The token of other kinds is asked for only when it is needed, which may take a call.
        temporary = found.method in ("env", "shared-credentials-file", "config-file") and found.token
        if temporary:
            return note(f"temporary, and it is not said until when (`up` takes about {minutes} minutes)")
        return fine(f"they do not end before the run does (`up` takes about {minutes} minutes)")
    left = (ends - now).total_seconds()
    says = f"they end at {ends:%Y-%m-%d %H:%M} UTC, in {max(left, 0) / 60:.0f} minutes; `up` takes about {minutes}"
    return fine(says) if left >= seconds * _SLOW else bad(says, again)


def _end(session: Session, method: str) -> tuple[datetime.datetime | None, str]:
    """When they end for good, None when they renew themselves or nobody knows, and how to get new ones."""
    if method == "env":
        expiration = os.environ.get("AWS_CREDENTIAL_EXPIRATION")
        return (_time(expiration) if expiration else None), "get new ones the way you got these, then run this again"
    profile = _source(session)
    if method in ("sso", "assume-role") and {"sso_session", "sso_start_url"} & profile.keys():
        token = _sso_token(session, profile)
        # With a refresh token the SDK gets a new one by itself (AWS CLI user guide, "IAM Identity Center").
        ends = None if token.get("refreshToken") else _time(token["expiresAt"])
        return ends, "`aws sso login`; a profile with an sso_session renews itself"
    return None, ""


def _source(session: Session) -> Mapping[str, str]:
    """The profile that credentials come from in the end: a role's may be another profile's."""
    profile: Mapping[str, str] = session.get_scoped_config()
    seen: set[str] = set()
    while (name := profile.get("source_profile", "")) and name not in seen:
        seen.add(name)
        profile = session.full_config["profiles"][name]
    return profile


def _sso_token(session: Session, profile: Mapping[str, str]) -> Mapping[str, str]:
    """The one that `aws sso login` left; botocore's error tells when there is none."""
    name = profile.get("sso_session")
    settings = session.full_config["sso_sessions"][name] if name else profile
    cache = JSONFileCache(str(Path("~/.aws/sso/cache").expanduser()))
    token: Mapping[str, str] = SSOTokenLoader(cache)(settings["sso_start_url"], session_name=name)
    return token


def _time(text: str) -> datetime.datetime:
    """ISO 8601; UTC where it does not say."""
    time = datetime.datetime.fromisoformat(text.replace("UTC", "Z"))
    return time if time.tzinfo else time.replace(tzinfo=datetime.UTC)
