"""The settings models are the only source of names, types, defaults and descriptions."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from pydantic.alias_generators import to_camel

from ops.project import ROOT
from stacks.kinds import KINDS
from stacks.pulumi_yaml import FILE, with_current_settings

PROGRAMS = (
    "stacks.aws.program",
    "stacks.aws.load_balancing",
    "stacks.azure.program",
    "stacks.mcp.program",
    "stacks.databricks.program",
)


def test_pulumi_yaml_is_what_the_settings_models_say() -> None:
    """`make pulumi-yaml` writes it."""
    text = FILE.read_text(encoding="utf-8")
    assert text == with_current_settings(text)


def test_a_setting_that_somebody_writes_by_hand_is_gone_after_the_next_writing() -> None:
    text = FILE.read_text(encoding="utf-8")
    assert with_current_settings(text + "  byHand:\n    type: string\n") == text


def test_every_setting_of_every_kind_is_declared_with_a_type_that_pulumi_knows() -> None:
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]
    names = {to_camel(name) for kind in KINDS.values() for name in kind.settings().model_fields}
    assert {key for key in declared if ":" not in key} == names
    for name in names:
        assert declared[name]["type"] in ("string", "boolean", "integer", "array", "object")
        assert declared[name]["description"]


def test_two_kinds_mean_the_same_by_a_setting_that_both_have() -> None:
    """It stands in Pulumi.yaml once, and reaches the stacks of both."""
    fields = [(name, info) for kind in KINDS.values() for name, info in kind.settings().model_fields.items()]
    for name, info in fields:
        assert [other for other in fields if other[0] == name and repr(other[1]) != repr(info)] == []


def test_the_description_of_kind_names_every_beginning_that_says_a_kind() -> None:
    description = str(KINDS["aws"].settings().model_fields["kind"].description)
    for kind in KINDS.values():
        for word in (kind.name, *kind.aliases):
            assert word in description.replace(",", "").split()


def _given_from_settings(program: str) -> Iterator[tuple[Any, str]]:
    """Every field of Args that the program fills from a setting."""
    module = importlib.import_module(program)
    for call in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id.endswith("Args"):
            for given in call.keywords:
                names = {node.id for node in ast.walk(given.value) if isinstance(node, ast.Name)}
                if given.arg and names & {"config", "size"}:
                    yield getattr(module, call.func.id), given.arg


@pytest.mark.parametrize("program", PROGRAMS)
def test_components_repeat_no_default_of_a_setting(program: str) -> None:
    given = list(_given_from_settings(program))
    assert given
    for args, name in given:
        (field,) = (field for field in dataclasses.fields(args) if field.name == name)
        missing = (field.default, field.default_factory)
        assert missing == (dataclasses.MISSING, dataclasses.MISSING), f"{args.__name__}.{name}"
