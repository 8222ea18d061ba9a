"""What passes by itself is waited for, and nothing else; a session stays on its host and tells of no patient."""

from __future__ import annotations

import json
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import pytest

from hpd_etl.errors import AccessError, SourceError
from hpd_etl.fhir_http import HttpError, LostError, connect
from hpd_etl.fhir_http.retries import asked_to_wait
from tests.fhir.paged import IDS, SEARCH, ids
from tests.fhir.wire import Answer, delayed, passed, redirected, reset, status, trickled, truncated, wired

pytestmark = pytest.mark.usefixtures("paged_patients")


# --- trying again -----------------------------------------------------------------------------


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504])
def test_what_passes_is_tried_again(session, wire, code):
    """A server that is busy for two requests is waited for."""
    wire.on("GET", status(code), at=range(1, 3))
    assert session.get("metadata").status == 200
    assert len(wire.asked) == 3


@pytest.mark.parametrize("code", [400, 404, 405, 406, 409, 410, 412, 422, 501])
def test_what_does_not_pass_is_told_at_once(session, wire, code):
    """An answer that would be the same the next time is not asked for again."""
    wire.on("GET", status(code))
    with pytest.raises(HttpError, match=f"GET metadata: the server answered {code}") as refused:
        session.get("metadata")
    assert refused.value.status == code
    assert len(wire.asked) == 1


@pytest.mark.parametrize(("address", "named"), [("metadata", "access.url"), ("Group/g/$export", "source.group")])
def test_what_is_asked_first_and_is_not_there_says_where_to_look(session, wire, address, named):
    """A wrong base address or group is a line of site.toml, not a server that broke off."""
    wire.on("GET", status(404))
    with pytest.raises(HttpError) as refused:
        session.get(address)
    assert named in refused.value.remedy


def test_a_server_that_stays_busy_is_given_up(session, wire):
    """After the configured attempts the last answer is the error, exit 3: running again may work."""
    wire.on("GET", status(503))
    with pytest.raises(HttpError) as refused:
        session.get("metadata")
    assert (refused.value.status, refused.value.exit_code, len(wire.asked)) == (503, 3, 3)
    assert refused.value.__notes__ == ["tried 3 times"]


def test_a_server_that_asks_to_wait_is_waited_for(wire, quick):
    """`Retry-After: 1` is a second, where the site allows as much."""
    wire.on("GET", status(429, {"Retry-After": "1"}), at=1)
    began = time.monotonic()
    with connect(quick(wire.url, longest_wait_seconds=5), []) as session:
        session.get("metadata")
    assert time.monotonic() - began >= 1


def test_no_server_makes_us_wait_longer_than_the_site_allows(session, wire):
    """`Retry-After: 3600` is capped by longest_wait_seconds, here 0."""
    wire.on("GET", status(503, {"Retry-After": "3600"}), at=1)
    began = time.monotonic()
    session.get("metadata")
    assert time.monotonic() - began < 60


@pytest.mark.parametrize(("headers", "seconds"), [
    ({"retry-after": "120"}, 120),
    ({"retry-after": "Sat, 21 Nov 2026 12:01:30 GMT", "date": "Sat, 21 Nov 2026 12:00:00 GMT"}, 90),
    ({"retry-after": "Sat, 21 Nov 2026 11:00:00 GMT", "date": "Sat, 21 Nov 2026 12:00:00 GMT"}, 0),
    ({"retry-after": "soon"}, None),
    ({"retry-after": "-5"}, None),
    ({}, None),
])
def test_retry_after_is_read_in_both_spellings(headers, seconds):
    """Seconds or a date; a date counts from the server's own clock, so that ours may be wrong."""
    assert asked_to_wait(headers) == seconds


def test_retry_after_as_a_date_without_a_clock_counts_from_now():
    """A server that does not tell its time is taken to have ours."""
    wanted = asked_to_wait({"retry-after": formatdate(time.time() + 60, usegmt=True)})
    assert wanted == pytest.approx(60, abs=3)


def test_a_server_that_is_not_there_is_told_so(quick):
    """Nobody listening is a passing fault of the source, told without its address."""
    with connect(quick("http://127.0.0.1:1/fhir"), []) as session, \
            pytest.raises(LostError, match="cannot be reached") as lost:
        session.get("metadata")
    assert lost.value.__notes__ == ["tried 3 times"]


def test_an_answer_that_is_late_is_asked_for_again(wire, quick):
    """timeout_seconds is the longest wait for the next bytes of an answer."""
    wire.on("GET", delayed(1), at=1)
    with connect(quick(wire.url, timeout_seconds=0.3, attempts=9), []) as session:
        assert session.get("metadata").status == 200
    assert len(wire.asked) >= 2


