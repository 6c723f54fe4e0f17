"""The whole proof, in order: LiteLLM, then what its completion leaves behind, then the Azure gateway."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import boto3

from ops.checks.verify.buckets import Buckets
from ops.checks.verify.completions import Completions
from ops.checks.verify.gateway import NO_ROLE, Gateway, apim_entry_step
from ops.checks.verify.http import client
from ops.checks.verify.langfuse import Langfuse
from ops.checks.verify.litellm import LiteLLM
from ops.checks.verify.step import Step
from ops.checks.verify.temporary_keys import TemporaryKeys
from ops.clouds.litellm_administrator import Administrator, cluster_api
from ops.stack.day import Day, Door

IN_CLEAR = (
    "Without a domain LiteLLM and Langfuse speak HTTP: the virtual keys and Langfuse's key pair of this proof "
    "cross the network in clear, as those of every user do. LiteLLM's master key goes through the Kubernetes API. "
    "Set domain for HTTPS."
)


@dataclass(frozen=True, kw_only=True)
class Proof:
    """The steps, what their outcomes must not show (it grows as they are taken), and what they leave open."""

    steps: list[Step]
    secrets: set[str]
    notes: list[str]


@contextmanager
def proof_of(day: Day, door: Door | None) -> Iterator[Proof]:
    """The proof of this day, with the gateway when there is one; nothing of it is left when the context ends."""
    secrets = day.secrets | (door.secrets if door else set())
    session_id = f"genai-verify-{uuid.uuid4()}"
    administrator = Administrator(day.litellm_master_key, partial(cluster_api, day.cluster_name, day.region))
    with client() as http, TemporaryKeys(administrator, secrets) as keys:
        buckets = Buckets(day, boto3.client("s3", region_name=day.region))
        steps = [
            *LiteLLM(day, http, administrator).steps(),
            *buckets.before(),
            *Completions(day, http, administrator, keys, session_id).steps(),
            *Langfuse(day, http, session_id).steps(),
            *buckets.after(),
        ]
        if door:
            steps += Gateway(day, door, http, secrets).steps()
        if day.apim_entry_url:
            steps.append(apim_entry_step(day.apim_entry_url, day.apim_entry_certificate))
        steps.append(keys.step())
        in_clear = not day.litellm_url.startswith("https://")
        notes = [*([IN_CLEAR] if in_clear else []), *([NO_ROLE] if door else [])]
        yield Proof(steps=steps, secrets=secrets, notes=notes)
