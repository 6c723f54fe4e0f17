"""Certificates as EKS makes them."""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def certificates(folder: Path) -> Path:
    """Write an authority (authority.pem) and, from it, a certificate for 127.0.0.1 with its key (server.pem).

    They have no more extensions than those of EKS: Python 3.13 misses the key identifiers.
    """
    now, address = datetime.datetime.now(datetime.UTC), ipaddress.IPv4Address("127.0.0.1")
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("authority", "server")}
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kubernetes")])
    extensions = {
        "authority": x509.BasicConstraints(ca=True, path_length=None),
        "server": x509.SubjectAlternativeName([x509.IPAddress(address)]),
    }
    for name, extension in extensions.items():
        subject = issuer if name == "authority" else x509.Name([])
        certificate = (
            x509.CertificateBuilder(issuer, subject, keys[name].public_key(), x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(extension, critical=True)
            .sign(keys["authority"], hashes.SHA256())
        )
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with (folder / "server.pem").open("ab") as server:
        server.write(keys["server"].private_bytes(*plain))
    return folder
