"""The verdicts of a kind of patient worked out on paper: fractions for sums, 50 digits for powers.

Written from the notes alone, for one person a time; it looks at the declared sizes, days, doses and events.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

from hpd_etl.demo.kinds import (
    NOT_EVALUABLE,
    NOT_YET_PRESENT,
    PRESENT,
    TOO_SMALL,
    Kind,
    Lesion,
    Odd,
)

MONTH = Fraction("30.4375")
_FIXED = {TOO_SMALL: Fraction(5), NOT_YET_PRESENT: Fraction(0), NOT_EVALUABLE: None, PRESENT: None}


def size(lesion: Lesion, position: int) -> Fraction | None:
    """The millimetres that count, None where nobody knows."""
    written = lesion.short[position] if lesion.short else lesion.sizes[position]
    if isinstance(written, tuple):
        written = written[0] if written[0] == written[1] else None
    if isinstance(written, Odd):
        readable = written.unit == "mm" and written.dimension == "longest" and written.linked
        written = written.size if readable else None
    if written is None or isinstance(written, str):
        return None if written is None else _FIXED[written]
    number = Fraction(str(written))
    return number if 0 <= number <= 500 else None


def targets(kind: Kind) -> list[Lesion]:
    """The lesions of the sum: those called target, else those nobody called anything."""
    called = [lesion for lesion in kind.lesions if lesion.role.startswith("TARGET") and lesion.counted]
    return called or [lesion for lesion in kind.lesions if lesion.role == "LESION" and lesion.counted]


def lesion_sum(kind: Kind, position: int, *, with_new: bool) -> Fraction | None:
    """The sum at a scan, None if a target is unknown there."""
    day = kind.days[position]
    recorded = [event.value for event in kind.events if event.what == "sum" and event.day == day]
    if recorded:
        return Fraction(str(recorded[0]))
    parts = [size(lesion, position) for lesion in targets(kind)]
    added = [size(lesion, position) or Fraction(0)
             for lesion in kind.lesions if lesion.role == "NEW" and lesion.counted]
    known = [part for part in parts if part is not None]
    total = sum(known, Fraction(0)) + (sum(added, Fraction(0)) if with_new else 0)
    return total if len(known) == len(parts) else None


def treatment_failed(kind: Kind) -> str:
    """early, late or unknown: did treatment fail before 60.875 days?"""
    given = sorted(dose.day for dose in kind.doses
                   if not dose.ordered and not dose.unborn and (dose.end or 999) >= dose.day)
    line = [day for position, day in enumerate(given)
            if all(b - a < 120 for a, b in pairwise(given[:position + 1]))]
    last = max(line)
    stops = [dose.end for dose in kind.doses if dose.stop and dose.end is not None and dose.end >= last]
    day = stops[0] if stops else last
    if 8 * day >= 487:
        return "late"
    followed = next(b for a, b in kind.observed if a <= 0 <= b)
    switched = any(event.what == "systemic" and event.day > last for event in kind.events)
    happened = bool(stops) or kind.death is not None or switched or followed - last >= 120 or len(line) < len(given)
    return "early" if happened else "unknown"


def growth(before: Fraction, after: Fraction, days: int) -> Decimal:
    """Volume growth, %/month, of a diameter that went from `before` to `after`."""
    with localcontext(prec=50):
        ratio = Decimal(after.numerator * before.denominator) / Decimal(after.denominator * before.numerator)
        exponent = Decimal((3 * MONTH / days).numerator) / Decimal((3 * MONTH / days).denominator)
        return 100 * (ratio ** exponent - 1) if ratio else Decimal(-100)


def verdicts(kind: Kind) -> list[str]:
    """The words of `Kind.expected` for a kind whose three scans are all there."""
    assert kind.used is not None
    pre, base, post = kind.used
    gap = kind.days[base] - kind.days[pre], kind.days[post] - kind.days[base]
    if (reason := _unusable(kind)) is not None:
        return [reason]
    plain = [lesion_sum(kind, position, with_new=False) for position in kind.used]
    with_new = [lesion_sum(kind, position, with_new=True) for position in kind.used]
    assert all(value is not None for value in (*plain, *with_new))
    progression = _progression(kind, plain, post)
    return [
        _volume(plain, gap, progression, ratio=2), _kinetics(plain, gap), _kato(kind, with_new, gap),
        _volume(plain, gap, progression, difference=50), _kinetics(with_new, gap),
    ]


def _unusable(kind: Kind) -> str | None:
    pre, _, post = kind.used or (0, 0, 0)
    organs = {lesion.organ for lesion in targets(kind)}
    if any(event.what == "response" and 0 < event.day < kind.days[post] for event in kind.events):
        return "lesion_set_mismatch"
    if any("NODAL" in lesion.role and not lesion.short for lesion in targets(kind)):
        return "node_short_axis_missing"
    between = range(kind.days[pre] + 1, kind.days[post] + 1)
    if any(event.what in {"radiation", "surgery"} and event.detail in organs and event.day in between
           for event in kind.events):
        return "local_therapy"
    missing = [lesion_sum(kind, position, with_new=False) is None for position in kind.used or ()]
    return "lesion_set_mismatch" if any(missing) else None


def _progression(kind: Kind, sums: list[Fraction], post: int) -> bool:
    _, base, now = sums
    seen_new = any(lesion.role == "NEW" and lesion.sizes[post] is not None for lesion in kind.lesions)
    return seen_new or (now - base >= 5 and (base == 0 or (now - base) / base >= Fraction(1, 5)))


def _kinetics(sums: list[Fraction], gap: tuple[int, int]) -> str:
    before, after = (sums[1] - sums[0]) / gap[0], (sums[2] - sums[1]) / gap[1]
    if after <= 0:
        return "NOT"
    return "pre_growth_nonpositive" if before <= 0 else "HPD" if after / before >= 2 else "NOT"


def _volume(sums: list[Fraction], gap: tuple[int, int], progression: bool, *,
            ratio: int = 0, difference: int = 0) -> str:
    if sums[1] == 0:
        return "zero_baseline"
    if sums[0] == 0:
        return "zero_prebaseline"
    before, after = growth(sums[0], sums[1], gap[0]), growth(sums[1], sums[2], gap[1])
    if not progression or after <= 0:
        return "NOT"
    if difference:
        return "HPD" if after - before > difference else "NOT"
    return "pre_growth_nonpositive" if before <= 0 else "HPD" if after / before >= ratio else "NOT"


def _kato(kind: Kind, sums: list[Fraction], gap: tuple[int, int]) -> str:
    if sums[1] == 0:
        return "zero_baseline"
    if sums[0] == 0:
        return "zero_prebaseline"
    before, after = (sums[1] - sums[0]) / sums[0] / gap[0], (sums[2] - sums[1]) / sums[1] / gap[1]
    failed = treatment_failed(kind)
    if failed == "late" or (sums[2] - sums[1]) / sums[1] <= Fraction(1, 2) or (before > 0 and after / before <= 2):
        return "NOT"
    return "pre_growth_nonpositive" if before <= 0 else "ttf_unknown" if failed == "unknown" else "HPD"
