"""Seconds of `genai plan` beside what it cannot avoid, and of `genai --help` (wall clock).

What cannot be avoided: importing the SDK modules of the program and running it under bare Pulumi mocks.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from ops.project import ROOT

ROUNDS = 7
PLAN_LIMIT = 1.5
HELP_LIMIT = 0.3

BARE = """

import pulumi
from ops.model.simulated_outputs import invoke_result, resource_outputs
from stacks import build


class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        return args.name + "-id", {**args.inputs, **resource_outputs(args.typ, args.name, args.inputs)}

    def call(self, args):
        return invoke_result(args.token, args.args, region="us-east-1", hosted_zones=["example.com"]), []


@pulumi.runtime.test
def run():
    build("dev", lambda: "203.0.113.10")


pulumi.runtime.set_mocks(Mocks(), project="genaiplatform", stack="dev", preview=False)
run()
"""

COMMANDS = {
    "bare": [sys.executable, "-c", BARE],
    "plan": [sys.executable, "-m", "ops.cli", "plan"],
    "help": [sys.executable, "-m", "ops.cli", "--help"],
}


def measure() -> bool:
    """Run each command in turn, `ROUNDS` times, and print medians; whether all limits are kept."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, command in COMMANDS.items():
            begin = time.perf_counter()
            subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            seconds[name].append(time.perf_counter() - begin)
    median = {name: statistics.median(times) for name, times in seconds.items()}
    ratio = median["plan"] / median["bare"]
    print(f"the program under bare mocks  {median['bare']:.2f} s")
    print(f"genai plan                    {median['plan']:.2f} s, ratio {ratio:.2f} (limit {PLAN_LIMIT})")
    print(f"genai --help                  {median['help']:.2f} s (limit {HELP_LIMIT})")
    return ratio <= PLAN_LIMIT and median["help"] <= HELP_LIMIT
