"""Growth metrics: slopes as exact fractions, exponentials with 50 digits."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hpd_etl.config import Study

DIGITS = 50


@dataclass(frozen=True)
class Growth:
    """Three sums (mm), two intervals (days), one month (days); a sum may be unknown."""

    s_pre: Fraction | None
    s0: Fraction | None
    s_post: Fraction | None
    dt_pre: int | None
    dt_post: int | None
    month: Fraction

    @property
    def tgk_pre(self) -> Fraction | None:
        return slope(self.s_pre, self.s0, self.dt_pre, self.month)

    @property
    def tgk_post(self) -> Fraction | None:
        return slope(self.s0, self.s_post, self.dt_post, self.month)

    @property
    def tgk_ratio(self) -> Fraction | None:
        """Only for growth before treatment (A1)."""
        pre, post = self.tgk_pre, self.tgk_post
        return None if pre is None or post is None or pre <= 0 else post / pre

    @property
    def tgr_pre(self) -> Decimal | None:
        return volume_rate(self.s_pre, self.s0, self.dt_pre, self.month)

    @property
    def tgr_post(self) -> Decimal | None:
        return volume_rate(self.s0, self.s_post, self.dt_post, self.month)

    @property
    def tgr_ratio(self) -> Decimal | None:
        pre, post = self.tgr_pre, self.tgr_post
        with localcontext(prec=DIGITS):
            return None if pre is None or post is None or pre <= 0 else post / pre

    @property
    def tgr_delta(self) -> Decimal | None:
        pre, post = self.tgr_pre, self.tgr_post
        with localcontext(prec=DIGITS):
            return None if pre is None or post is None else post - pre

    @property
    def pace_ratio(self) -> Fraction | None:
        """Share of the earlier burden per day, after over before."""
        if self.s_pre in (None, 0) or self.s0 in (None, 0) or self.s_post is None:
            return None
        if not self.dt_pre or not self.dt_post:
            return None
        before = (self.s0 - self.s_pre) / self.s_pre / self.dt_pre
        after = (self.s_post - self.s0) / self.s0 / self.dt_post
        return None if before <= 0 else after / before

    @property
    def change_pct(self) -> Fraction | None:
        return None if self.s0 in (None, 0) or self.s_post is None else 100 * (self.s_post - self.s0) / self.s0


def slope(earlier: Fraction | None, later: Fraction | None, days: int | None, month: Fraction) -> Fraction | None:
    """TGK, mm a month."""
    if earlier is None or later is None or not days:
        return None
    return (later - earlier) / days * month


@lru_cache(maxsize=10_000)
def volume_rate(earlier: Fraction | None, later: Fraction | None, days: int | None,
                month: Fraction) -> Decimal | None:
    """TGR, 100 (exp(3 ln(later/earlier)/t) - 1), % of volume a month; unknown from 0 mm (A5, A6)."""
    if earlier in (None, 0) or later is None or not days:
        return None
    with localcontext(prec=DIGITS):
        if later == 0:
            return Decimal(-100)
        if later == earlier:
            return Decimal(0)
        ratio = later / earlier
        power = 3 * month / days
        grown = (Decimal(ratio.numerator).ln() - Decimal(ratio.denominator).ln()) * power.numerator
        return 100 * ((grown / power.denominator).exp() - 1)


@lru_cache(maxsize=10_000)
def volume_change(earlier: Fraction | None, later: Fraction | None, days: int | None,
                  month: Fraction) -> Fraction | None:
    """The same of sums of volumes, 100 ((later/earlier)^(1/t) - 1): no sphere is assumed, so nothing is cubed."""
    rate = volume_rate(earlier, later, days, month / 3)
    return None if rate is None else Fraction(rate)


def flat(study: Study, growth: Growth, ruler: str = "sld") -> bool:
    """No growth before treatment, or fewer millimetres of diameters than the study counts as growth (A4)."""
    grown = growth.s0 - growth.s_pre
    return grown <= 0 or (ruler == "sld" and abs(grown) < Fraction(study.criteria.min_pre_change_mm))


def printed_rate(earlier: Fraction, later: Fraction, days: int, month: Fraction) -> Decimal:
    """The misprint, 100 (TG - 1): only to show that nothing ever equals it."""
    with localcontext(prec=DIGITS):
        ratio = later / earlier
        growth = 3 * (Decimal(ratio.numerator).ln() - Decimal(ratio.denominator).ln())
        months = Decimal(days) * month.denominator / month.numerator
        return 100 * (growth / months - 1)
