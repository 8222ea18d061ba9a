"""The patient on the border of a definition: the first line of its spec test, and what another sum would have meant."""

from __future__ import annotations

import ast
import re
from dataclasses import asdict, dataclass
from inspect import cleandoc
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hpd_etl.config import Study
from hpd_etl.criteria import label, window_sets
from hpd_etl.criteria.metrics import SUMS
from hpd_etl.criteria.rules import leaves
from hpd_etl.library import published
from hpd_etl.timeline import align
from tests.spec import notation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hpd_etl.criteria.definition import Definition

TESTS = Path(__file__).parents[1] / "tests" / "spec"
UNITS = {"sld": ("mm", 1.0), "spd": ("mm\u00b2", 1.0), "volume": ("cm\u00b3", 1e-3)}
"""What the burden of each ruler is drawn in, and how much of it one mm, mm2 or mm3 is."""
_SIZE = re.compile(r"\d+(?:\.\d+)?(?:x\d+(?:\.\d+)?)?")
_FACTORS = np.round(np.arange(0.01, 1.6, 0.02), 4)
_ROUNDS, _STEPS = 3, 40

Line = dict[str, str]
Name = tuple[str, float]
"""Of a definition, and how many times as large the first evaluation is made."""


@dataclass(frozen=True)
class Border:
    """What the figure shows."""

    days: list[int]
    sums: list[float]
    unit: str
    verdict: str
    edges: list[float]
    """The sums at the first evaluation at which the verdict changes, rising."""
    verdicts: list[str]
    """The verdict below the first of them, between each two, and above the last."""
    doses: list[int]
    failed: float | None
    """The day up to which an end of treatment counts as failure, where the rule asks for it."""
    month_days: float

    def numbers(self) -> dict[str, Any]:
        """All of it, to be written into the figure."""
        return asdict(self)


def borders() -> dict[str, Border]:
    """The border patient of every rule that ships, by the id of its file."""
    rules = {each.id: each for each in published() if each.rule_id == each.id}
    marked = {name: _marked(name) for name in rules}
    made: dict[str, Border] = {}
    for asked in {study.model_dump_json(): study for _, study in marked.values()}.values():
        lines = {name: line for name, (line, study) in marked.items() if study == asked}
        made |= _of_study(lines, [rules[name] for name in lines], asked)
    return {name: made[name] for name in rules}


def _marked(name: str) -> tuple[Line, Study]:
    """The first patient of `test_the_border`, and the study it is labelled by."""
    module = ast.parse((TESTS / f"test_{name}.py").read_text("utf-8"))
    test = next(node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == "test_the_border")
    call = next(node for node in ast.walk(test) if isinstance(node, ast.Call))
    words = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
    line = notation.rows(cleandoc(ast.literal_eval(call.args[0])))[0]
    kept = {key: cell for key, cell in line.items() if key in notation.GIVEN or notation.is_day(key)}
    return kept, Study.model_validate({"id": "border", **words.get("study", {})})


def _of_study(lines: dict[str, Line], rules: list[Definition], study: Study) -> dict[str, Border]:
    first = _asked({(name, 1.0): line for name, line in lines.items()}, rules, study)
    found = {name: {1.0: first[name, 1.0]["verdict"]} for name in lines}
    tried = dict.fromkeys(lines, _FACTORS)
    for _ in range(_ROUNDS):
        sized = {(name, float(factor)): _scaled(lines[name], float(factor)) for name in lines for factor in tried[name]}
        for (name, factor), answer in _asked(sized, rules, study).items():
            found[name][factor] = answer["verdict"]
        tried = {name: np.concatenate([np.linspace(low, high, _STEPS + 2)[1:-1] for low, high in _changes(found[name])])
                 if _changes(found[name]) else np.array([]) for name in lines}
    edges = {(name, (low + high) / 2): _scaled(lines[name], (low + high) / 2)
             for name in lines for low, high in _changes(found[name])}
    at_edges = _asked(edges, rules, study) if edges else {}
    return {each.id: _border(each, lines[each.id], first[each.id, 1.0], found[each.id],
                             [answer for (name, _), answer in at_edges.items() if name == each.id], study)
            for each in rules}


def _changes(found: dict[float, str]) -> list[tuple[float, float]]:
    """Neighbouring factors between which the verdict changes."""
    rising = sorted(found)
    return [(low, high) for low, high in pairwise(rising) if found[low] != found[high]]


def _scaled(line: Line, factor: float) -> Line:
    """The patient with the first lesion of the last scan so many times as large."""
    last = str(_scans(line)[-1])
    sized = _SIZE.sub(lambda size: "x".join(f"{float(each) * factor:.9g}" for each in size[0].split("x")), line[last],
                      count=1)
    return {**line, last: sized}


def _scans(line: Line) -> list[int]:
    """The days on which a lesion was measured."""
    return sorted(int(column) for column in line if notation.is_day(column)
                  and any(not item.startswith("ECOG") for item in notation.items(line[column])))


def _asked(lines: dict[Name, Line], rules: Iterable[Definition], study: Study) -> dict[Name, Any]:
    """What the engine says of each patient under the definition of its name: metrics, label and scans."""
    named = {f"{name}/{place}": (name, factor) for place, (name, factor) in enumerate(lines)}
    chosen = list(rules)
    timeline = align(notation.records([{**line, "person": person} for person, line in
                                       zip(named, lines.values(), strict=True)]), study, window_sets(chosen, study))
    labels = label(timeline, chosen, study)
    sets = {each.id: each.measure_set for each in chosen}
    verdicts = {(row.person_id, row.definition_id): row.verdict for row in labels.labels.itertuples()}
    return {key: {**row, "verdict": verdicts[row["person_id"], key[0]]}
            for row in labels.metrics.to_dict("records")
            if row["measure_set"] == sets[(key := named[row["person_id"]])[0]]}


def _border(each: Definition, line: Line, answer: Any, found: dict[float, str], at_edges: list[Any],
            study: Study) -> Border:
    ruler = next((ruler for ruler in ("spd", "volume") if each.value.startswith(ruler)), "sld")
    unit, scale = UNITS[ruler]
    days = _scans(line)
    burdens = [float(answer[column]) * scale for column in SUMS[ruler] if pd.notna(answer[column])]
    rising = sorted(found)
    verdicts = [str(found[factor]) for factor in (rising[0], *(high for _, high in _changes(found)))]
    fails = any(leaf.metric == "ttf_months" for leaf in leaves(each.rule))
    doses = [int(text.split()[0].partition("..")[0]) for text in notation.items(line.get("doses", "0"))]
    edges = [round(float(edge[SUMS[ruler][2]]) * scale, 2) for edge in at_edges]
    failed = 2 * study.criteria.month_days if fails else None
    return Border(days, burdens[-len(days):], unit, str(answer["verdict"]), edges, verdicts, doses, failed,
                  study.criteria.month_days)
