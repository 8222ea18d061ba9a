"""The manifest accounts for every person and says how a run ended."""

from __future__ import annotations

import time
from dataclasses import replace

import pandas as pd
import pytest

from hpd_etl import errors
from hpd_etl.errors import HpdEtlError
from hpd_etl.manifest import Manifest, Status, fingerprint, new_run_id
from hpd_etl.schema import Labels, Records, Timeline

TREATED = {"p1": "checkpoint_inhibitor", "p2": "checkpoint_inhibitor", "p3": "chemotherapy"}
VERDICTS = [("p1", "HPD", None), ("p2", "NOT_EVALUABLE", "no_post_scan"), ("p3", "NOT_HPD", None)]


def manifest(verdicts=VERDICTS) -> Manifest:
    """The manifest of a run with four persons, one of whom has no usable first dose."""
    started = replace(Manifest.start("study", "site"), inputs={"definitions": [{"id": "d"}]})
    refused = pd.DataFrame({"stage": ["align"], "table": ["persons"], "person_id": ["p4"], "reason": ["no_index_dose"]})
    labels = pd.DataFrame([{"person_id": person, "cohort": TREATED[person], "definition_id": "d", "verdict": verdict,
                            "primary_reason": reason} for person, verdict, reason in verdicts])
    everybody = Records.of({"persons": pd.DataFrame({"person_id": ["p1", "p2", "p3", "p4"]})})
    index = pd.DataFrame({"person_id": list(TREATED), "cohort": list(TREATED.values())})
    return (started.with_records(everybody, {})
            .with_timeline(Timeline.of({"index": index, "rejections": refused}))
            .with_labels(Labels.of({"labels": labels} if len(labels) else {})))


def test_everybody_is_in_one_bucket():
    """Treated, refused and verdicts by reason add up to all that were extracted."""
    made = manifest()
    made.assert_sums()
    assert made.persons == {"extracted": 4, "without_first_dose": 1,
                            "treated": {"checkpoint_inhibitor": 2, "chemotherapy": 1}}
    assert made.verdicts == {"d": {
        "checkpoint_inhibitor": {"HPD": 1, "NOT_HPD": 0, "NOT_EVALUABLE": {"no_post_scan": 1}},
        "chemotherapy": {"HPD": 0, "NOT_HPD": 1, "NOT_EVALUABLE": {}}}}
    assert made.rejections == [{"stage": "align", "table": "persons", "reason": "no_index_dose", "rows": 1}]


@pytest.mark.parametrize("verdicts", [
    VERDICTS[:2], VERDICTS[1:], [], [*VERDICTS, VERDICTS[0]],
    [("p1", None, None), *VERDICTS[1:]], [VERDICTS[0], ("p2", "NOT_EVALUABLE", None), VERDICTS[2]],
], ids=["cohort lost", "person lost", "definition lost", "person twice", "no verdict", "no reason"])
def test_a_lost_person_is_noticed(verdicts):
    """A label too few, too many, without a verdict or without its reason stops the run."""
    with pytest.raises(HpdEtlError):
        manifest(verdicts).assert_sums()


def test_somebody_lost_before_the_index_is_noticed():
    """Persons extracted who are neither treated nor refused stop the run."""
    made = manifest()
    with pytest.raises(HpdEtlError):
        replace(made, persons={**made.persons, "extracted": 5}).assert_sums()


def test_every_error_has_its_status():
    """Each exit code of the error tree has one status, with the same code, and so have 0 and 130."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, HpdEtlError)]
    for kind in kinds:
        assert Status.of(kind("x")).exit_code == kind.exit_code
    assert {Status.of(None).exit_code, Status.of(KeyboardInterrupt()).exit_code} == {0, 130}
    assert Status.of(ValueError()).exit_code == 1
    assert len({status.exit_code for status in Status}) == len(Status) == len(kinds) + 3


def test_a_manifest_comes_back():
    """Read from its content, a manifest is as it was, but running again."""
    ended = manifest().end(None)
    again = Manifest.read({"format": 1, **ended.content()})
    assert replace(again, status=Status.OK, ended=ended.ended) == ended
    assert again.status is Status.RUNNING


def test_run_ids_sort_by_time():
    """The newest run has the last id, and no two are the same."""
    made = []
    for _ in range(20):
        made.append(new_run_id())
        time.sleep(0.0001)
    assert made == sorted(made)
    assert len(set(made)) == 20


def test_a_fingerprint_knows_no_order():
    """The order of keys does not matter, any value does."""
    assert fingerprint({"a": 1, "b": [2]}) == fingerprint({"b": [2], "a": 1}) != fingerprint({"a": 1, "b": [3]})
