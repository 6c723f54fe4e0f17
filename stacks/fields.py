"""pydantic base of the settings of every kind of stack, and the types of their fields."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic.alias_generators import to_camel

from charts.shapes import Frozen, text

TagValue = Annotated[
    str,
    text(
        r"(?!(?i:aws):)[\w.:/=+@-]([\w .:/=+@-]{0,254}[\w.:/=+@-])?",
        "a value that tags can carry: use letters, digits, spaces and _ . : / = + - @, at most 256, and another "
        "beginning than aws:",
    ),
]

Email = Annotated[
    str,
    text(
        # What `z.email()` of zod 4 takes, by which Langfuse checks LANGFUSE_INIT_USER_EMAIL (langfuse web/src/env.mjs).
        r"(?!\.)(?!.*\.\.)[A-Za-z0-9_'+.-]{0,63}[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9-]{0,62}\.)+[A-Za-z]{2,63}",
        "an e-mail address: set one such as you@example.com",
    ),
]


PROVIDER_KEYS = (
    "Keys of model providers by name. Secret, refused in plain text. Set with `pulumi config set -s <stack> --secret "
    "--path providerKeys.<name>`"
)
"""Description of the setting that every kind of stack has which calls models."""


def named_once(names: tuple[str, ...]) -> tuple[str, ...]:
    """Raise ValueError when a user or group is there twice, in whatever case: directories compare names without it."""
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise ValueError(f"{name} is there twice: take one out")
        seen.add(name.lower())
    return names


def _principal_names(users: tuple[str, ...]) -> tuple[str, ...]:
    named_once(users)
    for user in users:
        if "@" not in user:
            raise ValueError(f"{user!r} is no user principal name: write one such as someone@example.com")
    return users


Users = Annotated[tuple[str, ...], AfterValidator(_principal_names)]
"""Names of users of Entra ID."""


_ACCOUNT = (
    r"/subscriptions/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/resourceGroups/[\w().-]{1,90}"
    r"/providers/Microsoft\.CognitiveServices/accounts/[a-z0-9][a-z0-9-]{1,63}"
)


def account_id(service: str) -> AfterValidator:
    """Text that is the id of an account of that service."""
    return text(
        f"(?i:{_ACCOUNT})",
        f"the id of {service} account: set one such as /subscriptions/<id>/resourceGroups/<group>/providers/"
        "Microsoft.CognitiveServices/accounts/<name> (`az cognitiveservices account show --query id`)",
    )


OpenAIAccountId = Annotated[str, account_id("an Azure OpenAI")]


class StackSettings(Frozen):
    """All settings of one kind of stack; every field has a default, and a description, which `Pulumi.yaml` shows."""

    kind: str = Field(
        default="",
        description="What kind of stack this is (stacks/kinds.py). Only for a name that does not say it - aws, dev, "
        "azure, mcp and databricks do, also with an ending such as dev-2",
    )
    owner: TagValue = Field(
        default="genaiplatform", description="Who pays. Becomes the tag Owner on everything taggable"
    )

    @classmethod
    def secret_names(cls) -> Collection[str]:
        """Settings that are refused when set in plain text, and never shown: the fields with `repr=False`."""
        return [to_camel(name) for name, info in cls.model_fields.items() if not info.repr]


def unique(where: str, what: str, names: Iterable[str]) -> None:
    """Raise ValueError when two of the names, each the `what` of an entry of `where`, are the same."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{where}: two entries have the {what} {name!r}: rename one")
        seen.add(name)


RENAMED: Mapping[str, str] = {"frontDoor": "apimEntry", "frontDoorKey": "apimEntryKey"}
"""Settings and secrets by the name that they had before, as CHANGELOG.md lists them."""


def nearest(name: str, names: Iterable[str]) -> str:
    """Point to the name that is meant, or to all there are."""
    known = sorted(names)
    if (now := RENAMED.get(name)) in known:
        return f"it is called {now} now"
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"the known ones are {', '.join(known)}"
