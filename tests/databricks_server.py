"""A Databricks workspace and Azure Resource Manager on this machine, which answer with the types of Databricks' SDK."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from databricks.sdk.service import catalog, iam

from tests.http_server import Answer, Request, serve

TAGS = {"Project": "genaiplatform", "Environment": "databricks", "StackId": "abc1234"}
PRINCIPALS = "/api/2.0/preview/scim/v2/ServicePrincipals"
UNITY_CATALOG = "/api/2.1/unity-catalog"


@dataclass
class Databricks:
    """What is there; entries of a list are SDK types. One page holds two entries."""

    url: str = ""
    token: str = "token of the workspace"
    requests: list[Request] = field(default_factory=list)
    principals: list[Any] = field(default_factory=list)
    metastore: dict[str, list[Any]] = field(default_factory=dict)
    """By the last part of the path."""
    workspaces: list[dict[str, Any]] = field(default_factory=list)
    groups: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        if request.path.startswith("/api/") and request.headers["Authorization"] != f"Bearer {self.token}":
            return Answer(401, {"error_code": "401", "message": "no token"})
        if request.path == PRINCIPALS:
            wanted = unquote(request.query["filter"]).partition('"')[2].rstrip('"') if request.query else ""
            found = [one for one in self.principals if wanted in ("", one.display_name)]
            return Answer(200, {"Resources": [one.as_dict() for one in found], "totalResults": len(found)})
        if request.path.startswith((PRINCIPALS, UNITY_CATALOG)):
            return self._unity_catalog_or_principal(request)
        if request.path.endswith("/providers/Microsoft.Databricks/workspaces"):
            return Answer(200, {"value": self.workspaces})
        if request.path.endswith("/resourcegroups"):
            return Answer(200, {"value": self.groups})
        return Answer(404, {"message": f"nothing answers {request.route}"})

    def _unity_catalog_or_principal(self, request: Request) -> Answer:
        kind, _, name = request.path.removeprefix(f"{UNITY_CATALOG}/").partition("/")
        if request.method == "DELETE":
            principal = request.path.rpartition("/")[2]
            self.principals = [one for one in self.principals if one.id != principal]
            if kind in self.metastore:
                self.metastore[kind] = [one for one in self.metastore[kind] if one.name != name]
            return Answer(200, {})
        begin = int(request.query.get("page_token", 0))
        rest = self.metastore.get(kind, [])[begin:]
        more = {"next_page_token": str(begin + 2)} if len(rest) > 2 else {}
        return Answer(200, {kind.replace("-", "_"): [one.as_dict() for one in rest[:2]], **more})


def workspace(url: str, **tags: str) -> dict[str, Any]:
    return {"name": "ws", "location": "eastus2", "tags": {**TAGS, **tags}, "properties": {"workspaceUrl": url}}


def with_leftovers() -> Databricks:
    """What a destroy that was interrupted leaves, a look-alike beside each."""
    names = [
        "main",
        "genaiplatform_databricks_abc1234",
        "genaiplatform_databricks_2_abc1234",
        "genaiplatform_databricks_b0bb0bb",
    ]
    return Databricks(
        principals=[
            iam.ServicePrincipal(id="77", display_name="genaiplatform databricks LiteLLM", application_id="app"),
            iam.ServicePrincipal(id="78", display_name="somebody"),
        ],
        metastore={
            "catalogs": [catalog.CatalogInfo(name=name) for name in names],
            "external-locations": [catalog.ExternalLocationInfo(name=name) for name in names],
            "storage-credentials": [catalog.StorageCredentialInfo(name=name) for name in names],
            "credentials": [
                catalog.CredentialInfo(name=name)
                for name in ("genai-databricks-abc1234", "genai-databricks-2-abc1234", "genai-other-abc1234")
            ],
        },
    )


@contextmanager
def serving(databricks: Databricks) -> Iterator[Databricks]:
    with serve(databricks.answer) as databricks.url:
        yield databricks
