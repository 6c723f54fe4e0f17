"""botocore's list of AWS regions: where a day can be, known before anything is asked."""

from __future__ import annotations

import difflib
from functools import cache

import botocore.session

_PUBLIC = "aws"
"""The partition of the regions that any account can use."""


@cache
def botocore_session() -> botocore.session.Session:
    """Made once: it reads the list of regions anew each time. Without a profile, of which AWS_PROFILE may name none."""
    return botocore.session.Session({"profile": (None, None, None, None)})


def problem(region: str) -> str | None:
    """Say that a region is none of AWS's public partition with EKS, where everything here was written for."""
    known = botocore_session().get_available_regions("eks")
    if region in known:
        return None
    others = [name for name in botocore_session().get_available_partitions() if name != _PUBLIC]
    if any(region in botocore_session().get_available_regions("ec2", name) for name in others):
        return (
            f"{region} is in another partition of AWS (China, GovCloud or the like), for which nothing here was "
            "written: set one such as us-east-1"
        )
    near = difflib.get_close_matches(region, known, n=1)
    return f"{region!r} is no region of AWS: {f'did you mean {near[0]}?' if near else 'set one such as us-east-1'}"
