"""Credentials that end before `up` does are told beforehand."""

from __future__ import annotations

import datetime
import hashlib
import json
from pathlib import Path

import botocore.session
import pytest

from ops.checks.check import Outcome, State
from ops.checks.preflight.credentials import credentials

NOW = datetime.datetime(2026, 11, 30, 8, 0, tzinfo=datetime.UTC)
UP = 25 * 60
START_URL = "https://example.awsapps.com/start"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return tmp_path


def look() -> Outcome:
    return credentials(botocore.session.Session(), UP, NOW)


def _in_environment(monkeypatch: pytest.MonkeyPatch, **more: str) -> None:
    for name, value in {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "hunter2", **more}.items():
        monkeypatch.setenv(name, value)


def test_keys_of_a_user_do_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    _in_environment(monkeypatch)
    assert (look().state, look().says) == (
        State.FINE,
        "they do not end before the run does (`up` takes about 25 minutes)",
    )


def test_a_temporary_key_without_an_end_is_said_to_be_so(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    says = "temporary, and it is not said until when (`up` takes about 25 minutes)"
    lines = "[default]\naws_access_key_id=ASIA\naws_secret_access_key=hunter2\naws_session_token=hunter3\n"
    (home / "credentials").write_text(lines)
    assert (look().state, look().says) == (State.NOTE, says)
    _in_environment(monkeypatch, AWS_SESSION_TOKEN="hunter2")
    assert (look().state, look().says) == (State.NOTE, says)


@pytest.mark.parametrize(
    ("expiration", "state"),
    [
        ("2026-11-30T09:00:00Z", State.FINE),
        ("2026-11-30T17:38:00+09:00", State.FINE),
        ("2026-11-30T08:37:00Z", State.BAD),
        ("2026-11-30T07:59:00+00:00", State.BAD),
    ],
)
def test_a_key_in_the_environment_has_to_outlast_the_run(
    expiration: str, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    _in_environment(monkeypatch, AWS_SESSION_TOKEN="hunter2", AWS_CREDENTIAL_EXPIRATION=expiration)
    outcome = look()
    assert outcome.state == state
    assert "`up` takes about 25" in outcome.says
    assert bool(outcome.fix) == (state == State.BAD)
    assert "hunter2" not in f"{outcome}"


def _sso(home: Path, expires: str, *, session: bool, refreshable: bool = False) -> None:
    sso = f"sso_start_url={START_URL}\nsso_region=us-east-1\n"
    of_profile = "sso_session=work\n" if session else sso
    head = f"[sso-session work]\n{sso}" if session else ""
    lines = f"{head}[default]\nsso_account_id=123456789012\nsso_role_name=Admin\n{of_profile}"
    (home / "config").write_text(lines)
    cache = home / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    token = {"accessToken": "hunter2", "expiresAt": expires, "region": "us-east-1", "startUrl": START_URL}
    name = hashlib.sha1(("work" if session else START_URL).encode()).hexdigest()
    (cache / f"{name}.json").write_text(json.dumps({**token, **({"refreshToken": "hunter3"} if refreshable else {})}))


@pytest.mark.parametrize(
    ("expires", "session", "refreshable", "state"),
    [
        ("2026-11-30T16:00:00Z", False, False, State.FINE),
        ("2026-11-30T08:20:00Z", False, False, State.BAD),
        ("2026-11-30T08:20:00UTC", True, False, State.BAD),
        ("2026-11-30T08:20:00Z", True, True, State.FINE),
    ],
)
def test_a_login_at_the_identity_center_has_to_outlast_the_run(
    expires: str, session: bool, refreshable: bool, state: State, home: Path
) -> None:
    _sso(home, expires, session=session, refreshable=refreshable)
    outcome = look()
    assert outcome.state == state
    assert state == State.FINE or "`aws sso login`" in outcome.fix


def test_a_role_ends_with_the_login_that_it_is_assumed_from(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _sso(home, "2026-11-30T08:20:00Z", session=False)
    role = "[profile role]\nrole_arn=arn:aws:iam::123456789012:role/Admin\nsource_profile=default\n"
    (home / "config").write_text((home / "config").read_text() + role)
    monkeypatch.setenv("AWS_PROFILE", "role")
    assert look().state == State.BAD


def test_a_profile_that_asks_for_a_code_is_bad(home: Path) -> None:
    role = "role_arn=arn:aws:iam::123456789012:role/Admin\nsource_profile=user\nmfa_serial=arn:aws:iam::1:mfa/me\n"
    (home / "config").write_text(f"[default]\n{role}[profile user]\n")
    assert look().state == State.BAD
    assert "aws configure export-credentials" in look().fix


def test_no_credentials_are_bad() -> None:
    assert look().state == State.BAD
