"""The guardrails as a CrossGuard policy pack: `pulumi up --policy-pack policies/guardrails`."""

import sys
from pathlib import Path

# Python puts this folder first; the rules are modules of the project, so its root stands there instead.
sys.path[0] = str(Path(__file__).resolve().parents[2])

from pulumi_policy import PolicyPack  # noqa: E402  a folder of ours must not come before it

from policies.guardrails.all_rules import RULES  # noqa: E402

PolicyPack("genai-platform", RULES)
