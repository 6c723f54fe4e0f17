"""Python's standard streams in any encoding: what that cannot show is printed as something readable."""

from __future__ import annotations

import codecs
import io
import sys
import unicodedata

_IN_ASCII = {
    "✓": "ok",
    "✗": "FAIL",
    "×": "x",
    "→": "->",
    "…": "...",
    "–": "-",
    "—": "-",
    "·": "-",
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
}
"""What stands for a character that the encoding of the stream does not have."""

_BRAILLE = range(0x2800, 0x2900)
"""Rich draws its spinners with these."""


def print_in_any_encoding() -> None:
    """From now on standard output and error print a readable replacement for what their encoding does not have.

    What standard input cannot decode is read as U+FFFD, which no setting may hold.
    """
    codecs.register_error("genai-readable", _replace)
    codecs.register(_ascii)
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Into a stream that calls itself ASCII Click writes UTF-8 (click/_compat.py, _stream_is_misconfigured).
            ascii_ = codecs.lookup(stream.encoding).name == "ascii"
            stream.reconfigure(encoding="genai_ascii" if ascii_ else None, errors="genai-readable")


def _ascii(name: str) -> codecs.CodecInfo | None:
    ascii_ = codecs.lookup("ascii")
    return codecs.CodecInfo(*ascii_[:4], ascii_.incrementalencoder, name=name) if name == "genai_ascii" else None


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_readable, error.object[error.start : error.end])), error.end


def _readable(character: str) -> str:
    if ord(character) in _BRAILLE:
        return "*"
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode("ascii")
    return _IN_ASCII.get(character) or plain or character.encode("ascii", "backslashreplace").decode("ascii")
