"""Versions that AWS offers: good, bad and could not look."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from ops.checks.check import Outcome, State
from ops.checks.preflight import offers
from ops.clouds.aws import Aws
from tests.ops.preflight.stand_in import aws_answers, state_of

UNREACHABLE = EndpointConnectionError(endpoint_url="https://eks.us-west-2.amazonaws.com")
LATER = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=100)
EARLIER = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)


def _eks(status: str) -> dict[str, Any]:
    return {"clusterVersions": [{"versionStatus": status, "endOfStandardSupportDate": LATER}]}


def _aurora(ends: datetime.datetime, *, offered: bool = True) -> dict[str, Any]:
    cycles = [
        {"LifecycleSupportName": "open-source-rds-standard-support", "LifecycleSupportEndDate": ends},
        {"LifecycleSupportName": "open-source-rds-extended-support", "LifecycleSupportEndDate": LATER},
    ]
    return {
        "DescribeOrderableDBInstanceOptions": {"OrderableDBInstanceOptions": [{}] if offered else []},
        "DescribeDBMajorEngineVersions": {"DBMajorEngineVersions": [{"SupportedEngineLifecycles": cycles}]},
    }


Run = Callable[[Aws], Outcome]


def kubernetes(aws: Aws) -> Outcome:
    return offers.kubernetes(aws, "1.35")


def aurora(aws: Aws) -> Outcome:
    return offers.aurora(aws, "17.7")


def valkey(aws: Aws) -> Outcome:
    return offers.valkey(aws, "8.0")


@pytest.mark.parametrize(
    ("check", "answers", "state"),
    [
        (kubernetes, {"DescribeClusterVersions": _eks("STANDARD_SUPPORT")}, State.FINE),
        (kubernetes, {"DescribeClusterVersions": _eks("EXTENDED_SUPPORT")}, State.BAD),
        (kubernetes, {"DescribeClusterVersions": {"clusterVersions": []}}, State.BAD),
        (kubernetes, {"DescribeClusterVersions": "AccessDeniedException"}, State.COULD_NOT_LOOK),
        (kubernetes, {"DescribeClusterVersions": UNREACHABLE}, State.COULD_NOT_LOOK),
        (aurora, _aurora(LATER), State.FINE),
        (aurora, _aurora(EARLIER), State.BAD),
        (aurora, _aurora(LATER, offered=False), State.BAD),
        (aurora, {"DescribeOrderableDBInstanceOptions": UNREACHABLE}, State.COULD_NOT_LOOK),
        (aurora, {**_aurora(LATER), "DescribeDBMajorEngineVersions": "AccessDenied"}, State.COULD_NOT_LOOK),
        (valkey, {"DescribeCacheEngineVersions": {"CacheEngineVersions": [{}]}}, State.FINE),
        (valkey, {"DescribeCacheEngineVersions": {"CacheEngineVersions": []}}, State.BAD),
        (valkey, {"DescribeCacheEngineVersions": "AccessDenied"}, State.COULD_NOT_LOOK),
    ],
)
def test_an_offer_is(aws: Aws, check: Run, answers: dict[str, Any], state: State) -> None:
    with aws_answers(answers):
        assert state_of(lambda: check(aws)) == state


def test_what_is_bad_comes_with_its_fix(aws: Aws) -> None:
    with aws_answers({"DescribeClusterVersions": _eks("EXTENDED_SUPPORT")}):
        assert "kubernetesVersion" in kubernetes(aws).fix
