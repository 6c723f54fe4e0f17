"""The data of a plan keep to the documented schema and hold no secret."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ops.commands.plan import as_json as as_json_module
from ops.commands.plan.as_json import as_json
from ops.model.simulated_outputs import generated_secret
from ops.stack.plan import make_plan
from ops.stack.settings_file import StackConfig
from tests.ops.plan import sample


@functools.cache
def document() -> dict[str, Any]:
    plan = make_plan(StackConfig(stack="dev", values={}, secret_keys=()), sample.program)
    return as_json(plan)


@functools.cache
def schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(Path(as_json_module.__file__).with_name("schema.json").read_text("utf-8"))
    return loaded


def test_the_document_keeps_to_the_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(json.loads(json.dumps(document())), schema())


@pytest.mark.parametrize("missing", ["resources", "timeline", "cost", "findings", "ending"])
def test_the_schema_misses_what_is_missing(missing: str) -> None:
    without = {key: value for key, value in document().items() if key != missing}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(without, schema())


def test_no_secret_is_in_the_document() -> None:
    text = json.dumps(document())
    assert generated_secret("password") not in text
    assert "[secret]" in text


def test_resources_name_what_they_wait_for() -> None:
    by_name = {resource["name"]: resource for resource in document()["resources"]}
    assert by_name["database"]["urn"] in by_name["database-0"]["dependsOn"]
    assert by_name["cluster-eksCluster"]["inputs"] == {}
