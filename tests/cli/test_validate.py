"""`validate` through the command: its tables, its files, and a gate that is enforced or only reported."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from hpd_etl import artefacts
from hpd_etl.artefacts import FUNNEL, MANIFEST, PAGE, QUALITY
from hpd_etl.schema import Attrition
from tests.cli.test_errors import written
from tests.quality.test_page import VALID

LIMIT = '{ value = %s, by = "A. Reviewer", why = "the protocol says so" }'


def manifest(place) -> dict[str, object]:
    """The manifest of the newest run."""
    return json.loads((place.run / MANIFEST).read_text("utf-8"))


@pytest.mark.parametrize(("limit", "stage", "code"), [
    ("max_rejected_fraction = 0.0\nmin_persons", "validate", 5), ("max_rejected_fraction", "validate", 6),
    ("max_not_evaluable_fraction", "label", 6),
])
def test_a_gate_that_is_only_reported_writes_nothing(hpd_etl, place, limit, stage, code):
    """The run goes on and ends with 0, says what would have ended it, leaves the labels and no row in the sink.

    Afterwards the gate is as closed as before: a write-back ends with the exit code of the gate, 6 where only a budget
    is exceeded and 5 where the gate is closed, whatever budget is exceeded beside it.
    """
    place.write("study.toml", "[gate]", f"[gate]\n{limit} = {LIMIT % (100000 if code == 5 else 0.001)}")
    done = hpd_etl("run", *place.options, "--gate", "report")
    assert done.code == 0, done.err
    assert f"After {stage} the gate would end the run with exit {code}: gate.{limit.split()[-1]}" in done.out
    assert "nothing is written to a sink" in done.out
    assert written(place) == 0
    said = manifest(place)["gate"][stage]
    assert (said["mode"], said["exit_code"]) == ("report", code)
    shown = hpd_etl("writeback", *place.options, "--gate", "report")
    assert (shown.code, written(place)) == (0, 0)
    assert "What would change" in shown.out
    assert hpd_etl("writeback", *place.options).code == code
    assert written(place) == 0


def test_validate_reports_what_would_happen(hpd_etl, place):
    """With `--gate report` it ends with 0 where it would end with 5, and the file says by whom the limit was set."""
    place.write("study.toml", "[gate]", f"[gate]\nmin_persons = {LIMIT % 100000}")
    assert hpd_etl("run", *place.options).code == 5
    assert manifest(place)["gate"]["validate"]["closes"] == ["gate.min_persons"]
    assert hpd_etl("validate", *place.options).code == 5
    shown = hpd_etl("validate", *place.options, "--gate", "report")
    assert shown.code == 0
    assert "A. Reviewer" in shown.out
    told = json.loads((place.run / QUALITY).read_text("utf-8"))
    VALID.validate(told)
    assert told["exit_code"] == 5
    assert "The gate is closed (exit 5)" in (place.run / PAGE).read_text("utf-8")
    [limit] = [each for each in told["gate"] if each["name"] == "gate.min_persons"]
    assert (limit["limit"], limit["by"], limit["passed"]) == (100000, "A. Reviewer", False)


def test_what_is_refused_leaves_the_run_as_it_was(hpd_etl, place):
    """A run to compare with that is not there, then another study: the finished run keeps its manifest to the letter.

    Else it would be called failed, with the hashes of a study that it was not made with, and no run would be compared
    with it any more.
    """
    assert hpd_etl("run", *place.options).code == 0
    before = (place.run / MANIFEST).read_bytes()
    assert hpd_etl("validate", *place.options, "--previous", place.folder / "nope").code == 2
    assert (place.run / MANIFEST).read_bytes() == before
    place.write("study.toml", "[gate]", "[windows]\nbaseline_from_day = -28\n[gate]")
    refused = hpd_etl("validate", *place.options)
    assert (refused.code, place.run.name in refused.err) == (2, True)
    assert (place.run / MANIFEST).read_bytes() == before


def test_the_funnel_is_left_whole_and_shown_by_stratum(hpd_etl, place):
    """`validate` prints each funnel once and by site where asked; `label` leaves all of it, and both agree."""
    assert hpd_etl("run", *place.options).code == 0
    shown = hpd_etl("validate", *place.options)
    assert "as far as it shows before the labels" in shown.out
    assert shown.out.count("champiat2017") < 4
    by_site = hpd_etl("validate", *place.options, "--by", "primary_site")
    assert "Who can be labelled by primary site" in by_site.out
    assert "lung" in by_site.out
    keys = ["by", "stratum", "cohort", "definition_id", "step"]
    whole = artefacts.read(Attrition, place.run / FUNNEL).funnel.astype(dict.fromkeys(keys, "string"))
    after = whole.groupby(keys, dropna=False, sort=False)["remaining"].last().reset_index()
    content = json.loads((place.run / QUALITY).read_text("utf-8"))
    VALID.validate(content)
    told = content["funnel"]
    before = pd.DataFrame([
        (part["by"], part["stratum"], part["cohort"], name, step["step"], step["remaining"])
        for part in told for funnel in part["funnels"] for name in funnel["definitions"] for step in funnel["steps"]
    ], columns=[*keys, "before"])
    both = before.astype(dict.fromkeys(keys, "string")).merge(after, on=keys, how="left")
    assert len(both) > 1000
    assert (both["before"] == both["remaining"]).all()
