"""Until when EKS supports a Kubernetes version at the standard price.

The dates are those of the release calendar in the EKS user guide
(https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html); from the beginning of that day, UTC, AWS
bills extended support, six times the price. `aws eks describe-cluster-versions` prints them too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

STANDARD_SUPPORT_ENDS: Mapping[str, date] = {
    "1.33": date(2026, 7, 29),
    "1.34": date(2026, 12, 2),
    "1.35": date(2027, 3, 27),
    "1.36": date(2027, 8, 2),
}
"""The first day of extended support, by major.minor. A version that is not here is not known to be supported."""


def in_standard_support(version: str, today: date) -> bool:
    """Whether EKS runs that version (major.minor) at the standard price on that day."""
    return version in STANDARD_SUPPORT_ENDS and today < STANDARD_SUPPORT_ENDS[version]
