"""The table of what can be tagged, against the SDK and the program."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import pytest

from policies.guardrails.tags import TAGGABLE
from tests import azure_program, databricks_program
from tests.program import VARIANTS, recorded


def can_be_tagged(type_token: str) -> bool:
    """Whether the resource class of a token such as `aws:ec2/vpc:Vpc` takes tags; AttributeError if there is none.

    The tags of a named value and of a saved query are others: words to find it by in its own list.
    """
    package, module, name = type_token.split(":")
    folder = "" if module == "index" else f".{module.partition('/')[0]}"
    resource: Any = getattr(importlib.import_module(f"pulumi_{package.replace('-', '_')}{folder}"), name)
    tags = inspect.signature(resource._internal_init).parameters.get("tags")
    return tags is not None and "Mapping" in str(tags.annotation)


@pytest.mark.parametrize("type_token", TAGGABLE)
def test_what_the_table_names_can_be_tagged(type_token: str) -> None:
    assert can_be_tagged(type_token)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_table_names_all_that_the_program_makes_and_aws_can_tag(variant: str) -> None:
    made = {resource.type for resource in recorded(variant).resources if resource.type.startswith(("aws:", "eks:"))}
    assert len(made) > 30
    assert {type_token for type_token in made if can_be_tagged(type_token)} <= set(TAGGABLE)


def test_the_table_names_exactly_what_the_gateways_make_and_azure_can_tag() -> None:
    programs = [azure_program.recorded("keyVault"), azure_program.run(azure_program.CACHED)]
    programs.append(databricks_program.recorded("managed identity"))
    made = {one.type for program in programs for one in program.resources if one.type.startswith("azure-native:")}
    assert {one for one in made if can_be_tagged(one)} == {one for one in TAGGABLE if one.startswith("azure-native:")}
