"""Kinds of patient that differ in treatment, timing or recording; most grow as `textbook` does."""

from __future__ import annotations

from dataclasses import replace

from hpd_etl.demo.kinds import (
    DOUBLING,
    EVEN,
    LONG,
    PRESENT,
    SHORT,
    Dose,
    Event,
    Kind,
    course,
    non_target,
    ruled,
    target,
)

_ALL = "HPD HPD HPD HPD HPD"
_NOT_KATO = "HPD HPD NOT HPD HPD"
_EVEN = "NOT HPD NOT NOT HPD"
_NIVOLUMAB = course(range(0, 190, 21), "nivolumab")
_AGAIN = tuple(replace(lesion, sizes=(*lesion.sizes, 90)) for lesion in DOUBLING)

TREATMENT = (
    Kind("treated_on", "as textbook, but treatment went on", _NOT_KATO, lesions=DOUBLING, doses=LONG),
    Kind("stop_recorded", "stopped for progression on day 45; nothing is known after day 90", _ALL, lesions=DOUBLING,
         doses=(*course((0, 21)), Dose(42, end=45, stop="PROGRESSION")), observed=((-400, 90),)),
    Kind("death_ends_it", "last dose on day 21, first evaluation on day 35 (gaps 56 and 42), death on day 50",
         _ALL, days=(-63, -7, 35), lesions=DOUBLING, doses=course((0, 21)), death=50),
    Kind("switch_ends_it", "last dose on day 42, pemetrexed on day 60; nothing is known after day 100", _ALL,
         lesions=DOUBLING, doses=SHORT, events=(Event("systemic", 60, "pemetrexed"),),
         observed=((-400, 100),)),
    Kind("gap_of_120_days", "followed for exactly 120 days after the last dose", _ALL, lesions=DOUBLING, doses=SHORT,
         observed=((-400, 162),)),
    Kind("failed_on_day_60", "last dose on day 60, below 60.875", _ALL, lesions=DOUBLING,
         doses=course((0, 20, 40, 60))),
    Kind("failed_on_day_61", "last dose on day 61, above 60.875", _NOT_KATO, lesions=DOUBLING,
         doses=course((0, 20, 40, 61))),
    # nobody measured the lung across at the first evaluation, nor its volume: spheres 35000, 46585, 372680 x pi / 6,
    # 16.8 then 209.7 %/month
    Kind("treated_again", "a second line after 258 days; the first one failed on day 42", _ALL,
         lesions=ruled(DOUBLING, ((20, 22, 44), (10, 11, None)), ((7000, 9000, 27000), (3000, 3000, None))),
         further="kato2017_irrc=lesion_set_mismatch kimcg2019_tgr=HPD", doses=course((0, 21, 42, 300, 321))),
    Kind("combination", "ipilimumab stopped for toxicity on day 64, nivolumab went on", _NOT_KATO, lesions=DOUBLING,
         doses=(*_NIVOLUMAB, *course((0, 21, 42), "ipilimumab"), Dose(63, "ipilimumab", end=64, stop="TOXICITY"))),
    Kind("fixed_combination", "one product with nivolumab and relatlimab", _NOT_KATO, lesions=DOUBLING,
         doses=course(range(0, 190, 21), "nivolumab", form="combined")),
    Kind("extension_drug", "sintilimab, known to RxNorm Extension alone", _NOT_KATO, lesions=DOUBLING,
         doses=course(range(0, 190, 21), "sintilimab")),
    Kind("product_codes", "clinical drugs that only concept_ancestor ties to their ingredient", _NOT_KATO,
         lesions=DOUBLING, doses=tuple(replace(dose, form="product") for dose in LONG)),
    Kind("billed", "billing codes without a standard drug", _NOT_KATO, lesions=DOUBLING,
         doses=tuple(replace(dose, form="billed") for dose in LONG)),
    Kind("chemotherapy_before", "carboplatin and pemetrexed before the first dose", _NOT_KATO, lesions=DOUBLING,
         doses=LONG, events=(Event("systemic", -180, "carboplatin"), Event("systemic", -180, "pemetrexed"),
                             Event("systemic", -159, "carboplatin"))),
    Kind("comparator_before", "docetaxel before: still a person treated with a checkpoint inhibitor", _NOT_KATO,
         lesions=DOUBLING, doses=LONG,
         events=(Event("systemic", -120, "docetaxel"), Event("systemic", -99, "docetaxel"))),
    Kind("ordered_before", "ordered on day -40 and given from day 0 on", _NOT_KATO, lesions=DOUBLING,
         doses=(Dose(-40, ordered=True), *LONG)),
    Kind("ordered_only", "ordered and never given: not treated, no label", "", lesions=DOUBLING,
         doses=(Dose(0, ordered=True), Dose(21, ordered=True)), used=None),
    Kind("dose_before_birth", "one dose is dated before birth and refused", _NOT_KATO, lesions=DOUBLING,
         doses=(Dose(-200, unborn=True), *LONG)),
    Kind("dose_ends_early", "one dose ends before it starts and is refused", _NOT_KATO, lesions=DOUBLING,
         doses=(*LONG, Dose(30, end=10))),
)

