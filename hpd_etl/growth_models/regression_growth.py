"""The regression-growth models: a part of the tumour shrinks at rate d while a part grows at rate g.

f(t) is the sum t days after the baseline scan over the sum at it (Stein et al., Oncologist 2008;13:1046; the manual of
the R package tumgr 0.0.4 by Wilkerson, which also states the choice among the models):

    gx      exp(g t)
    dx      exp(-d t)
    gd      exp(g t) + exp(-d t) - 1
    gdphi   (1 - phi) exp(g t) + phi exp(-d t)

Of the models whose parameters all differ from 0 at p < 0.1 the one with the lowest AIC is chosen. Every curve starts
at 1, so that the baseline scan tells nothing of its parameters: other than by tumgr, it is not counted as observed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hpd_etl.grouping import Floats
from hpd_etl.schema import GROWTH_MODELS

SIGNIFICANT = 0.1
_FASTEST = 50.0
"""The highest rate over the whole span of the scans: exp(50) is no tumour."""
_NO_RATE = 1e-6
"""A rate over the whole span, or a part, that is no more than this is 0 for sums known to the millionth."""
_EXACT = 1e-12
"""Mean square error below which a curve goes through the points: sums are known to the millionth."""


@dataclass(frozen=True)
class Chosen:
    """The model that was chosen, its estimates with their 95 % bounds (rates a day), and where its curve is lowest."""

    model: str
    estimates: dict[str, tuple[float, float, float]]
    nadir_day: float | None
    aic: float


@dataclass(frozen=True)
class _Model:
    """A curve, and where the search for its parameters starts; rates are per span of the scans."""

    parameters: tuple[str, ...]
    starts: tuple[tuple[float, ...], ...]

    def curve(self, at: Floats, found: Floats) -> tuple[Floats, Floats]:
        """The fractions at these times, and how they change with each parameter (a column each)."""
        given = dict(zip(self.parameters, found, strict=True))
        grown = np.exp(np.minimum(given.get("g", 0.0) * at, _FASTEST))
        left = np.exp(-given.get("d", 0.0) * at)
        if "phi" in given:
            growing, leaving, value = 1 - given["phi"], given["phi"], 0.0
        else:
            growing, leaving, value = 1.0, 1.0, -1.0  # a part that the model has not stays at 1
        by = {"g": growing * at * grown, "d": -leaving * at * left, "phi": left - grown}
        return growing * grown + leaving * left + value, np.column_stack([by[name] for name in self.parameters])


_MODELS = {
    "gx": _Model(("g",), ((0.5,),)),
    "dx": _Model(("d",), ((0.5,),)),
    "gd": _Model(("g", "d"), ((0.5, 0.5), (0.5, 4.0))),
    "gdphi": _Model(("g", "d", "phi"), ((0.5, 1.0, 0.5), (0.5, 5.0, 0.5))),
}


def choose(days: Floats, sizes: Floats) -> Chosen | str:
    """The model of these sums, the first of them at baseline; or the reason why there is none.

    `fewer_than_two_scans_after_baseline`, `zero_baseline`, or `not_fitted` where no model has only parameters
    that differ from 0.
    """
    if len(days) < 3:
        return "fewer_than_two_scans_after_baseline"
    if sizes[0] <= 0:
        return "zero_baseline"
    at, fraction = days[1:] - days[0], sizes[1:] / sizes[0]
    fits = [found for name in GROWTH_MODELS if (found := _fit(name, at, fraction)) is not None]
    return min(fits, key=lambda one: one.aic) if fits else "not_fitted"


def _fit(name: str, at: Floats, fraction: Floats) -> Chosen | None:
    """The model fitted to these fractions; None with too few of them, or where a parameter may as well be 0."""
    model, span, n = _MODELS[name], float(at[-1]), len(at)
    if n <= len(model.parameters):
        return None
    tried = [_search(model, at / span, fraction, np.array(start)) for start in model.starts]
    squares, found = min(tried, key=lambda one: one[0])
    bounds = _bounds(found, model.curve(at / span, found)[1], squares / (n - len(found)), n)
    if bounds is None:
        return None
    per_day = np.array([1.0 if parameter == "phi" else span for parameter in model.parameters])
    value, low, high = (each / per_day for each in (found, *bounds))
    estimates = {parameter: (float(value[place]), float(low[place]), float(high[place]))
                 for place, parameter in enumerate(model.parameters)}
    return Chosen(name, estimates, _nadir(estimates, span),
                  float(n * np.log(max(squares / n, _EXACT)) + 2 * len(found)))


def _search(model: _Model, at: Floats, fraction: Floats, start: Floats) -> tuple[float, Floats]:
    """Sum of squares and parameters where the search ends: Levenberg-Marquardt on what keeps every parameter in bounds.

    Rates are searched by their logarithm, phi by its logit. A search that does not end has an infinite sum.
    """
    from scipy.optimize import least_squares
    from scipy.special import expit, logit

    is_part = np.array([parameter == "phi" for parameter in model.parameters])

    def plain(free: Floats) -> Floats:
        return np.where(is_part, expit(free), np.exp(np.clip(free, -_FASTEST, np.log(_FASTEST))))

    def residual(free: Floats) -> Floats:
        return model.curve(at, plain(free))[0] - fraction

    def slopes(free: Floats) -> Floats:
        found = plain(free)
        return np.asarray(model.curve(at, found)[1] * np.where(is_part, found * (1 - found), found))

    ended = least_squares(residual, np.where(is_part, logit(start * is_part), np.log(start)), slopes, method="lm",
                          xtol=1e-12, ftol=1e-12, gtol=1e-12, max_nfev=400)
    return (2 * float(ended.cost) if ended.status > 0 else np.inf), plain(ended.x)


def _bounds(found: Floats, jacobian: Floats, variance: float, n: int) -> tuple[Floats, Floats] | None:
    """95 % bounds of the parameters; None where one of them may be 0 at p >= 0.1, is at its limit, or cannot be told
    from another."""
    from scipy.stats import t

    information = jacobian.T @ jacobian
    if not np.isfinite(variance) or found.max() > _FASTEST * (1 - _NO_RATE):
        return None
    if np.linalg.matrix_rank(information) < len(found):
        return None
    error = np.sqrt(np.diag(np.linalg.inv(information)) * variance)
    freedom = n - len(found)
    if (found <= np.maximum(t.ppf(1 - SIGNIFICANT / 2, freedom) * error, _NO_RATE)).any():
        return None
    reach = t.ppf(0.975, freedom) * error
    return found - reach, found + reach


def _nadir(estimates: dict[str, tuple[float, float, float]], span: float) -> float | None:
    """The day on which the curve is lowest; None where it only falls or rises, or is lowest after the last scan."""
    if not {"g", "d"} <= set(estimates):
        return None
    growth, regression = estimates["g"][0], estimates["d"][0]
    phi = estimates["phi"][0] if "phi" in estimates else 0.5  # in gd both parts weigh alike
    day = np.log(phi * regression / ((1 - phi) * growth)) / (growth + regression)
    return float(day) if 0 < day <= span else None
