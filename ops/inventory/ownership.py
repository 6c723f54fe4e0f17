"""Which things are a stack's, and which may be those of another stack of the same name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from ops.inventory.found import Leftover, Thing
from ops.project import PROJECT
from ops.stack.identity import TAG, StackIdentity

CLUSTER = "EKS cluster"
CERTIFICATE = "certificate"
DNS_RECORD = "DNS record"
RESOURCE_GROUP = "resource group"
ALIVE = (CLUSTER, RESOURCE_GROUP)
"""While one of these exists, so may its day; what has no other sign of its stack may belong to it."""
ELSEWHERE = "other regions"
"""Stands for what may exist where nobody looked."""

CLUSTER_TAGS = ("eks:eks-cluster-name", "aws:eks:cluster-name", "eks:cluster-name", "elbv2.k8s.aws/cluster")
"""Hold a cluster's name: on what Auto Mode makes (condition keys of the managed policy AmazonEKSComputePolicy), on
EKS's own security group, and on what the AWS Load Balancer Controller makes."""

_AUTO_NAME = re.compile(r".+-[0-9a-f]{7}")


def auto_named(name: str) -> bool:
    """Whether Pulumi may have chosen the name: so do many projects, so it is worth a look at the tags and no more."""
    return _AUTO_NAME.fullmatch(name) is not None


def is_cluster_of(name: str, stack: str) -> bool:
    """Whether a cluster of that stack may have this name (`stacks.aws.program`)."""
    return re.fullmatch(rf"genai-{re.escape(stack)}-[a-z0-9]{{7}}", name) is not None


def _clusters(tags: Mapping[str, str]) -> Iterator[str]:
    yield from (tags[key] for key in CLUSTER_TAGS if key in tags)
    yield from (key.removeprefix("kubernetes.io/cluster/") for key in tags if key.startswith("kubernetes.io/cluster/"))


def ours(things: Sequence[Thing], stack: str, unseen: Set[str] = frozenset()) -> list[Leftover]:
    """Those of the things that belong to a stack of that name; `unseen` are kinds of which there may be more.

    Tags of another project or stack are final. A cluster's name counts only when all clusters were seen and none that
    is called so is a stranger's: `genai-dev-backend` may be somebody's. The record that proved a certificate counts
    only when all certificates were seen and no stranger has one for the same host.
    """
    stranger = _Stranger(
        stack, {t.id for t in things if t.kind == CLUSTER and not _tagged(t, stack)}, CLUSTER in unseen
    )
    reasons = {id(t): why for t in things if (why := _reason(t, stranger))}
    mine = {(t.kind, t.id) for t in things if id(t) in reasons}
    for thing in things:
        if id(thing) not in reasons and thing.part_of in mine and not stranger.claims(thing):
            reasons[id(thing)] = f"part of {' '.join(thing.part_of)}"
    needed = {host for t in things if t.kind == CERTIFICATE and id(t) not in reasons for host in t.hosts}
    return [
        Leftover(thing=t, why=reasons[id(t)])
        for t in things
        if id(t) in reasons
        and (t.kind == CERTIFICATE or not t.hosts or not (t.hosts & needed or CERTIFICATE in unseen))
    ]


def _tagged(thing: Thing, stack: str) -> bool:
    return thing.tags.get("Project") == PROJECT and thing.tags.get("Environment") == stack


@dataclass(frozen=True)
class _Stranger:
    """Everybody but the stack."""

    stack: str
    clusters: Set[str]
    may_have_more: bool

    def claims(self, thing: Thing) -> bool:
        """Whether a tag says that it is somebody else's."""
        of_another = "Project" in thing.tags and not _tagged(thing, self.stack)
        return of_another or any(not self.leaves(name) for name in _clusters(thing.tags))

    def leaves(self, cluster: str) -> bool:
        """Whether a cluster of that name is, or was, the stack's."""
        return is_cluster_of(cluster, self.stack) and not (cluster in self.clusters or self.may_have_more)


def _reason(thing: Thing, stranger: _Stranger) -> str:
    if _tagged(thing, stranger.stack):
        return f"tags Project={PROJECT}, Environment={stranger.stack}"
    if stranger.claims(thing):
        return ""
    for name in (*_clusters(thing.tags), thing.cluster):
        if stranger.leaves(name):
            return f"of the cluster {name}"
    return thing.evidence


@dataclass(frozen=True, kw_only=True)
class Shares:
    """What is ours, and what may be somebody else's, each with the reason."""

    ours: list[Leftover]
    uncertain: list[Leftover]


