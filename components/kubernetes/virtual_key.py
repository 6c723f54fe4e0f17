"""A LiteLLM virtual key that Pulumi made up and LiteLLM is told of.

LiteLLM's management API is reached through the Kubernetes API's service proxy, so no key crosses the internet in clear
and it does not matter who may enter the load balancer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from charts.litellm import allowed_routes
from charts.shapes import VirtualKeySetting
from components.kubernetes.cluster_api import GONE, ApiRefusedError, ClusterApi, eks_status


@dataclass(frozen=True, kw_only=True)
class VirtualKeyArgs:
    """Inputs of `VirtualKey`: what the key may do, and how to reach LiteLLM in `namespace` of the EKS cluster.

    `kubeconfig` is JSON; `key` starts with sk- and has 16 characters or more.
    """

    setting: VirtualKeySetting
    key: pulumi.Input[str]
    cluster_name: pulumi.Input[str]
    region: str
    kubeconfig: pulumi.Input[str]
    namespace: pulumi.Input[str]
    master_key: pulumi.Input[str]

    def __post_init__(self) -> None:
        """Refuse what LiteLLM would take to mean something else."""
        if not self.setting.models:
            raise ValueError(
                f"virtual key {self.setting.alias!r} names no model, which LiteLLM reads as all: list its models"
            )

    def inputs(self) -> dict[str, Any]:
        """What the provider gets. `allowed_routes` is an input, so that keys made before it was known are updated."""
        reach = {name: value for name, value in vars(self).items() if name != "setting"}
        setting = self.setting.model_dump()
        return {
            **setting,
            **reach,
            "allowed_routes": allowed_routes(self.setting.models),
            "key": pulumi.Output.secret(self.key),
            "master_key": pulumi.Output.secret(self.master_key),
        }


class VirtualKeyError(Exception):
    """LiteLLM did not do what was asked; the message carries its reason and no key."""


class VirtualKeyProvider(ResourceProvider):
    """Registers, changes and removes one key.

    Pulumi's state refers to this class by module and name: rename neither, and keep no state in `self`.
    """

    time_limit = 120.0  # seconds to keep trying: LiteLLM may just have started, or be rolling
    polling_interval = 5.0  # seconds

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Register the key, or take over the one LiteLLM has already."""
        self._ask(props, lambda litellm: litellm.upsert(props))
        return CreateResult(props["alias"], dict(props))

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Replace the key for a new alias, update it for anything else but our own code.

        A new `key` is an update too: a replacement would delete the old key with the old master key, which LiteLLM
        refuses when both change in one `up`. So is a new `kubeconfig` or `master_key`: the engine hands delete the
        outputs of the last create or update, and a diff of "no change" leaves those as they were (SameStep.Apply).
        """
        names = (_olds.keys() | _news.keys()) - {"__provider"}  # which is our own code, pickled
        changed = sorted(name for name in names if _olds.get(name) != _news.get(name))
        replaces = [name for name in changed if name == "alias"]
        return DiffResult(changes=bool(changed), replaces=replaces, delete_before_replace=True)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Bring the key in line; its expiry moves only when its duration changes."""
        keep_expiry = _olds.get("duration") == _news.get("duration")
        self._ask(_news, lambda litellm: litellm.upsert(_news, keep_expiry=keep_expiry))
        return UpdateResult(dict(_news))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Remove the key; one that is gone is removed, and so is one whose cluster EKS does not know any more.

        After a refresh of a lost cluster the Release is not in the state, and `deleted_with` spares no key.
        """
        with suppress(ConnectionError):
            if eks_status(_props["cluster_name"], _props["region"]) in GONE:
                return
        self._ask(_props, lambda litellm: litellm.delete(keys=[_props["key"]]))

    def _ask(self, props: dict[str, Any], work: Callable[[_KeyManagement], None]) -> None:
        litellm = _KeyManagement(props)
        deadline = time.monotonic() + self.time_limit
        while True:
            try:
                return work(litellm)
            except ConnectionError as error:
                if time.monotonic() >= deadline:
                    shown = f"`kubectl --namespace {props['namespace']} get pods` shows why"
                    text = f"LiteLLM has not answered for {self.time_limit / 60:g} minutes ({error}). {shown}"
                    raise _error(props, text) from None
            except ApiRefusedError as error:
                text = f"LiteLLM refuses it ({error}). Change what it names in the settings of the stack"
                if error.by_kubernetes:
                    identity = "the `aws` CLI on PATH and the AWS identity that created the cluster"
                    text = f"the Kubernetes API does not pass it on to LiteLLM ({error}). Use {identity}"
                raise _error(props, text) from None
            time.sleep(self.polling_interval)


class VirtualKey(Resource, module="genai", name="VirtualKey"):
    """A key for LiteLLM's users, restricted to some models. `deleted_with` its Release, with which all keys end."""

    def __init__(self, name: str, args: VirtualKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Register the key; see `VirtualKeyArgs`."""
        # The provider protocol of dynamic resources knows no secrets. The engine marks an output as secret when the
        # input of its name is (annotateSecrets in pulumi's provider_plugin.go); this says the same in the program.
        opts = pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(additional_secret_outputs=["key", "master_key"])
        )
        super().__init__(VirtualKeyProvider(), name, args.inputs(), opts)


class _KeyManagement:
    """The three calls of LiteLLM's management API. As POST bodies, keys stay out of access and audit logs."""

    def __init__(self, props: dict[str, Any]) -> None:
        self._api = ClusterApi(props["kubeconfig"])
        self._path = f"/api/v1/namespaces/{props['namespace']}/services/litellm:4000/proxy/key"
        # The API server takes `Authorization` for itself and strips it (kubernetes#38775).
        self._headers = {"x-litellm-api-key": props["master_key"]}

    def upsert(self, props: dict[str, Any], *, keep_expiry: bool = False) -> None:
        """Update the key, or generate it when LiteLLM does not know it.

        Generating first would not do: a secret LiteLLM has already answers 200 and changes nothing (litellm#20494).
        Neither would asking `/key/info`, which finds deleted keys too.
        """
        body = {"key": props["key"], "key_alias": props["alias"], "models": props["models"]}
        body |= {"allowed_routes": props["allowed_routes"]}
        body |= {"max_budget": props.get("max_budget")}  # null takes a limit away
        expiry = {"duration": props.get("duration")}
        try:
            self._post("update", body if keep_expiry else body | expiry)
        except ApiRefusedError as error:
            if not _key_not_found(error):
                raise
            self.delete(key_aliases=[props["alias"]])  # an alias belongs to one key, perhaps to an older one
            self._post("generate", body | expiry)

    def delete(self, **which: list[str]) -> None:
        try:
            self._post("delete", which)
        except ApiRefusedError as error:
            if not _key_not_found(error):
                raise

    def _post(self, action: str, body: object) -> None:
        self._api.request("POST", f"{self._path}/{action}", body, self._headers)


def _key_not_found(error: ApiRefusedError) -> bool:
    return error.status == 404 and not error.by_kubernetes


def _error(props: dict[str, Any], text: str) -> VirtualKeyError:
    message = f"Virtual key {props['alias']!r}: {text}. Then run the command again."
    for name in ("key", "master_key"):
        message = message.replace(props[name], f"[{name}]")
    return VirtualKeyError(message)
