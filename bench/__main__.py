"""`make bench`: measures everything whose speed is promised, in one run; exit code 1 when a limit is passed."""

from __future__ import annotations

import sys

from bench import leftovers, plan, rehearsal

# A list, not a generator: each is measured even when another is too slow.
sys.exit(not all([plan.measure(), leftovers.measure(), rehearsal.measure()]))
