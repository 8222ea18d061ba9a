"""Who is let in and how; a token goes to its own host alone, is renewed in time, and stands in no message."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pydantic import ValidationError

from hpd_etl.errors import AccessError, ConfigurationError, SourceError
from hpd_etl.fhir_http import HttpError, connect
from tests.fhir.certificates import issued
from tests.fhir.wire import changed, passed, redirected, reset, status, wired

READ = ["system/Patient.read"]
TOKEN, PASSWORD = "t0k3n-of-the-site", "Passw0rt-of-the-site"


def reference(tmp_path, text: str) -> str:
    """Where a secret is."""
    path = tmp_path / "secret"
    path.write_text(text, "utf-8")
    return f"file:{path}"


def bearers(wire) -> list[str]:
    """The Authorization headers that came to the FHIR endpoint, in order."""
    return [asked.headers.get("authorization", "") for asked in wire.asked
            if asked.path.startswith("/fhir/") and ".well-known" not in asked.path]


def tokens_asked(wire) -> int:
    """How often a token was asked for."""
    return sum(asked.path == "/auth/token" for asked in wire.asked)


def saying(**members):
    """A fault: the answer says this, whatever the server says."""
    return changed(lambda body: json.dumps(json.loads(body) | members).encode())


# --- without tokens of their own --------------------------------------------------------------


@pytest.fixture(scope="module")
def locked(servers) -> str:
    """A server that lets in who has the token or the password."""
    return servers.start(server_auth={"types": ["basic", "bearer"], "tokens": [TOKEN], "users": {"hpd": PASSWORD}})


def test_without_access_nothing_is_sent_along(wire, quick):
    """A server that lets everybody in learns nothing of anybody."""
    with connect(quick(wire.url), READ) as session:
        session.get("metadata")
    assert "authorization" not in wire.asked[0].headers


def test_a_bearer_token_lets_in(locked, quick, tmp_path):
    """The token behind the reference is sent with every request."""
    access = quick(locked, auth="bearer", token=reference(tmp_path, TOKEN + "\n"))
    with wired(locked) as wire, connect(access.model_copy(update={"url": wire.url}), READ) as session:
        assert session.get("Patient").status == 200
        assert bearers(wire) == [f"Bearer {TOKEN}"]


def test_a_password_lets_in(locked, quick, tmp_path):
    """Basic authentication, as it is still found in hospitals."""
    access = quick(locked, auth="basic", user="hpd", password=reference(tmp_path, PASSWORD))
    with wired(locked) as wire, connect(access.model_copy(update={"url": wire.url}), READ) as session:
        assert session.get("Patient").status == 200
        assert bearers(wire) == ["Basic " + b64encode(f"hpd:{PASSWORD}".encode()).decode()]


@pytest.mark.parametrize("how", [{"auth": "bearer", "token": "?"}, {"auth": "basic", "user": "hpd", "password": "?"}])
def test_a_wrong_secret_ends_with_4_and_is_not_tried_again(locked, quick, tmp_path, how):
    """Trying a wrong password again locks accounts; the message holds the code and not the secret."""
    wrong = {name: reference(tmp_path, "wr0ng-of-the-site") if value == "?" else value for name, value in how.items()}
    with wired(locked) as wire, connect(quick(wire.url, **wrong), READ) as session:
        with pytest.raises(AccessError, match=r"GET Patient: access was refused \(401 login\)") as refused:
            session.get("Patient/1")
        assert refused.value.exit_code == 4
        assert "wr0ng" not in f"{refused.value} {refused.value.remedy}"
        assert len(wire.asked) == 1


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "ümlaut"])
def test_a_token_that_cannot_be_one_is_told_before_it_is_sent(quick, tmp_path, token, fhir_server):
    """A file with something else in it is a fault of the configuration, told without what it holds."""
    access = quick(fhir_server, auth="bearer", token=reference(tmp_path, token))
    with pytest.raises(ConfigurationError, match="characters that no token has") as refused, connect(access, READ):
        pass
    assert not token or token not in str(refused.value)


@pytest.mark.parametrize("more", [{}, {"url": "https://host/fhir", "token_url": "http://host/token"}])
def test_a_secret_does_not_travel_in_the_clear(quick, more):
    """Anything but none asks for https, for the token endpoint too; loopback needs none."""
    with pytest.raises(ValidationError, match="must be https"):
        quick(**{"url": "http://host/fhir", "auth": "bearer", "token": "env:X"} | more)


# --- TLS --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """An authority that nobody else trusts."""
    return issued(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def guarded(fhir_server, certificates):
    """A wire that asks who is there."""
    with wired(fhir_server, certificates.tls(mutual=True)) as wire:
        yield wire


@pytest.mark.parametrize("how", [lambda held: {"certificate": held.client},
                                 lambda held: {"certificate": held.client_alone, "certificate_key": held.client_key}])
def test_a_certificate_lets_in(guarded, certificates, quick, how):
    """Mutual TLS, certificate and key in one file or in two."""
    access = quick(guarded.url, authority=certificates.authority, **how(certificates))
    with connect(access, READ) as session:
        assert session.get("metadata").status == 200


def test_without_a_certificate_the_door_is_closed(guarded, certificates, quick):
    """A server that asks for one refuses the handshake; that does not pass by itself, and nothing was asked."""
    with connect(quick(guarded.url, authority=certificates.authority), READ) as session, \
            pytest.raises(AccessError, match="no trust") as refused:
        session.get("metadata")
    assert guarded.asked == []
    assert not hasattr(refused.value, "__notes__")


def test_a_server_of_an_unknown_authority_is_not_trusted(certificates, quick, fhir_server):
    """A certificate that nobody vouches for ends with 4 at once, and names what to set."""
    with wired(fhir_server, certificates.tls(mutual=False)) as wire, connect(quick(wire.url), READ) as session:
        with pytest.raises(AccessError, match="no trust") as refused:
            session.get("metadata")
        assert "authority" in refused.value.remedy
        assert not hasattr(refused.value, "__notes__")


@pytest.mark.parametrize("how", [{"certificate": "none.pem"}, {"authority": "none.pem"}, {"certificate": __file__}])
def test_a_certificate_that_cannot_be_read_is_a_fault_of_the_configuration(quick, how):
    """A file that is missing, or no certificate, is told before anything is sent."""
    access = quick("https://localhost:1/fhir", **how)
    with pytest.raises(ConfigurationError, match="cannot be read"), connect(access, READ):
        pass


# --- SMART Backend Services -------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["RS384", "ES384"])
@pytest.mark.parametrize("shape", ["jwk", "set", "pem"])
def test_a_key_lets_in(smart, tmp_path, algorithm, shape):
    """A JWK, a JWK set of several or a PEM, for either algorithm: the token is given and reads."""
    key = smart.keys[algorithm]
    text = {"jwk": json.dumps(key), "set": json.dumps({"keys": list(smart.keys.values())}), "pem": pem(key)}[shape]
    access = smart.access(algorithm=algorithm, private_key=reference(tmp_path, text))
    with connect(access, READ) as session:
        assert session.get("Patient").status == 200


def pem(key: dict) -> str:
    """A JWK as PEM."""
    held = jwt.PyJWK(key).key
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return held.private_bytes(serialization.Encoding.PEM, *form).decode()


def assertions(wire) -> list[str]:
    """The assertions that came to the token endpoint."""
    return [parse_qs(asked.body.decode())["client_assertion"][0] for asked in wire.asked
            if asked.path == "/auth/token"]


def test_an_assertion_says_who_asks_and_is_good_once(smart_wire):
    """Header and claims are those that SMART asks for; each assertion has an id of its own."""
    before = int(time.time())
    with connect(smart_wire.access(), READ) as session:
        session.get("Patient")
    with connect(smart_wire.access(), READ) as session:
        session.get("Patient")
    first, second = assertions(smart_wire.wire)
    url = f"{smart_wire.wire.origin}/auth/token"
    public = jwt.PyJWK(smart_wire.smart.keys["RS384"]).key.public_key()
    claims = jwt.decode(first, public, algorithms=["RS384"], audience=url)
    assert jwt.get_unverified_header(first) == {"alg": "RS384", "kid": "RS384", "typ": "JWT"}
    assert sorted(claims) == ["aud", "exp", "iat", "iss", "jti", "sub"]
    assert claims["iss"] == claims["sub"] == "RS384"
    assert before <= claims["iat"] <= time.time()
    assert claims["iat"] < claims["exp"] <= before + 300
    assert claims["jti"] != jwt.decode(second, public, algorithms=["RS384"], audience=url)["jti"]


def test_key_id_names_the_key(smart_wire, tmp_path):
    """`key_id` is the kid of a PEM, and picks among several keys of one kind."""
    own = smart_wire.smart.keys["RS384"]
    other = {**own, "kid": "old"}
    for text in (pem(own), json.dumps({"keys": [other, own]})):
        access = smart_wire.access(private_key=reference(tmp_path, text), key_id="RS384")
        with connect(access, READ) as session:
            session.get("Patient")
    assert {jwt.get_unverified_header(each)["kid"] for each in assertions(smart_wire.wire)} == {"RS384"}


def asked_form(wire) -> dict[str, list[str]]:
    """What was asked of the token endpoint first."""
    return parse_qs(next(asked.body for asked in wire.asked if asked.path == "/auth/token").decode())


@pytest.mark.parametrize(("capabilities", "own", "scope"), [
    (["permission-v1"], (), "system/Patient.read system/Observation.write"),
    (["permission-v1", "permission-v2"], (), "system/Patient.read system/Observation.write"),
    (["permission-v2"], (), "system/Patient.rs system/Observation.cu"),
    ([], (), "system/Patient.read system/Observation.write"),
    (["permission-v2"], ("system/*.read",), "system/*.read"),
])
def test_the_least_scopes_are_asked_for(smart_wire, capabilities, own, scope):
    """In the older spelling unless the server has only the newer; what site.toml says is asked for as it stands."""
    wire = smart_wire.wire
    wire.on("GET .*well-known", saying(capabilities=capabilities))
    with connect(smart_wire.access(scopes=own), ["system/Patient.read", "system/Observation.write"]) as session:
        session.get("Patient")
    assert asked_form(wire)["scope"] == [scope]
    assert asked_form(wire)["grant_type"] == ["client_credentials"]


def test_token_url_needs_no_discovery(smart_wire):
    """Where a server names its endpoint wrongly or not at all, the site does."""
    wire = smart_wire.wire
    wire.on("GET .*well-known", status(404))
    with connect(smart_wire.access(), READ) as session, pytest.raises(AccessError, match="smart-configuration") as none:
        session.get("Patient")
    assert "token_url" in none.value.remedy
    with connect(smart_wire.access(token_url=f"{wire.origin}/auth/token"), READ) as session:
        assert session.get("Patient").status == 200


@pytest.mark.parametrize("endpoint", ["http://token.example/", "ftp://x", "", "/auth/token"])
def test_an_assertion_does_not_travel_in_the_clear(smart_wire, endpoint):
    """A token endpoint that is not https, though discovered, is not asked."""
    smart_wire.wire.on("GET .*well-known", saying(token_endpoint=endpoint))
    with connect(smart_wire.access(), READ) as session, pytest.raises(AccessError, match="no token endpoint"):
        session.get("Patient")
    assert tokens_asked(smart_wire.wire) == 0


def test_a_token_serves_many_requests(smart_wire):
    """One token for a session, however many threads ask at once."""
    with connect(smart_wire.access(), READ) as session, ThreadPoolExecutor(8) as pool:
        assert {answer.status for answer in pool.map(lambda _: session.get("Patient"), range(16))} == {200}
    assert tokens_asked(smart_wire.wire) == 1


# --- renewal ----------------------------------------------------------------------------------


def test_a_token_is_renewed_before_it_expires(smart_wire):
    """Pages that take longer than a token lives all come, and the server never has to refuse one."""
    smart_wire.wire.on("POST /auth/token", saying(expires_in=0.4))
    with connect(smart_wire.access(), READ) as session:
        for _ in range(3):
            assert session.get("Patient").status == 200
            time.sleep(0.35)
    assert len(set(bearers(smart_wire.wire))) == len(bearers(smart_wire.wire)) == tokens_asked(smart_wire.wire) == 3


def test_a_token_that_has_expired_is_renewed_once(new_smart_wire):
    """A server whose tokens die earlier than it says refuses with 401; the request is sent again with a new one."""
    held = new_smart_wire(lifetime=1)
    held.wire.on("POST /auth/token", saying(expires_in=3600))
    with connect(held.access(), READ) as session:
        assert session.get("Patient").status == 200
        time.sleep(1.1)
        assert session.get("Patient").status == 200
    first, refused, renewed = bearers(held.wire)
    assert first == refused != renewed
    assert tokens_asked(held.wire) == 2


def refusing(token: str):
    """A fault: this token is refused, others are as good as they are."""
    return lambda exchange: (status(401) if exchange.asked.headers["authorization"] == token else passed)(exchange)


def test_threads_renew_a_token_once(smart_wire):
    """Eight threads whose token is refused at the same time ask for one new token, not for eight."""
    wire = smart_wire.wire
    with connect(smart_wire.access(), READ) as session, ThreadPoolExecutor(8) as pool:
        session.get("Patient")
        wire.on("GET /fhir/Patient", refusing(bearers(wire)[0]))
        assert {answer.status for answer in pool.map(lambda _: session.get("Patient"), range(8))} == {200}
    assert tokens_asked(wire) == 2


def test_a_new_token_that_is_refused_too_ends_with_4(smart_wire):
    """One renewal, not a ring of them: whoever is refused with a new token has not the right."""
    smart_wire.wire.on("GET /fhir/Patient", status(401))
    with connect(smart_wire.access(), READ) as session, pytest.raises(AccessError, match="refused"):
        session.get("Patient")
    assert len(bearers(smart_wire.wire)) == 2
    assert tokens_asked(smart_wire.wire) == 2


def test_a_right_that_was_not_granted_ends_with_4(smart):
    """403 is no matter of the token's age: the scopes do not hold it."""
    with connect(smart.access(), READ) as session, \
            pytest.raises(AccessError, match=r"GET Observation: access was refused \(403 forbidden\)"):
        session.get("Observation")


