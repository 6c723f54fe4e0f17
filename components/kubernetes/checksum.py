"""Checksum of a Secret as a pod annotation: pods restart when the Secret changes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pulumi


def checksum(secrets: Mapping[str, Mapping[str, pulumi.Input[str]]]) -> pulumi.Output[str]:
    """SHA-256 over the contents of Kubernetes Secrets (by Secret, by key), in the clear, as a pod annotation.

    One hash over all of them: a short provider key cannot be guessed from it, because a guess can only be tested
    together with the long random values beside it.
    """
    contents: pulumi.Output[str] = pulumi.Output.json_dumps(secrets, sort_keys=True)
    return pulumi.Output.unsecret(contents.apply(lambda text: hashlib.sha256(text.encode()).hexdigest()))
