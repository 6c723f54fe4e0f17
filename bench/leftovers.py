"""How long `genai leftovers` looks at an account of 2,000 resources, beside the slowest of its listings alone."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from unittest import mock

import botocore.session

from ops.leftovers.aws import Aws
from ops.leftovers.scan import AwsDay, look_with

LIMIT = 2.0
LATENCY = 0.2
"""Seconds that each call lasts at least: moto answers at once, AWS does not."""
REGION = "us-east-1"
SERVER = """
import os, signal
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # half a thousand images with a snapshot each
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(port=0, verbose=False)
server.start()
print("http://%s:%d" % server.get_host_and_port(), flush=True)
signal.pause()
"""
TAGS = [{"Key": "Project", "Value": "genaiplatform"}, {"Key": "Environment", "Value": "dev"}]


def measure() -> bool:
    """Print both and their ratio; whether the limit is kept."""
    with _account() as session:
        _fill(Aws(REGION))
        session.register("before-send", lambda **_: time.sleep(LATENCY))
        day = AwsDay(Aws(REGION, session), "dev", "")
        day.look()  # makes the clients
        alone = {what: _seconds(partial(look_with, {what: find})) for what, find in day.finders().items()}
        slowest = max(alone, key=alone.__getitem__)
        whole = _seconds(day.look)
    ratio = whole / alone[slowest]
    print(f"{slowest} alone{'':<{max(0, 24 - len(slowest))}}{alone[slowest]:.2f} s")
    print(f"genai leftovers               {whole:.2f} s, ratio {ratio:.2f} (limit {LIMIT})")
    return ratio <= LIMIT


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


@contextmanager
def _account() -> Iterator[botocore.session.Session]:
    """An empty account in a process of its own, as AWS is."""
    command = [sys.executable, "-c", SERVER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        address = str(server.stdout and server.stdout.readline()).strip()
        surroundings = {"AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
        try:
            with mock.patch.dict(os.environ, surroundings):
                yield botocore.session.get_session()
        finally:
            server.kill()


def _fill(aws: Aws) -> None:
    """2,000 of what there is most of in an account that is used."""
    vpc = aws.call("ec2", "create_vpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    for number in range(400):
        name = f"bench-{number}"
        aws.call("ec2", "create_volume", AvailabilityZone=f"{REGION}a", Size=1)
        aws.call("ec2", "create_security_group", GroupName=name, Description=name, VpcId=vpc)
        aws.call("iam", "create_role", RoleName=name, AssumeRolePolicyDocument="{}", Tags=TAGS)
        aws.call("logs", "create_log_group", logGroupName=name)
        aws.call("elbv2", "create_target_group", Name=name, Protocol="HTTP", Port=80, VpcId=vpc)