def test_a_first_refusal_is_not_tried_again(smart_wire):
    """A client that was never let in would be refused the next time too."""
    smart_wire.wire.on("POST /auth/token", status(400, body=b'{"error": "invalid_scope"}'))
    with connect(smart_wire.access(), READ) as session, pytest.raises(AccessError, match="invalid_scope"):
        session.get("Patient")
    assert tokens_asked(smart_wire.wire) == 1


def test_a_later_refusal_is_tried_again(smart_wire):
    """Some servers refuse a renewal in passing with a bare 400; a client that had a token asks again."""
    wire = smart_wire.wire
    with connect(smart_wire.access(), READ) as session:
        session.get("Patient")
        wire.on("GET /fhir/Patient", refusing(bearers(wire)[0]))
        wire.on("POST /auth/token", status(400), at=range(1, 3))
        assert session.get("Patient").status == 200
    assert tokens_asked(wire) == 4
    assert len(bearers(wire)) == 3


def test_a_refusal_that_stays_ends_with_4(smart_wire):
    """A client that lost its right in mid-run is told so after the last attempt."""
    wire = smart_wire.wire
    with connect(smart_wire.access(), READ) as session:
        session.get("Patient")
        wire.on("GET /fhir/Patient", status(401))
        wire.on("POST /auth/token", status(401, body=b'{"error": "invalid_client"}'))
        with pytest.raises(AccessError, match="no token was given: invalid_client") as refused:
            session.get("Patient")
    assert refused.value.exit_code == 4
    assert refused.value.__notes__ == ["tried 3 times"]


