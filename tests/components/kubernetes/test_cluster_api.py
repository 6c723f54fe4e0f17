from __future__ import annotations

import base64
import datetime
import ipaddress
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from components.kubernetes.cluster_api import ClusterApi
from tests import http_server


def certificates_without_key_identifiers(folder: Path) -> tuple[Path, Path]:
    """An authority, and a server for 127.0.0.1 that it certified, each with its key in one file."""
    now = datetime.datetime.now(datetime.UTC)
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("authority", "server")}
    names = {name: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{folder.name} {name}")]) for name in keys}
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    extension = {"authority": x509.BasicConstraints(ca=True, path_length=None), "server": address}
    files = []
    for name, key in keys.items():
        certificate = (
            x509.CertificateBuilder(names["authority"], names[name], key.public_key(), x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(extension[name], critical=name == "authority")
            .sign(keys["authority"], hashes.SHA256())
        )
        pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
        files.append(folder / name)
        files[-1].write_bytes(certificate.public_bytes(pem) + private)
    authority, server = files
    return authority, server


@contextmanager
def serving(certificate: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with http_server.serve(lambda _: http_server.Answer(200, {"major": "1"}), context) as url:
        yield url


def kubeconfig(server: str, authority: Path) -> str:
    data = base64.b64encode(authority.read_bytes()).decode()
    return json.dumps(
        {
            "clusters": [{"name": "c", "cluster": {"server": server, "certificate-authority-data": data}}],
            "users": [{"name": "c", "user": {"token": "a-token"}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
            "current-context": "c",
        }
    )


def test_certificates_without_key_identifiers_are_enough(tmp_path: Path) -> None:
    """Python 3.13 refuses them by itself."""
    authority, certificate = certificates_without_key_identifiers(tmp_path)
    with serving(certificate) as server:
        assert ClusterApi(kubeconfig(server, authority)).request("GET", "/version") == {"major": "1"}


def test_a_server_that_the_authority_did_not_certify_is_not_spoken_to(tmp_path: Path) -> None:
    _, certificate = certificates_without_key_identifiers(tmp_path)
    (tmp_path / "other").mkdir()
    other, _ = certificates_without_key_identifiers(tmp_path / "other")
    with serving(certificate) as server, pytest.raises(ConnectionError, match="certificate verify failed"):
        ClusterApi(kubeconfig(server, other)).request("GET", "/version")
