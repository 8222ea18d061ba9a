"""A search comes whole, page by page as the server links them, or it ends with an error."""

from __future__ import annotations

import pytest

from hpd_etl.errors import SourceError
from hpd_etl.fhir_http import ExpiredPageError, HttpError
from tests.fhir.paged import IDS, SEARCH, answered, bundle, ids
from tests.fhir.wire import changed, linked, replayed, reset, status, truncated

pytestmark = pytest.mark.usefixtures("paged_patients")


@pytest.mark.parametrize("post", [False, True])
def test_a_search_gives_every_page_once(session, wire, post):
    """Whether asked by GET or by POST, all pages come, each resource once."""
    pages = list(session.pages("Patient", SEARCH, post=post))
    assert len(pages) == 3
    assert sorted(ids(pages)) == sorted(IDS)
    assert [asked.method for asked in wire.asked] == ["POST" if post else "GET", "GET", "GET"]


def test_a_posted_search_keeps_its_parameters_out_of_the_address(session, wire):
    """An id that is asked for by POST stands in no log of addresses on the way."""
    session.post("Patient/_search", [("_id", "session-7")])
    assert wire.asked[0].path == "/fhir/Patient/_search"
    assert wire.asked[0].body == b"_id=session-7"


@pytest.mark.parametrize("query", ["?_getpages=a%2fb%2Fc|d&x=%7e+1&", "/Patient?p=[1]&q=%c3%a4%20",
                                   "/deep/../Patient?cursor=='a:b,c'", "/Patient/", "?q='\"<>{}^`"])
def test_a_next_link_is_followed_as_written(session, wire, query):
    """Not a character of a next link is escaped, folded or dropped: it may be a key that the server compares."""
    wire.on("GET /fhir/Patient$", answered(bundle(wire.url + query)), at=1)
    wire.on("GET", answered(bundle()))
    assert len(list(session.pages("Patient", []))) == 2
    assert wire.asked[1].path == f"/fhir{query}"


@pytest.mark.parametrize(("query", "path"), [("?name=M\u00fcller", "?name=M%C3%BCller"), ("?name=a b", "?name=a%20b"),
                                             ("?page=2#top", "?page=2")])
def test_a_next_link_that_is_no_address_is_mended_as_browsers_do(session, wire, query, path):
    """Letters beyond ASCII and blanks cannot be sent as they are; a fragment is never sent."""
    wire.on("GET /fhir/Patient$", answered(bundle(wire.url + query)))
    wire.on("GET", answered(bundle()))
    assert len(list(session.pages("Patient", []))) == 2
    assert wire.asked[1].path == f"/fhir{path}"


@pytest.mark.parametrize(("link", "path"), [("?page=2", "/fhir/?page=2"), ("Patient?page=2", "/fhir/Patient?page=2"),
                                            ("/fhir/Patient?page=2", "/fhir/Patient?page=2")])
@pytest.mark.parametrize("post", [False, True])
def test_a_relative_next_link_counts_from_the_base(session, wire, link, path, post):
    """R4 allows relative links; they count from the base, also after a POST to `_search`."""
    wire.on("(GET|POST) /fhir/Patient(/_search)?$", answered(bundle(link)))
    wire.on("GET", answered(bundle()))
    assert len(list(session.pages("Patient", [], post=post))) == 2
    assert wire.asked[1].path == path


def test_an_empty_last_page_is_a_page(session, wire):
    """Servers that do not count ahead end with an empty page; that is an end like any other."""
    wire.on("GET .*_offset=40", answered(bundle()))
    pages = list(session.pages("Patient", SEARCH))
    assert len(pages) == 3
    assert len(ids(pages)) == 40


def test_a_page_without_next_is_the_last(session, wire):
    """A session cannot see that a link is missing; whoever counts can, so the pages are given as they came."""
    wire.on("GET .*_offset=20", linked(lambda _: None))
    assert len(ids(session.pages("Patient", SEARCH))) == 40


@pytest.mark.parametrize("foreign", ["http://{host}:1/fhir?p=2", "https://{host}:{port}/fhir?p=2",
                                     "http://127.0.0.1:{port}/fhir?p=2", "http://{host}.example/fhir?p=2"])
def test_a_next_link_to_another_origin_is_refused(session, wire, foreign):
    """Another port, scheme or host is another server; nothing is asked there."""
    port = wire.origin.rpartition(":")[2]
    wire.on("GET", linked(lambda _: foreign.format(host="localhost", port=port)), at=1)
    pages = session.pages("Patient", SEARCH)
    assert len(ids([next(pages)])) == 20
    with pytest.raises(SourceError, match="another host") as refused:
        next(pages)
    assert "localhost" not in str(refused.value)
    assert len(wire.asked) == 1


def test_a_next_link_that_was_seen_is_refused(session, wire):
    """A server that leads in a circle is noticed, not followed until somebody stops it."""
    wire.on("GET .*_offset=20", linked(lambda url: url.replace("_offset=40", "_offset=20")))
    with pytest.raises(SourceError, match="twice"):
        list(session.pages("Patient", SEARCH))
    assert len(wire.asked) == 2


def test_a_replayed_page_is_refused(session, wire):
    """A cache that gives the page before once more is noticed by its next link."""
    wire.on("GET .*_offset=20", replayed)
    with pytest.raises(SourceError, match="twice"):
        list(session.pages("Patient", SEARCH))


@pytest.mark.parametrize("code", [404, 410])
def test_a_forgotten_search_is_told_apart(session, wire, code):
    """A server that has forgotten a search in the middle of it says 404 or 410; then its slice starts again."""
    wire.on("GET .*_offset=20", status(code))
    with pytest.raises(ExpiredPageError):
        list(session.pages("Patient", SEARCH))
    assert len(wire.asked) == 2


@pytest.mark.parametrize("code", [404, 410])
def test_a_first_page_is_never_expired(session, wire, code):
    """What was not there from the start has not been forgotten."""
    wire.on("GET", status(code))
    with pytest.raises(HttpError) as refused:
        list(session.pages("Patient", SEARCH))
    assert refused.value.status == code


SPOILT = {
    "truncated": truncated,
    "cut": changed(lambda body: body[:-20]),
    "empty": changed(lambda _: b""),
    "login page": changed(lambda _: b"<html><body>Please log in</body></html>"),
    "outcome": changed(lambda _: b'{"resourceType": "OperationOutcome", "issue": []}'),
    "reset": reset,
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_page_that_is_not_whole_is_asked_for_again(session, wire, how):
    """A page that broke off or is no Bundle is asked for again, and the search is as if nothing had happened."""
    wire.on("GET .*_offset=20", SPOILT[how], at=range(1, 3))
    assert sorted(ids(session.pages("Patient", SEARCH))) == sorted(IDS)
    assert len(wire.asked) == 5


@pytest.mark.parametrize("how", SPOILT)
def test_a_page_that_never_comes_whole_ends_the_search(session, wire, how):
    """After the last attempt the search ends with an error, never with what came so far."""
    wire.on("GET .*_offset=20", SPOILT[how])
    with pytest.raises(SourceError) as lost:
        list(session.pages("Patient", SEARCH))
    assert lost.value.exit_code == 3
    assert lost.value.__notes__ == ["tried 3 times"]
    assert len(wire.asked) == 4
