"""Developers' projects in Langfuse: an organisation for each, whose name says for whom and until when.

In the free edition every member of an organisation sees all its projects, and keys have no end of their own: so one
organisation a developer, and a deadline in its name and in the note of its keys, which `sweep` holds them to. Nothing
else is kept anywhere; a run that is killed leaves only what has its deadline on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Self

from ops.clouds.langfuse_administrator import LangfuseAdministrator, LangfuseError, LangfuseRefusedError
from stacks.errors import GenaiError

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,22}[a-z0-9])?")
"""An organisation's name has at most 60 characters (organizationNameSchema.ts), and the rest of it 34."""
_MINUTE = "%Y-%m-%dT%H:%MZ"
_GRANT = re.compile(r"developer (?P<name>[a-z0-9-]+) until (?P<until>[0-9-]+T[0-9:]+Z)(?: ticket (?P<ticket>.+))?")


class ProjectError(GenaiError):
    """It cannot be done; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """For whom and until when (UTC, to the minute)."""

    name: str
    until: datetime

    def __str__(self) -> str:
        return f"developer {self.name} until {self.until:{_MINUTE}}"

    @classmethod
    def read(cls, text: str | None) -> Self | None:
        """What the name of an organisation or the note of a key says; None when somebody else wrote it."""
        if (found := _GRANT.fullmatch(text or "")) is None:
            return None
        try:
            until = datetime.strptime(found["until"], _MINUTE).replace(tzinfo=UTC)
        except ValueError:
            return None
        return cls(name=found["name"], until=until)


@dataclass(frozen=True, kw_only=True)
class Project:
    """What one developer has in Langfuse."""

    grant: Grant
    keys: int
    ticket: str
    organization: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class KeyPair:
    """The keys of a new project."""

    public_key: str
    secret_key: str = field(repr=False)
    ends_by_itself: bool
    """Whether this version of Langfuse keeps an end of keys."""


@dataclass(frozen=True, kw_only=True)
class Swept:
    """What came of a sweep, a sentence each."""

    ended: Sequence[str]
    problems: Sequence[str]


def checked_name(name: str) -> str:
    """The name. ProjectError when no project can be called so."""
    if not _NAME.fullmatch(name):
        raise ProjectError(
            f"{name!r} is no name for a project: up to 24 of a-z, 0-9 and hyphens, with no hyphen at either end."
        )
    return name


def checked_ticket(ticket: str) -> str:
    """The text. ProjectError when Langfuse would not take it into the note of a key."""
    if not re.fullmatch(r"[^<>\s][^<>\r\n]{0,99}", ticket):
        raise ProjectError(f"{ticket!r} is no ticket: up to 100 characters in one line, without < and >.")
    return ticket


def projects(langfuse: LangfuseAdministrator) -> list[Project]:
    """All of them, also those that are over and not yet gone."""
    found = []
    for organization, grant in _granted(langfuse):
        notes = [key["note"] for project in organization["projects"] for key in _keys(langfuse, project)]
        tickets = [match["ticket"] for note in notes if (match := _GRANT.fullmatch(note or "")) and match["ticket"]]
        found.append(Project(grant=grant, keys=len(notes), ticket=", ".join(tickets), organization=organization))
    return found


@contextmanager
def created(langfuse: LangfuseAdministrator, grant: Grant, ticket: str, now: datetime, stack: str) -> Iterator[KeyPair]:
    """Make an organisation, its project and a key pair. When one of them, or this context fails, none stays.

    ProjectError when there is a project of that name.
    """
    for _, other in _granted(langfuse):
        if other.name == grant.name and other.until > now:
            raise ProjectError(
                f"{grant.name} has a project until {other.until:{_MINUTE}}: "
                f"`genai project revoke {grant.name} -s {stack}` first, or choose another name."
            )
    organization = {**langfuse.call("organizations.create", name=str(grant)), "projects": []}
    try:
        project = langfuse.call("projects.create", orgId=organization["id"], name=grant.name)
        organization["projects"] = [project]
        note = f"{grant} ticket {ticket}" if ticket else str(grant)
        # 4.16 answers 200 and drops the end: it is read back.
        made = langfuse.call("projectApiKeys.create", projectId=project["id"], note=note, expiresAt=grant.until)
        kept = {key["id"]: key.get("expiresAt") for key in _keys(langfuse, project)}
        yield KeyPair(
            public_key=made["publicKey"], secret_key=made["secretKey"], ends_by_itself=bool(kept.get(made["id"]))
        )
    except BaseException:
        with suppress(LangfuseError):
            _expire(langfuse, organization, replace(grant, until=now))
            _end(langfuse, organization)
        raise


def revoke(langfuse: LangfuseAdministrator, project: Project, now: datetime) -> bool:
    """End it before its time. Its keys are refused at once; whether the organisation is gone as well."""
    _expire(langfuse, project.organization, replace(project.grant, until=now))
    return _end(langfuse, project.organization)


def sweep(langfuse: LangfuseAdministrator, now: datetime) -> Swept:
    """End what is over. A key ends by its note also where its organisation was renamed or its project moved."""
    ended: list[str] = []
    problems: list[str] = []
    for organization in langfuse.organizations():
        grant = Grant.read(organization["name"])
        try:
            if grant is None:
                ended += _sweep_keys(langfuse, organization, now)
            elif grant.until <= now:
                had = bool(organization["projects"])
                gone = _end(langfuse, organization)
                rest = "" if gone else "; Langfuse still deletes its data, and the next sweep takes the organisation"
                if had or gone:
                    what = "its keys are refused" if had else "its organisation is gone"
                    ended.append(f"Project {grant.name} ended at {grant.until:{_MINUTE}}: {what}{rest}.")
        except LangfuseError as error:
            problems.append(f"{organization['name']}: {error}")
    return Swept(ended=ended, problems=problems)


def _sweep_keys(langfuse: LangfuseAdministrator, organization: dict[str, Any], now: datetime) -> Iterator[str]:
    for project in organization["projects"]:
        for key in _keys(langfuse, project):
            grant = Grant.read(key["note"])
            if grant and grant.until <= now:
                langfuse.call("projectApiKeys.delete", projectId=project["id"], id=key["id"])
                yield f"The key {key['publicKey']} of {grant.name} ended at {grant.until:{_MINUTE}}: it is refused."


def _granted(langfuse: LangfuseAdministrator) -> Iterator[tuple[dict[str, Any], Grant]]:
    for organization in langfuse.organizations():
        if grant := Grant.read(organization["name"]):
            yield organization, grant


def _keys(langfuse: LangfuseAdministrator, project: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = langfuse.query("projectApiKeys.byProjectId", projectId=project["id"])
    return found


def _expire(langfuse: LangfuseAdministrator, organization: dict[str, Any], grant: Grant) -> None:
    """Write the new end down first: who is killed after this leaves the rest to `sweep`."""
    langfuse.call("organizations.update", orgId=organization["id"], name=str(grant))


def _end(langfuse: LangfuseAdministrator, organization: dict[str, Any]) -> bool:
    """Delete the projects, whose keys are refused at once, and the organisation, if Langfuse lets it go already."""
    for project in organization["projects"]:
        langfuse.call("projects.delete", projectId=project["id"])
    try:
        langfuse.call("organizations.delete", orgId=organization["id"])
    except LangfuseRefusedError as error:
        # A worker deletes the data and then the project's row; until then this is refused (57 s were seen).
        if error.status == 403:
            return False
        raise
    return True
