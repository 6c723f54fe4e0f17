"""Langfuse's prompts and datasets as one file, read and written through its public API.

The endpoints are those of Langfuse 4 (web/src/pages/api/public, read in v4.16.0). Of archived items that API gives no
list (langfuse#12101); the one of the web interface has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx

from ops.clouds.langfuse_administrator import LangfuseAdministrator
from stacks.errors import GenaiError

FIELDS: Mapping[str, tuple[str, ...]] = {
    "v2/prompts": ("name", "type", "prompt", "config", "labels", "tags", "commitMessage"),
    "v2/datasets": ("name", "description", "metadata", "inputSchema", "expectedOutputSchema"),
    "dataset-items": ("id", "datasetName", "input", "expectedOutput", "metadata", "status"),
}
"""What is written, in this order, and of each what Langfuse takes back."""
_SECONDS = 60.0
_PAGE = 50

Content = dict[str, list[dict[str, Any]]]


class ContentError(GenaiError):
    """Langfuse, or the file, does not give or take it; the message says why."""


class PublicApi:
    """Langfuse at this address, with the key pair of a project. ContentError for any answer but a success."""

    def __init__(self, url: str, public_key: str, secret_key: str) -> None:
        """Nothing is asked yet."""
        self._http = httpx.Client(
            base_url=f"{url}/api/public/",
            auth=(public_key, secret_key),
            timeout=_SECONDS,
            trust_env=url.startswith("https://"),  # else it is a port of this machine
        )

    def get(self, path: str, **query: str | int) -> Any:
        """The JSON of the answer."""
        answer = self._request("GET", path, params=query)
        if not answer.is_success:
            raise ContentError(f"Langfuse answered GET {path} with {answer.status_code}: {_reason(answer)}")
        return answer.json()

    def everything(self, path: str, **query: str) -> Iterator[dict[str, Any]]:
        """The entries of all pages."""
        page, pages = 0, 1
        while page < pages:
            page += 1
            answer = self.get(path, page=page, limit=_PAGE, **query)
            yield from answer["data"]
            pages = answer["meta"]["totalPages"]

    def refusal(self, path: str, entry: Mapping[str, Any]) -> str:
        """Write it, and why it is refused; empty when it was taken."""
        answer = self._request("POST", path, json=entry)
        if answer.is_success:
            return ""
        if answer.is_client_error and answer.status_code not in (401, 429):
            return _reason(answer)
        raise ContentError(f"Langfuse answered POST {path} with {answer.status_code}: {_reason(answer)}")

    def _request(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **more)
        except httpx.TransportError as error:
            raise ContentError(
                f"{method} {path} of Langfuse got no answer: {error or type(error).__name__}."
            ) from error


def read(api: PublicApi) -> Content:
    """Every version of every prompt, the datasets, and their items that are not archived."""
    prompts = [
        api.get(f"v2/prompts/{quote(prompt['name'], safe='')}", version=version, resolve="false")
        for prompt in api.everything("v2/prompts")
        for version in sorted(prompt["versions"])
    ]
    datasets = list(api.everything("v2/datasets"))
    items = [item for dataset in datasets for item in api.everything("dataset-items", datasetName=dataset["name"])]
    return {"v2/prompts": prompts, "v2/datasets": datasets, "dataset-items": items}


def archived(langfuse: LangfuseAdministrator, datasets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The archived items of these datasets. LangfuseError when the web interface does not give them."""
    return [
        {**item, "datasetName": dataset["name"]}
        for dataset in datasets
        for item in _every_item(langfuse, dataset)
        if item["status"] == "ARCHIVED"
    ]


def _every_item(langfuse: LangfuseAdministrator, dataset: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    page, seen = 0, 0
    while True:
        of = {"projectId": str(dataset["projectId"]), "datasetId": str(dataset["id"])}
        answer = langfuse.query("datasets.itemsByDatasetId", **of, page=page, limit=_PAGE)
        yield from answer["datasetItems"]
        page, seen = page + 1, seen + len(answer["datasetItems"])
        if not answer["datasetItems"] or seen >= answer["totalDatasetItems"]:
            return


def checked(found: Any) -> Content:
    """The content of a file. ContentError when it is none that `read` gave."""
    if not isinstance(found, dict) or found.keys() != FIELDS.keys():
        raise ContentError("it is not what `genai langfuse export` writes")
    if not all(isinstance(part, list) and all(isinstance(entry, dict) for entry in part) for part in found.values()):
        raise ContentError("it is not what `genai langfuse export` writes")
    return found


def write(api: PublicApi, content: Content) -> None:
    """Put it back. A prompt that includes others comes after them.

    ContentError names what Langfuse refuses, with Langfuse's reason; what it took before that stays.
    """
    for path, names in FIELDS.items():
        unwritten = content[path]
        while unwritten:
            refused: dict[str, str] = {}
            later = []
            for entry in unwritten:
                name = str(entry.get("name") or entry.get("id"))
                # The later versions of a prompt wait for the refused one, so that they keep their order.
                if name in refused:
                    later.append(entry)
                elif reason := api.refusal(path, {field: entry.get(field) for field in names}):
                    refused[name] = reason
                    later.append(entry)
            if len(later) == len(unwritten):  # what they include never came
                reasons = "; ".join(f"{name}: {reason}" for name, reason in refused.items())
                raise ContentError(f"Langfuse refuses {path}: {reasons}")
            unwritten = later


def _reason(answer: httpx.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        body = answer.text
    message = body.get("message", body) if isinstance(body, dict) else body
    detail = body.get("error") if isinstance(body, dict) else None
    text = f"{message} {detail}" if detail and detail != message else str(message)
    return " ".join(text.split())[:400]