def test_an_answer_that_trickles_is_asked_for_again(wire, quick):
    """A byte now and then keeps a connection alive for ever, but it is no answer."""
    wire.on("GET", trickled(0.01), at=1)
    with connect(quick(wire.url, timeout_seconds=0.3, attempts=9), []) as session:
        assert session.get("metadata").status == 200
    assert len(wire.asked) >= 2


PATIENT = {"resourceType": "Patient", "id": "session-sent", "birthDate": "1950-01-01"}


def test_what_does_no_harm_twice_is_sent_again_whole(session, wire):
    """A PUT that met a busy server and a lost connection arrives the third time, byte for byte."""
    wire.on("PUT", status(503), at=1)
    wire.on("PUT", reset, at=2)
    body = json.dumps(PATIENT).encode()
    assert session.send("PUT", "Patient/session-sent", body, again=True).status in (200, 201)
    assert [asked.body for asked in wire.asked] == [body] * 3
    assert wire.asked[0].headers["content-type"] == "application/fhir+json"


def test_what_may_do_harm_twice_is_sent_once(session, wire):
    """A POST whose answer was lost may have been carried out: it is not sent again."""
    wire.on("POST", reset)
    with pytest.raises(LostError):
        session.send("POST", "Patient", json.dumps(PATIENT).encode(), again=False)
    assert len(wire.asked) == 1


def test_the_base_itself_can_be_sent_to(session, wire):
    """A transaction goes to the base as written, without a slash that it does not have."""
    empty = json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": []}).encode()
    assert session.send("POST", "", empty, again=True).status == 200
    assert wire.asked[0].path == "/fhir"


def test_threads_share_a_session(session):
    """Eight slices at a time each get all of their pages."""
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: sorted(ids(session.pages("Patient", SEARCH))), range(8)))
    assert found == [sorted(IDS)] * 8


# --- redirects --------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_read_follows_a_redirect_on_the_same_host(session, wire, code):
    """A server may have moved a page."""
    wire.on("GET /fhir/old", redirected(f"{wire.url}/metadata", code))
    assert json.loads(session.get("old").body)["resourceType"] == "CapabilityStatement"


@pytest.mark.parametrize("code", [307, 308])
def test_a_posted_search_follows_a_redirect_that_keeps_it(session, wire, code):
    """307 and 308 keep method and body; the search at the new address is the same search."""
    wire.on("POST /fhir/Patient/_search", redirected(f"{wire.url}/Patient/_search?", code), at=1)
    assert len(ids(session.pages("Patient", SEARCH, post=True))) == 45


@pytest.mark.parametrize("code", [301, 302, 303])
def test_a_posted_search_does_not_become_a_read_of_everything(session, wire, code):
    """A redirect that turns POST into GET drops the parameters: the answer would be that of another question."""
    wire.on("POST", redirected(f"{wire.url}/Patient", code))
    with pytest.raises(SourceError, match="drop what was asked"):
        list(session.pages("Patient", SEARCH, post=True))
    assert len(wire.asked) == 1


@pytest.mark.parametrize("call", [lambda session: session.get("metadata"),
                                  lambda session: list(session.pages("Patient", SEARCH)),
                                  lambda session: session.send("PUT", "Patient/a", b"{}", again=True)])
def test_a_redirect_to_another_host_is_refused(session, wire, call):
    """Nothing that is asked or written goes to a host that nobody named."""
    with wired() as other:
        wire.on(".*", redirected(f"{other.origin}/fhir/metadata"))
        with pytest.raises(SourceError, match="another host"):
            call(session)
        assert other.asked == []


def test_redirects_without_end_are_given_up(session, wire):
    """A server that redirects to itself is left after five hops."""
    wire.on("GET", redirected(f"{wire.url}/metadata"))
    with pytest.raises(SourceError, match="more than 5 times"):
        session.get("metadata")
    assert len(wire.asked) == 5


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/fhir/Patient", "https://other.example/fhir", "ftp://x/y",
                                     "http://[::1", "http://localhost:99999999/"])
def test_an_address_on_another_host_is_not_asked(session, wire, address):
    """Every address that a resource or a manifest names is held to the same rule."""
    with pytest.raises(SourceError, match="another host"):
        session.get(address)
    assert wire.asked == []


# --- files ------------------------------------------------------------------------------------