@pytest.mark.parametrize(("where", "fault"), [
    ("POST /auth/token", status(503)), ("POST /auth/token", reset), ("POST /auth/token", changed(lambda _: b"<html>")),
    ("GET .*well-known", status(503)), ("GET .*well-known", reset)])
def test_an_authorisation_that_broke_off_is_asked_for_again(smart_wire, where, fault):
    """A busy token endpoint is waited for like any server, also the first time."""
    smart_wire.wire.on(where, fault, at=1)
    with connect(smart_wire.access(), READ) as session:
        assert session.get("Patient").status == 200


# --- a token stays with its host --------------------------------------------------------------


@pytest.fixture
def elsewhere():
    """Another host, which would like to have a token."""
    with wired() as other:
        other.on(".*", status(200, {"Set-Cookie": "a=b"}, b'{"resourceType": "Bundle", "type": "searchset"}'))
        yield other


def test_a_token_does_not_follow_a_redirect(smart_wire, elsewhere):
    """A redirect to another host is refused before anything is sent there."""
    smart_wire.wire.on("GET /fhir/Patient", redirected(f"{elsewhere.origin}/fhir/Patient"))
    with connect(smart_wire.access(), READ) as session, pytest.raises(SourceError, match="another host"):
        session.get("Patient")
    assert elsewhere.asked == []