RECORDING = (
    Kind("two_modalities", "liver by MR two days after the CT of the chest: one time point", _EVEN,
         lesions=(target("liver", 30, 36, 48, modality="MR", delay=2), target("lung", 20, 24, 32)), doses=LONG),
    Kind("two_units", "millimetres, centimetres and text units side by side", _EVEN, lesions=EVEN, doses=LONG),
    Kind("baseline_partial", "the last scan before treatment saw one target; the complete one on day -35 is baseline",
         _EVEN, days=(-91, -35, -7, 21), used=(0, 1, 3),
         lesions=(target("liver", 30, 36, 40, 48), target("lung", 20, 24, None, 32)), doses=LONG),
    Kind("baseline_on_day_0", "measured on the day of the first dose", _NOT_KATO, days=(-56, 0, 56), lesions=DOUBLING,
         doses=LONG),
    Kind("unmeasured_examination", "a CT without any measurement on day 20 is passed over", _NOT_KATO, lesions=DOUBLING,
         doses=LONG, events=(Event("exam", 20),)),
    Kind("written_twice", "one target was written down twice with the same value", _NOT_KATO,
         lesions=(target("liver", 30, 33, 66), target("lung", 20, 22, (44, 44))), doses=LONG),
    Kind("also_non_target", "a non-target lesion beside the targets", _NOT_KATO,
         lesions=(*DOUBLING, non_target("bone", PRESENT, PRESENT, PRESENT)), doses=LONG),
    Kind("measured_after_death", "died on day 60; rows dated day 75 are refused", _ALL, days=(-63, -7, 49, 75),
         lesions=_AGAIN, doses=SHORT, death=60),
    Kind("only_after_death", "died on day 40; the only later scan is dated day 49", "early_dropout_death",
         lesions=DOUBLING, doses=course((0, 21)), death=40, cause="I21.9", used=None,
         further="gandara2021_fp=early_dropout_death"),
    Kind("irradiated_elsewhere", "the brain was irradiated, the targets lie elsewhere", _NOT_KATO, lesions=DOUBLING,
         doses=LONG, events=(Event("radiation", 20, "brain"),)),
    Kind("irradiated_earlier", "the liver was irradiated before the pre-baseline scan", _NOT_KATO, lesions=DOUBLING,
         doses=LONG, events=(Event("radiation", -100, "liver"),)),
    Kind("irradiated_somewhere", "radiation, nobody says of what", _NOT_KATO, lesions=DOUBLING, doses=LONG,
         events=(Event("radiation", 20),)),
    Kind("sums_only", "recorded sums 50, 60, 80 and a non-target lesion; no target was written down", _EVEN,
         lesions=(non_target("bone", PRESENT, PRESENT, PRESENT),), doses=LONG,
         events=(Event("sum", -63, value=50), Event("sum", -7, value=60), Event("sum", 49, value=80))),
)
