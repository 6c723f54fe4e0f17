"""What a reader has to keep apart has names of its own."""

from __future__ import annotations

import ast
from collections import defaultdict

from ops.project import ROOT

PACKAGES = ("bench", "catalogue", "charts", "components", "ops", "policies", "rehearsal", "stacks")


def test_no_two_classes_have_the_same_name() -> None:
    modules: dict[str, list[str]] = defaultdict(list)
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    modules[node.name].append(file.relative_to(ROOT).as_posix())
    assert {name: files for name, files in modules.items() if len(files) > 1} == {}
