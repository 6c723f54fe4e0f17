"""The cluster of the day: its kubeconfig, and WebSockets to the pods behind its services."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from kubernetes.aio import client, config, stream

from ops.leftovers.aws import Aws

NAMESPACE = "genai-platform"
_TIMEOUT = 10.0
"""Seconds for any one answer of the API."""
_HEARTBEAT = 30.0
"""Seconds between pings: the network load balancers in front of EKS forget a connection that is idle for 350."""


class ForwardError(Exception):
    """There is no way to the pod, or it was lost; the message says why."""


def kubeconfig(aws: Aws, name: str) -> dict[str, Any]:
    """What `aws eks update-kubeconfig` would write for the cluster; botocore's errors pass through."""
    found = aws.call("eks", "describe_cluster", name=name)["cluster"]
    reach = {"server": found["endpoint"], "certificate-authority-data": found["certificateAuthority"]["data"]}
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "aws",
        "args": ["--region", aws.region, "eks", "get-token", "--cluster-name", name, "--output", "json"],
    }
    return {
        "clusters": [{"name": name, "cluster": reach}],
        "users": [{"name": name, "user": {"exec": plugin}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }


@asynccontextmanager
async def reach(kubeconfig: dict[str, Any]) -> AsyncIterator[Cluster]:
    """The API that the kubeconfig names, once its plugin has given a token."""
    configuration = client.Configuration(connection_pool_maxsize=0)  # no limit: every connection holds one of these
    # EKS's authority may lack the key identifiers that Python 3.13 insists on (kubernetes-client/python#2394). The
    # server is verified against it all the same.
    configuration.disable_strict_ssl_verification = True
    # Of kubernetes.aio only the generated API is typed.
    loader = await config.load_kube_config_from_dict(  # type: ignore[no-untyped-call]  # see above
        kubeconfig, client_configuration=configuration
    )
    if not configuration.api_key:
        raise ForwardError("`aws eks get-token` gave no token: see whether `aws sts get-caller-identity` works")
    async with (
        client.ApiClient(configuration) as answers,
        stream.WsApiClient(configuration, heartbeat=_HEARTBEAT) as websockets,  # type: ignore[no-untyped-call]  # see above
    ):
        yield Cluster(loader, client.DiscoveryV1Api(answers), client.CoreV1Api(websockets))


@dataclass(frozen=True)
class Cluster:
    """The API of a cluster (`reach`). What may be different in a moment is a ForwardError."""

    loader: Any
    discovery: client.DiscoveryV1Api
    websockets: client.CoreV1Api

    async def pod(self, service: str) -> tuple[str, int]:
        """The name and the port of a pod behind the service that is ready now."""
        await self.loader.load_and_set(self.discovery.api_client.configuration)  # a new token when this one runs out
        label = f"kubernetes.io/service-name={service}"
        try:
            found = await self.discovery.list_namespaced_endpoint_slice(
                NAMESPACE, label_selector=label, _request_timeout=_TIMEOUT
            )
        except client.ApiException as error:
            raise ForwardError(f"the Kubernetes API answered {error.status} {error.reason}") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ForwardError(f"the Kubernetes API does not answer ({str(error) or 'timeout'})") from error
        for part in found.to_dict()["items"]:
            for endpoint in part["endpoints"] or ():
                if endpoint["conditions"]["ready"]:
                    return endpoint["target_ref"]["name"], part["ports"][0]["port"]
        raise ForwardError(f"no pod is ready: `kubectl -n {NAMESPACE} get pods` shows why")

    @asynccontextmanager
    async def connect(self, service: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """A WebSocket to a pod behind the service that is ready now."""
        pod, port = await self.pod(service)
        opening = await self.websockets.connect_get_namespaced_pod_portforward_without_preload_content(
            pod, NAMESPACE, ports=str(port)
        )
        try:
            async with asyncio.timeout(_TIMEOUT):
                websocket: aiohttp.ClientWebSocketResponse = await opening  # type: ignore[misc]  # said to be a plain answer
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ForwardError(f"the Kubernetes API opens no way to {pod} ({str(error) or 'timeout'})") from error
        try:
            yield websocket
        finally:
            await websocket.close()