def test_a_token_does_not_follow_a_next_link(smart_wire, elsewhere):
    """A next link to another host is refused before anything is sent there."""
    link = {"relation": "next", "url": f"{elsewhere.origin}/fhir?page=2"}
    page = {"resourceType": "Bundle", "type": "searchset", "link": [link]}
    smart_wire.wire.on("GET /fhir/Patient", status(200, body=json.dumps(page).encode()))
    with connect(smart_wire.access(), READ) as session, pytest.raises(SourceError, match="another host"):
        list(session.pages("Patient", []))
    assert elsewhere.asked == []


@pytest.mark.parametrize("moved", [False, True])
def test_a_token_does_not_follow_a_download(smart_wire, elsewhere, tmp_path, moved):
    """A file on another host is fetched, redirected to or named, without token, cookie or password."""
    address = "Binary/1" if moved else f"{elsewhere.origin}/file"
    smart_wire.wire.on("GET /fhir/Binary", redirected(f"{elsewhere.origin}/file"))
    with connect(smart_wire.access(), ["system/*.read"]) as session:
        session.get("metadata")
        session.download(address, tmp_path / "file", authorised=True)
    (asked,) = elsewhere.asked
    assert (tmp_path / "file").exists()
    assert {"authorization", "cookie"}.isdisjoint(asked.headers)