def share_out(
    found: Sequence[Leftover],
    stack: str,
    identity: StackIdentity,
    *,
    place: str = "",
    elsewhere: Sequence[Thing] = (),
    unseen: Set[str] = frozenset(),
) -> Shares:
    """Tell our stack's things from those of others of its name (`ours` found them all).

    `place` is the region that was looked at, empty for Azure, where all are; `elsewhere` are clusters of other regions.
    With a known identity only what carries it is ours, and what certainly is another stack's is left out. Without one
    all is ours but what has another owner or may belong to a day that still runs.
    """
    judge = _Judge(found, stack, identity, place, elsewhere, unseen)
    shares = Shares(ours=[], uncertain=[])
    for one in found:
        doubt = judge.doubt(one.thing)
        if doubt is None:
            shares.ours.append(one)
        elif not judge.of_another_running_day(one.thing):
            shares.uncertain.append(Leftover(thing=one.thing, why=doubt))
    # A certificate of somebody else needs its record too.
    needed = {host for one in shares.uncertain if one.thing.kind == CERTIFICATE for host in one.thing.hosts}
    kept = [one for one in shares.ours if one.thing.kind != CERTIFICATE and one.thing.hosts & needed]
    return Shares(
        ours=[one for one in shares.ours if one not in kept],
        uncertain=[
            *shares.uncertain,
            *(Leftover(thing=one.thing, why="needed by a certificate below") for one in kept),
        ],
    )


class _Judge:
    """Says of each thing of a stack of that name whether it may be another one's."""

    def __init__(
        self,
        found: Sequence[Leftover],
        stack: str,
        identity: StackIdentity,
        place: str,
        elsewhere: Sequence[Thing],
        unseen: Set[str],
    ) -> None:
        self.identity, self.place, self.unseen = identity, place, unseen
        self.by_key = {(one.thing.kind, one.thing.id): one.thing for one in found}
        alive = [
            *(one.thing for one in found if one.thing.kind in ALIVE),
            *(thing for thing in elsewhere if not ("Environment" in thing.tags and not _tagged(thing, stack))),
        ]
        self.alive = {mark: thing for thing in alive if not self.is_ours(thing) for mark in _marks(thing)}
        self.alive_without_id = next((t for t in alive if TAG not in t.tags and not self.is_ours(t)), None)

    def is_ours(self, thing: Thing) -> bool:
        """Whether the identity says so."""
        return not self.identity.in_state.isdisjoint({thing.id, thing.part_of[1]}) or {self.identity.id} <= _marks(
            thing
        ) - {""}

    def of_another_running_day(self, thing: Thing) -> bool:
        """Whether that is certain, because our own id is known."""
        holder = self.by_key.get(thing.part_of)
        return bool(self.identity.id) and (
            any(mark in self.alive for mark in _marks(thing))
            or (not _marks(thing) and holder is not None and self.of_another_running_day(holder))
        )

    def doubt(self, thing: Thing) -> str | None:
        """Why the thing may be another stack's; None when it is ours."""
        home = self.identity.home
        if home and self.place not in ("", home) and thing.region != self.place:
            return f"of the day in {home}, if it is ours"
        if self.is_ours(thing):
            return None
        if any(mark in self.alive for mark in _marks(thing)):
            alive = next(self.alive[mark] for mark in _marks(thing) if mark in self.alive)
            return f"of the {alive.kind} {alive.id}{f' in {alive.region}' if alive.region else ''}, which exists"
        holder = self.by_key.get(thing.part_of)
        if not _marks(thing) and holder is not None:
            return self.doubt(holder)
        if thing.kind == DNS_RECORD:  # of a host of ours
            return "leads to a load balancer that exists" if thing.part_of[0] else None
        if self.identity.known and (_marks(thing) or self.identity.in_state):
            said = f"{TAG} is {', '.join(sorted(_marks(thing)))}" if _marks(thing) else f"has no {TAG}"
            return f"{said}: of an earlier day, or of another stack of this name"
        return self._doubt_without_identity(thing)

    def _doubt_without_identity(self, thing: Thing) -> str | None:
        owner = thing.tags.get("Owner", "")
        if owner and self.identity.owner and owner != self.identity.owner:
            return f"Owner is {owner}"
        if CLUSTER in self.unseen:
            return "whether its cluster runs could not be looked at"
        if not _marks(thing) and self.alive_without_id:
            return f"may belong to the {self.alive_without_id.kind} {self.alive_without_id.id}, which exists"
        if ELSEWHERE in self.unseen and (not thing.region or (self.place and thing.region != self.place)):
            return "may belong to a day in a place that was not looked at"
        return None


def _marks(thing: Thing) -> frozenset[str]:
    """Ids of stacks that the thing names: in its tag, or else at the end of its cluster's name; a group is its own."""
    if TAG in thing.tags:
        return frozenset({thing.tags[TAG]})
    names = [*_clusters(thing.tags), thing.cluster, thing.id if thing.kind == CLUSTER else ""]
    own = {thing.id} if thing.kind == RESOURCE_GROUP else set()
    return frozenset({*own, *(name.rpartition("-")[2] for name in names if name)})
