"""LiteLLM's names for credentials: what its `SensitiveDataMasker` hides, told apart into secrets and settings.

A test holds the tables against the pinned release (`make test-litellm`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

WORDS = frozenset(
    (
        "access",
        "auth",
        "authorization",
        "certificate",
        "cookie",
        "credential",
        "credentials",
        "fingerprint",
        "key",
        "password",
        "private",
        "secret",
        "tenancy",
        "token",
    )
)
"""A name with one of these among its words holds a credential (litellm_core_utils/sensitive_data_masker.py)."""

MORE_WORDS = frozenset(
    (
        "apikey",
        "bearer",
        "cookies",
        "jwt",
        "keys",
        "pass",
        "passphrase",
        "passwd",
        "passwords",
        "pwd",
        "sas",
        "secrets",
        "sig",
    )
)
"""Other spellings: of a masker of LiteLLM's with more words, its `secret_redaction.py`, headers and signed URLs."""

CREDENTIALS = frozenset(
    (
        "anthropic_identity_token",
        "api_key",
        "arize_api_key",
        "arize_space_key",
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
        "aws_web_identity_token",
        "azure_ad_token",
        "azure_ad_token_provider",
        "azure_password",
        "client_secret",
        "dd_api_key",
        "humanloop_api_key",
        "langfuse_public_key",
        "langfuse_secret",
        "langfuse_secret_key",
        "langsmith_api_key",
        "newrelic_api_key",
        "posthog_api_key",
        "s3_access_key_id",
        "s3_secret_access_key",
        "secret_fields",
        "signoz_ingestion_key",
        "valkey_password",
        "vertex_credentials",
        "wandb_api_key",
        # Read by a provider or hidden from logs (litellm_core_utils/secret_redaction.py), and no field of LiteLLM's.
        "azure_username",
        "connection_string",
        "database_url",
        "db_url",
        "gdc_credentials",
        "oci_key",
        "oci_signer",
        "slack_webhook_url",
        "vertex_ai_credentials",
        "watsonx_credentials",
        "webhook_url",
    )
)
"""Parameters that are credentials whatever their value: a Vertex AI credential may be an object."""

SETTINGS = frozenset(
    (
        "anthropic_identity_token_file",
        "anthropic_issuer_signing_key_ref",
        "anthropic_keycloak_auth_method",
        "anthropic_keycloak_client_secret_ref",
        "anthropic_keycloak_token_url",
        "bos_token",
        "cache_key",
        "configurable_clientside_auth_params",
        "default_api_key_rpm_limit",
        "default_api_key_tpm_limit",
        "eos_token",
        "gigachat_auth_url",
        "github_copilot_auth_type",
        "litellm_credential_name",
        "openai_identity_token_file",
        "preset_cache_key",
        "prompt_cache_key",
        "s3_encryption_key_id",
        "token_exchange_audience",
        "token_exchange_endpoint",
        "token_exchange_profile",
        "token_exchange_scope",
        "use_in_pass_through",
    )
)
"""Parameters with such a word in their name that are no credentials."""


def is_credential(name: str) -> bool:
    """Whether LiteLLM takes what has that name for a credential. It spells prices with the word token."""
    words = _words(name)
    if is_credential_parameter(name):
        return True
    return "_".join(words) not in SETTINGS and "cost" not in words and not (WORDS | MORE_WORDS).isdisjoint(words)


def is_credential_parameter(name: str) -> bool:
    """Whether it is a parameter whose every value is a credential, an object or a list too."""
    return "_".join(_words(name)) in CREDENTIALS


def _words(name: str) -> Sequence[str]:
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return [word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word]
