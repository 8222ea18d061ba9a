"""Artefacts come back as they were written, or are refused; they are never half there."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hpd_etl import artefacts
from hpd_etl.artefacts import LABELS, RECORDS
from hpd_etl.errors import AccessError, ConfigurationError, LockedError, UnsupportedVersionError
from hpd_etl.schema import Labels, Records


def records(persons: int = 2) -> Records:
    """Persons with one lesion row each, one value of every kind missing."""
    ids = [f"p{number}" for number in range(persons)]
    return Records.of({
        "persons": pd.DataFrame({"person_id": ids, "sex": ["female", *[None] * (persons - 1)]}),
        "lesions": pd.DataFrame({"person_id": ids, "lesion_id": "a", "scan_date": pd.Timestamp("2024-02-29"),
                                 "role": "target", "is_node": [None, *[True] * (persons - 1)],
                                 "diameter_mm": [10.1, *[None] * (persons - 1)]}),
    })


def labels() -> Labels:
    """One label, with a date and a list."""
    return Labels.of({"labels": pd.DataFrame({
        "person_id": ["9223372036854775807"], "definition_id": ["saada2017"], "verdict": ["HPD"], "value": [2.5],
        "reasons": ["a;b"], "decided_on": [pd.Timestamp("2024-03-01")]})})


def test_what_is_written_is_read(tmp_path):
    """Every table comes back with the same rows, dtypes and missing values."""
    artefacts.write(records(), tmp_path / RECORDS)
    for table, frame in artefacts.read(Records, tmp_path / RECORDS):
        pd.testing.assert_frame_equal(frame, getattr(records(), table.name))


def test_one_person_can_be_read(tmp_path):
    """Reading one person gives that person's rows of every table and nobody else's."""
    artefacts.write(records(3), tmp_path / RECORDS)
    one = artefacts.read(Records, tmp_path / RECORDS, "p1")
    assert one.persons["person_id"].tolist() == one.lesions["person_id"].tolist() == ["p1"]


def test_labels_are_also_for_people(tmp_path):
    """labels.csv holds plain dates, and ids of 64 bits digit by digit."""
    artefacts.write(labels(), tmp_path / LABELS)
    csv = pd.read_csv(tmp_path / LABELS / "labels.csv", dtype="string")
    told = csv[["person_id", "verdict", "reasons", "decided_on"]].iloc[0].tolist()
    assert told == ["9223372036854775807", "HPD", "a;b", "2024-03-01"]
    assert (tmp_path / LABELS / "evidence.csv").exists()


def test_the_folder_of_labels_says_what_they_are_for(tmp_path):
    """Whoever opens the label files is told beside them that they are for research; records say nothing of the kind."""
    artefacts.write(labels(), tmp_path / LABELS)
    artefacts.write(records(), tmp_path / RECORDS)
    told = (tmp_path / LABELS / "README.txt").read_text("utf-8")
    assert told.startswith("Research use only; not for the care of an individual patient.\n")
    assert not (tmp_path / RECORDS / "README.txt").exists()


def test_a_missing_artefact_names_the_verb(tmp_path):
    """Who starts in the middle is told which verb comes first."""
    with pytest.raises(ConfigurationError) as refused:
        artefacts.read(Labels, tmp_path / LABELS)
    assert "hpd-etl label" in refused.value.remedy


def test_a_missing_table_is_named_with_its_verb(tmp_path):
    """A folder from which one file was taken is not called another release: the file is named, and what makes it."""
    artefacts.write(labels(), tmp_path / LABELS)
    (tmp_path / LABELS / "evidence.parquet").unlink()
    with pytest.raises(ConfigurationError, match=r"4-labels/evidence\.parquet does not exist") as refused:
        artefacts.read(Labels, tmp_path / LABELS)
    assert "hpd-etl label" in refused.value.remedy


def rewritten(path, change):
    """Change a Parquet file behind the program's back."""
    pq.write_table(change(pq.read_table(path)), path)


