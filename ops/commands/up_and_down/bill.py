"""Cost of a stack until now: by the price table, and by AWS Cost Explorer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from ops.clouds.aws import Aws
from ops.model import eks_children
from ops.model.cost import cost
from ops.project import PROJECT
from ops.stack.state import StackState


@dataclass(frozen=True, kw_only=True)
class Bill:
    """An estimate for what stood idle since `since`; use comes on top, and what has no price in that region."""

    since: datetime
    hours: float
    usd_per_hour: float
    unpriced: Sequence[str]

    @property
    def usd(self) -> float:
        """For all of the hours."""
        return self.hours * self.usd_per_hour


def bill(state: StackState, region: str, now: datetime) -> Bill | None:
    """For everything in the state until now, None when there is nothing.

    It begins with the cluster, which is as old as the stack; another resource may be left of an earlier one.
    """
    made = [resource for resource in state.resources if resource.custom and resource.urn in state.created]
    if not made:
        return None
    clusters = [resource for resource in made if resource.type == eks_children.CLUSTER]
    since = min(state.created[resource.urn] for resource in clusters or made)
    hours = (now - since).total_seconds() / 3600
    try:
        costs = cost(state.resources, region)
    except LookupError as missing:  # the cluster of an instance, which somebody deleted by hand
        return Bill(since=since, hours=hours, usd_per_hour=0, unpriced=[f"everything, for the state lacks {missing}"])
    return Bill(since=since, hours=hours, usd_per_hour=costs.usd_per_hour, unpriced=costs.unpriced)


def cost_explorer(aws: Aws, since: datetime, now: datetime) -> str:
    """What Cost Explorer says, in a sentence; also when it says nothing. One question costs 0.01 USD."""
    days = {"Start": f"{since.astimezone(UTC):%F}", "End": f"{now.astimezone(UTC) + timedelta(days=1):%F}"}
    try:
        answer = aws.elsewhere("us-east-1").call(  # where Cost Explorer lives
            "ce",
            "get_cost_and_usage",
            TimePeriod=days,
            Granularity="DAILY",
            Metrics=["UnblendedCost"],
            GroupBy=[{"Type": "TAG", "Key": "Project"}],
        )
    except (BotoCoreError, ClientError) as error:
        return f"Cost Explorer gave no answer: {error}. It needs ce:GetCostAndUsage."
    groups = [group for day in answer["ResultsByTime"] for group in day["Groups"]]
    ours = sum(_usd(group) for group in groups if group["Keys"] == [f"Project${PROJECT}"])
    return (
        f"Cost Explorer knows of {ours:.2f} USD tagged Project={PROJECT} since {days['Start']}, and of "
        f"{sum(map(_usd, groups)):.2f} USD in the whole account. It is up to a day late, the tag counts once it is "
        "activated for billing, and this question cost 0.01 USD."
    )


def _usd(group: dict[str, dict[str, dict[str, str]]]) -> float:
    return float(group["Metrics"]["UnblendedCost"]["Amount"])
