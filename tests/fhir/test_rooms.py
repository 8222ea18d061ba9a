"""On a server that is not ours the tests keep to themselves: `--fhir-url`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fhir.given import patient, resource, size, to
from tests.fhir.labelled import asked
from tests.fhir.rooms import Rooms
from tests.fhir.ward import ward
from tests.fhir.wire import changed, wired

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fhir.servers import Servers

KINDS = ("Patient", "Observation", "MedicationAdministration", "BodyStructure")


@pytest.fixture
def foreign(servers: Servers, stored: Callable[..., None]) -> str:
    """A server that holds somebody else's patients, under the ids that our tests use."""
    base = servers.start()
    stored(base, ward())
    return base


@pytest.fixture
def rooms(foreign: str) -> Iterator[Rooms]:
    """Rooms on that server."""
    held = Rooms(foreign)
    yield held
    held.close()


def there(base: str) -> dict[str, str]:
    """Everything on a server, with its version."""
    return {f"{kind}/{each['resource']['id']}": each["resource"]["meta"]["versionId"] for kind in KINDS
            for each in asked(base, f"{kind}?_count=1000").get("entry", [])}


def test_a_room_looks_empty_and_leaves_nothing(foreign: str, rooms: Rooms, stored: Callable[..., None]) -> None:
    """What others have is neither seen nor changed, the same ids are free, and in the end all of ours is gone."""
    before, room = there(foreign), rooms.open()
    assert there(room) == {}
    stored(room, ward())
    assert there(room) == before
    assert there(rooms.open()) == {}
    assert len(there(foreign)) == 2 * len(before)
    assert rooms.close() == []
    assert there(foreign) == before


def test_a_room_gives_back_what_was_put_into_it(rooms: Rooms, stored: Callable[..., None]) -> None:
    """Ids, references, contained ones and tags of the test's own come back as they were; searches find by them."""
    room, mine = rooms.open(), {"system": "urn:x", "code": "run-1"}
    told = [patient("ann", meta={"tag": [mine]}), size("a", 20, None, focus=[to("Patient", "ann")]),
            resource("MedicationAdministration", "d", status="completed", subject=to("Patient", "ann"),
                     effectiveDateTime="2020-01-01", medicationReference={"reference": "#m"},
                     contained=[{"resourceType": "Medication", "id": "m"}])]
    stored(room, told)
    found = [asked(room, f"{each['resourceType']}/{each['id']}") for each in told]
    assert found[0]["meta"]["tag"] == [mine]
    for each in found:
        del each["meta"]
    assert found == [{name: value for name, value in each.items() if name != "meta"} for each in told]
    counts = [asked(room, f"Observation?patient={each}")["total"] for each in ("ann", "Patient/ann", "bob")]
    assert counts == [1, 1, 0]


@pytest.mark.parametrize(("says", "why"), [
    (lambda body: body.replace(b'"transaction"', b'"batch"'), "states no transactions"), (lambda body: body, None)])
def test_a_server_on_which_tests_cannot_keep_to_themselves_is_told(
        foreign: str, says: Callable[[bytes], bytes], why: str | None) -> None:
    """Its tests are skipped with this reason."""
    with wired(foreign) as wire:
        wire.on("GET .*metadata", changed(says))
        held = Rooms(wire.url)
        assert held.lacks() == why
        assert held.close() == []


def test_a_server_that_does_not_search_by_tag_is_told(foreign: str) -> None:
    """It would answer with the patients of others, and a count of them."""
    with wired(foreign) as wire:
        wire.on("GET .*_summary=count", changed(lambda _: b'{"resourceType": "Bundle", "total": 8}'))
        held = Rooms(wire.url)
        assert held.lacks() == "does not search by _tag"
        held.close()
