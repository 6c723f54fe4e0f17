"""Simulated AWS account in one region: moto, called through botocore, and models of what moto cannot do."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Mapping, Sequence
from typing import Any

os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")  # the policies that EKS Auto Mode's roles carry

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from rehearsal.aws import request
from rehearsal.aws.agentcore_model import AgentCore
from rehearsal.aws.elasticache import ElastiCache
from rehearsal.package import RefusedError

ACCOUNT = "123456789012"
GONE = ("NotFound", "NoSuch", "DoesNotExist", "ResourceNotFound")
"""What error codes of resources that do not exist have in common."""


class Account:
    """Calls are checked as the service would check them, then answered by moto."""

    def __init__(self, region: str, hosted_zones: Sequence[str] = ()) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.region = region
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self.server.start()
        host, port = self.server.get_host_and_port()
        self.url = f"http://{host}:{port}"
        self.elasticache, self.agentcore = ElastiCache(region), AgentCore(region)
        self._clients: dict[str, Any] = {}
        self._models: dict[str, Any] = {}
        self._remove_default_vpc()
        for name in hosted_zones:
            self.call("route53", "create_hosted_zone", Name=name, CallerReference=name)

    def stop(self) -> None:
        """Forget everything."""
        import moto.backends
        from moto.core.model_instances import reset_model_data

        reset_model_data()
        for service in self._clients:
            moto.backends.get_backend(service).reset()  # type: ignore[call-overload]  # any name will do
        self.server.stop()

    def client(self, service: str) -> Any:
        """A client that knows no way but to moto."""
        if service not in self._clients:
            self._clients[service] = _session().create_client(
                service,
                endpoint_url=self.url,
                region_name=self.region,
                aws_access_key_id="rehearsal",
                aws_secret_access_key="rehearsal",  # noqa: S106  no secret
                config=Config(
                    retries={"total_max_attempts": 1},
                    max_pool_connections=64,
                    s3={"addressing_style": "path"},
                    proxies={},
                ),
            )
        return self._clients[service]

    def model(self, service: str, operation: str) -> Any:
        """Botocore's model of an operation, by its Python name."""
        if service not in self._models:
            model = _session().get_service_model(service)
            self._models[service] = {botocore.xform_name(name): name for name in model.operation_names}, model
        names, model = self._models[service]
        return model.operation_model(names[operation])

    def call(self, service: str, operation: str, **params: Any) -> Any:
        """Check and make one call; RefusedError or ClientError when AWS would refuse it."""
        shape = self.model(service, operation).input_shape
        if found := list(request.problems(shape, params)):
            raise RefusedError(f"ValidationError: {operation}: {'; '.join(found)}")
        if service == "elasticache":
            return self.elasticache.call(operation, shape, params)
        if service == "bedrock-agentcore-control":
            return self.agentcore.call(operation, shape, params)
        return getattr(self.client(service), operation)(**params)

    def change(self, service: str, operation: str, inputs: Mapping[str, Any], names: request.Names, **ids: str) -> Any:
        """Make a call with those of the inputs that the operation takes."""
        shape = self.model(service, operation).input_shape
        return self.call(service, operation, **ids, **request.fit(shape, request.known(shape, inputs, names), names))

    def moto(self, service: str) -> Any:
        """What moto keeps of a service, for what it cannot be asked to change."""
        import moto.backends

        everywhere = "aws" if service in ("iam", "route53", "s3") else self.region
        return moto.backends.get_backend(service)[ACCOUNT][everywhere]  # type: ignore[call-overload]  # any name will do

    def interfaces(self, key: str, value: str) -> list[dict[str, Any]]:
        """Network interfaces found by a filter."""
        filters = [{"Name": key, "Values": [value]}]
        return list(self.call("ec2", "describe_network_interfaces", Filters=filters)["NetworkInterfaces"])

    def hold(self, owner: str, subnet_ids: Sequence[str], group_ids: Sequence[str]) -> None:
        """Whatever lives in a subnet has an interface there: that is what keeps the subnet from going."""
        for subnet_id in subnet_ids:
            self.call("ec2", "create_network_interface", SubnetId=subnet_id, Description=owner, Groups=list(group_ids))

    def release(self, owner: str) -> None:
        """Remove the interfaces of an owner."""
        for interface in self.interfaces("description", owner):
            self.call("ec2", "delete_network_interface", NetworkInterfaceId=interface["NetworkInterfaceId"])

    def _remove_default_vpc(self) -> None:
        for subnet in self.call("ec2", "describe_subnets")["Subnets"]:
            self.call("ec2", "delete_subnet", SubnetId=subnet["SubnetId"])
        for vpc in self.call("ec2", "describe_vpcs")["Vpcs"]:
            self.call("ec2", "delete_vpc", VpcId=vpc["VpcId"])


@functools.cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


def forget_the_user() -> None:
    """Take profile and files of the user out of this process: botocore, and so moto, reads them wherever it runs."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        os.environ.pop(name, None)
    os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


def is_gone(error: Exception) -> bool:
    """Whether AWS says that a resource does not exist."""
    return isinstance(error, ClientError) and any(word in error.response["Error"]["Code"] for word in GONE)
