"""Recorded calls of botocore: what a scan asks, answered again without moto, denied, or in two pages."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from ops.inventory.scan import AwsStackInventory
from tests.ops.inventory.world import Call, World, answering, error

Asked = tuple[str, str, str, str]
"""A call: service, operation, region, parameters as JSON."""
Answers = dict[Asked, Any]
"""What a call answered, or its error."""


def key(client: Any, operation: str, parameters: dict[str, Any]) -> Asked:
    service, region = client.meta.service_model.service_name, client.meta.region_name
    return service, operation, region, json.dumps(parameters, sort_keys=True, default=str)


def _given(answer: Any) -> Any:
    if isinstance(answer, ClientError):
        raise answer
    return answer


def record(world: World, *days: AwsStackInventory) -> Answers:
    """All that a look at the days asks, with the answers."""
    answers: Answers = {}

    def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        try:
            answer = world.call(client, operation, parameters)
        except ClientError as refusal:
            answer = refusal
        answers[key(client, operation, parameters)] = answer
        return _given(answer)

    with answering(call):
        for day in days:
            day.scan()
    return answers


def replay(answers: Answers, failing: Collection[Asked] = ()) -> Call:
    """Answers what was recorded, without moto, and denies the `failing`."""

    def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        asked = key(client, operation, parameters)
        if asked in failing:
            raise error("AccessDenied", operation)
        return _given(answers[asked])

    return call


def in_two_pages(answers: Answers) -> Call:
    """As `replay`, but whatever has pages comes in two of them: half of each list, then the rest."""

    def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        method = xform_name(operation)
        if not client.can_paginate(method):
            return _given(answers[key(client, operation, parameters)])
        pages = client.get_paginator(method)
        token = pages._pagination_cfg["input_token"]
        tokens = [token] if isinstance(token, str) else token
        asked = {name: value for name, value in parameters.items() if name not in tokens}
        second = len(asked) < len(parameters)
        whole = answers[key(client, operation, asked)]
        page = dict(whole)
        for result in pages.result_keys:
            entries = whole.get(result.expression, [])
            half = len(entries) // 2
            page[result.expression] = entries[half:] if second else entries[:half]
        more_results = pages._pagination_cfg.get("more_results")
        if more_results:
            page[more_results] = not second
        for output in pages._output_token:
            name = output.expression.partition("||")[0].strip()
            page[name] = None if second else "2"
        return page

    return call
