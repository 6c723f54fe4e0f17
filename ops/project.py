"""The Pulumi project: its folder and its name."""

from __future__ import annotations

from pathlib import Path

PROJECT = "genaiplatform"
ROOT = Path(__file__).resolve().parent.parent
