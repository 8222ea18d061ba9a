"""What the four response criteria differ in: their burden, their limits, what else is progression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hpd_etl.schema import RESPONSES

CODES = RESPONSES["response"].values
CR, PR, SD, PD, NE, NON_CR_NON_PD, IUPD, ICPD = range(len(CODES))
PROGRESSIONS = (PD, IUPD, ICPD)
NONE = -1
"""Nothing to assess, or nothing recorded."""
WORST_FIRST = (ICPD, PD, IUPD, SD, NON_CR_NON_PD, PR, CR)
"""Of several recorded responses the first of these stands; not evaluable says nothing."""


@dataclass(frozen=True)
class Framework:
    """The limits of one set of response criteria."""

    accepted: tuple[str, ...]
    """Frameworks of recorded responses that it takes for its own."""
    rise: float
    """Progression: at least this fraction above the nadir."""
    least_rise: float
    """And at least this much, in the unit of the burden."""
    fall: float
    """Partial response: at least this fraction below baseline."""
    immune: bool = False
    """Measurable new lesions enter the burden; new lesions and non-targets alone are no progression."""
    by_area: bool = False
    """The burden is a sum of products of diameters (mm2)."""
    unconfirmed: bool = False
    """A first progression waits for the next assessment (iUPD, iCPD)."""
    confirmed_pd: bool = False
    """Progression counts for the best response only where a later assessment says so again."""

    @property
    def unit(self) -> str:
        """The unit of its burden."""
        return "mm2" if self.by_area else "mm"


FRAMEWORKS: Mapping[str, Framework] = {
    "RECIST1.1": Framework(("RECIST1.1", "unstated"), 0.20, 5.0, 0.30),
    "irRECIST": Framework(("irRECIST",), 0.20, 5.0, 0.30, immune=True, confirmed_pd=True),
    "irRC": Framework(("irRC",), 0.25, 0.0, 0.50, immune=True, by_area=True, confirmed_pd=True),
    "iRECIST": Framework(("iRECIST",), 0.20, 5.0, 0.30, unconfirmed=True),
}
"""By the name that definitions and recorded responses use."""
