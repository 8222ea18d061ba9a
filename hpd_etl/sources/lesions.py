"""From what a source tells of a lesion to the lesion rows of Records; the same for every source.

A source says who, which lesion, on which day, called what, lying where, measured how. What follows
is decided here, once: which reader or modality comes first, what an unstated dimension is, and what
stands in the row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hpd_etl import codes
from hpd_etl.errors import ConfigurationError
from hpd_etl.grouping import Bools, Floats, Ints, category, coded, floats, repeating
from hpd_etl.schema import LESIONS
from hpd_etl.sources.columns import booleans, by_text, group_codes, one
from hpd_etl.sources.sizes import GONE, PROBLEMS, STATUSES, Sizes, status_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from hpd_etl.config import Priorities
    from hpd_etl.sources.columns import Rows
    from hpd_etl.sources.ledger import Ledger


SIZES = ("longest", "short_axis", "perpendicular", "additional", "unstated", "volume")
KINDS = (*SIZES, "new_lesion")
LONGEST, SHORT, PERPENDICULAR, ADDITIONAL, UNSTATED, VOLUME, NEW = range(len(KINDS))
ROLES = LESIONS["role"].values
_NODE = "lymph_node"
_NO = ("N", "NO", "0", "FALSE")
_YES = ("Y", "YES", "1", "TRUE")


@dataclass(frozen=True)
class Facts:
    """What is known of each row beside its size; `lesion` is a code of the lesion, the same over time."""

    lesion: Ints
    name: pa.Array[Any]
    identity: Ints
    """Position in `rungs` of the rung that named the lesion."""
    rungs: Sequence[str]
    kind: Ints
    """Position in KINDS."""
    unanswered: Bools
    """Asks whether there is a new lesion, and nobody knows; such a row is a lesion of its own."""
    day: Ints
    """A number that rows of one lesion share where they tell of one day."""
    role: Ints
    """Position in ROLES."""
    organ: pa.Array[Any]
    is_node: Bools
    """Said of the row; a lesion that is once a node is one at every scan."""
    modality: pa.Array[Any]
    reader: pa.Array[Any]
    part_of: pa.Array[Any]
    """Name of the lesion it split from or merged into; null where it stands for itself."""


def lesion_rows(rows: Rows, date: str, facts: Facts, sizes: Sizes, first: Priorities, ledger: Ledger) -> pd.DataFrame:
    """The lesion rows of Records; `date` is the column of `rows` that holds the day.

    Rows behind a reader or modality that comes first are refused; a size that cannot be read is
    refused and leaves its lesion not assessed.
    """
    inferior = _lower_priority(first, facts)
    node = _nodes(facts)
    sizes = _without_answer(sizes, facts.unanswered)
    sizes, kind = _with_dimension(sizes, facts, node, inferior)
    ledger.refuse("lesions", rows, inferior, "lower_priority")
    if (astray := _astray(rows, facts)).any():
        ledger.refuse("lesions", rows, astray & ~inferior, "part_of_unknown", also_kept=True)
        facts = replace(facts, part_of=one(pc.if_else(pa.array(astray), None, facts.part_of)))
    sizeless = _only_seen(facts, kind) & (sizes.problem == PROBLEMS.index("no_value"))
    sizes = replace(sizes, problem=np.where(sizeless, -1, sizes.problem))
    for position, reason in enumerate(PROBLEMS):
        ledger.refuse("lesions", rows, (sizes.problem == position) & ~inferior, reason, also_kept=True)
    ledger.keep(rows, ~inferior)
    frame = _frame(rows, date, facts, kind, node, sizes)
    return frame[~inferior].reset_index(drop=True) if inferior.any() else frame


def _only_seen(facts: Facts, kind: Ints) -> Bools:
    """Rows that tell something without a size: of a new lesion that it is there, of a part in which lesion it lies."""
    return np.asarray((kind == NEW) | _known(facts.part_of), dtype=np.bool_)


def _astray(rows: Rows, facts: Facts) -> Bools:
    """Rows called part of a lesion that the person does not have, or of the lesion itself."""
    part = _known(facts.part_of)
    if not part.any():
        return part
    both = by_text(pa.concat_arrays([facts.name.cast(pa.string()), facts.part_of.cast(pa.string())])).codes
    name, whole = both[:len(part)], both[len(part):]
    key, n = group_codes(np.tile(rows.encoded("person_id").codes, 2), both)
    there = np.zeros(n, dtype=np.bool_)
    there[key[:len(part)]] = True
    return np.asarray(part & (~there[key[len(part):]] | (name == whole)), dtype=np.bool_)


def _known(texts: pa.Array[Any]) -> Bools:
    return np.asarray(pc.is_valid(texts).to_numpy(zero_copy_only=False), dtype=np.bool_)


def _without_answer(sizes: Sizes, unanswered: Bools) -> Sizes:
    """Whether there is a new lesion may be unknown; that is neither a no nor a value."""
    if not unanswered.any():
        return sizes
    not_assessed = STATUSES.index("not_assessed")
    return Sizes(np.where(unanswered, np.nan, sizes.value), np.where(unanswered, not_assessed, sizes.status),
                 np.where(unanswered, -1, sizes.problem))


def _roles(facts: Facts) -> Ints:
    """A row about a new lesion calls it new unless it says otherwise, and so does one that nobody answered."""
    unsaid = (facts.kind == NEW) & (facts.role == ROLES.index("unstated"))
    return np.where(unsaid | facts.unanswered, ROLES.index("new"), facts.role)


def plain_organ(name: str) -> str:
    """The plain name of an anatomical structure: `Liver structure` and `Structure of liver` are liver."""
    plain = name.lower().strip().removesuffix("(body structure)").strip()
    return plain.removeprefix("structure of ").removeprefix("entire ").removesuffix(" structure").strip()


def role_words(own: Mapping[str, str]) -> tuple[dict[str, int], frozenset[str]]:
    """Upper-case word -> position in ROLES, shipped and of the site; and the words that say node."""
    for key, role in own.items():
        if role not in ROLES:
            raise ConfigurationError(f"mapping.roles: {key!r} = {role!r} is none of {', '.join(ROLES)}")
    shipped = codes.lesion_roles("text")
    known = {word: role.role for word, role in shipped.items()}
    known |= {key.strip().upper(): role for key, role in own.items()}
    return ({word: ROLES.index(role) for word, role in known.items()},
            frozenset(word for word, role in shipped.items() if role.is_node))


def new_lesion_words(own: Mapping[str, str]) -> dict[str, int]:
    """Upper-case text -> what it answers to "is there a new lesion?": 0 no, 1 yes, -1 that nobody knows.

    Beside yes and no the words for what was seen of a lesion, shipped and of the site; any other text is no answer.
    """
    seen = {word: 0 if status in GONE else -1 if STATUSES[status] == "not_assessed" else 1
            for word, status in status_words(own).items()}
    return dict.fromkeys(_NO, 0) | dict.fromkeys(_YES, 1) | seen


def in_node(organ: pa.Array[Any]) -> Bools:
    """Which organs are lymph nodes."""
    return np.asarray(by_text(organ).decided(lambda name: int(name == _NODE or "lymph node" in name)) == 1)


def _nodes(facts: Facts) -> Bools:
    """Rows of lesions that any row calls a node, or of which it gives a short axis."""
    of_lesion = np.zeros(int(facts.lesion.max(initial=-1)) + 1, dtype=np.bool_)
    of_lesion[facts.lesion[facts.is_node | (facts.kind == SHORT)]] = True
    return np.asarray(of_lesion[facts.lesion], dtype=np.bool_)


def _lower_priority(first: Priorities, facts: Facts) -> Bools:
    """Rows for whose lesion, day and dimension a reader or modality that comes first has one too."""
    inferior = np.zeros(len(facts.kind), dtype=np.bool_)
    for order, values in ((first.reader_priority, facts.reader), (first.modality_priority, facts.modality)):
        if not order or not len(facts.kind):
            continue
        ranks = {name.lower(): place for place, name in enumerate(order)}
        rank = by_text(values).decided(partial(_rank, ranks))
        rank = np.where(rank < 0, len(ranks), rank)
        group, n = group_codes(facts.lesion, facts.day, facts.kind)
        best = np.full(n, len(ranks), dtype=np.int64)
        np.minimum.at(best, group[~inferior], rank[~inferior])
        inferior |= rank > best[group]
    return inferior


def _rank(ranks: Mapping[str, int], name: str) -> int:
    return ranks.get(name.lower(), len(ranks))


def _with_dimension(sizes: Sizes, facts: Facts, node: Bools, inferior: Bools) -> tuple[Sizes, Ints]:
    """Decide what an additional or unstated dimension is (ambiguity C15).

    On a node an additional dimension beside the maximum is its short axis; anywhere else it need
    not be perpendicular, and an unstated dimension need not be the longest: both are unknown.
    """
    kind = facts.kind
    if not np.isin(kind, (ADDITIONAL, UNSTATED)).any():
        return sizes, kind
    group, n = group_codes(facts.lesion, facts.day)
    beside = np.zeros(n, dtype=np.bool_)
    beside[group[(kind == LONGEST) & ~np.isnan(sizes.value) & ~inferior]] = True
    short = (kind == ADDITIONAL) & node & beside[group]
    kind = np.where(short, SHORT, kind)
    unknown = ((kind == ADDITIONAL) | (kind == UNSTATED)) & ~np.isnan(sizes.value)
    problem = np.where(unknown, PROBLEMS.index("dimension_unknown"), sizes.problem)
    return Sizes(np.where(unknown, np.nan, sizes.value), sizes.status, problem), kind


def _frame(rows: Rows, date: str, facts: Facts, kind: Ints, node: Bools, sizes: Sizes) -> pd.DataFrame:
    sized = ~np.isnan(sizes.value)
    axis = (kind == SHORT) | (kind == PERPENDICULAR)
    diameter = sized & np.where(node, axis, kind == LONGEST)
    across = sized & np.where(node, kind == LONGEST, kind == PERPENDICULAR)
    gone = across & node & (sizes.value == 0)  # a node without a long axis has no short one
    present, measured = STATUSES.index("present"), STATUSES.index("measured")
    not_assessed = STATUSES.index("not_assessed")
    status = np.select(
        [sizes.status >= 0, kind == NEW, sizes.problem >= 0, gone, across & node, sized],
        [sizes.status, present, not_assessed, STATUSES.index("disappeared"), present, measured], default=present)
    return LESIONS.frame({
        "person_id": rows.persons(),
        "lesion_id": repeating(facts.name),
        "scan_date": rows.dates(date),
        **rows.precision(),
        "role": category(_roles(facts), ROLES),
        "organ": repeating(facts.organ),
        "is_node": booleans(node),
        "diameter_mm": floats(_where(diameter | (sized & (kind == NEW)), sizes.value)),
        "perpendicular_mm": floats(_where(across, sizes.value)),
        "volume_mm3": floats(_where(sized & (kind == VOLUME), sizes.value)),
        "status": category(status, STATUSES),
        "part_of": repeating(facts.part_of),
        "modality": repeating(facts.modality),
        "reader": repeating(facts.reader),
        "identity": coded(facts.identity, pa.array(facts.rungs, pa.string())),
        "source_id": rows.source_ids(),
    })


def _where(mask: Bools, values: Floats) -> Floats:
    return np.where(mask, values, np.nan)
