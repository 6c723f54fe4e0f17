"""Ownership of AWS and Azure resources: the rules that say what a stack may delete.

Two questions are asked about each resource. Does it belong to a stack of this name (`NAME_RULES`)? And is that stack
this one, or another of the same name (`IDENTITY_RULES`)? The rules of a question are asked in their order, and the
first that knows an answer gives it. A rule is a function of the resource and of the account it was found in; its
docstring says what it holds, and its verdict the reason that people read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from ops.inventory.found import FoundResource, Leftover
from ops.inventory.kinds import CERTIFICATE, DNS_RECORD, EKS_CLUSTER, RESOURCE_GROUP
from ops.project import PROJECT
from ops.stack.identity import TAG, StackIdentity

OTHER_PLACES = "other places"
"""Among the kinds that could not be scanned: there may be resources in places that were not scanned at all."""

CLUSTER_TAGS = ("eks:eks-cluster-name", "aws:eks:cluster-name", "eks:cluster-name", "elbv2.k8s.aws/cluster")
"""Hold a cluster's name: on what Auto Mode makes (condition keys of the managed policy AmazonEKSComputePolicy), on
EKS's own security group, and on what the AWS Load Balancer Controller makes."""

_AUTO_NAME = re.compile(r".+-[0-9a-f]{7}")


def auto_named(name: str) -> bool:
    """Whether Pulumi may have chosen the name: so do many projects, so its tags are read, and no more follows."""
    return _AUTO_NAME.fullmatch(name) is not None


def is_cluster_of(name: str, stack: str) -> bool:
    """Whether a cluster of that stack may have this name (`stacks.aws.program`)."""
    return re.fullmatch(rf"genai-{re.escape(stack)}-[a-z0-9]{{7}}", name) is not None


class Owner(Enum):
    """Whose a resource is. Only what is `OURS` is deleted; what is `ANOTHERS` is not even shown."""

    OURS = "ours"
    """To the first question: a stack's of this name."""
    UNCERTAIN = "uncertain"
    ANOTHERS = "another's"


@dataclass(frozen=True)
class Verdict:
    """Whose a resource is, and the reason that people read."""

    owner: Owner
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ScannedAccount:
    """What was found, and what is known of the stack that asks.

    `place` is the region that was scanned, empty for Azure, where all are; `elsewhere` are clusters of other regions.
    `unscanned` are kinds of which there may be more than was found.
    """

    found: Sequence[FoundResource]
    stack: str
    identity: StackIdentity = field(default_factory=StackIdentity)
    place: str = ""
    elsewhere: Sequence[FoundResource] = ()
    unscanned: Set[str] = frozenset()

    def named(self, resource: FoundResource) -> Verdict:
        """The answer to the first question; what no rule knows is another's."""
        return _first(NAME_RULES, resource, self) or Verdict(Owner.ANOTHERS)

    def identified(self, resource: FoundResource) -> Verdict:
        """The answer to the second question; what no rule doubts is ours."""
        return _first(IDENTITY_RULES, resource, self) or Verdict(Owner.OURS)

    @cached_property
    def namesakes(self) -> list[Leftover]:
        """What belongs to a stack of this name, and how that is known."""
        verdicts = [(resource, self.named(resource)) for resource in self.found]
        return [
            Leftover(resource=found, why=verdict.reason) for found, verdict in verdicts if verdict.owner is Owner.OURS
        ]

    def holder(self, resource: FoundResource) -> FoundResource | None:
        """What the resource is part of, where that belongs to a stack of this name."""
        found = self._by_key.get(resource.part_of)
        return found if found and self.named(found).owner is Owner.OURS else None

    @cached_property
    def _by_key(self) -> Mapping[tuple[str, str], FoundResource]:
        return {(resource.kind, resource.id): resource for resource in self.found}

    def tagged(self, resource: FoundResource) -> bool:
        """Whether the tags name the project and the stack."""
        return resource.tags.get("Project") == PROJECT and resource.tags.get("Environment") == self.stack

    def made_by(self, cluster: str) -> bool:
        """Whether a cluster of that name is, or was, of a stack of this name.

        `genai-dev-backend` may be anybody's, so the name counts only when all clusters were seen and none that is
        called so has other tags than ours.
        """
        return is_cluster_of(cluster, self.stack) and EKS_CLUSTER not in self.unscanned and cluster not in self._strange

    @cached_property
    def _strange(self) -> Set[str]:
        return {resource.id for resource in self.found if resource.kind == EKS_CLUSTER and not self.tagged(resource)}

    @cached_property
    def strange_hosts(self) -> Set[str]:
        """Hosts for which somebody without our names has a certificate."""
        certificates = (resource for resource in self.found if resource.kind == CERTIFICATE)
        return {host for found in certificates if self.named(found).owner is not Owner.OURS for host in found.hosts}

    @cached_property
    def doubtful_hosts(self) -> Set[str]:
        """Hosts for which a stack of this name has a certificate that is not certainly ours."""
        certificates = (left.resource for left in self.namesakes if left.resource.kind == CERTIFICATE)
        return {host for ours in certificates if self.identified(ours).owner is not Owner.OURS for host in ours.hosts}

    def is_ours(self, resource: FoundResource) -> bool:
        """Whether our state holds the resource or what it is part of, or it carries our id."""
        in_state = not self.identity.in_state.isdisjoint({resource.id, resource.part_of[1]})
        return in_state or (self.identity.id != "" and self.identity.id in _stack_ids(resource))

    @cached_property
    def living(self) -> Sequence[FoundResource]:
        """Clusters and resource groups that exist and are not ours: while one does, so may its stack."""
        here = [left.resource for left in self.namesakes if left.resource.kind in (EKS_CLUSTER, RESOURCE_GROUP)]
        there = [resource for resource in self.elsewhere if "Environment" not in resource.tags or self.tagged(resource)]
        return [resource for resource in (*here, *there) if not self.is_ours(resource)]

    def living_owner(self, resource: FoundResource) -> FoundResource | None:
        """The living cluster or group of another stack whose id the resource, or what it is part of, carries."""
        ids, holder = _stack_ids(resource), self.holder(resource)
        if not ids:
            return self.living_owner(holder) if holder else None
        return next((owner for owner in self.living if ids & _stack_ids(owner)), None)


