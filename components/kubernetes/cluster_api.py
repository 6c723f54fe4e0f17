"""The Kubernetes API as the dynamic resources use it: JSON in, JSON out, every call bounded in time."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TIMEOUT = (5.0, 10.0)
"""Seconds to connect and to read; the client's own transport tries up to four times."""
GONE = (None, "DELETING")
"""What `eks_status` says of a cluster that holds nothing any more."""


class ApiRefusedError(Exception):
    """The request arrived and was turned down with a 4xx status."""

    def __init__(self, status: int, answer: Any) -> None:
        """Keep the HTTP `status`, and what the `answer` says about it."""
        super().__init__(f"{status}: {_message(answer)}")
        self.status = status
        self.by_kubernetes = isinstance(answer, dict) and answer.get("kind") == "Status"
        """Whether the API server itself refused, not a service behind its proxy."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back: the body, which is JSON or else text, and the values of its headers `Set-Cookie`."""

    body: Any
    cookies: Sequence[str]


class ClusterApi:
    """The API of one cluster, reached as a kubeconfig says (its exec plugin, `aws eks get-token`, included)."""

    def __init__(self, kubeconfig: str) -> None:
        """Read `kubeconfig` (JSON) and fetch a token."""
        from kubernetes import config  # 0.8 s to import, which `genai plan` has no use for

        self._client = config.new_client_from_config_dict(  # type: ignore[no-untyped-call]  # only its client is typed
            json.loads(kubeconfig), persist_config=False
        )
        # Verifies as ever, but for the key identifiers that Python 3.13 insists on and EKS's certificates may lack
        # (kubernetes-client/python#2394).
        transport = self._client.rest_client.pool_manager.connection_pool_kw
        transport["ssl_context"] = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    def request(
        self, method: str, path: str, body: object | None = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """Send one request and return the JSON of the answer.

        ApiRefusedError for a 4xx, ConnectionError for what may be different in a moment: no answer, 429, 5xx.
        """
        return self.exchange(method, path, body, headers).body

    def exchange(
        self,
        method: str,
        path: str,
        body: object | None,
        headers: Mapping[str, str] | None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """The same with the answer's cookies; a `form` is sent in place of a body. Raises what `request` does."""
        from kubernetes.client import ApiException
        from urllib3.exceptions import HTTPError

        content = "application/x-www-form-urlencoded" if form else "application/json"
        call = self._client.param_serialize(
            method,
            path,
            header_params={"Accept": "application/json", "Content-Type": content, **(headers or {})},
            body=body,
            post_params=list(form.items()) if form else None,
            auth_settings=["BearerToken"],
        )
        try:
            response = self._client.call_api(*call, _request_timeout=TIMEOUT)
            text = response.read().decode(errors="replace")
        except (ApiException, HTTPError) as error:
            reason = getattr(error, "reason", None) or error  # urllib3's own text is longer and says less
            raise ConnectionError(f"no answer from {self._client.configuration.host}: {reason}") from None
        try:
            answer = json.loads(text)
        except ValueError:
            answer = text
        if response.status == 429 or response.status >= 500:
            raise ConnectionError(f"{response.status}: {_message(answer)}")
        if response.status >= 400:
            raise ApiRefusedError(response.status, answer)
        return Answer(body=answer, cookies=response.headers.getlist("set-cookie"))

    def items(self, path: str) -> list[dict[str, Any]]:
        """List a collection over all namespaces. A kind the cluster does not serve has no items."""
        try:
            return list(self.request("GET", path)["items"])
        except ApiRefusedError as error:
            if error.status == 404:
                return []
            raise

    def delete(self, path: str, item: Mapping[str, Any]) -> None:
        """Delete an item of the collection `path`, with what it owns, unless that is under way or done."""
        metadata = item["metadata"]
        if "deletionTimestamp" in metadata:
            return
        group, plural = path.rsplit("/", 1)
        collection = f"{group}/namespaces/{metadata['namespace']}/{plural}" if "namespace" in metadata else path
        try:
            # Left out, the policy for a Job is to orphan its pods (kubernetes#104080).
            self.request("DELETE", f"{collection}/{metadata['name']}?propagationPolicy=Background")
        except ApiRefusedError as error:
            if error.status != 404:
                raise


def eks_status(name: str, region: str) -> str | None:
    """EKS's own word on the cluster; None when EKS does not know it. ConnectionError when it does not say."""
    import boto3  # 0.3 s to import, which `genai plan` has no use for
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    config = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 3})
    try:
        eks = boto3.Session(region_name=region).client("eks", config=config)
        return str(eks.describe_cluster(name=name)["cluster"]["status"])
    except (BotoCoreError, ClientError) as error:
        if isinstance(error, ClientError) and error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise ConnectionError(str(error)) from None


def _message(answer: Any) -> str:
    match answer:
        # A Kubernetes Status, LiteLLM's errors, those of Langfuse's tRPC, FastAPI's.
        case (
            {"message": message}
            | {"error": {"message": message} | {"json": {"message": message}}}
            | {"detail": message}
        ):
            return str(message)
    return str(answer)
