"""AWS clients of botocore, and the calls and waits that delete resources."""

from __future__ import annotations

import json
import shlex
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import botocore.session
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
    WaiterError,
)

from ops.clouds.removal import Item, PermanentError

_CONFIG = Config(
    connect_timeout=10,
    read_timeout=30,
    max_pool_connections=50,
    retries={"mode": "standard", "max_attempts": 5},  # a busy account throttles so many calls at once
)
_CLI_NAMES = {"s3": "s3api"}
_GLOBAL = frozenset({"iam", "route53"})
"""Services that have one place for all regions."""

LOG_IN = "log in (`aws sso login`) or set AWS_PROFILE; `aws sts get-caller-identity` shows who you are then"

_One = TypeVar("_One")
_Other = TypeVar("_Other")


class Aws:
    """An account as seen from one region. Safe to use from many threads."""

    def __init__(self, region: str, session: botocore.session.Session | None = None) -> None:
        """Credentials are those of the `aws` command: environment, AWS_PROFILE, instance or container role."""
        self.region = region
        self._session = session or botocore.session.get_session()
        self._clients: dict[str, Any] = {}
        self._making = threading.Lock()  # sessions, unlike clients, are for one thread

    def client(self, service: str) -> Any:
        """The client of a service, made when first asked for."""
        if service not in self._clients:
            with self._making:
                if service not in self._clients:
                    self._clients[service] = self._session.create_client(
                        service, region_name=self.region, config=_CONFIG
                    )
        return self._clients[service]

    def elsewhere(self, region: str) -> Aws:
        """The same account as seen from another region."""
        return self if region == self.region else type(self)(region, self._session)

    def call(self, service: str, operation: str, **parameters: Any) -> Any:
        """One API call; botocore's errors pass through."""
        return getattr(self.client(service), operation)(**parameters)

    def items(self, service: str, operation: str, result: str, **parameters: Any) -> Iterator[Item]:
        """Whatever the JMESPath expression `result` finds in the answer, from every page of it.

        For an operation that has no pages the expression can only be a key and `[]`.
        """
        client = self.client(service)
        if client.can_paginate(operation):
            yield from client.get_paginator(operation).paginate(**parameters).search(result)
        else:
            yield from getattr(client, operation)(**parameters)[result.removesuffix("[]")]

    def each(self, function: Callable[[_One], _Other], arguments: Iterable[_One]) -> Iterator[_Other]:
        """The function of each argument, several at a time, in their order."""
        with ThreadPoolExecutor(max_workers=10) as pool:
            yield from pool.map(function, arguments)

    def step(self, service: str, operation: str, **parameters: Any) -> Call:
        """A call to be made later."""
        return Call(self, service, operation, parameters)

    def wait(self, service: str, waiter: str, **parameters: Any) -> Wait:
        """A wait to be done later."""
        return Wait(self, service, waiter, parameters)

    def settle(self, service: str, waiter: str, **parameters: Any) -> Wait:
        """A wait for the end of what is under way: a creation that fails can be deleted as well as one that works."""
        return Wait(self, service, waiter, parameters, must_succeed=False)


def log_in(error: Exception) -> str:
    """What to do about an error that says that nobody is logged in, or no longer; empty for any other."""
    if isinstance(error, ClientError):
        code = error.response["Error"]["Code"]
        return LOG_IN if code in ("ExpiredToken", "InvalidClientTokenId", "SignatureDoesNotMatch") else ""
    nobody = (
        CredentialRetrievalError,
        NoCredentialsError,
        PartialCredentialsError,
        ProfileNotFound,
        SSOError,
        TokenRetrievalError,
    )
    return LOG_IN if isinstance(error, nobody) else ""


def gone(error: ClientError) -> bool:
    """Whether the error only says that the resource does not exist."""
    code = str(error.response["Error"]["Code"])
    return "NotFound" in code or code.startswith("NoSuch")