def test_a_token_goes_only_with_files_that_need_it(smart_wire, tmp_path):
    """`requiresAccessToken: false` in a manifest is honoured on the server's own host too."""
    smart_wire.wire.on("GET /fhir/Binary", status(200, body=b"{}"))
    with connect(smart_wire.access(), READ) as session:
        session.download("Binary/1", tmp_path / "open", authorised=False)
        session.download("Binary/2", tmp_path / "closed", authorised=True)
    assert [bool(header) for header in bearers(smart_wire.wire)] == [False, True]


def test_a_certificate_does_not_follow_to_another_host(certificates, guarded, quick, tmp_path):
    """Who we are is shown to the server alone: a store that asks for it is met by a stranger."""
    access = quick(guarded.url, authority=certificates.authority, certificate=certificates.client, attempts=1)
    with wired(None, certificates.tls(mutual=True)) as store, connect(access, READ) as session:
        with pytest.raises((SourceError, AccessError)):
            session.download(f"{store.origin}/file", tmp_path / "file", authorised=True)
        assert store.asked == []


# --- keys that do not fit, and what is told ---------------------------------------------------


def encrypted() -> str:
    """A PEM with a passphrase."""
    form = serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
    return ec.generate_private_key(ec.SECP384R1()).private_bytes(serialization.Encoding.PEM, *form).decode()