Rule = Callable[[FoundResource, ScannedAccount], Verdict | None]


def _first(rules: Sequence[Rule], resource: FoundResource, account: ScannedAccount) -> Verdict | None:
    return next((verdict for rule in rules if (verdict := rule(resource, account))), None)


def proof_of_a_strangers_certificate(resource: FoundResource, account: ScannedAccount) -> Verdict | None:
    """The record that proved a certificate is needed by everybody who has one for the same host."""
    if resource.kind == CERTIFICATE or not resource.hosts:
        return None
    needed = resource.hosts & account.strange_hosts or CERTIFICATE in account.unscanned
    return Verdict(Owner.ANOTHERS) if needed else None


def tags_of_the_stack(resource: FoundResource, account: ScannedAccount) -> Verdict | None:
    """The program tags all it makes with project and stack."""
    tags = f"tags Project={PROJECT}, Environment={account.stack}"
    return Verdict(Owner.OURS, tags) if account.tagged(resource) else None


def tags_of_a_stranger(resource: FoundResource, account: ScannedAccount) -> Verdict | None:
    """Tags of another project, stack or cluster are final, whatever the resource is called."""
    of_another_cluster = not all(map(account.made_by, _cluster_tags(resource.tags)))
    return Verdict(Owner.ANOTHERS) if "Project" in resource.tags or of_another_cluster else None


def named_after_a_cluster(resource: FoundResource, account: ScannedAccount) -> Verdict | None:
    """What EKS and Auto Mode make carries the name of its cluster, in tags or in its own name."""
    names = (*_cluster_tags(resource.tags), resource.cluster)
    return next((Verdict(Owner.OURS, f"of the cluster {name}") for name in names if account.made_by(name)), None)


def evidence_of_the_finder(resource: FoundResource, account: ScannedAccount) -> Verdict | None:
    """Where a service has no tags, the one who found the resource knows it by something else."""
    return Verdict(Owner.OURS, resource.evidence) if resource.evidence else None


def part_of_a_namesake(resource: FoundResource, account: ScannedAccount) -> Verdict | None:
    """What has no use without a resource of the stack belongs to the stack."""
    return Verdict(Owner.OURS, f"part of {' '.join(resource.part_of)}") if account.holder(resource) else None


NAME_RULES: Sequence[Rule] = (
    proof_of_a_strangers_certificate,
    tags_of_the_stack,
    tags_of_a_stranger,
    named_after_a_cluster,
    evidence_of_the_finder,
    part_of_a_namesake,
)
"""Does it belong to a stack of this name? The first that knows decides; what none knows is a stranger's."""


def stack_of_the_same_name_exists(resource: FoundResource, account: ScannedAccount) -> Verdict | None:
    """What carries the id of a living cluster or resource group is that one's. Who knows the own id need not see it."""
    owner = account.living_owner(resource)
    if owner is None or account.is_ours(resource):
        return None
    where = f" in {owner.region}" if owner.region else ""
    reason = f"of the {owner.kind} {owner.id}{where}, which exists"
    return Verdict(Owner.ANOTHERS if account.identity.id else Owner.UNCERTAIN, reason)


def home_is_another_region(resource: FoundResource, account: ScannedAccount) -> Verdict | None:
    """In a region that is not the stack's, what has no region belongs to the stack at home."""
    home = account.identity.home
    away = home and account.place not in ("", home) and resource.region != account.place
    return Verdict(Owner.UNCERTAIN, f"of the day in {home}, if it is ours") if away else None


def proof_of_a_doubtful_certificate(resource: FoundResource, account: ScannedAccount) -> Verdict | None:
    """The record that proved a certificate stays as long as another stack of this name may need it."""
    needed = resource.kind != CERTIFICATE and resource.hosts & account.doubtful_hosts
    return Verdict(Owner.UNCERTAIN, "needed by a certificate that may be another stack's") if needed else None


