"""`auth check` says step by step how far we get with a FHIR server, and what to look at where it ends."""

from __future__ import annotations

import json
import time
from email.utils import formatdate

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from typer.testing import CliRunner

from hpd_etl.check import State
from hpd_etl.cli import app
from hpd_etl.fhir_http.examine import examine
from hpd_etl.fhir_http.keys import thumbprint
from tests.fhir.certificates import issued, pem
from tests.fhir.wire import saying, status, wired

READ = ["system/Patient.read", "system/Observation.read"]


def found(access, scopes=READ) -> dict[str, str]:
    """What `auth check` says, by step: state and text."""
    checks = list(examine(access, scopes))
    assert len({check.name for check in checks}) == len(checks)
    return {check.name: f"{check.state}: {check.told}" for check in checks}


@pytest.fixture
def stranger(secret) -> str:
    """A key that no server knows."""
    return secret(pem(rsa.generate_private_key(65537, 2048)))


# --- all is well ------------------------------------------------------------------------------


def test_every_step_of_smart_is_told(smart):
    """From reaching the server to a search, each step says what it found: names of claims, no value of a secret."""
    told = found(smart.access())
    host = smart.base.split("/")[2]
    assert list(told) == ["reach", "clock", "certificate", "discovery", "key", "assertion", "token", "scopes",
                          "metadata", "search"]
    assert told["reach"] == f"ok: {host} answers (200)"
    assert told["clock"] == "ok: the clocks agree to 30 s"
    assert told["discovery"] == f"ok: .well-known/smart-configuration names http://{host}/auth/token"
    assert told["key"].startswith("ok: RS384, kid RS384, thumbprint ")
    assert told["assertion"] == "ok: signed; header alg, kid, typ; claims iss, sub, aud, iat, exp, jti"
    assert told["token"] == "ok: given; will be renewed every 3540 s"
    assert told["scopes"] == "ok: 2 asked for, all granted"
    assert told["metadata"].startswith("ok: FHIR 4.0.1, SEKMET")
    assert told["search"] == "ok: let in: Patient can be searched"


RFC_7638 = {"kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29", "n": (
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs"
    "tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5ha"
    "jrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw")}


def test_the_thumbprint_is_that_of_the_standard():
    """The example key of RFC 7638, section 3.1, has the thumbprint that stands there, so both sides can compare."""
    assert thumbprint(jwt.PyJWK(RFC_7638).key) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_a_server_without_login_is_told_too(fhir_server, quick):
    """Without access there is less to say: reach, certificate, metadata, a search."""
    assert list(found(quick(fhir_server))) == ["reach", "certificate", "metadata", "search"]


def test_the_certificate_of_the_server_is_told(fhir_server, quick, tmp_path):
    """Until when it holds, and whether we show one."""
    held = issued(tmp_path)
    with wired(fhir_server, held.tls(mutual=True)) as wire:
        told = found(quick(wire.url, authority=held.authority, certificate=held.client))
    assert told["certificate"] == ("ok: the server's is trusted, until Dec 31 00:00:00 2049 GMT; "
                                   "ours is shown where it is asked for")


def test_nothing_is_changed_and_little_asked(smart_wire):
    """Only reads, and none of them twice."""
    found(smart_wire.access())
    asked = [(each.method, each.path) for each in smart_wire.wire.asked if each.path != "/auth/token"]
    assert {method for method, _ in asked} == {"GET"}
    assert len(asked) <= 6


# --- where it ends ----------------------------------------------------------------------------


def last(access, scopes=READ):
    """The check that failed; none comes after it but causes."""
    (failed,) = [check for check in examine(access, scopes) if check.state is State.ERROR]
    return failed


def test_a_server_that_is_not_there_is_the_first_step(quick):
    """Nobody listening: nothing else can be said. Exit 3, because it may pass."""
    failed = last(quick("http://127.0.0.1:1/fhir"))
    assert (failed.name, failed.exit_code) == ("reach", 3)


