"""SMART Backend Services: what is asked for, a token that is renewed in time, and that stays with its host."""

from __future__ import annotations

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest

from hpd_etl.errors import AccessError, SourceError
from hpd_etl.fhir_http import connect
from tests.fhir.wire import changed, passed, redirected, reset, saying, status, wired

READ = ["system/Patient.read"]


def test_an_assertion_says_who_asks_and_is_good_once(smart_wire):
    """Header and claims are those that SMART asks for; each assertion has an id of its own."""
    before = int(time.time())
    with connect(smart_wire.access(), READ) as session:
        session.get("Patient")
    with connect(smart_wire.access(), READ) as session:
        session.get("Patient")
    first, second = (form["client_assertion"] for form in smart_wire.forms)
    url = f"{smart_wire.wire.origin}/auth/token"
    public = jwt.PyJWK(smart_wire.smart.keys["RS384"]).key.public_key()
    claims = jwt.decode(first, public, algorithms=["RS384"], audience=url)
    assert jwt.get_unverified_header(first) == {"alg": "RS384", "kid": "RS384", "typ": "JWT"}
    assert sorted(claims) == ["aud", "exp", "iat", "iss", "jti", "sub"]
    assert claims["iss"] == claims["sub"] == "RS384"
    assert before <= claims["iat"] <= time.time()
    assert claims["iat"] < claims["exp"] <= before + 300
    assert claims["jti"] != jwt.decode(second, public, algorithms=["RS384"], audience=url)["jti"]


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
    (form,) = smart_wire.forms
    assert form["scope"] == scope
    assert form["grant_type"] == "client_credentials"


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
    assert smart_wire.forms == []


def test_a_token_serves_many_requests(smart_wire):
    """One token for a session, however many threads ask at once."""
    with connect(smart_wire.access(), READ) as session, ThreadPoolExecutor(8) as pool:
        assert {answer.status for answer in pool.map(lambda _: session.get("Patient"), range(16))} == {200}
    assert len(smart_wire.forms) == 1


# --- renewal ----------------------------------------------------------------------------------


def test_a_token_is_renewed_before_it_expires(smart_wire):
    """Pages that take longer than a token lives all come, and the server never has to refuse one."""
    smart_wire.wire.on("POST /auth/token", saying(expires_in=0.4))
    with connect(smart_wire.access(), READ) as session:
        for _ in range(3):
            assert session.get("Patient").status == 200
            time.sleep(0.35)
    assert len(set(smart_wire.wire.authorisations)) == len(smart_wire.wire.authorisations) == len(smart_wire.forms) == 3


def test_a_token_that_has_expired_is_renewed_once(new_smart_wire):
    """A server whose tokens die earlier than it says refuses with 401; the request is sent again with a new one.

    On a slow machine a token may die on its way already; it is renewed then too, and once.
    """
    held = new_smart_wire(lifetime=1)
    held.wire.on("POST /auth/token", saying(expires_in=3600))
    with connect(held.access(), READ) as session:
        assert session.get("Patient").status == 200
        time.sleep(1.1)
        assert session.get("Patient").status == 200
    used = Counter(held.wire.authorisations)
    assert len(held.forms) == len(used) >= 2
    assert max(used.values()) <= 2


def refusing(token: str):
    """A fault: this token is refused, others are as good as they are."""
    return lambda exchange: (status(401) if exchange.asked.headers["authorization"] == token else passed)(exchange)


def test_threads_renew_a_token_once(smart_wire):
    """Eight threads whose token is refused at the same time ask for one new token, not for eight."""
    wire = smart_wire.wire
    with connect(smart_wire.access(), READ) as session, ThreadPoolExecutor(8) as pool:
        session.get("Patient")
        wire.on("GET /fhir/Patient", refusing(wire.authorisations[0]))
        assert {answer.status for answer in pool.map(lambda _: session.get("Patient"), range(8))} == {200}
    assert len(smart_wire.forms) == 2


def test_a_new_token_that_is_refused_too_ends_with_4(smart_wire):
    """One renewal, not a ring of them: whoever is refused with a new token has not the right."""
    smart_wire.wire.on("GET /fhir/Patient", status(401))
    with connect(smart_wire.access(), READ) as session, pytest.raises(AccessError, match="refused"):
        session.get("Patient")
    assert len(smart_wire.wire.authorisations) == 2
    assert len(smart_wire.forms) == 2


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
    assert len(smart_wire.forms) == 1


def test_a_later_refusal_is_tried_again(smart_wire):
    """Some servers refuse a renewal in passing with a bare 400; a client that had a token asks again."""
    wire = smart_wire.wire
    with connect(smart_wire.access(), READ) as session:
        session.get("Patient")
        wire.on("GET /fhir/Patient", refusing(wire.authorisations[0]))
        wire.on("POST /auth/token", status(400), at=range(1, 3))
        assert session.get("Patient").status == 200
    assert len(smart_wire.forms) == 4
    assert len(wire.authorisations) == 3


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
    assert [bool(header) for header in smart_wire.wire.authorisations] == [False, True]
