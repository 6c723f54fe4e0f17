"""Helm values and container configuration as pure functions: settings and endpoints in, plain data out."""

from collections.abc import Mapping
from typing import TypeAlias

Leaf: TypeAlias = object
"""A value that may become known only during `up`: it is passed through as it is, never read or put into a string."""

UNDISTURBED: Mapping[str, str] = {"karpenter.sh/do-not-disrupt": "true"}
"""Annotation of a pod that Auto Mode must not move to a cheaper node, which would stop the only one there is."""

KEEP_ALIVE = 620
"""Seconds a server keeps a connection it is not asked anything on: longer than the load balancer, which would send the
next request into one that has just been closed and answer 502 ("Troubleshoot your Application Load Balancers")."""
