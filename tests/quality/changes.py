"""For each expectation the change of the hospital at which it fails."""

from __future__ import annotations

import pandas as pd

from tests.quality.hospital import (
    EVALUATED,
    SCANS,
    Change,
    also,
    at,
    day,
    each,
    finding,
    put,
    refusals,
    rows,
    scaled,
    shifted,
    twice,
    without,
)

BORN_EARLY = put("persons", birth_date=pd.Timestamp("1890-01-01"))
OBSERVED_BEFORE = put("followup", start_date=day(-900), end_date=day(-500))
EVALUATION = each(*(without(table, at(EVALUATED)) for table in ("lesions", "tumour_sums")),
                  without("responses", lambda frame: frame["assessed_on"] == day(EVALUATED)))


def vague(table: str) -> Change:
    """The dates of a table are known to the month only."""
    return put(table, date_precision="month")


def dated(table: str, column: str, year: int) -> Change:
    """Everything of a table happened in a year long ago, to people born before it."""
    when = pd.Timestamp(year, 5, 1)
    end = {"end_date": when} if table in ("doses", "therapies") else {}
    return each(BORN_EARLY, put(table, **{column: when}, **end))


CHANGES: dict[str, Change] = {
    # persons
    "birth_is_known": put("persons", birth_date=pd.NaT),
    "treated_as_adults": put("persons", birth_date=pd.Timestamp("2012-01-01")),
    "sex_is_known": put("persons", sex=None),
    "everybody_could_be_read": put("persons", is_complete=False),
    "deaths_are_recorded": put("persons", death_date=pd.NaT),
    "deaths_are_known_to_the_day": put("persons", death_precision="month"),
    "causes_of_death_are_known": put("persons", death_cause=None),
    # followup
    "follow_up_is_longer_than_a_day": put("followup", end_date=lambda frame: frame["start_date"]),
    "follow_up_periods_are_distinct": twice("followup"),
    "follow_up_ends_with_death": put("followup", end_date=day(340)),
    "follow_up_begins_after_birth": put("followup", start_date=pd.Timestamp("1955-05-31")),
    # doses
    "no_dose_before_the_drugs_existed": dated("doses", "start_date", 1999),
    "doses_are_recorded_once": twice("doses"),
    "doses_are_known_to_the_day": vague("doses"),
    "doses_end_before_death": put("doses", end_date=day(301)),
    "records_of_doses_are_short": put("doses", end_date=day(900)),
    "doses_lie_in_follow_up": put("followup", end_date=day(-35)),
    "doses_were_given": put("doses", kind="request"),
    # therapies
    "systemic_therapies_name_their_drug": put("therapies", agent=None),
    "local_therapies_name_their_organ": put("therapies", organ=None),
    "therapies_are_known_to_the_day": vague("therapies"),
    "no_therapy_at_a_placeholder": dated("therapies", "start_date", 1949),
    "therapies_end_before_death": put("therapies", end_date=day(301)),
    # scans
    "scans_are_dated_by_the_study": put("scans", date_from="report"),
    "reports_follow_scans": put("scans", reported_on=shifted("scan_date", -1)),
    "reports_follow_soon": put("scans", reported_on=shifted("scan_date", 61)),
    "modalities_are_known": put("scans", modality=None),
    "slices_are_thin": put("scans", slice_mm=7.5),
    "scans_are_known_to_the_day": vague("scans"),
    "no_scan_at_a_placeholder": dated("scans", "scan_date", 1989),
    "scans_lie_in_follow_up": OBSERVED_BEFORE,
    # lesions
    "lesion_sizes_look_like_millimetres": put("lesions", diameter_mm=scaled("diameter_mm", 0.1)),
    "few_giant_lesions": put("lesions", diameter_mm=251.0),
    "longest_diameter_is_the_longer": put("lesions", perpendicular_mm=60.0),
    "organs_are_recorded": put("lesions", organ=None),
    "diameters_are_recorded": put("lesions", diameter_mm=None, perpendicular_mm=None, volume_mm3=None,
                                  status="present"),
    "lesions_are_followed_by_identity": put("lesions", identity="row"),
    "roles_are_stated": put("lesions", role="unstated"),
    "volumes_fit_diameters": put("lesions", volume_mm3=scaled("volume_mm3", 0.001)),
    "sizes_are_not_rounded_to_centimetres": put("lesions", diameter_mm=30.0),
    "lesions_lie_on_scans": put("scans", scan_date=shifted("scan_date", -8)),
    "parts_name_a_lesion": put("lesions", lambda frame: frame["lesion_id"] == "c", part_of="d"),
    "lesions_are_known_to_the_day": vague("lesions"),
    "no_lesion_at_a_placeholder": each(BORN_EARLY, put("lesions", scan_date=shifted("scan_date", -12_000))),
    "lesions_lie_in_follow_up": OBSERVED_BEFORE,
    # tumour_sums
    "sums_look_like_millimetres": put("tumour_sums", value=7.0),
    "sums_hold_five_lesions": put("tumour_sums", value=2500.5),
    "one_sum_of_a_kind_a_day": twice("tumour_sums"),
    "sums_say_what_they_sum": put("tumour_sums", kind=None),
    "sums_are_known_to_the_day": vague("tumour_sums"),
    "sums_lie_in_follow_up": OBSERVED_BEFORE,
    # responses
    "responses_are_of_a_framework": put("responses", framework="unstated"),
    "responses_were_evaluable": put("responses", response="NE"),
    "progression_is_neither_rare_nor_the_rule": put("responses", response="PD"),
    "responses_are_recorded_once": twice("responses"),
    "responses_are_known_to_the_day": vague("responses"),
    "no_response_at_a_placeholder": dated("responses", "assessed_on", 1989),
    "responses_lie_in_follow_up": OBSERVED_BEFORE,
    # findings
    "ecog_is_mostly_low": put("findings", finding("ecog"), value_number=3.0),
    "pdl1_is_0_to_100": put("findings", finding("pdl1"), value_number=100.5),
    "ecog_is_0_to_5": put("findings", finding("ecog"), value_number=70.0),
    "pdl1_is_in_percent": put("findings", finding("pdl1"), value_number=0.8),
    "findings_have_a_value": put("findings", value_number=None, value_code=None),
    "no_finding_at_a_placeholder": dated("findings", "assessed_on", 1949),
    # index
    "first_doses_lie_in_follow_up": OBSERVED_BEFORE,
    "look_back_is_long_enough": put("followup", start_date=day(-89)),
    "no_refused_dose_comes_first": also("rejections", refusals("doses", "date_missing")),
    "courses_are_certain": vague("lesions"),
    "treatment_failure_is_seen": each(put("doses", stop_reason=None), put("persons", death_date=pd.NaT),
                                      put("followup", end_date=day(80))),
    "few_die_at_once": put("persons", death_date=day(13)),
    "ecog_before_treatment_is_known": put("findings", finding("ecog"), assessed_on=day(-91)),
    "primary_sites_are_known": without("findings", finding("primary_site")),
    # scan_choices
    "baseline_scans_are_there": without("lesions", at(-10)),
    "prebaseline_scans_are_there": without("lesions", at(-60)),
    "first_evaluations_are_there": EVALUATION,
    "three_scans_are_there": without("lesions", at(-60)),
    "scans_are_measured": also("scans", *(rows(scan_date=day(200 + more), date_from="study") for more in range(20))),
    "baseline_is_near_the_first_dose": put("lesions", at(-10), scan_date=day(-29)),
    "first_evaluation_is_in_time": each(EVALUATION, put("lesions", at(-10), scan_date=day(-10)),
                                        also("lesions", rows(lesion_id="a", scan_date=day(27), role="target",
                                                             diameter_mm=30.0, status="measured", source_id="x"))),
    # targets
    "targets_are_recorded": put("lesions", role="unstated"),
    "targets_respect_the_caps": also("lesions", *(
        rows(lesion_id=name, scan_date=day(when), role="target", organ="liver", is_node=False, diameter_mm=18.0,
             status="measured", source_id=f"{name}{when}") for name in "xyz" for when in SCANS)),
    "targets_are_measurable": put("lesions", diameter_mm=9.5, perpendicular_mm=None),
    # rejections
    "refusals_name_the_person": put("rejections", person_id=None),
    "refusals_name_the_source_row": put("rejections", source_id=None),
    "refusals_say_what_mends_them": put("rejections", remedy=None),
    "few_rows_are_refused": also("rejections", *(refusals("lesions", "unit_missing") for _ in range(3))),
    # drift, of the hospital as it was
    "tables_do_not_shrink": without("scans", at(EVALUATED)),
    "persons_do_not_vanish": without("persons", lambda frame: frame["person_id"] > "person-4717"),
    "columns_do_not_empty": put("lesions", organ=None),
    "categories_do_not_shift": put("persons", sex="female"),
    "sizes_and_days_do_not_shift": put("lesions", diameter_mm=scaled("diameter_mm", 0.5)),
}
