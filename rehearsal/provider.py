"""Pulumi provider over gRPC: the engine attaches to it for every package."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent import futures
from typing import Any, TypeVar

import grpc  # type: ignore[import-untyped]  # publishes no types
from botocore.exceptions import BotoCoreError, ClientError
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from rehearsal import eks_component
from rehearsal.operations import Operations
from rehearsal.package import Package, Properties, ReadsBack, RefusedError, Request
from rehearsal.wire import plain, struct

T = TypeVar("T")


def type_of(urn: str) -> str:
    """The type token in a URN."""
    return urn.split("::")[2].rpartition("$")[2]


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """Answers for one package. Secrets arrive unwrapped; the engine marks the outputs of secret inputs by itself."""

    def __init__(self, name: str, package: Package, operations: Operations) -> None:
        self.name, self.package, self.operations = name, package, operations
        self.configs: dict[str, Mapping[str, Any]] = {}
        """Configuration of each provider resource, by the connection that speaks for it."""

    # Names of the methods: pulumi proto/pulumi/provider.proto.
    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        # The engine takes components only from plugins that know secrets.
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=self.name == "eks")

    def Attach(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        return empty_pb2.Empty()

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        return provider_pb2.GetSchemaResponse(schema=json.dumps({"name": self.name, "version": "99.0.0"}))

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        return plugin_pb2.PluginInfo(version="99.0.0")

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        self.configs[context.peer()] = plain(request.args)
        return provider_pb2.ConfigureResponse(supportsPreview=True, acceptSecrets=self.name == "eks")

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        asked = self._request(request, context, inputs=request.news, state=request.olds)
        inputs, problems = self._answer(context, lambda: self.package.check(asked, request.randomSeed))
        failures = [provider_pb2.CheckFailure(reason=problem) for problem in problems]
        return provider_pb2.CheckResponse(inputs=struct(inputs), failures=failures)

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        old, new = plain(request.old_inputs), plain(request.news)
        changed = frozenset(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
        if not changed:
            return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)
        change = self.package.diff(type_of(request.urn), changed, old, new)
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME,
            replaces=sorted(change.replaces),
            diffs=sorted(changed),
            deleteBeforeReplace=change.delete_first,
        )

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        if request.preview:
            return provider_pb2.CreateResponse(properties=request.properties)
        asked = self._request(request, context, inputs=request.properties)
        new_id, outputs = self._operate("create", asked, context, lambda: self.package.create(asked))
        return provider_pb2.CreateResponse(id=new_id, properties=struct({**asked.inputs, **outputs}))

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        asked = self._request(request, context, inputs=request.inputs, state=request.properties)
        with self.operations.lock:
            if not self._answer(context, lambda: self.package.exists(asked)):
                return provider_pb2.ReadResponse()
            changed, outputs = self._answer(context, lambda: self._changed(asked))
        if not changed:
            return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)
        return provider_pb2.ReadResponse(
            id=request.id,
            properties=struct({**asked.state, **changed, **outputs}),
            inputs=struct({**asked.inputs, **changed}),
        )

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        if request.preview:
            return provider_pb2.UpdateResponse(properties=request.news)
        asked = self._request(request, context, inputs=request.news, state=request.olds)
        outputs = self._operate("update", asked, context, lambda: self.package.update(asked))
        kept = {key: value for key, value in asked.state.items() if key not in plain(request.old_inputs)}
        return provider_pb2.UpdateResponse(properties=struct({**kept, **asked.inputs, **outputs}))

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        asked = self._request(request, context, inputs=request.old_inputs, state=request.properties)
        self._operate("delete", asked, context, lambda: self.package.delete(asked))
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        args = plain(request.args)
        with self.operations.lock:
            result = self._answer(context, lambda: self.package.invoke(request.tok, args))
        return provider_pb2.InvokeResponse(**{"return": struct(result)})  # type: ignore[arg-type]  # a keyword of Python

    def Construct(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        return self._answer(context, lambda: eks_component.construct(request))

    def _changed(self, asked: Request) -> tuple[Properties, Properties]:
        return self.package.changed(asked) if isinstance(self.package, ReadsBack) else ({}, {})

    def _request(self, request: Any, context: grpc.ServicerContext, **properties: Any) -> Request:
        return Request(
            type=type_of(request.urn),
            name=request.urn.rpartition("::")[2],
            id=getattr(request, "id", ""),
            config=self.configs.get(context.peer(), {}),
            alive=context.is_active,
            **{key: plain(value) for key, value in properties.items()},
        )

    def _operate(self, kind: str, asked: Request, context: grpc.ServicerContext, work: Callable[[], T]) -> T:
        more = self.package.wait(asked) if kind == "create" else 0
        return self._answer(context, lambda: self.operations.run(kind, asked.type, asked.name, work, more))

    def _answer(self, context: grpc.ServicerContext, work: Callable[[], T]) -> T:
        try:
            return work()
        except (RefusedError, ClientError, BotoCoreError, grpc.RpcError) as error:  # the last: the engine is gone
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
            raise  # never reached: abort raises


def serve(packages: Mapping[str, Package], operations: Operations) -> tuple[str, list[grpc.Server]]:
    """Serve each package on a free loopback port; return what PULUMI_DEBUG_PROVIDERS must say, and the servers."""
    servers, addresses = [], []
    for name, package in packages.items():
        server = grpc.server(futures.ThreadPoolExecutor(128))
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(name, package, operations), server)
        addresses.append(f"{name}:{server.add_insecure_port('127.0.0.1:0')}")
        server.start()
        servers.append(server)
    return ",".join(addresses), servers
