"""Which things are ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from ops.leftovers.thing import Leftover, Thing

PROJECT = "genaiplatform"
CLUSTER = "EKS cluster"
CERTIFICATE = "certificate"

CLUSTER_TAGS = ("eks:eks-cluster-name", "aws:eks:cluster-name", "eks:cluster-name", "elbv2.k8s.aws/cluster")
"""Hold a cluster's name: on what Auto Mode makes (condition keys of the managed policy AmazonEKSComputePolicy), on
EKS's own security group, and on what the AWS Load Balancer Controller makes."""

_AUTO_NAME = re.compile(r".+-[0-9a-f]{7}")


def auto_named(name: str) -> bool:
    """Whether Pulumi may have chosen the name: so do many projects, so it is worth a look at the tags and no more."""
    return _AUTO_NAME.fullmatch(name) is not None


def is_cluster_of(name: str, stack: str) -> bool:
    """Whether a cluster of that stack may have this name (`stacks.aws_day`)."""
    return re.fullmatch(rf"genai-{re.escape(stack)}-[a-z0-9]{{7}}", name) is not None


def _clusters(tags: Mapping[str, str]) -> Iterator[str]:
    yield from (tags[key] for key in CLUSTER_TAGS if key in tags)
    yield from (key.removeprefix("kubernetes.io/cluster/") for key in tags if key.startswith("kubernetes.io/cluster/"))


def ours(things: Sequence[Thing], stack: str, unseen: Set[str] = frozenset()) -> list[Leftover]:
    """Those of the things that belong to the stack; `unseen` are kinds of which there may be more.

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
