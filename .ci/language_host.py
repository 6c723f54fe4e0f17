"""Runs Python programs and policy packs for a Pulumi CLI that was built from its Go modules, which hold no such host.

The engine starts it, reads its port from standard output and calls it by gRPC (pulumi/proto/pulumi/language.proto).
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import language_pb2 as proto
from pulumi.runtime.proto import language_pb2_grpc, plugin_pb2

ALREADY_REPORTED = 32
"""Exit code of a program whose error the engine has shown already."""
RUN_PROGRAM = sys.argv[1]
"""`pulumi-language-python-exec`, Pulumi's own way to run a program."""


class Host(language_pb2_grpc.LanguageRuntimeServicer):
    """What the engine asks of a language; installing things is not among what this one does."""

    def __init__(self) -> None:
        self.engine = ""
        self.children: list[subprocess.Popen[bytes]] = []

    def Handshake(self, request: proto.LanguageHandshakeRequest, context: object) -> proto.LanguageHandshakeResponse:
        self.engine = request.engine_address
        return proto.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Empty, context: object) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version="0.0.1")

    def GetRequiredPackages(self, request: object, context: object) -> proto.GetRequiredPackagesResponse:
        return proto.GetRequiredPackagesResponse()

    def InstallDependencies(self, request: object, context: object) -> Iterator[proto.InstallDependenciesResponse]:
        yield from ()

    def About(self, request: object, context: object) -> proto.AboutResponse:
        return proto.AboutResponse(executable=sys.executable, version=sys.version.split()[0])

    def Run(self, request: proto.RunRequest, context: object) -> proto.RunResponse:
        info = request.info
        options = {
            "monitor": request.monitor_address,
            "engine": self.engine,
            "project": request.project,
            "root_directory": info.root_directory,
            "stack": request.stack,
            "organization": request.organization,
            "pwd": request.pwd,
            "dry_run": str(request.dryRun).lower(),
            "parallel": str(request.parallel),
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        program = Path(info.program_directory, info.entry_point)
        environment = {
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        python = _python(info.root_directory, info.options)
        command = [python, "-u", RUN_PROGRAM, *words, str(program), *request.args]
        code = self._start(command, request.pwd, environment, stdout=sys.stderr).wait()
        if code == ALREADY_REPORTED:
            return proto.RunResponse(bail=True)
        return proto.RunResponse(error=f"the program ended with code {code}" if code else "")

    def RunPlugin(
        self, request: proto.RunPluginRequest, context: grpc.ServicerContext
    ) -> Iterator[proto.RunPluginResponse]:
        environment = dict(pair.split("=", 1) for pair in request.env)
        python = _python(request.info.root_directory, request.info.options)
        command = [python, "-u", request.info.program_directory, *request.args]
        child = self._start(command, request.pwd, environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        context.add_callback(child.terminate)
        responses: SimpleQueue[proto.RunPluginResponse | None] = SimpleQueue()

        def pass_on(name: str, stream: IO[bytes]) -> None:
            while chunk := os.read(stream.fileno(), 65536):
                responses.put(proto.RunPluginResponse(**{name: chunk}))
            responses.put(None)

        with ThreadPoolExecutor() as pool:
            for name in ("stdout", "stderr"):
                pool.submit(pass_on, name, getattr(child, name))
            for _ in ("stdout", "stderr"):
                yield from iter(responses.get, None)
        yield proto.RunPluginResponse(exitcode=child.wait())

    def Cancel(self, request: Empty, context: object) -> Empty:
        for child in self.children:
            child.terminate()
        return Empty()

    def _start(
        self, command: list[str], folder: str, environment: Mapping[str, str], **streams: Any
    ) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(command, cwd=folder, env={**os.environ, **environment}, **streams)
        self.children.append(child)
        return child


def _python(folder: str, options: Struct) -> str:
    return str(Path(folder, options["virtualenv"], "bin", "python")) if "virtualenv" in options else sys.executable


if __name__ == "__main__":
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: a killed engine leaves no host behind
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))
    server = grpc.server(ThreadPoolExecutor(max_workers=32))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(Host(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    server.wait_for_termination()
