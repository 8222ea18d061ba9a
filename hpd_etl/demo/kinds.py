"""What a kind of patient is: lesions by scan, doses, events, and the true verdict under each definition.

Days count from the first dose. A kind is written so that its verdicts follow from arithmetic that
a reader can do on paper; `why` states it. With equal gaps of 56 days and a month of 30.4375 days the
volume growth of a diameter ratio q is 100 (q ** 1.6306 - 1) %/month.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DEFINITIONS = ("champiat2017", "saada2017", "kato2017", "ferrara2018", "ji2019")
"""The definitions whose verdicts each kind states."""
SAME_RULE = {
    "kanjanapan2019": "champiat2017", "karabajakian2020": "saada2017", "economopoulou2021": "saada2017",
    "kamada2019": "kato2017", "djunadi2024_saada": "ji2019",
}
"""Definitions whose verdicts follow: they compare the same sums with the same thresholds."""
PLANTED = (*DEFINITIONS, *SAME_RULE)
"""The definitions under which the truth of everybody is known before a run; a kind may add some of others."""

TOO_SMALL = "TOO SMALL TO MEASURE"
NOT_EVALUABLE = "NOT EVALUABLE"
NOT_YET_PRESENT = "NOT YET PRESENT"
PRESENT = "PRESENT"


@dataclass(frozen=True)
class Odd:
    """A size that is recorded oddly: in another unit text, under another dimension, or without a lesion."""

    size: float
    unit: str | None = "mm"
    """UCUM text to write; None: no unit at all."""
    dimension: str = "longest"
    linked: bool = True


Size = float | str | Odd | tuple[float, float] | None
"""mm, a status text, an odd row, two rows of one day, or no row."""


@dataclass(frozen=True)
class Lesion:
    """A lesion: one size a scan, in the order of the kind's days."""

    organ: str
    sizes: tuple[Size, ...]
    role: str = "TARGET"
    short: tuple[float | None, ...] = ()
    """Short axes of a lymph node, where they are recorded."""
    across: tuple[float | None, ...] = ()
    """Diameters perpendicular to the sizes, where they are recorded."""
    volume: tuple[float | None, ...] = ()
    """Volumes in mm3, where they are recorded."""
    counted: bool = True
    """It belongs to the sum: a target within the caps, or a measurable new lesion."""
    modality: str = "CT"
    delay: int = 0
    """Days after the kind's scan on which this lesion is examined."""


@dataclass(frozen=True)
class Dose:
    """One exposure record; `agent` None is the checkpoint inhibitor drawn for the person."""

    day: int
    agent: str | None = None
    end: int | None = None
    stop: str = ""
    form: str = ""
    """'' as drawn; product, billed or combined (the nivolumab / relatlimab product)."""
    ordered: bool = False
    unborn: bool = False
    """Dated before the person's birth."""


@dataclass(frozen=True)
class Event:
    """Anything else: `systemic` (drug), `radiation`, `surgery` (organ), `exam`, `response`, `sum`."""

    what: str
    day: int
    detail: str = ""
    value: float = 0


@dataclass(frozen=True)
class Kind:
    """A kind of patient and the truth about it.

    `used` are the positions in `days` of the pre-baseline, baseline and first-evaluation scan; None where
    one of them does not exist.
    """

    name: str
    why: str
    expected: str
    days: tuple[int, ...] = (-63, -7, 49)
    lesions: tuple[Lesion, ...] = ()
    doses: tuple[Dose, ...] = ()
    events: tuple[Event, ...] = ()
    used: tuple[int, int, int] | None = (0, 1, 2)
    death: int | None = None
    cause: str = ""
    """Cause of death: a concept, or a code of ICD-10; empty where nobody says."""
    observed: tuple[tuple[int, int], ...] = field(default=((-400, 420),))
    scalable: bool = True
    weight: int = 2
    """How common the kind is among those of its cohort."""
    cohort: str = "checkpoint_inhibitor"
    further: str = ""
    """`definition=word` under other definitions, as far as this kind was made for them."""

    @property
    def verdicts(self) -> dict[str, tuple[str, str | None]]:
        """Verdict and primary reason a definition; empty for a person who is not treated."""
        words = self.expected.split()
        if not words:
            return {}
        words = words * len(DEFINITIONS) if len(words) == 1 else words
        stated = dict(zip(DEFINITIONS, map(_verdict, words), strict=True))
        return stated | {definition: stated[first] for definition, first in SAME_RULE.items()}

    @property
    def further_verdicts(self) -> dict[str, tuple[str, str | None]]:
        """The same under the other definitions that this kind was made for."""
        told = (each.partition("=") for each in self.further.split())
        return {definition: _verdict(word) for definition, _, word in told}


def _verdict(word: str) -> tuple[str, str | None]:
    """Verdict and primary reason that a word stands for."""
    known: dict[str, tuple[str, str | None]] = {"HPD": ("HPD", None), "NOT": ("NOT_HPD", None)}
    return known.get(word, ("NOT_EVALUABLE", word))


def target(organ: str, *sizes: Size, modality: str = "CT", delay: int = 0, counted: bool = True) -> Lesion:
    """A target lesion with its sizes by scan."""
    return Lesion(organ, sizes, modality=modality, delay=delay, counted=counted)


def ruled(lesions: Iterable[Lesion], across: Sequence[tuple[float | None, ...]],
          volume: Sequence[tuple[float | None, ...]]) -> tuple[Lesion, ...]:
    """The lesions with their diameters across and their volumes."""
    return tuple(replace(lesion, across=other, volume=cubes)
                 for lesion, other, cubes in zip(lesions, across, volume, strict=True))


def new(organ: str, *sizes: Size, counted: bool = True) -> Lesion:
    """A lesion called new; `counted` if it is measurable."""
    return Lesion(organ, sizes, role="NEW", counted=counted)


def non_target(organ: str, *sizes: Size) -> Lesion:
    """A lesion called non-target; it belongs to no sum."""
    return Lesion(organ, sizes, role="NON-TARGET", counted=False)


def unstated(organ: str, *sizes: Size, counted: bool = True) -> Lesion:
    """A lesion that nobody called anything."""
    return Lesion(organ, sizes, role="LESION", counted=counted)


def course(days: Iterable[int], agent: str | None = None, form: str = "") -> tuple[Dose, ...]:
    """Doses on these days."""
    return tuple(Dose(day, agent, form=form) for day in days)


SHORT = course((0, 21, 42))
"""Last dose on day 42, then more than 120 days under observation: treatment failed on day 42."""
LONG = course(range(0, 190, 21))
"""Last dose on day 189: treatment failed late, whatever follows."""

DOUBLING = (target("liver", 30, 33, 66), target("lung", 20, 22, 44))
"""Sums 50, 55, 110: growth kinetics 5 then 55 mm (ratio 11); volume 16.8 then 209.7 %/month (ratio 12.5,
difference 192.8); +100 %, pace 0.1 then 1 (ratio 10); progression."""
EVEN = (target("liver", 30, 36, 48), target("lung", 20, 24, 32))
"""Sums 50, 60, 80: growth kinetics 10 then 20 mm (ratio exactly 2); volume 34.6 then 59.9 %/month (ratio
1.73, difference 25.3); +33.3 %, +20 mm: progression."""
