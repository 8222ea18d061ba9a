"""The fast way of reading sizes again agrees with the slow engine, which labels every draw from its records."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

from hpd_etl import robustness
from hpd_etl.robustness.errors import Remeasured
from tests.reference.engine import outcomes
from tests.reference.patient import Lesion, Patient, records_of
from tests.robustness.given import START, labelled, patient, study

USE = ("champiat2017", "saada2017", "kato2017", "ferrara2018", "ji2019")
PERSONS, DRAWS, SEED = 24, 25, 7
ORGANS = ("liver", "lung", "brain", "skin")


def some_patient(number: int) -> Patient:
    """One to four recorded targets, each in an organ of its own, so that no size decides what is a target.

    They grow by 0 to 40 % before treatment and by -20 to 90 % on it; some are nodes, too small or gone, and some
    patients have a new lesion near the 10 mm from which it counts.
    """
    seeded = random.Random(number)
    name, days = f"p{number:02}", (-seeded.randint(40, 90), -seeded.randint(0, 14), seeded.randint(30, 90), 130)
    rows = []
    for organ in ORGANS[: seeded.randint(1, 4)]:
        size, node = seeded.uniform(8, 60), seeded.random() < 0.2
        for place, day in enumerate(days):
            size *= 1 + (seeded.uniform(0, 0.4) if place == 1 else seeded.uniform(-0.2, 0.9) if place else 0)
            status = seeded.choices(["measured", "too_small", "disappeared"], [14, 1, 1])[0] if place else "measured"
            rows.append(Lesion(organ, START + timedelta(days=day), "target", status,
                               round(size, 1) if status == "measured" else None, organ, node,
                               source_id=f"{name}:{organ}:{day}"))
    if seeded.random() < 0.4:
        rows.append(Lesion("new", START + timedelta(days=days[2]), "new", "measured", round(seeded.uniform(8, 12), 1),
                           "bone", False, source_id=f"{name}:new"))
    return replace(patient(name, days=()), lesions=rows)


def test_every_draw_is_what_the_slow_engine_says():
    """24 patients x 25 draws x 5 definitions: the fractions are those of the slow engine on the same sizes."""
    patients = [some_patient(number) for number in range(PERSONS)]
    asked = study(USE, draws=DRAWS, seed=SEED)
    timeline, labels, definitions = labelled(records_of(patients), asked)
    remeasured = Remeasured.of(timeline, SEED, 0.086)
    counts: dict[tuple[str, str], list[str]] = {}
    for draw in range(DRAWS):
        lesions = remeasured.draw(draw).lesions
        sizes = dict(zip(lesions["source_id"], lesions["diameter_mm"], strict=True))
        for one in patients:
            again = [each if each.diameter_mm is None else replace(each, diameter_mm=sizes[each.source_id])
                     for each in one.lesions]
            for said in outcomes(replace(one, lesions=again), asked, USE):
                counts.setdefault((one.person_id, said.definition), []).append(said.verdict)
    made = robustness.perturb(timeline, labels, definitions, asked)
    assert len(made) == len(counts) == PERSONS * len(USE)
    for row in made.to_dict("records"):
        slow = counts[row["person_id"], row["definition_id"]]
        assert row["p_stands"] == slow.count(str(row["verdict"])) / DRAWS, row
        if row["verdict"] != "NOT_EVALUABLE":
            assert row["p_hpd"] == slow.count("HPD") / DRAWS, row
            assert row["p_not_evaluable"] == slow.count("NOT_EVALUABLE") / DRAWS, row
    verdicts = made["verdict"].value_counts()
    assert verdicts["HPD"] > 10 < verdicts["NOT_HPD"], "the patients do not decide anything"
    assert made["fragile"].sum() > 10, "no patient is near a border"
