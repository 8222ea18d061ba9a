"""The truth of every kind of patient, worked out a second time on paper."""

from __future__ import annotations

import pytest

from hpd_etl.demo.hospital import KINDS
from hpd_etl.demo.kinds import PLANTED, Kind
from hpd_etl.schema import Reason, Verdict
from tests.demo.arithmetic import lesion_sum, targets, verdicts

MEASURED = [kind for kind in KINDS if kind.used is not None]
UNMEASURED = [kind for kind in KINDS if kind.used is None and kind.expected]


def named(kinds: list[Kind]) -> pytest.MarkDecorator:
    """One test a kind, under its name."""
    return pytest.mark.parametrize("kind", kinds, ids=[kind.name for kind in kinds])


@named(MEASURED)
def test_verdicts_follow_from_the_three_sums(kind: Kind) -> None:
    """What a kind claims is what fractions and 50 digits say of its sizes, days and doses."""
    worked_out = verdicts(kind)
    assert kind.expected.split() == worked_out


@named(MEASURED)
def test_used_scans_lie_in_the_default_windows(kind: Kind) -> None:
    """Baseline on days -42 to 0, 14 to 180 days after the earlier scan; first evaluation on days 1 to 120."""
    assert kind.used is not None
    pre, base, post = (kind.days[position] for position in kind.used)
    assert -42 <= base <= 0
    assert 14 <= base - pre <= 180
    assert 1 <= post <= 120


@named(UNMEASURED)
def test_a_missing_scan_is_the_reason(kind: Kind) -> None:
    """A kind without its three scans lacks exactly the one its reason names, in the order of the reasons."""
    alive = [day for day in kind.days if kind.death is None or day <= kind.death]
    baseline = [day for day in alive if -42 <= day <= 0]
    measurable = [lesion for lesion in targets(kind)
                  if lesion.role != "LESION" or max(lesion.sizes) >= 10]
    stop = next((dose.stop for dose in kind.doses if dose.stop and (dose.end or 0) <= 120), "")
    switched = any(event.what == "systemic" and 0 < event.day <= 120 for event in kind.events)
    dropout = ("early_dropout_death" if kind.death is not None and kind.death <= 120
               else f"early_dropout_{stop.lower()}" if stop else "early_dropout_other" if switched else "no_post_scan")
    reason = ("no_baseline_scan" if not baseline else "no_measurable_disease" if not measurable
              else dropout if not any(1 <= day <= 120 for day in alive) else "no_prebaseline_scan")
    assert kind.expected == reason
    if reason == "no_prebaseline_scan":
        assert not any(14 <= max(baseline) - day <= 180 for day in alive)


def test_scaled_sizes_keep_their_verdict() -> None:
    """No kind whose sizes are stretched has anything that is 10 mm, 15 mm, 5 mm or 500 mm by only a hair."""
    for kind in MEASURED:
        sizes = [size for lesion in kind.lesions for size in lesion.sizes if isinstance(size, int | float)]
        if kind.scalable:
            assert all(abs(size) * 2 <= 500 for size in sizes)
            assert all(size >= 10 or size <= 0 for size in sizes)
            totals = [lesion_sum(kind, position, with_new=False) for position in kind.used or ()]
            known = [total for total in totals if total is not None]
            risen = known[2] - known[1] if len(known) == 3 else 0
            assert not (known and 0 < risen < 5 and risen >= known[1] / 5)


def test_every_definition_has_every_verdict() -> None:
    """The kinds show each definition at all three truths."""
    seen = {(definition, verdict) for kind in KINDS for definition, (verdict, _) in kind.verdicts.items()}
    assert seen == {(definition, str(verdict)) for definition in PLANTED for verdict in Verdict}


def test_every_reason_that_can_occur_occurs() -> None:
    """All reasons but those that OMOP days, the default study and the planted definitions rule out."""
    ruled_out = {"extraction_incomplete", "short_lookback", "imprecise_date", "response_unknown", "finding_unknown",
                 "unconfirmed"}
    seen = {reason for kind in KINDS for _, reason in kind.verdicts.values() if reason}
    assert seen == {str(reason) for reason in Reason} - ruled_out


def test_names_are_unique() -> None:
    """A kind is found again by its name."""
    assert len({kind.name for kind in KINDS}) == len(KINDS)
