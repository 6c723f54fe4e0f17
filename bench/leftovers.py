"""Seconds of `genai leftovers` in an account with 2,000 resources, beside the slowest of its listings alone.

Moto answers at once, a cloud does not: each call waits `LATENCY` first. All else is real, and runs in one process.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

from ops.inventory.scan import run_finders
from tests.ops.inventory.world import OURS, POLICY, REGION, World, account, answering, pairs

LATENCY = 0.1
"""Seconds; what a listing of AWS takes from an office, rather less than more."""
RATIO_LIMIT = 2.0
ROUNDS = 3


def fill(world: World) -> None:
    """Make 2,000 resources of eight kinds, of which some are ours."""
    ec2, iam, logs, s3 = (world.client(service) for service in ("ec2", "iam", "logs", "s3"))
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/20")["Subnet"]["SubnetId"]
    for tags in (OURS, {"Project": "shop"}):
        specification = [{"ResourceType": kind, "Tags": pairs(tags)} for kind in ("instance", "volume")]
        # Each with a volume and a network interface.
        ec2.run_instances(
            ImageId="ami-1",
            InstanceType="m5a.large",
            MinCount=75,
            MaxCount=75,
            SubnetId=subnet,
            TagSpecifications=specification,
        )
    volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=1)["VolumeId"]
    for number in range(300):
        ec2.create_snapshot(VolumeId=volume)
        ec2.create_security_group(GroupName=f"g-{number}", Description="d", VpcId=vpc)
        iam.create_role(RoleName=f"role-{number}", AssumeRolePolicyDocument=POLICY, Tags=pairs(OURS))
        logs.create_log_group(logGroupName=f"/aws/eks/genai-dev-abcd{number:03}/cluster")
    for number in range(350):
        s3.create_bucket(Bucket=f"bucket-{number:07x}")


def medians() -> tuple[float, float, str]:
    """Seconds of a whole scan and of its slowest listing alone, medians, and which listing that is."""
    with account() as world:
        fill(world)

        def late(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
            time.sleep(LATENCY)
            return world.call(client, operation, parameters)

        inventory = world.day()
        assert len(inventory.scan().leftovers) > 600  # also makes the clients, which takes as long for one as for all
        finders = inventory.finders()
        seconds: dict[str, list[float]] = {name: [] for name in ("all", *finders)}
        with answering(late):
            for _ in range(ROUNDS):
                for name in seconds:
                    begin = time.perf_counter()
                    run_finders(finders if name == "all" else {name: finders[name]})
                    seconds[name].append(time.perf_counter() - begin)
    median = {name: statistics.median(times) for name, times in seconds.items()}
    whole = median.pop("all")
    slowest = max(median, key=median.__getitem__)
    return whole, median[slowest], slowest


def measure() -> bool:
    """Print both and their ratio; whether the limit is kept."""
    whole, alone, slowest = medians()
    print(f"genai leftovers               {whole:.2f} s for 2,000 resources in {REGION}")
    print(f"its slowest listing alone     {alone:.2f} s ({slowest}), ratio {whole / alone:.2f} (limit {RATIO_LIMIT})")
    return whole / alone <= RATIO_LIMIT
