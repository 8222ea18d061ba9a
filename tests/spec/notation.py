"""A patient in a line of a table: how the notation of these tables becomes `Records`.

Columns that are numbers are days counted from the first of January 2020, the day on which treatment starts unless
`doses` says otherwise. A cell holds what was found on that day, joined by commas:

    50                 one target in the liver, 50 mm       gone     disappeared, 0 mm
    lung 20            a target in the lung, 20 mm          small    too small to measure
    node 16            a lymph node, 16 mm short axis       NE       not assessed
    hilar_node 16      a lymph node of one station
    new lung2 12       a second lung lesion, called new     absent   not yet present
    other bone seen    a lesion called non-target           seen     there, without a size
    plain lung3 12     a lesion that nobody named           worse    progressed; with a size as `bone 20 worse`
    60x40              both diameters                       lung2 9 of lung   a part of another lesion
    60=90000           a diameter and a volume in mm3       ECOG 1   a performance status
    lung 20 by CR      measured on a plain film
    SLD 100, SPD 900   a recorded sum                       scan     an examination without a measurement

    RECIST PD, irRECIST SD, some PD, nontarget PD           a recorded response ("some": without framework and scope)

A date known only to the month or the year is written `2020-02` or `2020-??`, wherever a day may stand, also as a
column. `read` is `part` where not all of a person could be fetched, `cause` the coded cause of death.

`doses` are days or spans, as `0, 14..20, 60..` (two dots without an end: going on), each with the agent (nivolumab
where none stands) and the recorded reason of a stop, as `0..40 toxicity`; `?` is a day that nobody recorded. `lost` are
doses that the source refused, with the day they name, as `code_expired -5` or `no_date ?`. `therapies` are kind, agent
or organ (`?` for unknown) and days.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import count

import pandas as pd

from hpd_etl.schema import Records

DAY_0 = datetime(2020, 1, 1)
ROLES = {"new": "new", "other": "non_target", "plain": "unstated"}
STATUSES = {"gone": "disappeared", "small": "too_small", "NE": "not_assessed", "absent": "not_yet_present",
            "seen": "present", "worse": "progressed"}
FRAMEWORKS = {"RECIST": "RECIST1.1", "irRECIST": "irRECIST", "some": "unstated", "nontarget": "RECIST1.1",
              "irRC": "irRC", "iRECIST": "iRECIST"}
STOPS = ("progression", "toxicity", "completed", "death", "other")
GIVEN = {"doses", "death", "cause", "birth", "followup", "therapies", "read", "lost"}
PARTIAL = re.compile(r"(\d{4})-(\d\d|\?\?)")
OBSERVED = "-365..365"


def rows(table: str) -> list[dict[str, str]]:
    """The lines of an ASCII table by column; the first line names the columns."""
    lines = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    head, *body = lines
    assert all(len(line) == len(head) for line in body), "a line has more or fewer cells than the head"
    return [dict(zip(head, line, strict=True)) for line in body]


def is_day(column: str) -> bool:
    """Whether a column is a day, or a month or year that holds it."""
    return column.lstrip("+-").isdigit() or bool(PARTIAL.fullmatch(column))


def records(patients: list[dict[str, str]]) -> Records:
    """The patients of a table as Records."""
    made: dict[str, list[dict[str, object]]] = {table.name: [] for table in Records.tables()}
    number = count(1)

    def note(table: str, person: str, /, **values: object) -> None:
        made[table].append({"person_id": person, "source_id": f"{table}:{next(number)}", **values})

    for patient in patients:
        person = patient["person"]
        made["persons"].append({"person_id": person, "birth_date": day(patient.get("birth", "")),
                                "death_date": day(patient.get("death", "")),
                                "death_precision": precision(patient.get("death", "")),
                                "death_cause": patient.get("cause") or None,
                                "is_complete": False if patient.get("read") == "part" else None})
        if period := patient.get("followup", OBSERVED):
            start, end, _ = span(period)
            note("followup", person, start_date=start, end_date=end)
        for text in items(patient.get("doses", "0")):
            note("doses", person, **dose(text))
        for reason, on in map(str.split, items(patient.get("lost", ""))):
            note("rejections", person, stage="extract", table="doses", reason=reason, start_date=day(on))
        for text in items(patient.get("therapies", "")):
            note("therapies", person, **therapy(text))
        for column in filter(is_day, patient):
            for text in items(patient[column]):
                table, values = finding(text.split(), day(column))
                note(table, person, date_precision=precision(column), **values)
    return Records.of({name: pd.DataFrame(held) for name, held in made.items() if held})


def items(cell: str) -> list[str]:
    """What a cell holds, one by one."""
    return [text.strip() for text in cell.split(",") if text.strip()]


def day(text: str) -> datetime | None:
    """A day as a date, the first that is possible; None where the cell is empty."""
    if written := PARTIAL.fullmatch(text):
        return datetime(int(written[1]), 1 if written[2] == "??" else int(written[2]), 1)
    return None if text in ("", "?") else DAY_0 + timedelta(days=int(text))


def precision(text: str) -> str | None:
    """How exactly a day is known; None: to the day."""
    written = PARTIAL.fullmatch(text)
    return None if written is None else "year" if written[2] == "??" else "month"


def span(text: str) -> tuple[datetime | None, datetime | None, bool]:
    """First day, last day, and whether it is going on."""
    first, dots, last = text.partition("..")
    return day(first), day(last), bool(dots and not last)


def precisions(text: str) -> dict[str, str | None]:
    """How exactly both ends of a span are known."""
    first, _, last = text.partition("..")
    return {"date_precision": precision(first), "end_precision": precision(last)}


def dose(text: str) -> dict[str, object]:
    """`0..40 ipilimumab toxicity` as a row of doses."""
    days, *words = text.split()
    start, end, is_open = span(days)
    agent = next((word for word in words if word not in STOPS), "nivolumab")
    stop = next((word for word in words if word in STOPS), None)
    return {"agent": agent, "kind": "administration", "start_date": start, "end_date": end, "is_open": is_open,
            "stop_reason": stop, **precisions(days)}


def therapy(text: str) -> dict[str, object]:
    """`radiation liver 10` as a row of therapies."""
    kind, what, days = text.split()
    start, end, _ = span(days)
    named = {"agent" if kind == "systemic" else "organ": None if what == "?" else what}
    return {"kind": kind, "start_date": start, "end_date": end, **precisions(days), **named}


def finding(words: list[str], on: datetime | None) -> tuple[str, dict[str, object]]:
    """One item of a day's cell as a row of scans, tumour_sums, responses or lesions."""
    first = words[0]
    if first == "scan":
        return "scans", {"scan_date": on}
    if first in ("SLD", "SPD"):
        return "tumour_sums", {"scan_date": on, "kind": first, "value": float(words[1])}
    if first == "ECOG":
        return "findings", {"finding": "ecog", "assessed_on": on, "value_number": float(words[1])}
    if first in FRAMEWORKS:
        scope = {"nontarget": "non_target", "some": None}.get(first, "overall")
        return "responses", {"assessed_on": on, "framework": FRAMEWORKS[first], "scope": scope, "response": words[1]}
    role = ROLES[words.pop(0)] if first in ROLES else "target"
    whole = words.pop() if "of" in words else None
    modality = words.pop() if "by" in words else None
    words = [word for word in words if word not in ("of", "by")]
    worse = len(words) > 2 and words.pop()
    name, value = words if len(words) > 1 else ("liver", words[0])
    organ = name.rstrip("0123456789")
    return "lesions", {"lesion_id": name, "scan_date": on, "role": role, "is_node": organ.endswith("node"),
                       "part_of": whole, "modality": modality, "organ": None if organ == "unplaced" else organ,
                       **size(value), **({"status": STATUSES[worse]} if worse else {})}


def size(value: str) -> dict[str, object]:
    """`gone`, `60`, `60x40` or `60=90000` as status, diameters and volume."""
    if value in STATUSES:
        return {"status": STATUSES[value]}
    value, _, volume = value.partition("=")
    longest, _, across = value.partition("x")
    return {"status": "measured", "diameter_mm": float(longest),
            **({"perpendicular_mm": float(across)} if across else {}),
            **({"volume_mm3": float(volume)} if volume else {})}
