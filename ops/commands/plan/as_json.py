"""Report of `genai plan` as JSON; `schema.json` beside this file says what each field means."""

from __future__ import annotations

from typing import Any

from ops.model.cost import number
from ops.model.recorder import Secret, Unknown
from ops.stack.plan import Plan


def as_json(plan: Plan) -> dict[str, Any]:
    """The plan in plain lists, objects and numbers, with every secret masked."""
    return {
        "stack": plan.config.stack,
        "region": plan.cost.region,
        "resources": [
            {
                "urn": resource.urn,
                "type": resource.type,
                "name": resource.name,
                "parent": resource.parent or None,
                "dependsOn": sorted(plan.edges[resource.urn]),
                "deletedWith": resource.deleted_with or None,
                "inputs": _masked(resource.inputs),
            }
            for resource in sorted(plan.resources, key=lambda resource: resource.urn)
        ],
        "timeline": {
            "up": {
                "seconds": plan.up.seconds,
                "criticalPath": [step.urn for step in plan.up.critical_path],
                "steps": [
                    {"urn": step.urn, "start": step.start, "end": step.end, "slack": step.slack}
                    for _, step in sorted(plan.up.steps.items())
                ],
            },
            "down": {
                "seconds": plan.down.seconds,
                "waves": [
                    {"depth": wave.depth, "seconds": wave.seconds, "urns": list(wave.urns)} for wave in plan.down.waves
                ],
            },
        },
        "cost": {
            "usdPerHour": number(plan.cost.usd_per_hour, plan.cost.unpriced),
            "usdPerDay": number(plan.cost.usd_per_day, plan.cost.unpriced),
            "lines": [
                {
                    "component": line.component,
                    "item": line.item,
                    "quantity": line.quantity,
                    "usdPerHour": line.usd_per_hour,
                    "source": line.source,
                }
                for line in plan.cost.lines
            ],
            "byUse": [
                {
                    "component": usage.component,
                    "item": usage.item,
                    "usd": usage.price.usd if usage.price else None,
                    "unit": usage.price.unit if usage.price else None,
                    "source": f"{usage.price.source}, {usage.price.date}" if usage.price else None,
                }
                for usage in plan.cost.usage
            ],
            "unpriced": list(plan.cost.unpriced),
        },
        "findings": [
            {
                "policy": finding.policy,
                "urn": finding.urn or None,
                "message": finding.message,
                "level": finding.level,
            }
            for finding in plan.findings
        ],
        "first": [{"why": step.why, "commands": list(step.commands)} for step in plan.first],
        "warnings": list(plan.warnings),
        "ending": [
            {
                "name": pin.name,
                "version": pin.version,
                "ends": str(pin.ends),
                "over": not pin.supported(plan.today),
                "instead": pin.instead,
                "source": pin.source,
            }
            for pin in plan.ending
        ],
    }


def _masked(value: Any) -> Any:
    if isinstance(value, Secret | Unknown):
        return repr(value)
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item) for item in value]
    return value