def written(key) -> str:
    """A key as PEM."""
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, *form).decode()


def public_of(keys) -> str:
    """Somebody took the public half for the private one."""
    return json.dumps({name: value for name, value in keys["RS384"].items() if name in ("kty", "n", "e", "kid")})


UNFIT = {
    "encrypted": (lambda _: encrypted(), "ES384", "cannot be read"),
    "garbage": (lambda _: "garbage", "RS384", "cannot be read"),
    "broken JWK": (lambda _: '{"kty": "RSA", "d": "', "RS384", "cannot be read"),
    "a list": (lambda _: '{"keys": 5}', "RS384", "cannot be read"),
    "public": (public_of, "RS384", "cannot sign with RS384"),
    "other kind": (lambda keys: json.dumps(keys["ES384"]), "RS384", "cannot"),
    "other curve": (lambda _: written(ec.generate_private_key(ec.SECP256R1())), "ES384", "cannot sign with ES384"),
    "RSA for ES384": (lambda _: written(rsa.generate_private_key(65537, 2048)), "ES384", "cannot sign with ES384"),
    "none in the set": (lambda _: '{"keys": []}', "RS384", "0 keys"),
    "two in the set": (lambda keys: json.dumps({"keys": [keys["RS384"]] * 2}), "RS384", "2 keys"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_a_key_that_cannot_sign_is_a_fault_of_the_configuration(smart, tmp_path, case):
    """What the reference leads to is told by what is wrong with it, before anything is sent, never by what it holds."""
    write, algorithm, said = UNFIT[case]
    text = write(smart.keys)
    access = smart.access(algorithm=algorithm, private_key=reference(tmp_path, text))
    with pytest.raises(ConfigurationError, match=said) as refused, connect(access, READ):
        pass
    assert text not in f"{refused.value} {refused.value.remedy}"


def test_a_key_that_is_not_registered_is_told_as_the_server_tells_it(smart, tmp_path):
    """invalid_client, with what the endpoint says of it, and where to look."""
    stranger = reference(tmp_path, written(rsa.generate_private_key(65537, 2048)))
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
        with pytest.raises((AccessError, HttpError, SourceError)) as refused:
            call()
        return " ".join([str(refused.value), refused.value.remedy, *getattr(refused.value, "__notes__", [])])

    with connect(smart_wire.access(), READ) as session:
        session.get("Patient")
        token = bearers(wire)[0].removeprefix("Bearer ")
        wire.on("GET", lambda exchange: status(403, body=json.dumps(exchange.asked.headers).encode())(exchange), at=1)
        wire.on("GET", lambda exchange: status(422, body=json.dumps(exchange.asked.headers).encode())(exchange), at=2)
        told = told_of(lambda: session.get("Patient")) + told_of(lambda: session.get("Patient"))
    wire.on("POST /auth/token", echoed)
    with connect(smart_wire.access(), READ) as session:
        told += told_of(lambda: session.get("Patient"))
    secrets = [token, *token.split("."), assertions(wire)[-1], *assertions(wire)[-1].split("."), keys["d"], keys["p"]]
    assert "no token was given: 400" in told
    assert not [secret for secret in secrets if secret in told]
