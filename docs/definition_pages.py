"""Write `definitions/`, a page a rule, and the index `definitions.md`: `python docs/definition_pages.py`."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING

DOCS = Path(__file__).parent
sys.path[:0] = [str(place) for place in (DOCS, DOCS.parent) if str(place) not in sys.path]

import border  # noqa: E402 - beside this file
import border_figure  # noqa: E402
import lacking  # noqa: E402
import spec  # noqa: E402

from hpd_etl import catalogue  # noqa: E402
from hpd_etl.config import Study  # noqa: E402
from hpd_etl.criteria.definition import window_sets  # noqa: E402
from hpd_etl.criteria.evidence import GRADES  # noqa: E402
from hpd_etl.criteria.rules import Leaf, Rule, leaves  # noqa: E402
from hpd_etl.criteria.variants import VARIANTS, possible  # noqa: E402
from hpd_etl.library import published  # noqa: E402
from hpd_etl.reasoning import FORMULAS  # noqa: E402
from hpd_etl.wording import in_words  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from border import Border

    from hpd_etl.config import Windows
    from hpd_etl.criteria.definition import Definition

MADE = "<!-- Made by docs/definition_pages.py from the TOML and its spec test; change these and run it again. -->"
FOLDER = DOCS / "definitions"
HEAD = """
One TOML file a rule in `hpd_etl/criteria/definitions/`, and one page. Thresholds are data, formulas are code. `>=` and
its like compare unrounded values with a relative tolerance of 1e-9. Papers that state the same rule share its page
and have labels of their own; `use = ["published"]` means all of them. A variant is chosen by its suffix, as in
`saada2017_require_pd`. What is listed elsewhere and not here: [not_shipped.md](not_shipped.md).

