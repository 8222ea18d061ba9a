"""What a dry extraction tells a site: who was treated, what was read and refused, and whether the sizes are enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpd_etl.check import Check, State
from hpd_etl.sources.ledger import REMEDIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpd_etl.schema import Records


def extracted(records: Records, used: dict[str, Any]) -> Iterator[Check]:
    """The same for every source, from the Records and what they were read with."""
    yield from _people(used)
    yield from _sizes(records, used)
    yield from _refusals(used)


def _people(used: dict[str, Any]) -> Iterator[Check]:
    treated = used["treated_persons"]
    yield Check("candidates", State.OK if treated else State.ERROR, f"{treated} persons with a dose of an index drug",
                "" if treated else "see what was refused, and mapping.agents")
    for origin, count in used["counts"].items():
        told = ", ".join(f"{count[name]} {name}" for name in ("read", "kept", "refused", "ignored"))
        yield Check(f"rows of {origin}", State.INFO, told)


def _sizes(records: Records, used: dict[str, Any]) -> Iterator[Check]:
    """What decides whether a site can take part: sizes, their dimensions, roles and short axes of nodes."""
    lesions = records.lesions
    sized = lesions["diameter_mm"].notna()
    yield Check("sizes", State.OK if sized.any() else State.ERROR, f"{int(sized.sum())} of {len(lesions)} lesion rows",
                "" if sized.any() else "see what was refused below")
    unstated = used["rejections"].get("dimension_unknown", 0)
    yield Check("dimensions", State.WARNING if unstated else State.OK,
                f"{unstated} sizes without a stated dimension", REMEDIES["dimension_unknown"] if unstated else "")
    targets = int((lesions["role"] == "target").sum())
    yield Check("target lesions", State.OK if targets else State.WARNING, f"{targets} rows are called target",
                "" if targets else "targets will be derived: the largest measurable lesions at baseline")
    nodes = lesions[lesions["is_node"].fillna(value=False)]
    without = nodes.groupby(["person_id", "lesion_id"], observed=True)["diameter_mm"].count().eq(0).sum()
    yield Check("nodes", State.WARNING if without else State.OK, f"{int(without)} lymph nodes without a short axis",
                "map the short axis in mapping.measurements" if without else "")


def _refusals(used: dict[str, Any]) -> Iterator[Check]:
    for reason, count in used["rejections"].items():
        yield Check(f"refused: {reason}", State.WARNING, f"{count} rows", REMEDIES[reason])
