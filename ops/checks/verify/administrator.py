"""LiteLLM's management API, reached through the Kubernetes API's service proxy and never over the load balancer.

Without a domain the load balancer speaks HTTP, and whoever reads the master key on the way owns every key and model.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from botocore.exceptions import ClientError

from components.kubernetes.cluster_api import ApiRefusedError, ClusterApi
from ops.checks.verify.step import UnprovedError

PROXY = "/api/v1/namespaces/genai-platform/services/litellm:4000/proxy"


class NotFoundError(UnprovedError):
    """LiteLLM does not know what it was asked for."""


class Administrator:
    """Asks with the master key."""

    def __init__(self, master_key: str, connect: Callable[[], ClusterApi]) -> None:
        """`connect` reaches the cluster; it is not called before something is asked."""
        # The API server takes `Authorization` for itself and strips it (kubernetes#38775).
        self._headers = {"x-litellm-api-key": master_key}
        self._connect = connect
        self._api: ClusterApi | None = None

    def ask(self, method: str, path: str, body: object | None = None, query: Mapping[str, str] | None = None) -> Any:
        """The JSON of the answer; UnprovedError tells why there is none."""
        target = f"{path}?{urlencode(query)}" if query else path
        try:
            self._api = self._api or self._connect()
            return self._api.request(method, f"{PROXY}{target}", body, self._headers)
        except ApiRefusedError as error:
            if error.by_kubernetes:
                raise UnprovedError(
                    f"the Kubernetes API does not pass {method} {path} on to LiteLLM ({error}): put the `aws` CLI on "
                    "PATH and use the AWS identity that created the cluster"
                ) from None
            refused = NotFoundError if error.status == 404 else UnprovedError
            raise refused(f"{method} {target} answered {error}") from None
        except (ConnectionError, ClientError) as error:
            raise UnprovedError(f"{method} {target} through the Kubernetes API: {error}") from None


def cluster_api(name: str, region: str) -> ClusterApi:
    """The API of the day's cluster; botocore's errors pass through."""
    from ops.clouds.aws import Aws
    from ops.clouds.kubeconfig import kubeconfig  # its clients take a second to import

    return ClusterApi(json.dumps(kubeconfig(Aws(region), name)))
