"""The reports of `genai up` and `genai down`."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from ops.commands.up_and_down.bill import Bill
from ops.commands.up_and_down.down import DownResult
from ops.commands.up_and_down.report import down_as_json, print_down, print_up, up_as_json
from ops.commands.up_and_down.up import UpResult
from ops.inventory.scan import Scan
from ops.model.engine_graph import number
from ops.model.recorder import Secret
from ops.stack.state import StackState
from tests.ops.up_and_down.stand_in import EMPTY, holding, resource
from tests.ops.up_and_down.test_progress import plan

VPC = "urn:pulumi:dev::genaiplatform::aws:ec2/vpc:Vpc::vpc"
OUTPUTS = {"litellmUrl": "http://entry:80", "masterKey": Secret("sk-1"), "ids": {"demo": "id-1", "key": Secret("sk-2")}}
BILL = Bill(since=datetime(2026, 11, 26, tzinfo=UTC), hours=8.5, usd_per_hour=0.45, unpriced=[])


def up_result(**more: Any) -> UpResult:
    state = replace(holding(resource(VPC)), outputs=OUTPUTS)
    return UpResult(**{"state": state, "seconds": 943.0, "errors": [], "missing": [], **more})


def down_result(state: StackState = EMPTY, **more: Any) -> DownResult:
    scan = None if state.resources else Scan(leftovers=[], failures=[])
    known = {"before": state, "seconds": 901.0, "typical": 940.0, "errors": [], "lost_clusters": [], "scan": scan}
    return DownResult(state=state, **{**known, **more})


def printed(one: UpResult | DownResult, cost_explorer: str | None = None, bill: Bill | None = BILL) -> str:
    console = Console(file=io.StringIO(), width=150, highlight=False, emoji=False)
    if isinstance(one, UpResult):
        print_up(one, plan(), console)
    else:
        print_down(one, bill, cost_explorer, console, stack="dev", place="us-east-1")
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_an_up_ends_with_its_urls_and_its_time_beside_the_plans() -> None:
    lines = printed(up_result()).splitlines()
    assert lines[0] == "litellmUrl  http://entry:80"
    assert lines[-1].startswith("Stack dev is up. It took 15:43; from nothing to everything the plan says ")


def test_secrets_are_shown_nowhere_but_the_command_that_shows_them() -> None:
    text, data = printed(up_result()), json.dumps(up_as_json(up_result(), plan()))
    assert "sk-" not in text + data
    assert "masterKey   secret: pulumi stack output masterKey --show-secrets --stack dev\n" in text
    assert 'ids         {"demo": "id-1", "key": null}\n' in text
    assert json.loads(data)["outputs"] == {
        "litellmUrl": "http://entry:80",
        "masterKey": None,
        "ids": {"demo": "id-1", "key": None},
    }


def test_an_up_that_did_not_succeed_says_why_and_how_to_go_on() -> None:
    failed = up_result(errors=["quota [vpc]"], missing=["aws:ec2/vpc:Vpc vpc"])
    text, data = printed(failed), up_as_json(failed, plan())
    *lines, last = text.splitlines()
    assert lines == ["What the engine complained about:", "  quota [vpc]"]
    of_all = f"1 of {number(plan().resources)} resources"
    assert last.startswith(f"Stack dev is not up: {of_all} are missing. `genai up --stack dev` goes on from here")
    assert (data["exit_code"], data["errors"], data["missing"]) == (1, ["quota [vpc]"], ["aws:ec2/vpc:Vpc vpc"])


def test_what_is_missing_without_a_complaint_is_named() -> None:
    text = printed(up_result(missing=[f"aws:ec2/subnet:Subnet {number}" for number in range(30)]))
    assert "Not there, or not ready:\n  aws:ec2/subnet:Subnet 0\n" in text
    assert "  and 10 more\n" in text


def test_a_down_ends_with_what_is_left_and_what_the_day_cost() -> None:
    time, left, cost, explorer = printed(down_result(), "Cost Explorer knows nothing.").splitlines()
    assert time == "The state of stack dev is empty. It took 15:01 (typically 15:40)."
    assert left == "Nothing is left of stack dev in us-east-1."
    assert cost.startswith("8.5 hours since 2026-11-26 00:00 UTC. What stood when this began cost 3.83 USD (0.45 ")
    assert explorer == "Cost Explorer knows nothing."
    data = down_as_json(down_result(), BILL, None, stack="dev", place="us-east-1")
    assert (data["exit_code"], data["left_in_state"], data["cost_explorer"]) == (0, [], None)
    assert data["bill"]["usd"] == 3.83
    assert data["leftovers"]["could_not_look"] == []


def test_a_down_that_is_not_done_names_what_lives_in_a_cloud_and_how_to_go_on() -> None:
    password = "urn:pulumi:dev::genaiplatform::random:index/randomPassword:RandomPassword::password"
    left = down_result(holding(resource(VPC), resource(password)), errors=["DependencyViolation"])
    *lines, last = printed(left, bill=None).splitlines()
    assert lines == [
        "What the engine complained about:",
        "  DependencyViolation",
        "Still there:",
        "  aws:ec2/vpc:Vpc vpc",
    ]
    assert last.startswith("Stack dev is not down. `genai down --stack dev` goes on from here. ")
    assert "`genai leftovers --stack dev`" in last
    data = down_as_json(left, None, None, stack="dev", place="us-east-1")
    assert (data["exit_code"], data["leftovers"], data["bill"]) == (1, None, None)
    assert VPC in data["left_in_state"]


def test_only_for_a_lost_cluster_the_command_that_gives_it_up_is_offered() -> None:
    command = "  PULUMI_K8S_DELETE_UNREACHABLE=true pulumi destroy --refresh --stack dev\n"
    left = holding(resource(VPC))
    assert command in printed(down_result(left, lost_clusters=["genai-dev-0a1b2c3"]))
    assert "DELETE_UNREACHABLE" not in printed(down_result(left))


def test_for_a_stopped_database_the_command_that_starts_it_is_named() -> None:
    cluster = "urn:pulumi:dev::genaiplatform::aws:rds/cluster:Cluster::database-cluster"
    left = holding(resource(cluster, inputs={"clusterIdentifier": "database-cluster-1a2b3c4"}))
    command = "aws rds start-db-cluster --db-cluster-identifier database-cluster-1a2b3c4 --region"
    refused = "api error InvalidDBClusterStateFault: Cluster is in stopped state"
    assert command in printed(down_result(left, errors=[refused]), bill=None)
    assert "start-db-cluster" not in printed(down_result(left, errors=["DependencyViolation"]), bill=None)
