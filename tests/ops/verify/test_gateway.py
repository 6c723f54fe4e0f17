"""The port behind API Management, over TLS as it is."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ops.checks.check import Outcome, State
from ops.checks.verify.gateway import apim_entry_step
from ops.checks.verify.step import attempt
from tests.http_server import Answer, Request, serve

asked: list[Request] = []


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An entry for API Management with a self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "apim-entry.genaiplatform")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    file: Path = tmp_path_factory.mktemp("apim-entry") / "server.pem"
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(plain + certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)

    def refuse(request: Request) -> Answer:
        asked.append(request)
        return Answer(403, "Forbidden.")

    with serve(refuse, context) as made:
        yield made


def outcome(url: str, certificate: str) -> Outcome:
    return attempt(apim_entry_step("dev", url, certificate), {}, [])


def test_a_self_signed_apim_entry_is_looked_at_without_a_key(url: str) -> None:
    assert outcome(url, "self-signed").state == State.FINE
    assert {"authorization", "x-litellm-api-key", "cookie"}.isdisjoint(asked[-1].headers)


def test_where_a_public_certificate_is_promised_a_self_signed_one_proves_nothing(url: str) -> None:
    found = outcome(url, "public")
    assert found.state == State.COULD_NOT_LOOK
    assert "CERTIFICATE_VERIFY_FAILED" in found.says
