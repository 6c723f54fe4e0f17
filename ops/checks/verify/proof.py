"""All steps of `genai verify` in order: LiteLLM, S3 and Langfuse, then the Azure gateway."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import boto3

from ops.checks.verify.administrator import Administrator, cluster_api
from ops.checks.verify.buckets import Buckets
from ops.checks.verify.completions import Completions
from ops.checks.verify.failover import Failover
from ops.checks.verify.gateway import LOGGED_IN, NO_ROLE, GatewaySteps, apim_entry_step
from ops.checks.verify.gateway_models import GatewayModelSteps, model_step
from ops.checks.verify.http import client
from ops.checks.verify.langfuse import LangfuseSteps
from ops.checks.verify.litellm import LiteLLMSteps
from ops.checks.verify.semantic_cache import SemanticCacheSteps
from ops.checks.verify.step import Step
from ops.checks.verify.temporary_keys import TemporaryKeys
from ops.clouds.azure import resource_manager
from ops.clouds.log_analytics import Workspace
from ops.stack.running_stacks import RunningAwsStack, RunningGateway

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
def proof_of(stack: RunningAwsStack, gateway: RunningGateway | None, *, failover: bool) -> Iterator[Proof]:
    """The proof of this day, with the gateway when there is one; nothing of it is left when the context ends.

    With `failover` a deployment of every pool of the gateway refuses for a minute and a half.
    """
    secrets = stack.secrets | (gateway.secrets if gateway else set())
    session_id = f"genai-verify-{uuid.uuid4()}"
    administrator = Administrator(stack.litellm_master_key, partial(cluster_api, stack.cluster_name, stack.region))
    with client() as http, TemporaryKeys(administrator, secrets) as keys:
        buckets = Buckets(stack, boto3.client("s3", region_name=stack.region))
        steps = [
            *LiteLLMSteps(stack, http, administrator).steps(),
            *buckets.before(),
            *Completions(stack, http, administrator, keys, session_id).steps(),
            *LangfuseSteps(stack, http, session_id).steps(),
            *buckets.after(),
        ]
        of_models: list[Step] = []
        if gateway:
            through = GatewaySteps(stack, gateway, http, secrets)
            steps += through.steps()
            if gateway.models:
                logs = Workspace(id=gateway.logs_workspace_id)
                models = GatewayModelSteps(gateway, http, through.token, LOGGED_IN, logs)
                of_models = models.steps()
                if gateway.semantic_cache_id:
                    cache = SemanticCacheSteps(gateway, http, through.token, models.chat_model, secrets)
                    of_models += cache.steps(model_step(gateway.models[0]))
                pools = [one["name"] for one in gateway.gateway_models if failover and len(one["deployments"]) > 1]
                of_models += [
                    Failover(gateway, name, http, through.token, resource_manager, logs).step(model_step(name))
                    for name in pools
                    if name in gateway.models
                ]
        if stack.apim_entry_url:
            steps.append(apim_entry_step(stack.stack, stack.apim_entry_url, stack.apim_entry_certificate))
        steps += [*of_models, keys.step()]
        in_clear = not stack.litellm_url.startswith("https://")
        notes = [*([IN_CLEAR] if in_clear else []), *([NO_ROLE] if gateway else [])]
        yield Proof(steps=steps, secrets=secrets, notes=notes)
