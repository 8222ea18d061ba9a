"""An authority of the tests' own, certificates that it signs, and keys as text."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

if TYPE_CHECKING:
    from pathlib import Path

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
_FROM = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
_UNTIL = datetime.datetime(2049, 12, 31, tzinfo=datetime.UTC)
_PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Certificates:
    """PEM files: whom to trust, the server's proof and the client's; certificate and key in one file, the key alone."""

    authority: Path
    server: Path
    client: Path
    client_alone: Path
    client_key: Path

    def tls(self, *, mutual: bool) -> ssl.SSLContext:
        """How a server on loopback proves who it is; `mutual` asks the client to do so too."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server)
        if mutual:
            context.load_verify_locations(self.authority)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


def pem(key: PrivateKey, passphrase: bytes | None = None) -> str:
    """A private key as text."""
    locked = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, locked).decode()


def issued(folder: Path) -> Certificates:
    """New certificates in this folder."""
    root_key = ec.generate_private_key(ec.SECP256R1())
    root = _signed("authority", root_key, "authority", root_key, authority=True)
    (folder / "authority.pem").write_bytes(root.public_bytes(_PEM))
    for name in ("localhost", "client"):
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _signed(name, key, "authority", root_key, authority=False).public_bytes(_PEM)
        secret = pem(key).encode()
        (folder / f"{name}.pem").write_bytes(certificate + secret)
        (folder / f"{name}.crt").write_bytes(certificate)
        (folder / f"{name}.key").write_bytes(secret)
    return Certificates(folder / "authority.pem", folder / "localhost.pem", folder / "client.pem",
                        folder / "client.crt", folder / "client.key")


def _signed(name: str, key: ec.EllipticCurvePrivateKey, issuer: str, by: ec.EllipticCurvePrivateKey, *,
            authority: bool) -> x509.Certificate:
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    return (x509.CertificateBuilder()
            .subject_name(_named(name)).issuer_name(_named(issuer)).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(_FROM).not_valid_after(_UNTIL)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(names, critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
            .sign(by, hashes.SHA256()))


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
