"""Simulated Pulumi packages `random` and `tls`: their values really are generated."""

from __future__ import annotations

import datetime
import secrets
import string
from collections.abc import Callable, Mapping

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rehearsal.package import Change, Properties, RefusedError, Request


def _characters(inputs: Properties) -> str:
    parts = (("lower", string.ascii_lowercase), ("upper", string.ascii_uppercase), ("numeric", string.digits))
    letters = "".join(characters for key, characters in parts if inputs.get(key, True))
    return letters + (inputs.get("overrideSpecial") or "!@#$%&*()-_=+[]{}<>:?" if inputs.get("special", True) else "")


def _text(inputs: Properties) -> str:
    return "".join(secrets.choice(_characters(inputs)) for _ in range(inputs["length"]))


def _password(inputs: Properties) -> tuple[str, Properties]:
    return "none", {"result": _text(inputs)}


def _string(inputs: Properties) -> tuple[str, Properties]:
    text = _text(inputs)
    return text, {"result": text}


def _private_key(inputs: Properties) -> tuple[str, Properties]:
    key = ec.generate_private_key({"P256": ec.SECP256R1(), "P384": ec.SECP384R1()}[inputs["ecdsaCurve"]])
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return secrets.token_hex(20), {"privateKeyPem": pem.decode()}


def _self_signed(inputs: Properties) -> tuple[str, Properties]:
    key = serialization.load_pem_private_key(inputs["privateKeyPem"].encode(), password=None)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, inputs["subject"]["commonName"])])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())  # type: ignore[arg-type]  # made above: an EC key
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(hours=inputs["validityPeriodHours"]))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in inputs["dnsNames"]]), critical=False)
        .sign(key, hashes.SHA256())  # type: ignore[arg-type]  # the same
    )
    return secrets.token_hex(20), {"certPem": certificate.public_bytes(serialization.Encoding.PEM).decode()}


TYPES: Mapping[str, Callable[[Properties], tuple[str, Properties]]] = {
    "random:index/randomPassword:RandomPassword": _password,
    "random:index/randomString:RandomString": _string,
    "tls:index/privateKey:PrivateKey": _private_key,
    "tls:index/selfSignedCert:SelfSignedCert": _self_signed,
}


class Generated:
    """Values that live in the state alone: nothing of them can be left over. `secrets` are those nobody may read."""

    def __init__(self) -> None:
        self.secrets: list[str] = []

    def check(self, request: Request, seed: bytes) -> tuple[Properties, list[str]]:
        """Refuse a type that is not in the table."""
        problem = f"the rehearsal has no mapping for the type {request.type}: add it to rehearsal/generated.py"
        return request.inputs, [] if request.type in TYPES else [problem]

    def diff(self, type_token: str, changed: frozenset[str], old: Properties, new: Properties) -> Change:
        """Everything about them is generated anew."""
        return Change(replaces=changed)

    def wait(self, request: Request) -> float:
        """Nothing to wait for."""
        return 0

    def create(self, request: Request) -> tuple[str, Properties]:
        """Generate it."""
        id_, outputs = TYPES[request.type](request.inputs)
        if request.type != "random:index/randomString:RandomString":
            self.secrets += [outputs[key] for key in ("result", "privateKeyPem") if key in outputs]
        return id_, outputs

    def exists(self, request: Request) -> bool:
        """As long as it is in the state."""
        return True

    def update(self, request: Request) -> Properties:
        """Never: they are replaced."""
        raise RefusedError(f"{request.type} cannot be updated")

    def delete(self, request: Request) -> None:
        """Nothing to remove."""

    def invoke(self, token: str, args: Properties) -> Properties:
        """They have no functions."""
        raise RefusedError(f"the rehearsal has no answer for the function {token}")
