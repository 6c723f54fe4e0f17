"""Developers' projects against Langfuse's recorded answers: each of its traps, deadlines with a clock, killed runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ops.checks.verify.administrator import cluster_api
from ops.clouds.langfuse_administrator import LangfuseAdministrator, LangfuseError
from ops.commands.project.projects import Grant, ProjectError, created, projects, revoke, sweep
from tests.http_server import Answer
from tests.ops.project.stand_in import EMAIL, PASSWORD, Cluster

NOW = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)
ALICE = Grant(name="alice", until=datetime(2026, 11, 29, 9, 0, tzinfo=UTC))
AFTER = ALICE.until + timedelta(seconds=1)


def make(langfuse: LangfuseAdministrator, grant: Grant = ALICE, ticket: str = "") -> None:
    with created(langfuse, grant, ticket, NOW, "dev"):
        pass


def test_a_project_has_an_organisation_of_its_own_and_its_deadline_on_organisation_and_key(
    cluster: Cluster, langfuse: LangfuseAdministrator
) -> None:
    with created(langfuse, ALICE, "OPS-12", NOW, "dev") as pair:
        assert (pair.public_key, pair.secret_key) == ("pk-lf-key-1", "sk-lf-key-1")
    make(langfuse, Grant(name="bob", until=ALICE.until))
    assert cluster.names() == ["developer alice until 2026-11-29T09:00Z", "developer bob until 2026-11-29T09:00Z"]
    assert cluster.keys["key-1"]["note"] == "developer alice until 2026-11-29T09:00Z ticket OPS-12"
    found = [(project.grant.name, project.keys, project.ticket) for project in projects(langfuse)]
    assert found == [("alice", 1, "OPS-12"), ("bob", 1, "")]


@pytest.mark.parametrize("keeps", [False, True])
def test_whether_langfuse_kept_the_end_of_a_key_is_read_back(
    cluster: Cluster, langfuse: LangfuseAdministrator, keeps: bool
) -> None:
    cluster.keeps_expiry = keeps
    with created(langfuse, ALICE, "", NOW, "dev") as pair:
        assert pair.ends_by_itself is keeps
    assert cluster.keys["key-1"]["expiresAt"] == ("2026-11-29T09:00:00.000Z" if keeps else None)


def test_a_login_that_answers_200_with_an_empty_session_is_no_login(cluster: Cluster) -> None:
    cluster.instead["POST /api/auth/callback/credentials"] = Answer(200, {"url": "https://langfuse.example.com"})
    with pytest.raises(LangfuseError, match="does not let admin"):
        LangfuseAdministrator(EMAIL, PASSWORD, cluster_api("c", "us-east-1"))


def test_a_wrong_password_is_a_sentence_without_it(cluster: Cluster) -> None:
    with pytest.raises(LangfuseError) as raised:
        LangfuseAdministrator(EMAIL, "Another-Passw0rd", cluster_api("c", "us-east-1"))
    assert "langfusePassword" in str(raised.value)
    assert "Passw0rd" not in str(raised.value)


def test_the_organisation_goes_with_a_later_sweep_when_langfuse_still_deletes_the_project(
    cluster: Cluster, langfuse: LangfuseAdministrator
) -> None:
    make(langfuse)
    cluster.deleting = 2
    [first] = sweep(langfuse, AFTER).ended
    assert "its keys are refused; Langfuse still deletes its data" in first
    assert [*cluster.keys] == ["first"]
    assert sweep(langfuse, AFTER).ended == []
    [last] = sweep(langfuse, AFTER).ended
    assert "its organisation is gone" in last
    assert cluster.names() == []
    assert sweep(langfuse, AFTER).ended == []


def test_before_its_deadline_a_project_stays_and_the_first_organisation_always(
    cluster: Cluster, langfuse: LangfuseAdministrator
) -> None:
    make(langfuse)
    assert sweep(langfuse, ALICE.until - timedelta(seconds=1)).ended == []
    assert len(cluster.keys) == 2
    sweep(langfuse, ALICE.until)
    assert [*cluster.keys] == ["first"]
    assert "genai-platform" in cluster.organizations


def test_a_key_made_by_hand_in_a_developers_project_ends_with_it(
    cluster: Cluster, langfuse: LangfuseAdministrator
) -> None:
    make(langfuse)
    cluster.keys["by-hand"] = {**cluster.keys["key-1"], "id": "by-hand", "note": None}
    sweep(langfuse, AFTER)
    assert [*cluster.keys] == ["first"]


def test_a_key_ends_by_its_note_where_the_organisation_was_renamed(
    cluster: Cluster, langfuse: LangfuseAdministrator
) -> None:
    make(langfuse)
    cluster.organizations["org-1"]["name"] = "Alice's experiments"
    assert sweep(langfuse, NOW).ended == []
    [line] = sweep(langfuse, AFTER).ended
    assert "pk-lf-key-1 of alice" in line
    assert [*cluster.keys] == ["first"]
    assert cluster.names() == ["Alice's experiments"], "what somebody else named is not ours to delete"


@pytest.mark.parametrize("name", ["developer alice", "developer alice until tomorrow", "my developer alice until now"])
def test_an_organisation_that_only_resembles_one_of_ours_is_left_alone(
    cluster: Cluster, langfuse: LangfuseAdministrator, name: str
) -> None:
    cluster.organizations["org-1"] = {"name": name}
    assert projects(langfuse) == []
    assert sweep(langfuse, AFTER).ended == []
    assert cluster.names() == [name]


def test_one_that_cannot_be_ended_does_not_keep_the_others(cluster: Cluster, langfuse: LangfuseAdministrator) -> None:
    make(langfuse)
    make(langfuse, Grant(name="bob", until=ALICE.until))
    cluster.instead["POST /api/trpc/organizations.delete"] = Answer(500, {"message": "the queue is away"})
    swept = sweep(langfuse, AFTER)
    assert [*cluster.keys] == ["first"]
    assert len(swept.problems) == 2
    assert "the queue is away" in swept.problems[0]


STEPS = ("organizations.create", "projects.create", "projectApiKeys.create", "projectApiKeys.byProjectId")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("status", [400, 403, 500])
def test_what_langfuse_refuses_to_make_leaves_nothing_behind(
    cluster: Cluster, langfuse: LangfuseAdministrator, step: str, status: int
) -> None:
    for method in ("GET", "POST"):
        cluster.instead[f"{method} /api/trpc/{step}"] = Answer(status, {"error": {"json": {"message": "not now"}}})
    cluster.deleting = 0
    with pytest.raises(LangfuseError, match="not now"):
        make(langfuse)
    assert cluster.names() == []
    assert [*cluster.keys] == ["first"]


@pytest.mark.parametrize("step", STEPS)
def test_a_create_that_is_killed_leaves_nothing_that_lives_longer_than_its_deadline(
    cluster: Cluster, langfuse: LangfuseAdministrator, step: str
) -> None:
    """Killed right after Langfuse did the step: nothing is tidied up, and the answer never comes."""

    class Killed(BaseException):
        pass

    def until_killed(name: str, ask: object) -> object:
        def asked(procedure: str, **values: object) -> object:
            if killed:
                raise Killed
            answer = ask(procedure, **values)  # type: ignore[operator]  # a method of the administrator
            if procedure == step:
                killed.append(name)
                raise Killed
            return answer

        return asked

    killed: list[str] = []
    dying = LangfuseAdministrator(EMAIL, PASSWORD, cluster_api("c", "us-east-1"))
    for name in ("call", "query"):
        setattr(dying, name, until_killed(name, getattr(dying, name)))
    with pytest.raises(Killed):
        make(dying)
    assert cluster.names() == [str(ALICE)], "not tidied up"
    cluster.deleting = 0
    sweep(langfuse, NOW)
    assert cluster.names() == [str(ALICE)]
    sweep(langfuse, AFTER)
    assert cluster.names() == []
    assert [*cluster.keys] == ["first"]


def test_a_name_with_a_project_is_refused_before_anything_is_made(
    cluster: Cluster, langfuse: LangfuseAdministrator
) -> None:
    make(langfuse)
    with pytest.raises(ProjectError, match="alice has a project until 2026-11-29T09:00Z"):
        make(langfuse, Grant(name="alice", until=ALICE.until + timedelta(hours=1)))
    assert len(cluster.names()) == 1


def test_the_name_is_free_again_once_its_project_is_over_or_revoked(
    cluster: Cluster, langfuse: LangfuseAdministrator
) -> None:
    make(langfuse)
    [found] = projects(langfuse)
    assert revoke(langfuse, found, NOW) is False
    assert [*cluster.keys] == ["first"]
    make(langfuse)
    assert sweep(langfuse, NOW).ended == ["Project alice ended at 2026-11-29T03:00Z: its organisation is gone."]
    assert cluster.names() == [str(ALICE)]


def test_a_revoke_that_is_killed_after_its_first_step_is_finished_by_a_sweep(
    cluster: Cluster, langfuse: LangfuseAdministrator
) -> None:
    make(langfuse)
    cluster.instead["POST /api/trpc/projects.delete"] = Answer(500, {"message": "gone"})
    with pytest.raises(LangfuseError):
        revoke(langfuse, projects(langfuse)[0], NOW)
    cluster.instead.clear()
    sweep(langfuse, NOW)
    assert [*cluster.keys] == ["first"]


def test_the_longest_name_fits_into_that_of_an_organisation(cluster: Cluster, langfuse: LangfuseAdministrator) -> None:
    make(langfuse, Grant(name="a" * 24, until=ALICE.until))
    assert len(cluster.names()[0]) <= 60


def test_an_api_server_that_refuses_and_a_pod_that_is_away_are_sentences(cluster: Cluster) -> None:
    route = "GET /api/auth/csrf"
    cluster.instead[route] = Answer(403, {"kind": "Status", "message": "forbidden"})
    with pytest.raises(LangfuseError, match="the AWS identity that created the cluster"):
        LangfuseAdministrator(EMAIL, PASSWORD, cluster_api("c", "us-east-1"))
    cluster.instead[route] = Answer(503, {"kind": "Status", "message": "no endpoints available for service"})
    with pytest.raises(LangfuseError, match="no endpoints available"):
        LangfuseAdministrator(EMAIL, PASSWORD, cluster_api("c", "us-east-1"))
    cluster.instead[route] = Answer(200, "<html>sign in to the VPN</html>")
    with pytest.raises(LangfuseError, match="with no JSON"):
        LangfuseAdministrator(EMAIL, PASSWORD, cluster_api("c", "us-east-1"))
