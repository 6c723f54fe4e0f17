"""Every CrossGuard rule of the policy pack, collected from the modules."""

from __future__ import annotations

from pulumi_policy import Policy

from policies.guardrails import (
    access,
    agentcore,
    buckets,
    databricks_gateway,
    destroyability,
    entra,
    gateway,
    listeners,
    models,
    naming,
    network,
    secret_values,
    stores,
    tags,
    versions,
    workloads,
)

_MODULES = (
    network,
    listeners,
    buckets,
    stores,
    access,
    entra,
    gateway,
    models,
    agentcore,
    secret_values,
    destroyability,
    databricks_gateway,
    workloads,
    versions,
    naming,
    tags,
)
RULES: list[Policy] = [value for module in _MODULES for value in vars(module).values() if isinstance(value, Policy)]