@pytest.mark.parametrize("change", [
    lambda rows: rows.replace_schema_metadata({**rows.schema.metadata, b"hpd_etl.format": b"99"}),
    lambda rows: rows.replace_schema_metadata(None),
    lambda rows: rows.drop_columns(["sex"]),
    lambda rows: rows.append_column("extra", pa.nulls(len(rows), pa.string())),
    lambda rows: rows.set_column(0, "person_id", pa.nulls(len(rows), pa.int64())),
], ids=["newer format", "no format", "column gone", "column more", "other type"])
def test_an_artefact_of_another_release_is_refused(tmp_path, change):
    """A table of another format or with other columns is not read, whatever it holds."""
    artefacts.write(records(), tmp_path / RECORDS)
    rewritten(tmp_path / RECORDS / "persons.parquet", change)
    with pytest.raises(UnsupportedVersionError):
        artefacts.read(Records, tmp_path / RECORDS)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format": 99}'])
def test_a_report_of_another_release_is_refused(tmp_path, content):
    """JSON that is broken or of another format is not read."""
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(UnsupportedVersionError):
        artefacts.read_json(tmp_path / "manifest.json")


def test_writing_again_replaces_all(tmp_path):
    """A second write leaves the new rows and no other file in or beside the folder."""
    artefacts.write(records(3), tmp_path / RECORDS)
    artefacts.write(records(2), tmp_path / RECORDS)
    assert len(artefacts.read(Records, tmp_path / RECORDS).persons) == 2
    assert [path.name for path in tmp_path.iterdir()] == [RECORDS]


def test_a_full_disk_leaves_what_was_there(tmp_path):
    """Where a file cannot grow, the error says so and the older artefact stands, with nothing beside it."""
    artefacts.write(records(2), tmp_path / RECORDS)
    size, signals = resource.getrlimit(resource.RLIMIT_FSIZE), signal.getsignal(signal.SIGXFSZ)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, size[1]))
    try:
        with pytest.raises(AccessError) as refused:
            artefacts.write(records(100_000), tmp_path / RECORDS)
        with pytest.raises(AccessError):
            artefacts.write_json({"format": 1, "long": "x" * 10_000}, tmp_path / "manifest.json")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, size)
        signal.signal(signal.SIGXFSZ, signals)
    assert "too large" in str(refused.value)
    assert len(artefacts.read(Records, tmp_path / RECORDS).persons) == 2
    assert [path.name for path in tmp_path.iterdir()] == [RECORDS]


def test_patient_data_is_for_the_owner(tmp_path):
    """Nobody but the owner can look into an artefact or a new run folder."""
    artefacts.write(records(), tmp_path / RECORDS)
    for folder in (tmp_path / RECORDS, artefacts.new_folder(tmp_path / "run")):
        assert folder.stat().st_mode & 0o077 == 0


def test_a_folder_in_use_is_not_taken(tmp_path):
    """A run never writes into a folder that holds something."""
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(ConfigurationError):
        artefacts.new_folder(tmp_path)


def test_a_lock_ends_with_its_process(tmp_path):
    """A second process is refused while the first holds the folder, and let in when the first was killed."""
    hold = ("import sys, time, pathlib; from hpd_etl import artefacts\n"
            "with artefacts.locked(pathlib.Path(sys.argv[1])): print('held', flush=True); time.sleep(60)")
    with subprocess.Popen([sys.executable, "-c", hold, str(tmp_path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockedError), artefacts.locked(tmp_path):
            pass
        holder.kill()
        holder.wait()
    with artefacts.locked(tmp_path):
        pass


def test_json_is_plain(tmp_path):
    """A report is JSON that anybody can read, in UTF-8 and with one last newline."""
    artefacts.write_json({"format": 1, "site": "Zürich"}, tmp_path / "r.json")
    assert json.loads((tmp_path / "r.json").read_text("utf-8")) == {"format": 1, "site": "Zürich"}
