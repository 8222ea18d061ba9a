"""The private key of a client and what it signs."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from hpd_etl.config import revealed
from hpd_etl.errors import ConfigurationError

if TYPE_CHECKING:
    from hpd_etl.config import FhirAccess

LIFETIME_SECONDS = 240
"""Of an assertion; servers refuse more than 300, and clocks differ."""
_SHAPES = "the private key is a PEM without a passphrase, a JWK, or a JWK set of which key_id names one"


class Key(NamedTuple):
    """A private key, and the name its public half is registered under."""

    secret: RSAPrivateKey | EllipticCurvePrivateKey
    name: str | None
    algorithm: str


def read(access: FhirAccess) -> Key:
    """The key behind the reference; raises ConfigurationError where it is no key that can sign as configured."""
    text = revealed(access.private_key or "")
    secret, name = _of_jwk(text, access) if text.startswith("{") else (_of_pem(text), access.key_id)
    fits = isinstance(secret, RSAPrivateKey) if access.algorithm == "RS384" else (
        isinstance(secret, EllipticCurvePrivateKey) and isinstance(secret.curve, SECP384R1))
    if not fits or not isinstance(secret, (RSAPrivateKey, EllipticCurvePrivateKey)):
        raise ConfigurationError(f"the private key cannot sign with {access.algorithm}",
                                 remedy="RS384 needs an RSA key, ES384 a key on the curve P-384: set algorithm")
    return Key(secret, name, access.algorithm)


def assertion(key: Key, client_id: str, token_url: str) -> str:
    """Who asks for a token, signed; good once and for a few minutes."""
    now = int(time.time())
    claims = {"iss": client_id, "sub": client_id, "aud": token_url, "iat": now, "exp": now + LIFETIME_SECONDS,
              "jti": str(uuid.uuid4())}
    headers = {"typ": "JWT"} | ({"kid": key.name} if key.name else {})
    return jwt.encode(claims, key.secret, algorithm=key.algorithm, headers=headers)


def thumbprint(public: RSAPublicKey | EllipticCurvePublicKey) -> str:
    """SHA-256 thumbprint (RFC 7638) of a public key, by which two sides can tell that they mean the same one."""
    known = (RSAAlgorithm.to_jwk(public, as_dict=True) if isinstance(public, RSAPublicKey)
             else ECAlgorithm.to_jwk(public, as_dict=True))
    members = {name: known[name] for name in ("crv", "e", "kty", "n", "x", "y") if name in known}
    digest = hashlib.sha256(json.dumps(members, separators=(",", ":")).encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _of_pem(text: str) -> object:
    try:
        return load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigurationError("the private key cannot be read", remedy=_SHAPES) from error


def _of_jwk(text: str, access: FhirAccess) -> tuple[object, str | None]:
    try:
        content = json.loads(text)
        found = _picked(content["keys"], access) if "keys" in content else content
        bare = {name: value for name, value in found.items() if name != "alg"}  # the site's algorithm counts
        return jwt.PyJWK(bare).key, access.key_id or found.get("kid")
    except (ValueError, TypeError, KeyError, AttributeError, jwt.PyJWTError) as error:
        raise ConfigurationError("the private key cannot be read", remedy=_SHAPES) from error


def _picked(held: list[dict[str, Any]], access: FhirAccess) -> dict[str, Any]:
    """The key that `key_id` names, else the only private one of the kind that is needed."""
    kind = "RSA" if access.algorithm == "RS384" else "EC"
    fitting = [each for each in held if (each.get("kid") == access.key_id if access.key_id
                                         else each.get("kty") == kind and "d" in each)]
    if len(fitting) != 1:
        raise ConfigurationError(f"{len(fitting)} keys of the JWK set can be meant", remedy="key_id names the one")
    return fitting[0]
