"""A folder as exports leave it, and as it should not be: what is read, what is refused, and that nothing is lost."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from hpd_etl.config import FhirFilesSource
from hpd_etl.errors import AccessError, ConfigurationError
from hpd_etl.sources.fhir.decode.sieve import LONGEST, Sieve
from hpd_etl.sources.fhir.fetch import files, parts
from hpd_etl.sources.fhir.fetch.files import open_files
from hpd_etl.sources.fhir.fetch.parts import Part, parts_of, sift
from tests.fhir.given import (
    CANONICAL,
    STUDY,
    Json,
    Read,
    administration,
    concept,
    observation,
    patient,
    size,
    structure,
)
from tests.fhir.test_decode import WANTED

ANN: list[Json] = [patient("ann"), structure("L1"), administration("d1", on="2020-03-01")]
SIZES = [size("s1", 20, on="2020-02-20"), size("s2", 30, on="2020-05-01")]
LABS = [observation(f"lab{n}", concept("loinc 2345-7"), note=[{"text": "33728-7"}]) for n in range(40)]


def _lines(resources: Iterable[Json], end: bytes = b"\n") -> bytes:
    return b"".join(json.dumps(each).encode() + end for each in resources)


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Writes files below a folder: `folder({"Patient.ndjson": content})`, where a content is bytes or resources."""

    def write(files: dict[str, bytes | Iterable[Json]]) -> Path:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else _lines(content))
        return tmp_path

    return write


def _read(folder: Path, workers: int = 1, **settings: Any) -> Read:
    source = FhirFilesSource(kind="fhir_files", folder=folder, workers=workers, **settings)
    with open_files(source, CANONICAL) as opened:
        return Read(*opened.extract(STUDY))


def _sizes(read: Read) -> list[tuple[Any, ...]]:
    return read.rows("lesions", "scan_date", "diameter_mm")


BOTH = [("2020-02-20", 20.0), ("2020-05-01", 30.0)]


# --- layouts ----------------------------------------------------------------------------------

