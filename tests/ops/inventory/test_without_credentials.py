"""What is said when nobody is logged in: one sentence with its fix, and never that nothing is left."""

from __future__ import annotations

import io

import pytest
from botocore.exceptions import NoCredentialsError
from rich.console import Console
from typer.testing import CliRunner

from ops.checks.check import Outcome, bad, fine, note, run
from ops.checks.report import print_outcomes
from ops.cli import app
from ops.clouds.aws import LOG_IN
from ops.commands.leftovers.report import print_report
from ops.inventory.scan import EVERYTHING, Failure, Scan, run_finders


def nobody() -> Outcome:
    raise NoCredentialsError


def printed(scan: Scan) -> list[str]:
    out = io.StringIO()
    print_report(scan, Console(file=out, width=300), stack="dev", place="us-east-1")
    return out.getvalue().splitlines()


def failing(*_: object) -> object:
    raise NoCredentialsError


def test_leftovers_say_in_one_line_that_nothing_was_looked_at() -> None:
    things, failures = run_finders({"EC2 instances": failing, "VPCs": failing, "DNS records": lambda: iter(())})  # type: ignore[dict-item]  # no finder, on purpose
    assert things == []
    scan = Scan(leftovers=[], failures=failures)
    assert scan.exit_code == 2
    assert printed(scan) == [
        f"Could not look at anything: Unable to locate credentials: {LOG_IN}",
        "So nobody knows what is left of stack dev in us-east-1.",
    ]


@pytest.mark.parametrize("failure", [Failure(what="VPCs", error="denied"), Failure(what=EVERYTHING, error="no `az`")])
def test_no_failed_look_reads_as_if_nothing_were_left(failure: Failure) -> None:
    *_, last = printed(Scan(leftovers=[], failures=[failure]))
    assert last in (
        "Where it could be looked, nothing of stack dev was found in us-east-1.",
        "So nobody knows what is left of stack dev in us-east-1.",
    )
    assert ("nobody knows" in last) == (failure.what == EVERYTHING)


def test_checks_that_met_the_same_obstacle_share_a_line() -> None:
    outcomes = run({"identity": lambda: bad("Unable to locate credentials", LOG_IN), **dict.fromkeys("abcd", nobody)})
    out = io.StringIO()
    print_outcomes({**outcomes, "region": fine("us-east-1"), "zone": fine("us-east-1")}, Console(file=out, width=300))
    assert out.getvalue().splitlines() == [
        "✗ identity, a, b and 2 more: Unable to locate credentials",
        f"  → {LOG_IN}",
        "✓ region: us-east-1",
        "✓ zone: us-east-1",
    ]


def test_a_check_mark_stands_only_where_all_is_well() -> None:
    out = io.StringIO()
    print_outcomes({"kubectl": note("is old", "update it")}, Console(file=out, width=300))
    assert out.getvalue() == "! kubectl: is old\n  → update it\n"


def test_a_region_that_is_none_is_refused_before_it_is_asked() -> None:
    result = CliRunner().invoke(app, ["leftovers", "--region", "us-nowhere-1"])
    assert result.exit_code == 2
    assert result.stderr.startswith("--region: 'us-nowhere-1' is no region of AWS: did you mean ")