def test_a_file_is_there_whole_or_not_at_all(session, wire, tmp_path):
    """A download that broke off twice is there after the third attempt, and nothing beside it."""
    wire.on("GET", truncated, at=range(1, 3))
    session.download("metadata", tmp_path / "file", authorised=False)
    assert json.loads((tmp_path / "file").read_bytes())["resourceType"] == "CapabilityStatement"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(("fault", "error"), [(truncated, LostError), (status(410), HttpError),
                                              (status(403), AccessError)])
def test_a_file_that_does_not_come_leaves_nothing(session, wire, tmp_path, fault, error):
    """What was there before stays as it was, and no piece is left aside."""
    (tmp_path / "file").write_text("before")
    wire.on("GET", fault)
    with pytest.raises(error):
        session.download(f"{wire.url}/metadata", tmp_path / "file", authorised=False)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("file", "before")]


def test_a_file_is_fetched_from_another_host(session, wire, tmp_path):
    """Exports often lie in a store of their own, and a server may redirect there."""
    with wired() as store:
        store.on("GET /file", status(200, body=b"{}\n"))
        wire.on("GET .*moved", redirected(f"{store.origin}/file"))
        session.download(f"{store.origin}/file", tmp_path / "named", authorised=False)
        session.download("moved", tmp_path / "moved", authorised=False)
    assert [path.read_bytes() for path in sorted(tmp_path.iterdir())] == [b"{}\n", b"{}\n"]


# --- what is told -----------------------------------------------------------------------------

SECRET = "Mustermann"
OUTCOME = {"resourceType": "OperationOutcome", "issue": [
    {"severity": "error", "code": "not-found", "diagnostics": f"Patient {SECRET} unknown"},
    {"severity": "error", "code": f"Patient {SECRET}"}, {"code": "not-found"}]}


@pytest.mark.parametrize("fault", [status(422, body=json.dumps(OUTCOME).encode()), reset, truncated, delayed(0.5),
                                   redirected(f"http://{SECRET}.example/{SECRET}"), status(403), status(503),
                                   redirected(f"http://[{SECRET}"), redirected("/fhir?" + "\u00e4")])
def test_no_error_tells_of_a_patient(wire, quick, fault, caplog):
    """Neither id nor parameter nor the words of an outcome stand in an error, its notes or the log."""
    caplog.set_level(logging.DEBUG)
    wire.on(".*", fault)
    with connect(quick(wire.url, timeout_seconds=0.1), []) as session:
        for call in (lambda: session.get(f"Patient/{SECRET}", [("name", SECRET)]),
                     lambda: session.post("Patient/_search", [("name", SECRET)]),
                     lambda: list(session.pages("Patient", [("_id", SECRET)]))):
            with pytest.raises((SourceError, AccessError)) as refused:
                call()
            told = [str(refused.value), refused.value.remedy, *getattr(refused.value, "__notes__", [])]
            assert SECRET not in "".join(told)
    assert SECRET not in caplog.text


def test_the_log_says_why_it_waits(session, wire, caplog):
    """A retry leaves a line for those who ask for it, and none of the warnings of the library."""
    caplog.set_level(logging.INFO)
    wire.on("GET", status(503), at=1)
    session.get("metadata")
    assert caplog.messages == ["attempt 1 failed, next in 0.0 s: GET metadata: the server answered 503"]


def test_the_codes_of_an_outcome_are_told(session, wire):
    """What FHIR calls the fault helps, and can be nothing of a patient's: only codes of its form are repeated."""
    wire.on("GET", status(422, body=json.dumps(OUTCOME).encode()))
    with pytest.raises(HttpError, match=r"^GET Patient: the server answered 422 not-found$") as refused:
        session.get("Patient/1")
    assert refused.value.codes == ("not-found",)


def test_an_answer_is_given_as_it_came(session, wire):
    """Headers are found in lower case; headers asked for are sent."""
    wire.on("GET", lambda exchange: exchange.send(Answer(200, {"ETag": 'W/"3"'}, b"{}")))
    answer = session.get("Patient/1", headers={"Cache-Control": "no-cache"})
    assert (answer.status, answer.headers["etag"], answer.body) == (200, 'W/"3"', b"{}")
    assert wire.asked[0].headers["cache-control"] == "no-cache"
    assert wire.asked[0].headers["accept"] == "application/fhir+json"


def test_parameters_are_added_to_an_address(session, wire):
    """Each parameter is escaped once and stands in the order given."""
    wire.on("GET", passed)
    session.get("Patient?active=true", [("identifier", "urn:a|b,c"), ("_count", "1")])
    assert wire.asked[0].path == "/fhir/Patient?active=true&identifier=urn%3Aa%7Cb%2Cc&_count=1"