LAYOUTS: dict[str, dict[str, bytes | list[Json]]] = {
    "bulk export": {"Patient.000.ndjson": ANN[:1], "BodyStructure.000.ndjson": ANN[1:2],
                    "MedicationAdministration.000.ndjson": ANN[2:], "Observation.000.ndjson": LABS + SIZES[:1],
                    "Observation.001.ndjson": SIZES[1:]},
    "smart-fetch": {"Patient.ndjson.gz": gzip.compress(_lines(ANN)), "log.ndjson": b'{"eventId":"kickoff"}\n',
                    "Observation.000.ndjson.gz": gzip.compress(_lines(LABS)) + gzip.compress(_lines(SIZES)),
                    "error/OperationOutcome.ndjson": [{"resourceType": "OperationOutcome"}],
                    ".metadata/Patient.ndjson": b"no resources"},
    "one line each, mixed": {"all.jsonl": [*SIZES, *LABS, *ANN]},
    "ndjson that is called json": {"all.json": [*SIZES, *ANN]},
    "single resources": {f"{n}/{n}.json": json.dumps(each, indent=2).encode() for n, each in enumerate(ANN + SIZES)},
    "Bundle": {"Ann_Example.json": json.dumps(
        {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": each} for each in ANN + SIZES]},
        indent=1).encode()},
    "lines that are Bundles": {"pages.ndjson": [
        {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": each}]} for each in ANN + SIZES]},
    "names that lie": {"Observation.ndjson": ANN, "Patient.ndjson": gzip.compress(_lines(SIZES))},
    "marks and line ends of other systems": {
        "a.ndjson": b"\xef\xbb\xbf" + _lines(ANN, b"\r\n"), "b.ndjson": b"\xef\xbb\xbf\r\n\n  \n" + _lines(SIZES)[:-1],
        "c.json": b"\xef\xbb\xbf" + json.dumps(LABS[0], indent=1).encode()},
}  # fmt: skip


_SOME = [*((layout, 1) for layout in LAYOUTS), ("smart-fetch", 2), ("Bundle", 2)]


@pytest.mark.parametrize(("layout", "workers"), _SOME)
def test_every_layout_is_read_to_the_same_records(folder: Callable[..., Path], layout: str, workers: int) -> None:
    """What a file is tells its content, not its name or its place, and however many processes look."""
    read = _read(folder(LAYOUTS[layout]), workers)
    assert _sizes(read) == BOTH
    assert read.rows("doses", "person_id", "start_date") == [("ann", "2020-03-01")]
    assert read.refused == []


def test_references_between_entries_of_a_bundle_are_followed(folder: Callable[..., Path]) -> None:
    """Entries that are only named by `urn:uuid` are one patient with her lesion."""
    entries = [patient("ann"), structure("L1"), *SIZES, administration("d1")]
    urls = {f"{each['resourceType']}/{each['id']}": f"urn:uuid:{place}" for place, each in enumerate(entries)}
    content = json.dumps([each | {"id": None} for each in entries])
    for address, url in urls.items():
        content = content.replace(f'"{address}"', f'"{url}"')
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [
        {"fullUrl": url, "resource": each} for url, each in zip(urls.values(), json.loads(content), strict=True)]}
    read = _read(folder({"bundle.json": json.dumps(bundle).encode()}))
    assert _sizes(read) == BOTH
    assert read.rows("lesions", "person_id", "lesion_id") == [("0", "BodyStructure/1")] * 2


def test_a_file_that_is_linked_is_read_once(folder: Callable[..., Path]) -> None:
    """An export may keep its newest files as links beside the folders of each export."""
    place = folder({"000.2024-01-01/All.ndjson": [*ANN, *SIZES]})
    (place / "All.000.ndjson").symlink_to("000.2024-01-01/All.ndjson")
    assert _read(place).used["files"] == {"ndjson": {"files": 1, "lines": 5}}


def test_a_deletion_takes_a_resource_back(folder: Callable[..., Path]) -> None:
    """Bulk export tells what is gone in Bundles of their own."""
    gone = {"resourceType": "Bundle", "type": "transaction",
            "entry": [{"request": {"method": "DELETE", "url": "Observation/s2"}}]}
    read = _read(folder({"Observation.ndjson": [*ANN, *SIZES], "deleted/Bundle.ndjson": [gone]}))
    assert _sizes(read) == BOTH[:1]
    assert read.used["counts"]["Observation"] == {"read": 2, "kept": 1, "refused": 0, "ignored": 1}


# --- bad input --------------------------------------------------------------------------------


def test_the_run_goes_on_and_adds_up_whatever_a_line_holds(folder: Callable[..., Path]) -> None:
    """Each bad line is one refusal with its reason; the good ones around it are read.

    Of whom the R5 size is, is known, so that person is incomplete; the others may be of anybody, which the site allows.
    """
    bad = [b"{ no json", b'{"resourceType":"Observation","id":"cut', b"\xff\xfe{", b'"text"', b'{"no":"type"}',
           _lines([{"resourceType": "Patient"}]), _lines([size("r5", 3, triggeredBy=[])]),
           _lines([{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Bundle"}}]}])]  # fmt: skip
    content = b"\n".join(line.strip() for line in [*bad, _lines(ANN), b"", _lines(SIZES)])
    read = _read(folder({"all.ndjson": content}), unreadable="counted")
    assert _sizes(read) == BOTH
    assert read.used["warnings"] == [
        "6 lines or resources are unreadable and do not say of whom they are",
        "source.unreadable takes everybody for complete"]
    assert read.used["rejections"] == {"extraction_incomplete": 1, "fhir_version": 1, "malformed_resource": 4,
                                       "nested_bundle": 1, "no_id": 1, "not_utf8": 1}
    counts = read.used["counts"]
    assert counts["unreadable"] == {"read": 5, "kept": 0, "refused": 5, "ignored": 0}
    assert counts["Observation"] == {"read": 3, "kept": 2, "refused": 1, "ignored": 0}
    assert read.used["files"] == {"ndjson": {"files": 1, "lines": 14}}


UNREADABLE = {
    "no JSON": b"no json\n", "no UTF-8": b"\xff\xfe{\n", "no type": b'{"id": "x"}\n', "cut": b'{"resourceType": "Obs\n',
    "a Bundle that is none": b'{"resourceType": "Bundle", "entry": 1}\n',
    "a Bundle within a Bundle": b'{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Bundle"}}]}\n',
    "of nobody": b'{"resourceType": "Encounter", "id": "e", "status": 5}\n',
}


@pytest.mark.parametrize("line", UNREADABLE.values(), ids=UNREADABLE)
def test_a_line_that_may_be_of_anybody_leaves_nobody_complete(folder: Callable[..., Path], line: bytes) -> None:
    """It may hide a scan or a new lesion of anyone treated; the site may say that it does not matter."""
    content = _lines([*ANN, *SIZES, patient("ben"), administration("d9", who="ben"), patient("untreated")])
    place = folder({"all.ndjson": content + line})
    read = _read(place)
    assert read.rows("persons", "person_id", "is_complete") == [("ann", False), ("ben", False)]
    assert read.used["rejections"]["extraction_incomplete"] == 2
    assert read.used["warnings"] == [
        "1 lines or resources are unreadable and do not say of whom they are", "nobody is complete"]
    counted = _read(place, unreadable="counted")
    assert counted.rows("persons", "is_complete") == [(None,), (None,)]
    assert counted.used["warnings"][-1] == "source.unreadable takes everybody for complete"
    assert "warnings" not in _read(folder({"all.ndjson": content})).used


@pytest.mark.parametrize("line", [
    b'{"resourceType": "Observation", "id": "x", "subject": {"reference": "Patient/ben"}, "status": 5, "code": 1}\n',
    b'{"resourceType": "Practitioner", "id": 5}\n', b'{"resourceType": "Medication", "id": "m", "status": 5}\n'])
def test_a_line_that_says_of_whom_it_is_or_is_of_nobody_leaves_the_others_complete(
        folder: Callable[..., Path], line: bytes) -> None:
    """Of a Medication or a colleague nothing is missing of a patient but what refers to it."""
    read = _read(folder({"all.ndjson": _lines([*ANN, *SIZES, patient("ben")]) + line}))
    assert read.rows("persons", "person_id", "is_complete") == [("ann", None)]


def test_a_refused_line_is_named_by_file_and_byte(folder: Callable[..., Path]) -> None:
    """Whoever mends the export finds the line, and the place is the same however many processes looked."""
    content = _lines(ANN) + b"no json\n" + _lines(SIZES)
    place = folder({"sub/all.ndjson": content})
    for workers in (1, 2):
        assert _read(place, workers).refused[-1:] == [
            (f"sub/all.ndjson@{len(_lines(ANN))}", None, "malformed_resource")]


@pytest.mark.parametrize("cut", [0.3, 0.95, 0.999])
def test_a_truncated_gzip_is_read_as_far_as_it_goes(folder: Callable[..., Path], cut: float) -> None:
    """What it lost nobody knows, so that nobody is complete, and no missing scan becomes a verdict."""
    packed = gzip.compress(_lines([*SIZES, *LABS]), compresslevel=1)
    read = _read(folder({"Patient.ndjson": ANN, "Observation.ndjson.gz": packed[: int(cut * len(packed))]}))
    assert read.used["rejections"] == {"extraction_incomplete": 1, "truncated_file": 1}
    assert read.rows("persons", "person_id", "is_complete") == [("ann", False)]
    assert read.rows("doses", "person_id") == [("ann",)]


@pytest.mark.parametrize(("end", "reasons"), [
    (b'{"resourceType":"Observation","id":"cu', {"extraction_incomplete": 1, "truncated_file": 1}),
    (b'{"resourceType":"Observation","id":"cu\n', {"extraction_incomplete": 1, "malformed_resource": 1}), (b"  ", {}),
    (b'{"resourceType":"X"}', {})])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_plain_file_that_ends_in_the_middle_of_a_line_is_truncated(
        folder: Callable[..., Path], end: bytes, reasons: dict[str, int], workers: int) -> None:
    """As with gzip nobody knows what is missing; a bad line with its end of line is one bad line, of anybody."""
    read = _read(folder({"Patient.ndjson": ANN, "Observation.ndjson": _lines(SIZES) + end}), workers)
    assert read.used["rejections"] == reasons
    assert read.rows("persons", "is_complete") == [(False if reasons else None,)]
    assert _sizes(read) == BOTH


@pytest.mark.parametrize("spoilt", [gzip.compress(b"{}")[:10], gzip.compress(_lines(SIZES))[:-8] + bytes(8),
                                    b"\x1f\x8b" + bytes(50)], ids=["header only", "wrong checksum", "no deflate"])
def test_a_broken_gzip_is_refused(folder: Callable[..., Path], spoilt: bytes) -> None:
    """The other files are read all the same."""
    read = _read(folder({"Patient.ndjson": [*ANN, *SIZES], "Observation.ndjson.gz": spoilt}))
    assert ("Observation.ndjson.gz", None, "truncated_file") in read.refused
    assert _sizes(read) == BOTH


def test_a_line_above_64_megabytes_is_passed_over(folder: Callable[..., Path]) -> None:
    """It is never held as a whole, and the lines behind it are read."""
    place = folder({"Patient.ndjson": ANN})
    with (place / "Observation.ndjson").open("wb") as file:
        file.write(_lines(SIZES[:1]) + b'{"resourceType":"Observation","note":"')
        file.seek(2 * LONGEST + 5)  # a hole, which reads as zeros
        file.write(b'"}\n' + _lines(SIZES[1:]))
    read = _read(place, unreadable="counted")
    assert _sizes(read) == BOTH
    assert read.refused == [(f"Observation.ndjson@{len(_lines(SIZES[:1]))}", None, "line_too_long")]


def test_a_document_above_64_megabytes_is_refused(folder: Callable[..., Path]) -> None:
    """A single resource or Bundle has the same limit as a line."""
    place = folder({"all.ndjson": [*ANN, *SIZES], "large.json": b"{\n"})
    with (place / "large.json").open("r+b") as file:
        file.truncate(LONGEST + 1)
    read = _read(place, unreadable="counted")
    assert read.refused == [("large.json", None, "line_too_long")]
    assert _sizes(read) == BOTH


def test_the_manifest_tells_no_names(folder: Callable[..., Path]) -> None:
    """A file may bear the name of a patient, an id is one."""
    used = json.dumps(_read(folder({"Doe_Jane_123.json": _lines([*ANN, *SIZES]), "x.ndjson": b"Jane\n"})).used)
    assert not any(name in used for name in ("Jane", "ann", "Doe_"))


def test_a_folder_that_is_none_or_holds_nothing_is_a_mistake_of_configuration(tmp_path: Path) -> None:
    """The message names the setting, not the folder."""
    for place in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(ConfigurationError, match=r"source\.folder"):
            _read(place)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_that_may_not_be_read_stops_the_run(
        folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    """A file left out silently would be a scan that never was; the error does not name the file."""
    place = folder({"all.ndjson": [*ANN, *SIZES]})

    def denied(path: str) -> BytesIO:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(parts, "_opened", denied)
    with pytest.raises(AccessError) as caught:
        _read(place, workers)
    assert "all.ndjson" not in str(caught.value)


# --- parts and blocks -------------------------------------------------------------------------


@pytest.mark.parametrize("longest", [1, 7, 100, 333, 1000, 10_000])
def test_every_line_belongs_to_one_range_wherever_the_cuts_fall(folder: Callable[..., Path], longest: int) -> None:
    """A range begins behind the next line end and reads the line it ends in to its end."""
    content = _lines([*SIZES, *LABS[:3], *ANN]) + b"\nno json\r\n\n" + _lines(SIZES)[:-1]
    place = folder({"all.ndjson": content})
    found = [found for part in parts_of(place, longest) for found in sift(part, Sieve(WANTED))]
    whole = list(sift(Part(str(place / "all.ndjson"), "all.ndjson"), Sieve(WANTED)))
    assert [kept for each in found for kept in each.kept] == [kept for each in whole for kept in each.kept]
    assert [refused.place for each in found for refused in each.refused] == [
        refused.place for each in whole for refused in each.refused]
    assert sum(each.lines["all.ndjson"] for each in found) == content.count(b"\n") + 1


def test_small_files_are_given_to_a_process_together(
        folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand Bundles of one patient each are not ten thousand errands; large files are cut."""
    monkeypatch.setattr(files, "RANGE", 100)
    place = folder({f"{n}.ndjson": bytes(size) for n, size in enumerate([40, 40, 40, 250, 10])})
    batches = files._batches(parts_of(place, files.RANGE))
    assert [[part.size for part in batch] for batch in batches] == [[40, 40], [40], [100], [100], [50, 10]]


def test_two_processes_find_what_one_finds(folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Also the order of the rows is the same, for it is that of the files."""
    monkeypatch.setattr(files, "RANGE", 1000)
    place = folder({"Observation.ndjson": LABS + SIZES + LABS + [size(f"t{n}", n, on="2020-06-01") for n in range(9)],
                    "rest.ndjson.gz": gzip.compress(_lines(ANN))})
    one, two = _read(place), _read(place, workers=2)
    assert one.used == two.used
    for table in ("lesions", "doses", "persons", "rejections"):
        assert getattr(one.records, table).equals(getattr(two.records, table))


@pytest.mark.parametrize("name", ["Observation.ndjson", "Observation.ndjson.gz"])
def test_memory_does_not_grow_with_the_file(
        folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Four times the lines need no more memory than once: a file is read in blocks, and what is ignored is let go."""
    monkeypatch.setattr(parts, "BLOCK", 64 * 1024)
    peaks = []
    for times in (50, 200):
        content = _lines(LABS) * times
        place = folder({name: gzip.compress(content, 1) if name.endswith("gz") else content})
        del content
        tracemalloc.start()
        blocks = sum(1 for _ in sift(Part(str(place / name), name), Sieve(WANTED)))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert blocks > times / 10
    assert peaks[1] < 1.1 * peaks[0]
    assert peaks[1] < 2 * 1024 * 1024
