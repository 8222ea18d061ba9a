"""The key of a client in each of its shapes; one that does not fit is told, and no secret stands in a message."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from hpd_etl.errors import AccessError, ConfigurationError, SourceError
from hpd_etl.fhir_http import connect
from tests.fhir.certificates import pem
from tests.fhir.wire import status

READ = ["system/Patient.read"]


@pytest.mark.parametrize("algorithm", ["RS384", "ES384"])
@pytest.mark.parametrize("shape", ["jwk", "set", "pem"])
def test_a_key_lets_in(smart, secret, algorithm, shape):
    """A JWK, a JWK set of several or a PEM, for either algorithm: the token is given and reads."""
    key = smart.keys[algorithm]
    text = {"jwk": json.dumps(key), "pem": pem(jwt.PyJWK(key).key),
            "set": json.dumps({"keys": list(smart.keys.values())})}[shape]
    access = smart.access(algorithm=algorithm, private_key=secret(text))
    with connect(access, READ) as session:
        assert session.get("Patient").status == 200


def test_key_id_names_the_key(smart_wire, secret):
    """`key_id` is the kid of a PEM, and picks among several keys of one kind."""
    own = smart_wire.smart.keys["RS384"]
    other = {**own, "kid": "old"}
    for text in (pem(jwt.PyJWK(own).key), json.dumps({"keys": [other, own]})):
        access = smart_wire.access(private_key=secret(text), key_id="RS384")
        with connect(access, READ) as session:
            session.get("Patient")
    sent = [form["client_assertion"] for form in smart_wire.forms]
    assert {jwt.get_unverified_header(each)["kid"] for each in sent} == {"RS384"}


def public_of(keys) -> str:
    """Somebody took the public half for the private one."""
    return json.dumps({name: value for name, value in keys["RS384"].items() if name in ("kty", "n", "e", "kid")})


UNFIT = {
    "encrypted": (lambda _: pem(ec.generate_private_key(ec.SECP384R1()), b"passphrase"), "ES384", "cannot be read"),
    "garbage": (lambda _: "garbage", "RS384", "cannot be read"),
    "broken JWK": (lambda _: '{"kty": "RSA", "d": "', "RS384", "cannot be read"),
    "a list": (lambda _: '{"keys": 5}', "RS384", "cannot be read"),
    "public": (public_of, "RS384", "cannot sign with RS384"),
    "other kind": (lambda keys: json.dumps(keys["ES384"]), "RS384", "cannot sign with RS384"),
    "other curve": (lambda _: pem(ec.generate_private_key(ec.SECP256R1())), "ES384", "cannot sign with ES384"),
    "RSA for ES384": (lambda _: pem(rsa.generate_private_key(65537, 2048)), "ES384", "cannot sign with ES384"),
    "none in the set": (lambda _: '{"keys": []}', "RS384", "0 keys"),
    "two in the set": (lambda keys: json.dumps({"keys": [keys["RS384"]] * 2}), "RS384", "2 keys"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_a_key_that_cannot_sign_is_a_fault_of_the_configuration(smart, secret, case):
    """What the reference leads to is told by what is wrong with it, before anything is sent, never by what it holds."""
    write, algorithm, said = UNFIT[case]
    text = write(smart.keys)
    access = smart.access(algorithm=algorithm, private_key=secret(text))
    with pytest.raises(ConfigurationError, match=said) as refused, connect(access, READ):
        pass
    assert text not in f"{refused.value} {refused.value.remedy}"


def test_a_key_that_is_not_registered_is_told_as_the_server_tells_it(smart, secret):
    """invalid_client, with what the endpoint says of it, and where to look."""
    stranger = secret(pem(rsa.generate_private_key(65537, 2048)))
    with connect(smart.access(private_key=stranger), READ) as session, \
            pytest.raises(AccessError, match=r"invalid_client, .*[Ss]ignature") as refused:
        session.get("Patient")
    assert "auth check" in refused.value.remedy


def test_no_secret_stands_in_a_message(smart_wire):
    """Not even where the server repeats in its answer what it was sent: token, assertion, key."""
    wire, keys = smart_wire.wire, smart_wire.smart.keys["RS384"]

    def echoed(exchange):
        assertion = parse_qs(exchange.asked.body.decode())["client_assertion"][0]
        body = {"error": assertion, "error_description": f"bad: {assertion} {assertion.split('.')[2]}"}
        status(400, body=json.dumps(body).encode())(exchange)

    def told_of(call) -> str:
        with pytest.raises((AccessError, SourceError)) as refused:
            call()
        return " ".join([str(refused.value), refused.value.remedy, *getattr(refused.value, "__notes__", [])])

    with connect(smart_wire.access(), READ) as session:
        session.get("Patient")
        token = wire.authorisations[0].removeprefix("Bearer ")
        wire.on("GET", lambda exchange: status(403, body=json.dumps(exchange.asked.headers).encode())(exchange), at=1)
        wire.on("GET", lambda exchange: status(422, body=json.dumps(exchange.asked.headers).encode())(exchange), at=2)
        told = told_of(lambda: session.get("Patient")) + told_of(lambda: session.get("Patient"))
    wire.on("POST /auth/token", echoed)
    with connect(smart_wire.access(), READ) as session:
        told += told_of(lambda: session.get("Patient"))
    assertion = smart_wire.forms[-1]["client_assertion"]
    secrets = [token, *token.split("."), assertion, *assertion.split("."), keys["d"], keys["p"]]
    assert "no token was given: 400" in told
    assert not [secret for secret in secrets if secret in told]
