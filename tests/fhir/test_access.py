"""Who is let in and how: token, password, certificate; a wrong one is told without being shown."""

from __future__ import annotations

from base64 import b64encode

import pytest
from pydantic import ValidationError

from hpd_etl.errors import AccessError, ConfigurationError
from hpd_etl.fhir_http import connect
from tests.fhir.certificates import issued
from tests.fhir.wire import wired

READ = ["system/Patient.read"]
TOKEN, PASSWORD = "t0k3n-of-the-site", "Passw0rt-of-the-site"


@pytest.fixture(scope="module")
def locked(servers) -> str:
    """A server that lets in who has the token or the password."""
    return servers.start(server_auth={"types": ["basic", "bearer"], "tokens": [TOKEN], "users": {"hpd": PASSWORD}})


def test_without_access_nothing_is_sent_along(wire, quick):
    """A server that lets everybody in learns nothing of anybody."""
    with connect(quick(wire.url), READ) as session:
        session.get("metadata")
    assert "authorization" not in wire.asked[0].headers


def test_a_bearer_token_lets_in(locked, quick, secret):
    """The token behind the reference is sent with every request."""
    access = quick(locked, auth="bearer", token=secret(TOKEN + "\n"))
    with wired(locked) as wire, connect(access.model_copy(update={"url": wire.url}), READ) as session:
        assert session.get("Patient").status == 200
        assert wire.authorisations == [f"Bearer {TOKEN}"]


def test_a_password_lets_in(locked, quick, secret):
    """Basic authentication, as it is still found in hospitals."""
    access = quick(locked, auth="basic", user="hpd", password=secret(PASSWORD))
    with wired(locked) as wire, connect(access.model_copy(update={"url": wire.url}), READ) as session:
        assert session.get("Patient").status == 200
        assert wire.authorisations == ["Basic " + b64encode(f"hpd:{PASSWORD}".encode()).decode()]


@pytest.mark.parametrize("how", [{"auth": "bearer", "token": "?"}, {"auth": "basic", "user": "hpd", "password": "?"}])
def test_a_wrong_secret_ends_with_4_and_is_not_tried_again(locked, quick, secret, how):
    """Trying a wrong password again locks accounts; the message holds the code and not the secret."""
    wrong = {name: secret("wr0ng-of-the-site") if value == "?" else value for name, value in how.items()}
    with wired(locked) as wire, connect(quick(wire.url, **wrong), READ) as session:
        with pytest.raises(AccessError, match=r"GET Patient: access was refused \(401 login\)") as refused:
            session.get("Patient/1")
        assert refused.value.exit_code == 4
        assert "wr0ng" not in f"{refused.value} {refused.value.remedy}"
        assert len(wire.asked) == 1


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "ümlaut"])
def test_a_token_that_cannot_be_one_is_told_before_it_is_sent(quick, secret, token, fhir_server):
    """A file with something else in it is a fault of the configuration, told without what it holds."""
    access = quick(fhir_server, auth="bearer", token=secret(token))
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


def test_a_certificate_does_not_follow_to_another_host(certificates, guarded, quick, tmp_path):
    """Who we are is shown to the server alone: a store that asks for it is met by a stranger."""
    access = quick(guarded.url, authority=certificates.authority, certificate=certificates.client)
    with wired(None, certificates.tls(mutual=True)) as store, connect(access, READ) as session:
        with pytest.raises(AccessError, match="no trust"):
            session.download(f"{store.origin}/file", tmp_path / "file", authorised=True)
        assert store.asked == []
