"""What a definition cannot do without: made-up patients who each lack one thing, labelled by every definition."""

from __future__ import annotations

from hpd_etl.config import Study
from hpd_etl.criteria import label, window_sets
from hpd_etl.library import published
from hpd_etl.timeline import align
from tests.spec import notation

COMPLETE = "nothing is missing"
PATIENTS = """
lacks                                          | read | doses             | lost      | followup  | -60            | 0                      | 20     | 42                      | death | cause | therapies
nothing is missing                             |      | 0, 40             |           | -365..365 | 50x40          | 60x40, ECOG 0          | ECOG 2 | 150x120, new lung 12x12 |       |       |
part of the record could not be read           | part | 0, 40             |           | -365..365 | 50x40          | 60x40, ECOG 0          | ECOG 2 | 150x120, new lung 12x12 |       |       |
less look-back than the study asks for         |      | 0, 40             |           | -364..365 | 50x40          | 60x40, ECOG 0          | ECOG 2 | 150x120, new lung 12x12 |       |       |
a dose that nobody dated may be the first      |      | 0, 40             | no_date ? | -365..365 | 50x40          | 60x40, ECOG 0          | ECOG 2 | 150x120, new lung 12x12 |       |       |
no baseline scan                               |      | 0, 40             |           | -365..365 | 50x40          | ECOG 0                 | ECOG 2 | 150x120, new lung 12x12 |       |       |
a baseline scan without a measurable lesion    |      | 0, 40             |           | -365..365 |                | other bone seen        | ECOG 2 | new lung 90x90          |       |       |
no scan before baseline                        |      | 0, 90, 180        |           | -365..365 |                | 60x40, ECOG 0          | ECOG 2 | 150x120, new lung 12x12 |       |       |
no first evaluation: died of progression       |      | 0, 20             |           | -365..30  | 50x40          | 60x40, ECOG 0          | ECOG 2 |                         | 30    | C34   |
no first evaluation: stopped for progression   |      | 0..20 progression |           | -365..365 | 50x40          | 60x40, ECOG 0          | ECOG 2 |                         |       |       |
no first evaluation: stopped for toxicity      |      | 0..20 toxicity    |           | -365..365 | 50x40          | 60x40, ECOG 0          | ECOG 2 |                         |       |       |
no first evaluation: stopped, nobody says why  |      | 0, 20             |           | -365..365 | 50x40          | 60x40, ECOG 0          | ECOG 2 |                         |       |       |
no first evaluation: treatment went on         |      | 0, 90, 180        |           | -365..365 | 50x40          | 60x40, ECOG 0          | ECOG 1 |                         |       |       |
a target not assessed at the first evaluation  |      | 0, 90, 180        |           | -365..365 | 50x40, lung 20 | 60x40, lung 20, ECOG 0 | ECOG 1 | 150x120, lung NE        |       |       |
a node without a short axis                    |      | 0, 90, 180        |           | -365..365 | 50x40, node 20 | 60x40, node 20, ECOG 0 | ECOG 1 | 150x120, node seen      |       |       |
a target in an organ that was irradiated       |      | 0, 90, 180        |           | -365..365 | 50x40          | 60x40, ECOG 0          | ECOG 1 | 62x42                   |       |       | radiation liver 10
no second diameter                             |      | 0, 40             |           | -365..365 | 50             | 60, ECOG 0             | ECOG 2 | 150, new lung 12        |       |       |
nothing left at baseline                       |      | 0, 90, 180        |           | -365..365 | 50x40          | gone, ECOG 0           | ECOG 1 | 60x40                   |       |       |
nothing there before baseline                  |      | 0, 90, 180        |           | -365..365 | absent         | 60x40, ECOG 0          | ECOG 2 | 120x90, new lung 12x12  |       |       |
no growth before treatment, failed early       |      | 0, 40             |           | -365..365 | 60x40          | 60x40, ECOG 0          | ECOG 2 | 150x120, new lung 12x12 |       |       |
no growth before treatment, treated on         |      | 0, 90, 180        |           | -365..365 | 60x40          | 60x40, ECOG 0          | ECOG 2 | 150x120, new lung 12x12 |       |       |
recorded sums alone, too small to progress     |      | 0, 40             |           | -365..365 | SLD 4.9        | SLD 5, ECOG 0          | ECOG 2 | SLD 9.9                 |       |       |
the end of treatment is not known, fast growth |      | 0, 30             |           | -365..60  | 50x40          | 60x40, ECOG 0          | ECOG 1 | 150x120, new lung 12x12 |       |       |
the end of treatment is not known, slow growth |      | 0, 30             |           | -365..60  | 50x40          | 60x40, ECOG 0          | ECOG 1 | 62x42                   |       |       |
no performance status                          |      | 0, 90, 180        |           | -365..365 | 50x40          | 60x40                  |        | 150x120, new lung 12x12 |       |       |
no first evaluation: died of an unknown cause  |      | 0, 20             |           | -365..30  | 50x40          | 60x40, ECOG 0          | ECOG 1 |                         | 30    |       |
"""  # noqa: E501 - a table


def answers() -> dict[str, dict[str, str]]:
    """By definition the primary reason why each of these patients is not evaluable; empty for one who is."""
    patients = notation.rows(PATIENTS)
    study = Study.model_validate({"id": "lacking", "index": {"lookback_days": 365}})
    chosen = list(published())
    lines = [{**{key: cell for key, cell in line.items() if key != "lacks"}, "person": line["lacks"]}
             for line in patients]
    timeline = align(notation.records(lines), study, window_sets(chosen, study))
    found: dict[str, dict[str, str]] = {each.id: {line["lacks"]: "" for line in patients} for each in chosen}
    for row in label(timeline, chosen, study).labels.itertuples():
        if row.verdict == "NOT_EVALUABLE":
            found[str(row.definition_id)][str(row.person_id)] = str(row.primary_reason)
    return found
