"""Every test works in a project of its own."""

from __future__ import annotations

from tests.ops.env.project import project as project
