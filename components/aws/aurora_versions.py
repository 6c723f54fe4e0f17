"""Versions of Aurora PostgreSQL 16 and 17 that AWS has."""

OFFERED = ("16.8", "16.9", "16.10", "16.11", "17.4", "17.5", "17.6", "17.7")
"""In order ("Release calendar for Aurora PostgreSQL" in its release notes)."""


def offered(version: str) -> bool:
    """Whether AWS has the version."""
    return version in OFFERED
