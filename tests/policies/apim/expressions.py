"""The C# expressions of policies, compiled once by Mono and evaluated in one process."""

from __future__ import annotations

import json
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

NEWTONSOFT = Path("/usr/lib/cli/Newtonsoft.Json-5.0/Newtonsoft.Json.dll")
"""Where Debian's libnewtonsoft-json5.0-cil puts what expressions may use of JSON."""

_USINGS = (
    "System, System.Collections.Generic, System.Linq, System.Security.Cryptography, System.Text, "
    "System.Text.RegularExpressions, Newtonsoft.Json, Newtonsoft.Json.Linq"
)


REQUEST = "context.Request"


class ExpressionError(Exception):
    """An expression threw; API Management would go on in on-error."""


def missing_tools() -> str | None:
    """What has to be installed before expressions can be run; None when nothing is."""
    if shutil.which("mcs") and shutil.which("mono") and NEWTONSOFT.exists():
        return None
    return "expressions run on Mono: apt-get install mono-mcs mono-runtime libnewtonsoft-json5.0-cil"


def is_expression(text: str) -> bool:
    """Whether API Management evaluates this attribute or text instead of taking it as it is."""
    return text.startswith(("@(", "@{"))


def texts(policy: ET.Element) -> Iterator[tuple[str, str]]:
    """Every attribute value and text of a policy with the place it stands at."""
    for element in policy.iter():
        for name, value in element.attrib.items():
            yield f"{element.tag}@{name}", value
        if element.text and element.text.strip():
            yield element.tag, element.text.strip()


class Expressions:
    """One Mono process that evaluates any expression of the given policies."""

    def __init__(self, policies: Iterable[ET.Element], directory: Path) -> None:
        """Compile into `directory`; AssertionError holds the compiler's messages, each with its place."""
        self._numbers: dict[str, int] = {}
        self._answers: dict[str, str] = {}  # an expression depends on its context alone
        methods = []
        for place, text in (found for policy in policies for found in texts(policy)):
            if is_expression(text) and text not in self._numbers:
                number = self._numbers[text] = len(self._numbers)
                body = text[2:-1] if text.startswith("@{") else f"return {text[2:-1]};"
                methods.append(f'static object E{number}(Context context) {{\n#line 1 "{place}"\n{body}\n}}')
        names = ", ".join(f"E{number}" for number in self._numbers.values())
        usings = "".join(f"using {name};\n" for name in _USINGS.split(", "))
        table = f"public static readonly Func<Context, object>[] All = {{ {names} }};"
        source = directory / "Expressions.cs"
        source.write_text(f"{usings}public static class Expressions {{\n{table}\n" + "\n".join(methods) + "\n}\n")
        program = directory / "expressions.exe"
        sources = [str(source), str(Path(__file__).with_name("Gateway.cs"))]
        compiled = subprocess.run(
            ["mcs", "-nologo", "-langversion:6", f"-r:{NEWTONSOFT}", f"-out:{program}", *sources],
            capture_output=True,
            text=True,
            check=False,
        )
        assert compiled.returncode == 0, compiled.stderr
        self._process = subprocess.Popen(
            ["mono", str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def evaluate(self, text: str, context: Mapping[str, Any]) -> tuple[Any, list[str]]:
        """The value, and the variables whose message bodies have been read by now; `REQUEST` is the request's."""
        assert self._process.stdin
        assert self._process.stdout
        line = json.dumps({"expression": self._numbers[text], "context": context}, default=vars) + "\n"
        if line not in self._answers:
            self._process.stdin.write(line)
            self._process.stdin.flush()
            self._answers[line] = self._process.stdout.readline()
        answer = json.loads(self._answers[line])
        if "error" in answer:
            raise ExpressionError(answer["error"])
        return answer["value"], answer["consumed"] + ([REQUEST] if answer["request"] else [])

    def close(self) -> None:
        """End the process."""
        self._process.communicate()
