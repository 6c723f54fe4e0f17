"""Holds a recorded Kubernetes object against the API's own schemas."""

from __future__ import annotations

import kubernetes_validate

from ops.model.recorder import Resource, plain

KUBERNETES = "1.35"


def validate(resource: Resource) -> None:
    """Raise AssertionError, naming object and field, where Kubernetes would refuse or silently drop something.

    Strict: a field that the schema does not know is an error. For objects recorded with known outputs; a kind without
    a published schema (a custom resource, a Helm release) raises `kubernetes_validate.SchemaNotFoundError`.
    """
    try:
        kubernetes_validate.validate(plain(resource.inputs), KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        field = ".".join(str(part) for part in error.path)
        raise AssertionError(f"{resource.type} {resource.name}, at {field or 'the top'}: {error.message}") from None
