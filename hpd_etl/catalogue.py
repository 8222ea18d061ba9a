"""What definitions there are, and what each of them says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from rich.console import Group, RenderableType

from hpd_etl.criteria.evidence import FIELDS, GRADES
from hpd_etl.criteria.variants import VARIANTS, possible
from hpd_etl.reasoning import FORMULAS, findings
from hpd_etl.rendering import facts, table
from hpd_etl.wording import in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.table import Table

    from hpd_etl.criteria.definition import Definition

HPD, FAST_PROGRESSION = "HPD", "fast progression"
_NOTHING: Mapping[str, object] = dict.fromkeys(
    [*FORMULAS, "s0_mm", "s_post_mm", "ttf_min_days", "ttf_max_days", "missing", "bounds"], pd.NA)


def overview(found: Iterable[Definition]) -> Table:
    """Every definition with its kind, whose rule it states, and the suffixes of its variants."""
    listed = table("", "id", "version", "kind", "rule of", "variants", "title")
    for column in listed.columns[:2]:
        column.no_wrap = True
    for each in found:
        listed.add_row(each.id, f"v{each.version}", kind(each), each.rule_id if each.rule_id != each.id else "",
                       " ".join(possible(each)), each.title)
    return listed


def page(each: Definition, found: Iterable[Definition]) -> RenderableType:
    """A definition as a page: where it is from, what it requires, its rule, and how well each field is known.

    `found` are all definitions at hand, among which others may state its rule.
    """
    suffix = f"_{each.variant}" if each.variant else ""
    same = [other.id + suffix for other in found if other.rule_id + suffix == each.rule_id
            and other.id + suffix != each.id]
    graded = table("\nHow each field is known", "field", "grade", "that is", "what is taken")
    for name, grade in each.evidence.items():
        graded.add_row(name, grade, GRADES[grade], taken(each, name))
    return Group(facts(f"{each.id} v{each.version}: {each.title}", {
        "rule": in_words(each.rule), "citation": each.citation, "kind": kind(each),
        "same rule": ", ".join(same) or "no other",
        "variant": VARIANTS[each.variant].title if each.variant else "as published",
        "variants": ", ".join(f"{each.id}_{name}" for name in possible(each)) or "none",
        "framework": each.framework, "requires": ", ".join(each.requires) or "nothing",
        "new lesions in the sum": "yes" if each.new_lesions_in_sum else "no", "principal metric": each.value,
        "windows": ", ".join(f"{name} = {day}" for name, day in each.windows.items()) or "the study's",
        "published": ", ".join(f"{name} {n}" for name, n in each.published.items()) or "no counts",
        "assumed": ", ".join(each.assumed_fields) or "nothing", "sha256": each.sha256, "notes": each.notes,
    }), graded, _rule(each))


def kind(each: Definition) -> str:
    """Whether the definition is one of hyperprogression."""
    return HPD if each.hpd else FAST_PROGRESSION


def taken(each: Definition, field: str) -> str:
    """What the definition takes for a field that no source states; empty for one that a source does."""
    return each.assumed.get(field, FIELDS.get(field, "")) if field in each.assumed_fields else ""


def _rule(each: Definition) -> Table:
    rule = table("\nRule", "leaf", "formula")
    for finding in findings(each.rule, _NOTHING, 1.0):
        metric = finding.says.split(" ", 1)[0]
        rule.add_row("  " * finding.depth + finding.says, FORMULAS.get(metric, ""))
    return rule