def own_identity(resource: FoundResource, account: ScannedAccount) -> Verdict | None:
    """What our state holds, or carries our id, is ours."""
    return Verdict(Owner.OURS) if account.is_ours(resource) else None


def as_what_it_is_part_of(resource: FoundResource, account: ScannedAccount) -> Verdict | None:
    """What carries no id itself is whose that is of which it is part."""
    holder = account.holder(resource)
    return account.identified(holder) if holder and not _stack_ids(resource) else None


def record_of_our_host(resource: FoundResource, account: ScannedAccount) -> Verdict | None:
    """Records have no tags: one of our host is ours, unless it leads to somebody else's load balancer."""
    if resource.kind != DNS_RECORD:
        return None
    leads = Verdict(Owner.UNCERTAIN, "leads to a load balancer that exists")
    return leads if resource.part_of[0] else Verdict(Owner.OURS)


def another_identity(resource: FoundResource, account: ScannedAccount) -> Verdict | None:
    """Where our identity is known, what should carry it and does not is another stack's, or an earlier one's."""
    ids = _stack_ids(resource)
    if not account.identity.known or not (ids or account.identity.in_state):
        return None
    ids_found = f"{TAG} is {', '.join(sorted(ids))}" if ids else f"has no {TAG}"
    return Verdict(Owner.UNCERTAIN, f"{ids_found}: of an earlier day, or of another stack of this name")


def another_owner(resource: FoundResource, account: ScannedAccount) -> Verdict | None:
    """The tag `Owner` of somebody else tells that the stack is that one's."""
    owner = resource.tags.get("Owner", "")
    differs = owner and account.identity.owner and owner != account.identity.owner
    return Verdict(Owner.UNCERTAIN, f"Owner is {owner}") if differs else None


def clusters_could_not_be_listed(resource: FoundResource, account: ScannedAccount) -> Verdict | None:
    """Without a list of the clusters, anything may belong to one that runs."""
    unlisted = EKS_CLUSTER in account.unscanned
    return Verdict(Owner.UNCERTAIN, "whether its cluster runs could not be looked at") if unlisted else None


def stack_without_an_id_exists(resource: FoundResource, account: ScannedAccount) -> Verdict | None:
    """What carries no id may belong to a living cluster or resource group from before there were ids."""
    living = next((owner for owner in account.living if TAG not in owner.tags), None)
    if living is None or _stack_ids(resource):
        return None
    return Verdict(Owner.UNCERTAIN, f"may belong to the {living.kind} {living.id}, which exists")


def place_was_not_scanned(resource: FoundResource, account: ScannedAccount) -> Verdict | None:
    """What is in no region, or in another, may belong to a stack in a place that was not scanned."""
    away = not resource.region or (account.place and resource.region != account.place)
    unscanned = OTHER_PLACES in account.unscanned and away
    return Verdict(Owner.UNCERTAIN, "may belong to a day in a place that was not looked at") if unscanned else None


IDENTITY_RULES: Sequence[Rule] = (
    stack_of_the_same_name_exists,
    home_is_another_region,
    proof_of_a_doubtful_certificate,
    own_identity,
    as_what_it_is_part_of,
    record_of_our_host,
    another_identity,
    another_owner,
    clusters_could_not_be_listed,
    stack_without_an_id_exists,
    place_was_not_scanned,
)
"""Is that stack this one? The first that knows decides; what none doubts is ours."""


@dataclass(frozen=True, kw_only=True)
class Shares:
    """What is ours, and what may be another stack's, each with the reason."""

    ours: Sequence[Leftover]
    uncertain: Sequence[Leftover]


def share_out(account: ScannedAccount) -> Shares:
    """Ask both questions about everything that was found."""
    verdicts = [(leftover, account.identified(leftover.resource)) for leftover in account.namesakes]
    return Shares(
        ours=[leftover for leftover, verdict in verdicts if verdict.owner is Owner.OURS],
        uncertain=[
            Leftover(resource=leftover.resource, why=verdict.reason)
            for leftover, verdict in verdicts
            if verdict.owner is Owner.UNCERTAIN
        ],
    )


def _cluster_tags(tags: Mapping[str, str]) -> Iterator[str]:
    """Names of clusters in the tags."""
    yield from (tags[key] for key in CLUSTER_TAGS if key in tags)
    yield from (key.removeprefix("kubernetes.io/cluster/") for key in tags if key.startswith("kubernetes.io/cluster/"))


def _stack_ids(resource: FoundResource) -> Set[str]:
    """Ids of stacks that it carries: in its tag, or else at the end of its cluster's name; a group's name is its id."""
    if TAG in resource.tags:
        return {resource.tags[TAG]}
    names = [*_cluster_tags(resource.tags), resource.cluster, resource.id if resource.kind == EKS_CLUSTER else ""]
    own = {resource.id} if resource.kind == RESOURCE_GROUP else set()
    return {*own, *(name.rpartition("-")[2] for name in names if name)}