def test_a_server_that_is_not_trusted_is_told(fhir_server, quick, tmp_path):
    """Exit 4, and `authority` is what to set."""
    with wired(fhir_server, issued(tmp_path).tls(mutual=False)) as wire:
        failed = last(quick(wire.url))
    assert (failed.name, failed.exit_code) == ("reach", 4)
    assert "authority" in failed.remedy


def test_a_certificate_that_is_not_there_is_told(quick):
    """Exit 2: a fault of site.toml."""
    failed = last(quick("https://localhost:1/fhir", certificate="none.pem"))
    assert (failed.name, failed.exit_code) == ("certificate", 2)


def test_a_key_that_cannot_be_read_is_told(smart, secret):
    """Exit 2, at the step that reads it."""
    failed = last(smart.access(private_key=secret("no key")))
    assert (failed.name, failed.exit_code) == ("key", 2)


def test_discovery_that_is_not_there_is_told(smart_wire):
    """Exit 4, and `token_url` is what to set."""
    smart_wire.wire.on("GET .*well-known", status(404))
    failed = last(smart_wire.access())
    assert (failed.name, failed.exit_code) == ("discovery", 4)
    assert "token_url" in failed.remedy


@pytest.mark.parametrize("error", ["invalid_scope", "unauthorized_client", "unsupported_grant_type", "invalid_request"])
def test_each_error_of_a_token_endpoint_has_its_remedy(smart_wire, error):
    """The codes of OAuth mean different things to do."""
    smart_wire.wire.on("POST /auth/token", status(400, body=json.dumps({"error": error}).encode()))
    failed = last(smart_wire.access())
    assert (failed.name, failed.told, failed.exit_code) == ("token", f"no token was given: {error}", 4)
    assert failed.remedy


@pytest.mark.parametrize("how", [{"auth": "bearer", "token": "?"}, {"auth": "basic", "user": "hpd", "password": "?"}])
def test_a_secret_that_is_refused_is_told(servers, quick, secret, how):
    """Metadata are open to everybody, so only the search shows that the secret is wrong."""
    base = servers.start(server_auth={"types": ["basic", "bearer"], "tokens": ["t"], "users": {"hpd": "p"}})
    failed = last(quick(base, **{name: secret("wr0ng") if value == "?" else value for name, value in how.items()}))
    assert (failed.name, failed.exit_code) == ("search", 4)
    assert "wr0ng" not in failed.told
    assert ("access.token" if how["auth"] == "bearer" else "access.password") in failed.remedy


def test_scopes_that_were_not_granted_are_named(new_smart_server):
    """A token for less than was asked is told before a run finds out."""
    told = found(new_smart_server(scopes="system/Patient.read").access())
    assert told["scopes"] == "warning: 2 asked for, not granted: system/Observation.read"
    assert told["search"].startswith("ok")


def test_a_wider_grant_holds_a_narrower_question(smart_wire):
    """A server may answer in the other spelling, or with a wildcard."""
    smart_wire.wire.on("POST /auth/token", saying(scope="system/*.rs user/Patient.read"))
    assert found(smart_wire.access())["scopes"] == "ok: 2 asked for, all granted"
    assert found(smart_wire.access(), ["system/Patient.read", "system/Patient.write"])["scopes"] == \
        "warning: 2 asked for, not granted: system/Patient.write"


# --- invalid_client ---------------------------------------------------------------------------

CAUSES = ["client", "key", "kid", "aud", "algorithm", "clock"]


def causes(access) -> dict[str, object]:
    """The lines after the refusal, by name."""
    checks = list(examine(access, READ))
    place = next(number for number, check in enumerate(checks) if check.state is State.ERROR)
    assert checks[place].name == "token"
    assert checks[place].exit_code == 4
    assert "invalid_client" in checks[place].told
    assert [check.name for check in checks[place + 1:]] == [f"cause: {name}" for name in CAUSES]
    return {check.name.removeprefix("cause: "): check for check in checks[place + 1:]}


def test_a_key_that_is_not_registered_is_explained(smart, stranger):
    """What the endpoint says stands in the line, and the thumbprint of the key that was used below it."""
    access = smart.access(private_key=stranger, key_id="RS384")
    lines = causes(access)
    assert "thumbprint" in lines["key"].told
    assert "registered" in lines["key"].remedy
    assert lines["kid"].told == "kid is RS384"
    assert lines["client"].told == "iss and sub are RS384"
    assert all(line.state is not State.WARNING for line in lines.values())


