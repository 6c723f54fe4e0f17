"""Helm values and container configuration as pure functions: settings and endpoints in, plain data out."""

from typing import TypeAlias

Leaf: TypeAlias = object
"""A value that may become known only during `up`: it is passed through as it is, never read or put into a string."""
