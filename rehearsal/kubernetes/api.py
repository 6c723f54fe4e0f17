"""Simulated Kubernetes API servers on loopback, for the drain gate and the virtual keys."""

from __future__ import annotations

import base64
import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from rehearsal.kubernetes import litellm
from rehearsal.kubernetes.clusters import Clusters, SimulatedCluster
from rehearsal.kubernetes.kinds import KINDS, RELEASE, path_of
from rehearsal.kubernetes.litellm import Answer

_PROXY = re.compile(r"/api/v1/namespaces/([^/]+)/services/litellm:4000/proxy/key/(\w+)")


class ApiServer:
    """Serves `/clusters/<name>/...` until stopped. A cluster that is gone does not answer."""

    def __init__(self, clusters: Clusters) -> None:
        self.clusters = clusters
        api = self

        class Handler(BaseHTTPRequestHandler):
            def _handle(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                answer = api.answer(self.command, self.path, self.headers, json.loads(body or "null"))
                if answer is None:
                    self.close_connection = True
                    return
                self.send_response(answer[0])
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(answer[1]).encode())

            do_GET = do_POST = do_DELETE = _handle  # noqa: N815  the names http.server looks for

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def endpoint(self, cluster: str) -> str:
        """Where a cluster answers."""
        return f"http://127.0.0.1:{self.server.server_port}/clusters/{cluster}"

    def stop(self) -> None:
        """Answer no longer."""
        self.server.shutdown()
        self.server.server_close()

    def answer(self, method: str, path: str, headers: Any, body: Any) -> Answer | None:
        """Answer one request; None is no answer at all."""
        _, _, name, rest = path.partition("?")[0].split("/", 3)
        with self.clusters.operations.lock:
            cluster = self.clusters.by_name.get(name)
            if cluster is None:
                return None
            self.clusters.settle(cluster)
            if headers["Authorization"] != "Bearer rehearsal":
                return 401, _status("Unauthorized")
            if proxied := _PROXY.fullmatch(f"/{rest}"):
                return self._litellm(cluster, proxied[1], proxied[2], headers["x-litellm-api-key"], body)
            return self._delete(cluster, f"/{rest}") if method == "DELETE" else _list(cluster, f"/{rest}")

    def _litellm(self, cluster: SimulatedCluster, namespace: str, action: str, key: str, body: Any) -> Answer:
        if path_of(KINDS[RELEASE], namespace, "litellm") not in cluster.objects:
            return 503, _status('no endpoints available for service "litellm"')
        secret = cluster.objects[f"/api/v1/namespaces/{namespace}/secrets/litellm-master-key-secret"]
        if key != _value(secret, "master-key"):
            return 401, {"error": {"message": "Invalid proxy server token"}}
        return litellm.answer(cluster.keys, action, body)

    def _delete(self, cluster: SimulatedCluster, path: str) -> Answer:
        if path not in cluster.objects:
            return 404, _status(f"{path} not found")
        cluster.objects[path]["metadata"]["deletionTimestamp"] = "2026-01-01T18:00:00Z"
        if path.startswith("/apis/karpenter.sh/"):
            self.clusters.drain(cluster)
            self.clusters.settle(cluster)
        else:
            self.clusters.remove(cluster, "", path)
        return 200, _status("deleted")


def _list(cluster: SimulatedCluster, path: str) -> Answer:
    group, _, plural = path.rpartition("/")
    pattern = re.compile(rf"{re.escape(group)}(/namespaces/[^/]+)?/{plural}/[^/]+")
    return 200, {"items": [found for path, found in cluster.objects.items() if pattern.fullmatch(path)]}


def _value(secret: dict[str, Any], key: str) -> str:
    if key in secret.get("stringData", {}):
        return str(secret["stringData"][key])
    return base64.b64decode(secret["data"][key]).decode()


def _status(message: str) -> dict[str, Any]:
    return {"kind": "Status", "message": message}
