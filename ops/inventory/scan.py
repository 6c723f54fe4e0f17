"""Looks at every service at once and keeps what is ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from ops.clouds.aws import Aws, log_in
from ops.inventory import ec2, iam_and_eks, load_balancing, logs_secrets_keys, stores
from ops.inventory.found import Leftover, Thing
from ops.inventory.ownership import CERTIFICATE, CLUSTER, ELSEWHERE, ours, share_out
from ops.stack.identity import StackIdentity

Find = Callable[[], Iterator[Thing]]


_CLUSTERS_ELSEWHERE = f"{CLUSTER}s of other regions"


EVERYTHING = "anything"
"""What could not be looked at, where no question was asked at all."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What could not be looked at, or not be removed, and the cloud's own words."""

    what: str
    error: str
    fix: str = ""


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What a look found."""

    leftovers: Sequence[Leftover]
    failures: Sequence[Failure]
    uncertain: Sequence[Leftover] = ()
    """What may be another stack's of the same name, and why: `--delete` leaves it alone, the exit code too."""

    @property
    def exit_code(self) -> int:
        """0 nothing is left, 1 something is, 2 not everything could be looked at."""
        return 2 if self.failures else 1 if self.leftovers else 0

    @property
    def blind(self) -> bool:
        """Whether nothing at all could be looked at, for nobody is logged in."""
        return bool(self.failures) and all(one.fix or one.what == EVERYTHING for one in self.failures)

    def unseen(self) -> Iterator[tuple[str, str]]:
        """What could not be looked at, and the error that all of it met, with its fix."""
        for error in dict.fromkeys(failure.error for failure in self.failures):
            met = [failure for failure in self.failures if failure.error == error]
            fix = f": {met[0].fix}" if met[0].fix else ""
            what = EVERYTHING if self.blind and len(met) == len(self.failures) else None
            yield what or ", ".join(sorted(failure.what for failure in met)), error + fix


class Cloud(Protocol):
    """A place where a stack may have left something."""

    def look(self) -> Scan:
        """Look at everything now."""


@dataclass(frozen=True)
class AwsDay:
    """A stack of the AWS day: its region and what has no region. Without `domain` no DNS record is looked for."""

    aws: Aws
    stack: str
    domain: str
    identity: StackIdentity = field(default_factory=StackIdentity)

    def finders(self) -> Mapping[str, Find]:
        """Everything that is looked for, by what it is called when it could not be looked at."""
        aws, stack = self.aws, self.stack
        return {
            **{f"{one.kind}s": partial(ec2.find, aws, one) for one in ec2.LISTINGS},
            f"{CLUSTER}s": lambda: iam_and_eks.clusters(aws, stack),
            **(
                {} if self.identity.known else {_CLUSTERS_ELSEWHERE: lambda: iam_and_eks.clusters_elsewhere(aws, stack)}
            ),
            "IAM roles": lambda: iam_and_eks.roles(aws),
            "instance profiles": lambda: iam_and_eks.instance_profiles(aws),
            "OIDC providers": lambda: iam_and_eks.oidc_providers(aws),
            "load balancers": lambda: load_balancing.load_balancers(aws),
            "target groups": lambda: load_balancing.target_groups(aws),
            f"{CERTIFICATE}s": lambda: load_balancing.certificates(aws),
            "DNS records": lambda: load_balancing.dns_records(aws, self.domain),
            "Aurora clusters": lambda: stores.database_clusters(aws),
            "Aurora instances": lambda: stores.database_instances(aws),
            "Aurora snapshots": lambda: stores.database_snapshots(aws),
            "Aurora automated backups": lambda: stores.database_backups(aws),
            "RDS groups": lambda: stores.database_groups(aws),
            "ElastiCache replication groups": lambda: stores.caches(aws),
            "ElastiCache snapshots": lambda: stores.cache_snapshots(aws),
            "ElastiCache groups": lambda: stores.cache_groups(aws),
            "S3 buckets": lambda: stores.buckets(aws),
            "log groups": lambda: logs_secrets_keys.log_groups(aws, stack),
            "secrets": lambda: logs_secrets_keys.secrets(aws),
            "KMS keys": lambda: logs_secrets_keys.keys(aws),
        }

    def look(self) -> Scan:
        """Look at everything now, at once."""
        things, failures = look_with(self.finders())
        kinds = {f"{CLUSTER}s": CLUSTER, f"{CERTIFICATE}s": CERTIFICATE, _CLUSTERS_ELSEWHERE: ELSEWHERE}
        unseen = {kinds[failure.what] for failure in failures if failure.what in kinds}
        place = self.aws.region
        elsewhere = [thing for thing in things if thing.kind == CLUSTER and thing.region != place]
        shares = share_out(
            ours([thing for thing in things if thing not in elsewhere], self.stack, unseen),
            self.stack,
            self.identity,
            place=place,
            elsewhere=elsewhere,
            unseen=unseen,
        )
        return Scan(leftovers=shares.ours, failures=failures, uncertain=shares.uncertain)


def look_with(finders: Mapping[str, Find]) -> tuple[list[Thing], list[Failure]]:
    """Run all finders at once. What one finds before it fails counts."""
    things: list[Thing] = []
    failures: list[Failure] = []

    def run(what: str) -> None:
        try:
            for thing in finders[what]():
                things.append(thing)
        except Exception as error:  # noqa: BLE001  whatever went wrong, it does not mean that nothing is there
            failures.append(Failure(what=what, error=str(error), fix=log_in(error)))

    with ThreadPoolExecutor(max_workers=len(finders)) as pool:
        list(pool.map(run, finders))
    return things, failures
