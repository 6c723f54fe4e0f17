"""Answers to the questions of `genai init`, from a terminal or from a YAML file, as settings of one or two stacks."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops.project import PROJECT
from ops.stack.draft import PROVIDER_KEYS
from ops.stack.settings_file import load_yaml
from stacks import stack_name
from stacks.errors import GenaiError, SettingsError
from stacks.kinds import KINDS, Kind, kind_of

AWS, AZURE = KINDS["aws"], KINDS["azure"]


class AnswersError(GenaiError):
    """An answer cannot be taken; the message names it and says what to write instead."""


@dataclass(kw_only=True)
class Answers:
    """What was answered. `aws` and `azure` are settings by full key; None: no Azure stack."""

    stack: str
    state: str = ""
    """Where the state is to live; empty for where the user is logged in."""
    aws: dict[str, Any] = field(default_factory=dict)
    azure: dict[str, Any] | None = None
    provider_keys: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def azure_stack(self) -> str:
        """The stack in front: azure for dev and aws, azure-anna for dev-anna."""
        _, hyphen, ending = self.stack.partition("-")
        named = self.stack in (AWS.name, *AWS.aliases) or hyphen
        return f"{AZURE.name}{hyphen}{ending}" if named else f"{AZURE.name}-{self.stack}"

    def in_words_of_questions(self, refusal: str, stack: str) -> str:
        """What the program says about the settings of one of the stacks, with each called as it was asked for."""
        kind, before = (AZURE, "azure.") if self.azure is not None and stack == self.azure_stack else (AWS, "")
        said = refusal.replace(f"Pulumi.{stack}.yaml: ", "").replace(kind.region_key, f"{PROJECT}:region")
        asked = [key.partition(":")[2] for key in (self.azure if before else self.aws) or {}]
        if before:
            names = "|".join(map(re.escape, ["region", *asked]))
            said = re.sub(rf"^(?:{PROJECT}:)?(?=(?:{names})\b)", before, said, flags=re.MULTILINE)
        return said.replace(f"{PROJECT}:", "")

    def settings(self, organization: str) -> Mapping[str, tuple[Kind, Mapping[str, Any]]]:
        """Kind and settings by stack. `organization` is what the full name of a stack begins with in its backend.

        SettingsError for a name that no AWS stack can have.
        """
        aws = _with_kind(self.stack, self.aws)
        if self.azure is None:
            return {self.stack: (AWS, aws)}
        in_front = {
            f"{PROJECT}:awsStack": f"{organization}/{PROJECT}/{self.stack}",
            **({} if self.aws.get(f"{PROJECT}:domain") else {f"{PROJECT}:insecureBackend": True}),
            **({f"{PROJECT}:owner": self.aws[f"{PROJECT}:owner"]} if f"{PROJECT}:owner" in self.aws else {}),
        }
        return {
            self.stack: (AWS, {**aws, f"{PROJECT}:apimEntry": True}),
            self.azure_stack: (AZURE, {**in_front, **self.azure}),
        }


def _with_kind(stack: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings of the AWS stack, with the kind where its name does not say it."""
    if problem := stack_name.problem(stack):
        raise SettingsError(problem)
    try:
        kind = kind_of(stack)
    except SettingsError:
        return {f"{PROJECT}:kind": AWS.name, **values}
    if kind is not AWS:
        raise SettingsError(
            f"A stack called {stack} is {kind.title}: name the AWS stack, such as `--stack dev`; the Azure stack in "
            "front of it gets its name from that"
        )
    return values


def read(file: Path, stack: str) -> Answers:
    """The answers in the file (docs/operations.md, "Setting up").

    AnswersError when it is no such file, StackConfigError when it is no YAML.

    Whether the program takes them is not looked at here.
    """
    said = load_yaml(file)
    if not isinstance(said, dict) or not all(isinstance(key, str) for key in said):
        raise AnswersError(f"{file} does not hold answers by name: write lines such as `region: ap-northeast-1`.")
    state, azure, keys = said.pop("state", ""), said.pop("azure", None), said.pop("providerKeys", {})
    if not isinstance(state, str):
        raise AnswersError("state must be text: the URL of a backend such as file://~")
    if azure is not None and not (isinstance(azure, dict) and all(isinstance(key, str) for key in azure)):
        raise AnswersError("azure must be an object: its answers by name, such as `{region: japaneast}`")
    if not isinstance(keys, dict) or PROVIDER_KEYS in said:
        raise AnswersError("providerKeys must be an object: by name of the key, the environment variable that holds it")
    if azure is not None and not (azure.get("region") or azure.get(AZURE.region_key)):
        raise AnswersError("azure.region is missing: write the Azure region of the gateway, such as japaneast")
    return Answers(
        stack=stack,
        state=state,
        aws={_full(key, AWS): value for key, value in said.items()},
        azure=None if azure is None else {_full(key, AZURE): value for key, value in azure.items()},
        provider_keys={str(name): _from_environment(name, variable) for name, variable in keys.items()},
    )


def _full(name: str, kind: Kind) -> str:
    return kind.region_key if name == "region" else name if ":" in name else f"{PROJECT}:{name}"


def _from_environment(name: object, variable: object) -> str:
    if isinstance(variable, str) and (value := os.environ.get(variable)):
        return value
    raise AnswersError(  # the value is not shown: it may be a key
        f"providerKeys.{name} must be the name of an environment variable that holds the key, and there is none of the "
        "name that stands there. The key itself does not belong into this file"
    )
