"""`genai project` as it is typed, with a `pulumi` whose stack is up and a cluster with Langfuse and LiteLLM."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ops.cli import app
from ops.commands.project import access, deadline
from tests.http_server import Answer
from tests.ops.env.project import DAY, pulumi
from tests.ops.project.conftest import UP
from tests.ops.project.stand_in import MASTER_KEY, PASSWORD, Cluster

LATER = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%dT%H:%MZ}"
OVER = "developer alice until 2026-01-01T09:00Z"


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(app, ["project", *arguments])
    assert PASSWORD not in result.output
    assert MASTER_KEY not in result.output
    return result


def create(*more: str) -> Result:
    return run("create", "alice", "--until", LATER, *more)


def over(cluster: Cluster) -> None:
    """A project whose time has passed."""
    cluster.organizations["old"] = {"name": OVER}
    cluster.projects["old"] = {"orgId": "old", "name": "alice", "deletedAt": None}
    cluster.keys["old"] = {"id": "old", "projectId": "old", "note": OVER, "publicKey": "pk-lf-old"}


def test_the_keys_are_shown_once_as_lines_for_a_shell_and_the_end_beside_them(cluster: Cluster) -> None:
    result = create("--ticket", "OPS-12")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        f"export LANGFUSE_BASE_URL={DAY['langfuseUrl']}",
        "export LANGFUSE_PUBLIC_KEY=pk-lf-key-1",
        "export LANGFUSE_SECRET_KEY=sk-lf-key-1",
    ]
    assert LATER in result.stderr
    assert "the first sweep after that ends them" in result.stderr
    assert "cross the network in clear" in result.stderr
    again = run("list")
    assert "OPS-12" in again.stdout
    assert "sk-lf" not in again.output


def test_a_file_has_them_for_its_owner_alone_and_the_screen_has_none(cluster: Cluster, tmp_path: Path) -> None:
    file = tmp_path / "alice.env"
    result = create("--write", str(file))
    assert (result.exit_code, result.stdout) == (0, "")
    assert "sk-lf" not in result.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "export LANGFUSE_SECRET_KEY=sk-lf-key-1" in file.read_text()


def test_json_has_the_same(cluster: Cluster) -> None:
    told = json.loads(create("--json").stdout)
    assert told["variables"]["LANGFUSE_SECRET_KEY"] == "sk-lf-key-1"
    assert told["keys_end_by_themselves"] is False


def test_a_virtual_key_of_litellm_has_the_same_end_and_only_the_models_named(cluster: Cluster) -> None:
    left = (datetime.fromisoformat(LATER) - datetime.now(UTC)).total_seconds()
    result = create("--model", "nova-lite")
    assert result.exit_code == 0, result.output
    [(alias, made)] = cluster.virtual_keys.items()
    assert alias == f"developer-alice-until-{LATER}"
    assert made["models"] == ["nova-lite"]
    assert "/v1/chat/completions" in made["allowed_routes"]
    assert left - 100 < int(made["duration"].removesuffix("s")) <= left + 1
    assert f"export OPENAI_API_KEY=sk-{alias}" in result.stdout
    assert run("revoke", "alice").exit_code == 0
    assert cluster.virtual_keys == {}


def test_when_litellm_makes_no_key_langfuse_has_no_project_either(cluster: Cluster) -> None:
    cluster.instead["POST /key/generate"] = Answer(500, {"error": {"message": "no database"}})
    cluster.deleting = 0
    result = create("--model", "nova-lite")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no database" in result.stderr
    assert cluster.names() == []
    assert [*cluster.keys] == ["first"]


def test_when_the_file_cannot_be_written_after_all_neither_key_stays(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.deleting = 0
    monkeypatch.setattr("ops.commands.env.private_file._replace", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    result = create("--model", "nova-lite", "--write", str(tmp_path / "file"))
    assert result.exit_code == 2
    assert "file cannot be written: full." in result.stderr
    assert (cluster.names(), cluster.virtual_keys, [*cluster.keys]) == ([], {}, ["first"])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["Alice", "--until", LATER], "'Alice' is no name for a project"),
        (["a" * 25, "--until", LATER], "is no name for a project"),
        (["-a", "--until", LATER], ""),
        (["alice", "--until", "2026-01-01T10:00Z"], "which is over"),
        (["alice", "--until", "2099-01-01T10:00"], "has no zone"),
        (["alice", "--until", "2099-01-01"], "has no zone"),
        (["alice", "--until", "tomorrow"], "is no time"),
        (["alice", "--until", "25:00"], "is no time"),
        (["alice", "--until", LATER, "--ticket", "<b>1</b>"], "is no ticket"),
        (["alice", "--until", LATER, "--model", "gpt-9"], "There is no model gpt-9: use those of nova-lite, echo."),
        (["alice", "--until", LATER, "--json", "--write", "file"], "leave --json out"),
        (["alice", "--until", LATER, "--write", "Pulumi.yaml"], "Pulumi.yaml exists"),
        (["alice", "--until", LATER, "--write", "no/such/folder/file"], "in a folder that is there"),
        (["alice", "--until", LATER, "--stack", "dve"], "There is no stack 'dve'"),
        (["alice", "--until", LATER, "--stack", "azure"], "name the stack of an AWS day"),
    ],
)
def test_bad_input_is_refused_with_2_and_makes_nothing(
    cluster: Cluster, project: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    monkeypatch.chdir(project)
    result = run("create", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr
    assert not [asked for asked in cluster.asked if "trpc" in asked]


def test_a_name_that_exists_is_refused(cluster: Cluster) -> None:
    create()
    result = create()
    assert result.exit_code == 2
    assert "`genai project revoke alice -s dev` first" in result.stderr
    assert len(cluster.names()) == 1


@pytest.mark.parametrize("arguments", [["create", "alice", "--until", LATER], ["list"], ["revoke", "alice"]])
def test_without_a_stack_that_is_up_it_says_so(cluster: Cluster, project: Path, arguments: list[str]) -> None:
    pulumi(project, {"dev": {}})
    result = run(*arguments)
    assert result.exit_code == 2
    assert "pulumi up --stack dev" in result.stderr


def test_a_sweep_of_a_stack_that_is_down_has_nothing_to_do(cluster: Cluster, project: Path) -> None:
    pulumi(project, {"dev": {}})
    assert run("sweep").exit_code == 0


def test_a_sweep_says_what_it_ended(cluster: Cluster) -> None:
    over(cluster)
    create()
    result = run("sweep", "--json")
    assert result.exit_code == 0
    assert "Project alice ended at 2026-01-01T09:00Z" in json.loads(result.stdout)["ended"][0]
    assert [*cluster.keys] == ["first", "key-2"]


def test_a_sweep_that_cannot_end_something_is_1(cluster: Cluster) -> None:
    over(cluster)
    cluster.instead["POST /api/trpc/projects.delete"] = Answer(500, {"message": "the queue is away"})
    result = run("sweep")
    assert result.exit_code == 1
    assert "the queue is away" in result.stderr


def test_a_list_shows_what_is_over_and_nothing_of_others(cluster: Cluster) -> None:
    over(cluster)
    create()
    lines = run("list").stdout.splitlines()
    assert ["over, and goes with a sweep" in line for line in lines] == [True, False]
    assert [project["over"] for project in json.loads(run("list", "--json").stdout)["projects"]] == [True, False]
    assert "GenAI platform" not in "".join(lines)


def test_revoke_ends_the_keys_at_once_and_says_when_litellm_does_not_answer(cluster: Cluster) -> None:
    create()
    cluster.instead["POST /key/delete"] = Answer(500, {"error": {"message": "no database"}})
    result = run("revoke", "alice")
    assert [*cluster.keys] == ["first"]
    assert result.exit_code == 1
    assert "ends by itself" in result.stderr
    assert run("revoke", "alice").exit_code == 2


def test_a_sweep_along_with_another_command_says_what_went_wrong_and_raises_nothing(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    over(cluster)
    access.sweep_along("dev", "us-east-1", lambda: UP)
    assert "Project alice ended" in capsys.readouterr().err
    cluster.instead["GET /api/auth/csrf"] = Answer(503, "down")
    access.sweep_along("dev", "us-east-1", lambda: UP)
    assert capsys.readouterr().err.startswith("Whether developers' projects are over was not looked at: ")
    access.sweep_along("dev", "us-east-1", dict)
    assert capsys.readouterr() == ("", ""), "a stack that is not up has none"


NOW = datetime(2026, 11, 29, 3, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("12:30+09:00", "2026-11-29T03:30"),
        ("09:00Z", "2026-11-29T09:00"),
        ("2026-11-29T18:00:59+09:00", "2026-11-29T09:00"),
        ("2026-12-01T00:00-05:00", "2026-12-01T05:00"),
    ],
)
def test_a_deadline_is_read_to_the_minute_in_the_zone_that_it_names(text: str, until: str) -> None:
    assert deadline.read(text, NOW) == datetime.fromisoformat(f"{until}+00:00")


def test_a_time_of_day_alone_is_that_of_this_machine_today(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert deadline.read("18:00", NOW) == datetime(2026, 11, 29, 9, 0, tzinfo=UTC)
        with pytest.raises(deadline.DeadlineError, match="2026-11-29 12:00 JST"):
            deadline.read("12:00", NOW)
    finally:
        monkeypatch.undo()
        time.tzset()
