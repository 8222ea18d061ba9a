"""How sure a label is: what other readings of the rules change, and what an error of measurement changes. Pure."""

from __future__ import annotations

from hpd_etl.robustness.counts import by_definition, by_reading
from hpd_etl.robustness.perturbation import perturb
from hpd_etl.robustness.sensitivity import flips

__all__ = ["by_definition", "by_reading", "flips", "perturb"]