@contextmanager
def removing() -> Iterator[None]:
    """Passes over what is gone, and tells a refusal from what may work later."""
    try:
        yield
    except WaiterError as error:
        raise PermanentError(str(error)) from error
    except ClientError as error:
        if str(error.response["Error"]["Code"]).startswith(("AccessDenied", "Unauthorized")):
            raise PermanentError(str(error)) from error
        if not gone(error):
            raise


@dataclass(frozen=True)
class Call:
    """One API call."""

    aws: Aws
    service: str
    operation: str
    parameters: Mapping[str, Any]

    @property
    def command(self) -> str:
        """As the AWS CLI spells it."""
        name = _CLI_NAMES.get(self.service, self.service)
        return shlex.join(["aws", name, self.operation.replace("_", "-"), *_options(self)])

    def run(self) -> None:
        """Make the call."""
        with removing():
            self.aws.call(self.service, self.operation, **self.parameters)


@dataclass(frozen=True)
class Wait:
    """Waiting as long as botocore's waiter does, or until it sees that what it waits for will not come."""

    aws: Aws
    service: str
    waiter: str
    parameters: Mapping[str, Any]
    must_succeed: bool = True

    @property
    def command(self) -> str:
        """As the AWS CLI spells it."""
        command = shlex.join(["aws", self.service, "wait", self.waiter.replace("_", "-"), *_options(self)])
        return command if self.must_succeed else f"{{ {command} || true; }}"

    def run(self) -> None:
        """Wait."""
        with removing(), nullcontext() if self.must_succeed else suppress(WaiterError):
            self.aws.client(self.service).get_waiter(self.waiter).wait(**self.parameters)


@dataclass(frozen=True)
class RemoveBucket:
    """Deletes a bucket with all its objects and their versions."""

    aws: Aws
    bucket: str
    region: str
    versions: bool
    """Whether versioning is on or was; `aws s3 rb --force` leaves versions, and then the bucket, where they are."""

    @property
    def command(self) -> str:
        """As the AWS CLI spells it."""
        if not self.versions:
            return shlex.join(["aws", "s3", "rb", f"s3://{self.bucket}", "--force", "--region", self.region])
        where = shlex.join(["--bucket", self.bucket, "--region", self.region])
        # No more than 300 at a time: Linux takes 128 KiB in one argument.
        return (
            f"while found=$(aws s3api list-object-versions {where} --max-items 300 --output json --query "
            "'[Versions,DeleteMarkers][][].{Key:Key,VersionId:VersionId}') && [ \"$found\" != '[]' ]; do "
            f'aws s3api delete-objects {where} --delete "{{\\"Objects\\":$found,\\"Quiet\\":true}}" || break; done; '
            f"aws s3api delete-bucket {where}"
        )

    def run(self) -> None:
        """Empty and delete the bucket."""
        s3 = self.aws.client("s3")
        with removing():
            for page in s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket):
                objects = [
                    {"Key": version["Key"], "VersionId": version["VersionId"]}
                    for version in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
                ]
                if objects:
                    answer = s3.delete_objects(Bucket=self.bucket, Delete={"Objects": objects, "Quiet": True})
                    for error in answer.get("Errors", ()):  # an object lock, for example
                        raise PermanentError(f"{error.get('Key')}: {error.get('Code')}: {error.get('Message')}")
            s3.delete_bucket(Bucket=self.bucket)


def _options(step: Call | Wait) -> list[str]:
    region = [] if step.service in _GLOBAL else ["--region", step.aws.region]
    return [part for name, value in step.parameters.items() for part in _option(name, value)] + region


def _option(name: str, value: Any) -> list[str]:
    option = "--" + xform_name(name, "-")
    if isinstance(value, bool):
        return [option if value else option.replace("--", "--no-", 1)]
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return [option, *value]
    return [option, value if isinstance(value, str) else json.dumps(value)]