Windows are days from the first dose; those in italics are the study's, here with their defaults, and the pre-baseline
scan lies {gap} days before baseline. The grade is that of the rule; every field of a definition has one on its page.
"""
FAST = "Fast progression, not hyperprogression: it is compared with, never counted as one."


def index() -> str:
    """The table of all definitions, with what variants and grades mean."""
    found = published()
    study = Study(id="docs")
    sets = window_sets(found, study)
    gap = f"{study.windows.pre_min_gap_days} to {study.windows.pre_max_gap_days}"
    rows = [f"| {_link(each)} | {_said(each)} | {_needs(each)} | {_windows(each, sets[each.window_set])} |"
            f" {_new(each)} | {_rate(each)} | {each.evidence['rule']} |" for each in found]
    return "\n".join([
        f"# Definitions\n\n{MADE}\n\n{inspect.cleandoc(HEAD).format(gap=gap)}\n",
        *_head("id", "rule", "needs", "windows", "new lesions in the sum", "published rate", "grade"), *rows, "",
        *_head("variant", "the definition"), *(f"| `{name}` | {each.title} |" for name, each in VARIANTS.items()),
        "\nEvery label names the fields that are assumed (`assumed_fields`).\n", *_grades(), ""])


def page(each: Definition, drawn: Border, lacks: dict[str, str]) -> str:
    """The page of a rule, with all papers that state it."""
    family = [other for other in published() if other.rule_id == each.id]
    title, *examples = spec.chapter(each.id)
    return "\n".join([
        f"# {each.id}\n\n{MADE}\n\n{each.title}.\n", *_papers(family),
        *([f"\n{FAST}"] if not each.hpd else []),
        f"\n## The rule\n\n{_sentence(in_words(each.rule))}.\n\n```\n{chr(10).join(_tree(each.rule, 0))}\n```\n",
        *_formulas(each),
        f"\n## On the border\n\n![A patient on the border]({each.id}.svg)\n\n{_caption(each, drawn)}\n",
        *_facts(each), *_not_evaluable(lacks), *_evidence(family), *_variants(each),
        f"\n## By example: {title}\n\nEvery table is a test; how they are read: [spec.md](../spec.md).\n",
        "\n\n".join(examples), ""])


def _head(*names: str) -> Iterator[str]:
    yield f"| {' | '.join(names)} |"
    yield f"|{' --- |' * len(names)}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _link(each: Definition) -> str:
    return f"[{each.id}](definitions/{each.rule_id}.md)"


def _said(each: Definition) -> str:
    if each.rule_id != each.id:
        return f"as {each.rule_id}"
    return ("fast progression: " if not each.hpd else "") + _cell(in_words(each.rule))


def _needs(each: Definition) -> str:
    return ", ".join(name.replace("_", "-" if name == "pre_baseline" else " ") for name in each.requires) or "nothing"


def _windows(each: Definition, windows: Windows) -> str:
    """Baseline and first evaluation in days, and the earliest pre-baseline scan where there is such a day."""
    shown = {"baseline": (("baseline_from_day", "baseline_to_day"), "{} to {}"),
             "pre-baseline": (("pre_from_day",), "from {}"),
             "evaluation": (("post_from_day", "post_to_day"), "{} to {}")}
    said = []
    for name, (keys, form) in shown.items():
        days = form.format(*(getattr(windows, key) for key in keys))
        if "None" not in days:
            said.append(f"{name} {days}" if set(keys) & set(each.windows) else f"*{name} {days}*")
    return ", ".join(said)


def _new(each: Definition) -> str:
    return "yes" if each.new_lesions_in_sum else "no"


def _rate(each: Definition) -> str:
    hpd, evaluable = each.published.get("hpd"), each.published.get("evaluable")
    if hpd is None:
        return "not known"
    return f"{hpd} of {evaluable} ({100 * hpd / evaluable:.1f} %)" if evaluable else f"{hpd}"


def _papers(family: Iterable[Definition]) -> Iterator[str]:
    yield from _head("id", "paper", "published rate", "of all treated", "notes")
    for each in family:
        hpd, treated = each.published.get("hpd"), each.published.get("treated")
        of_all = f"{hpd} of {treated} ({100 * hpd / treated:.1f} %)" if hpd is not None and treated else ""
        yield f"| {each.id} v{each.version} | {_cell(each.citation)} | {_rate(each)} | {of_all} | {_cell(each.notes)} |"


def _tree(rule: Rule, depth: int) -> Iterator[str]:
    if isinstance(rule, Leaf):
        yield "  " * depth + str(rule)
        return
    yield "  " * depth + (f"at least {rule.n} of" if rule.join == "at_least" else rule.join)
    for part in rule.parts:
        yield from _tree(part, depth + 1)


def _formulas(each: Definition) -> Iterator[str]:
    """Every metric that the rule names, and those that its formulas name."""
    named = list(dict.fromkeys(leaf.metric for leaf in leaves(each.rule)))
    for metric in named:
        named += [word for word in FORMULAS[metric].split() if word in FORMULAS and word not in named]
    yield from _head("metric", "formula")
    yield from (f"| `{metric}` | {_cell(FORMULAS[metric])} |" for metric in named)


def _caption(each: Definition, drawn: Border) -> str:
    sums, days = (", ".join(f"{number:.4g}" for number in numbers) for numbers in (drawn.sums, drawn.days))
    said = [f"A made-up patient with {sums} {drawn.unit} on days {days}; a month has {drawn.month_days:g} days."]
    if drawn.edges:
        edges = " and ".join(f"{edge:g} {drawn.unit}" for edge in drawn.edges)
        said.append("The bar shows what another burden at the first evaluation would have been: "
                    f"the verdict changes at {edges}.")
    else:
        said.append("The bar shows that the burden at the first evaluation decides nothing.")
    if drawn.failed:
        said.append(f"The line among the doses is day {drawn.failed:g}: treatment that failed until then failed early.")
    if not each.hpd:
        said.append("`HPD` stands for fast progression here.")
    return " ".join(said)


def _facts(each: Definition) -> Iterator[str]:
    windows = window_sets([each], Study(id="docs"))[each.window_set]
    yield "## What it needs\n"
    facts = {
        "scans": _needs(each), "windows (days from the first dose; in italics the study's)": _windows(each, windows),
        "response by": each.framework, "new lesions in the sum": _new(each), "principal metric": f"`{each.value}`",
    }
    if each.looks_before:
        facts["pre-baseline scan"] = f"*{windows.pre_min_gap_days} to {windows.pre_max_gap_days} days before baseline*"
    yield from _head("", "")
    yield from (f"| {name} | {said} |" for name, said in facts.items())


def _not_evaluable(lacks: dict[str, str]) -> Iterator[str]:
    """What the engine says of made-up patients who lack one thing each."""
    yield "\n## What makes it not evaluable\n\nMade-up patients who each lack one thing, as it judges them:\n"
    yield from _head("what is missing", "primary reason")
    yield from (f"| {what} | `{reason}` |" for what, reason in lacks.items() if reason)
    decided = [what for what, reason in lacks.items() if not reason and what != lacking.COMPLETE]
    if decided:
        yield f"\nEvaluable all the same: {'; '.join(decided)}."


def _evidence(family: list[Definition]) -> Iterator[str]:
    yield "\n## How each field is known\n"
    yield from _head("field", *(each.id for each in family), "what is taken where no source states it")
    for field in dict.fromkeys(name for each in family for name in each.evidence):
        taken = next((said for each in family if (said := catalogue.taken(each, field))), "")
        yield f"| {field} | {' | '.join(each.evidence.get(field, '') for each in family)} | {_cell(taken)} |"
    yield ""
    yield from _grades(grade for each in family for grade in each.evidence.values())


def _grades(used: Iterable[str] = GRADES) -> Iterator[str]:
    shown = set(used)
    yield from _head("grade", "means")
    yield from (f"| {grade} | {meaning} |" for grade, meaning in GRADES.items() if grade in shown)


def _variants(each: Definition) -> Iterator[str]:
    yield "\n## Variants\n"
    yield from _head("id", "the same rule")
    yield from (f"| `{each.id}_{name}` | {VARIANTS[name].title} |" for name in possible(each))
    yield "\nAn HPD that no later scan has confirmed or refuted is not evaluable under `_confirmed` (`unconfirmed`)."


def pages(drawn: dict[str, Border]) -> dict[str, str]:
    """Every page by its path below `docs`."""
    lacks = lacking.answers()
    rules = (each for each in published() if each.rule_id == each.id)
    return {"definitions.md": index(),
            **{f"definitions/{each.id}.md": page(each, drawn[each.id], lacks[each.id]) for each in rules}}


def figures() -> dict[str, Path]:
    """Where the figure of each rule is."""
    return {each.id: FOLDER / f"{each.id}.svg" for each in published() if each.rule_id == each.id}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    shown = border.borders()
    for name, text in pages(shown).items():
        (DOCS / name).write_text(text, encoding="utf-8")
    for name, path in figures().items():
        if not path.exists() or border_figure.read(path) != shown[name].numbers():
            border_figure.draw(shown[name], path)