def test_a_client_that_is_not_known_is_explained(smart):
    """The id that was sent stands there, to compare."""
    assert causes(smart.access(client_id="nobody"))["client"].told == "iss and sub are nobody"


def test_a_missing_kid_is_pointed_at(smart, stranger):
    """A PEM has no name of its own; most servers find the key by it."""
    assert causes(smart.access(private_key=stranger))["kid"].state is State.WARNING


def test_a_wrong_audience_is_explained(smart):
    """The server knows its endpoint by another address than the one we were given: here through a wire."""
    with wired(smart.base) as wire:
        lines = causes(smart.access(token_url=f"{wire.origin}/auth/token"))
    assert lines["aud"].told == f"aud is {wire.origin}/auth/token"
    assert "token_url" in lines["aud"].remedy


@pytest.mark.parametrize(("seconds", "told"), [(90, "90 s ahead"), (-3600, "3600 s behind")])
def test_a_clock_that_is_wrong_is_pointed_at(smart_wire, seconds, told):
    """iat and exp are read by the server's clock; how far it is from ours stands in its answer."""
    date = {"Date": formatdate(time.time() + seconds, usegmt=True)}
    smart_wire.wire.on("POST /auth/token", status(401, date, b'{"error": "invalid_client"}'))
    clock = causes(smart_wire.access())["clock"]
    assert clock.state is State.WARNING
    assert abs(int(clock.told.split()[-3]) - int(told.split()[0])) <= 2
    assert clock.told.endswith(told.split()[-1])


def test_an_algorithm_that_the_server_does_not_take_is_pointed_at(smart_wire, stranger):
    """What the server says that it takes stands beside what was used."""
    smart_wire.wire.on("GET .*well-known", saying(token_endpoint_auth_signing_alg_values_supported=["ES384"]))
    line = causes(smart_wire.access(private_key=stranger))["algorithm"]
    assert (line.state, line.told) == (State.WARNING, "signed with RS384; the server takes ES384")


# --- the command ------------------------------------------------------------------------------

SITE = """
[source]
kind = "{kind}"
{more}
[source.access]
url = "{url}"
auth = "smart"
client_id = "RS384"
private_key = "{key}"
attempts = 1
"""
OMOP = """
[source.access]
url = "duckdb:///none.duckdb"
"""
SINK = """
[sink]
kind = "fhir_server"
same_persons = true
[sink.access]
url = "{url}"
"""


def command(tmp_path, text: str):
    """How `auth check` ends with this site.toml."""
    (tmp_path / "site.toml").write_text(text, "utf-8")
    return CliRunner().invoke(app, ["auth", "check", "--site", str(tmp_path / "site.toml")])


@pytest.mark.parametrize(("kind", "more"), [("fhir_server", ""), ("fhir_bulk", 'level = "system"\nfolder = "bulk"')])
def test_the_command_looks_at_source_and_sink(smart, fhir_server, tmp_path, kind, more):
    """Both are told, each step under the place it belongs to; exit 0."""
    site = SITE.format(kind=kind, more=more, url=smart.base, key=smart.key()) + SINK.format(url=fhir_server)
    done = command(tmp_path, site)
    assert done.exit_code == 0, done.output
    for step in ("source: token", "source: search", "sink: reach", "sink: search"):
        assert step in done.output


def test_the_command_ends_with_4_where_access_fails(smart, tmp_path, stranger):
    """The exit code is that of the step that failed, and neither key nor assertion is shown."""
    done = command(tmp_path, SITE.format(kind="fhir_server", more="", url=smart.base, key=stranger))
    assert done.exit_code == 4
    assert "invalid_client" in done.output
    assert "PRIVATE" not in done.output
    assert "eyJ" not in done.output


def test_a_site_without_fhir_has_nothing_to_check(tmp_path):
    """Not a failure: there is no door."""
    done = command(tmp_path, OMOP)
    assert done.exit_code == 0
    assert "no FHIR server" in done.output
