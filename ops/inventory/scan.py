"""The AWS inventory of a stack: asks every service at once, and keeps what is the stack's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from ops.clouds.aws import Aws, log_in
from ops.inventory import agentcore, ec2, iam_and_eks, kinds, load_balancing, logs_secrets_keys, stores
from ops.inventory.found import FoundResource, Leftover
from ops.inventory.ownership import OTHER_PLACES, ScannedAccount, share_out
from ops.stack.identity import StackIdentity

Find = Callable[[], Iterator[FoundResource]]

_CLUSTERS_ELSEWHERE = f"{kinds.EKS_CLUSTER}s of other regions"


EVERYTHING = "anything"
"""What could not be scanned, where no question was asked at all."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What could not be scanned, and the cloud's own words."""

    what: str
    error: str
    fix: str = ""


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What was found."""

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
        """Whether nothing at all could be scanned, for nobody is logged in."""
        return bool(self.failures) and all(failure.fix or failure.what == EVERYTHING for failure in self.failures)

    def failures_by_error(self) -> Iterator[tuple[str, str]]:
        """What could not be scanned, and the error that all of it met, with its fix."""
        for error in dict.fromkeys(failure.error for failure in self.failures):
            met = [failure for failure in self.failures if failure.error == error]
            fix = f": {met[0].fix}" if met[0].fix else ""
            what = EVERYTHING if self.blind and len(met) == len(self.failures) else None
            yield what or ", ".join(sorted(failure.what for failure in met)), error + fix


class Inventory(Protocol):
    """The resources of a stack in one cloud."""

    def scan(self) -> Scan:
        """Ask the cloud now."""


@dataclass(frozen=True)
class AwsStackInventory:
    """A stack on AWS: its region and what has no region.

    Without `domain` no DNS record is looked for, and without `agentcore` nothing of that service, which not every
    region has.
    """

    aws: Aws
    stack: str
    domain: str
    identity: StackIdentity = field(default_factory=StackIdentity)
    agentcore: bool = False

    def finders(self) -> Mapping[str, Find]:
        """Everything that is looked for, by what it is called when it could not be looked at."""
        aws, stack = self.aws, self.stack
        return {
            **{f"{listing.kind}s": partial(ec2.find, aws, listing) for listing in ec2.LISTINGS},
            f"{kinds.EKS_CLUSTER}s": lambda: iam_and_eks.clusters(aws, stack),
            **(
                {} if self.identity.known else {_CLUSTERS_ELSEWHERE: lambda: iam_and_eks.clusters_elsewhere(aws, stack)}
            ),
            f"{kinds.IAM_ROLE}s": lambda: iam_and_eks.roles(aws),
            f"{kinds.INSTANCE_PROFILE}s": lambda: iam_and_eks.instance_profiles(aws),
            f"{kinds.OIDC_PROVIDER}s": lambda: iam_and_eks.oidc_providers(aws),
            f"{kinds.LOAD_BALANCER}s": lambda: load_balancing.load_balancers(aws),
            f"{kinds.TARGET_GROUP}s": lambda: load_balancing.target_groups(aws),
            f"{kinds.CERTIFICATE}s": lambda: load_balancing.certificates(aws),
            f"{kinds.DNS_RECORD}s": lambda: load_balancing.dns_records(aws, self.domain),
            f"{kinds.AURORA_CLUSTER}s": lambda: stores.database_clusters(aws),
            f"{kinds.AURORA_INSTANCE}s": lambda: stores.database_instances(aws),
            f"{kinds.AURORA_SNAPSHOT}s": lambda: stores.database_snapshots(aws),
            f"{kinds.AURORA_BACKUP}s": lambda: stores.database_backups(aws),
            "RDS groups": lambda: stores.database_groups(aws),
            f"{kinds.ELASTICACHE_REPLICATION_GROUP}s": lambda: stores.caches(aws),
            f"{kinds.ELASTICACHE_SNAPSHOT}s": lambda: stores.cache_snapshots(aws),
            "ElastiCache groups": lambda: stores.cache_groups(aws),
            f"{kinds.S3_BUCKET}s": lambda: stores.buckets(aws),
            f"{kinds.LOG_GROUP}s": lambda: logs_secrets_keys.log_groups(aws, stack),
            f"{kinds.SECRET}s": lambda: logs_secrets_keys.secrets(aws),
            f"{kinds.KMS_KEY}s": lambda: logs_secrets_keys.keys(aws),
            **(
                {
                    f"{kinds.AGENTCORE_GATEWAY}s": lambda: agentcore.gateways(aws),
                    f"{kinds.AGENTCORE_PROVIDER}s": lambda: agentcore.credential_providers(aws),
                }
                if self.agentcore
                else {}
            ),
        }

    def scan(self) -> Scan:
        """Ask all services at once."""
        resources, failures = run_finders(self.finders())
        decisive = {
            f"{kinds.EKS_CLUSTER}s": kinds.EKS_CLUSTER,
            f"{kinds.CERTIFICATE}s": kinds.CERTIFICATE,
            _CLUSTERS_ELSEWHERE: OTHER_PLACES,
        }
        place = self.aws.region
        clusters = [resource for resource in resources if resource.kind == kinds.EKS_CLUSTER]
        elsewhere = [cluster for cluster in clusters if cluster.region != place]
        shares = share_out(
            ScannedAccount(
                found=[resource for resource in resources if resource not in elsewhere],
                stack=self.stack,
                identity=self.identity,
                place=place,
                elsewhere=elsewhere,
                unscanned={decisive[failure.what] for failure in failures if failure.what in decisive},
            )
        )
        return Scan(leftovers=shares.ours, failures=failures, uncertain=shares.uncertain)


def run_finders(finders: Mapping[str, Find]) -> tuple[list[FoundResource], list[Failure]]:
    """Run all finders at once. What one finds before it fails counts."""
    resources: list[FoundResource] = []
    failures: list[Failure] = []

    def run(what: str) -> None:
        try:
            for resource in finders[what]():
                resources.append(resource)
        except Exception as error:  # noqa: BLE001  whatever went wrong, it does not mean that nothing is there
            failures.append(Failure(what=what, error=str(error), fix=log_in(error)))

    with ThreadPoolExecutor(max_workers=len(finders)) as pool:
        list(pool.map(run, finders))
    return resources, failures
