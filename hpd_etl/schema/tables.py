"""The tables, one constant each: what a row is and what its columns mean."""

from __future__ import annotations

from hpd_etl.schema.codes import LesionRole, LesionStatus, ScanRole, Verdict
from hpd_etl.schema.columns import Table, code, count, date, days, flag, identifier, number, text

PERSON = identifier("person_id", "the person, as the source names them")
SOURCE = text("source_id", "the source rows, `table:id`, sorted and joined by `;`")
_SCAN_DATE = date("scan_date", "day of the examination; in a Timeline, of its time point")
_DAY = days("days_from_index", "days since the first dose (day 0)")
PRECISION = ("month", "year")
"""How exactly a date is known where it is not known to the day; its column then holds the first day possible."""
_PRECISION = code("date_precision", "how exactly the date is known; <NA>: to the day", PRECISION)
_END_PRECISION = code("end_precision", "how exactly `end_date` is known; <NA>: to the day", PRECISION)
_WINDOW_SET = code("window_set", "name of the window set")

PERSONS = Table(
    "persons",
    "a person ever treated with an index drug",
    (
        PERSON,
        date("birth_date", "date of birth; <NA> where only the year is known"),
        date("born_from", "earliest day of birth that the source allows; nothing before it can be true"),
        code("sex", "administrative sex", ("female", "male", "other")),
        date("death_date", "day of death"),
        code("death_precision", "how exactly `death_date` is known; <NA>: to the day", PRECISION),
        code("death_cause", "cause of death as coded at the source"),
        flag("is_complete", "all records of the person could be read; False: some could not be fetched"),
    ),
    key=("person_id",),
)

FOLLOWUP = Table(
    "followup",
    "a period under observation",
    (
        PERSON,
        date("start_date", "first day"),
        date("end_date", "last day"),
        SOURCE,
    ),
)

DOSES = Table(
    "doses",
    "one administration or era of a checkpoint inhibitor or of a comparator's drug",
    (
        PERSON,
        code("agent", "ingredient, a key of the mappings or of the study's comparators"),
        code("kind", "how it is known", ("administration", "dispense", "statement", "request")),
        date("start_date", "first day"),
        _PRECISION,
        date("end_date", "last day of this record"),
        _END_PRECISION,
        flag("is_open", "the treatment is recorded as going on, without an end"),
        code(
            "stop_reason",
            "why the treatment was stopped, where a stop is recorded",
            ("progression", "toxicity", "completed", "death", "other"),
        ),
        SOURCE,
    ),
)

THERAPIES = Table(
    "therapies",
    "any other anticancer treatment",
    (
        PERSON,
        code("kind", "what was done", ("systemic", "radiation", "surgery", "local")),
        code("agent", "drug of a systemic therapy; <NA> for the others, which kind and organ tell"),
        date("start_date", "first day"),
        _PRECISION,
        date("end_date", "last day"),
        _END_PRECISION,
        code("organ", "organ treated, for radiation, surgery and local therapy"),
        SOURCE,
    ),
)

SCANS = Table(
    "scans",
    "an imaging study, measured or not",
    (
        PERSON,
        _SCAN_DATE,
        _PRECISION,
        code("date_from", "where the date was read; always the study in OMOP", ("study", "observation", "report")),
        date("reported_on", "first day on which it was reported; FHIR only"),
        code("modality", "CT, MR, PT ... of DICOM"),
        text("study_uid", "identifier of the study"),
        number("slice_mm", "slice thickness; no source fills it yet", "mm"),
        SOURCE,
    ),
)

LESIONS = Table(
    "lesions",
    "a lesion at a scan (in Records: one source row of it)",
    (
        PERSON,
        identifier("lesion_id", "the lesion, the same over time"),
        _SCAN_DATE,
        _PRECISION,
        code("role", "what the source calls it", LesionRole),
        code("organ", "organ it lies in; a lesion without one is an organ of its own"),
        flag("is_node", "a lymph node"),
        number("diameter_mm", "longest diameter; short axis for a node", "mm"),
        number("perpendicular_mm", "longest diameter perpendicular to it; the long axis of a node", "mm"),
        number("volume_mm3", "segmented volume", "mm3"),
        code("status", "what was seen", LesionStatus),
        identifier("part_of", "the lesion it split from or merged into, where the site says how to tell"),
        code("modality", "CT, MR ... of DICOM"),
        code("reader", "who measured, as coded"),
        code("identity", "the rung of the ladder that gave lesion_id"),
        SOURCE,
    ),
)

TUMOUR_SUMS = Table(
    "tumour_sums",
    "a recorded sum over target lesions",
    (
        PERSON,
        _SCAN_DATE,
        _PRECISION,
        code("kind", "what is summed", ("SLD", "SPD", "volume")),
        number("value", "the sum: mm, mm2 or mm3"),
        SOURCE,
    ),
)

RESPONSES = Table(
    "responses",
    "a recorded response assessment",
    (
        PERSON,
        date("assessed_on", "day of the assessment"),
        _PRECISION,
        code("framework", "criteria", ("RECIST1.1", "irRECIST", "iRECIST", "irRC", "unstated")),
        code("scope", "what is assessed", ("overall", "target", "non_target")),
        code(
            "response",
            "CR, PR, SD, PD, NE, NON_CR_NON_PD, iUPD, iCPD",
            ("CR", "PR", "SD", "PD", "NE", "NON_CR_NON_PD", "iUPD", "iCPD"),
        ),
        SOURCE,
    ),
)

FINDINGS = Table(
    "findings",
    "a covariate",
    (
        PERSON,
        code("finding", "ecog, primary_site, histology, pdl1, msi, egfr, mdm2, mdm4 ..."),
        date("assessed_on", "day of the finding"),
        _PRECISION,
        number("value_number", "numeric value"),
        code("value_code", "coded value"),
        SOURCE,
    ),
)

REJECTIONS = Table(
    "rejections",
    "a thing refused",
    (
        code("stage", "where", ("extract", "align")),
        code("table", "table it would have entered"),
        PERSON,
        SOURCE,
        code("reason", "why"),
        text("remedy", "what would mend it"),
        date("start_date", "earliest day that a refused dose names; <NA> where none can be read, and for all else"),
        code("code_system", "terminology of `code`, OMOP for a concept id, `text` where there is none"),
        code("code", "what no mapping knows; `(text)` for words that may tell of a person"),
    ),
)


INDEX = Table(
    "index",
    "a person and their first dose",
    (
        PERSON,
        code("cohort", "`checkpoint_inhibitor` or a comparator of the study"),
        date("index_date", "day of the first dose of the first line"),
        code("index_agent", "agents given on that day, joined by +"),
        code("regimen", "all agents of the first line, joined by +"),
        count("line", "which line of the index drugs: always the first"),
        days("lookback_days", "days under observation before the first dose; no earlier index drug in them"),
        days(
            "prior_checkpoint_day",
            "days_from_index of the last earlier dose of a checkpoint inhibitor left out by the study",
        ),
        days("death_day", "days_from_index of death"),
        days("followup_end_day", "days_from_index of the last day under observation"),
        days("last_dose_day", "days_from_index of the last known dose of the first line"),
        days("ttf_min_days", "time to treatment failure is at least this"),
        days("ttf_max_days", "and at most this; <NA> where it is censored"),
        code(
            "ttf_basis",
            "what ended the treatment, or why it is censored",
            ("stop", "death", "therapy", "gap", "open", "censored"),
        ),
        code("stop_reason", "recorded reason of the stop", ("progression", "toxicity", "completed", "death", "other")),
        days("stop_day", "days_from_index of the recorded stop"),
        count(
            "courses",
            "possible courses of a person with dates known only to the month or the year, of which this is one; "
            "0: too many to try, or day 0 is not known (`earlier_dose`); <NA>: all dates that matter are known",
        ),
        code(
            "earlier_dose",
            "whether a dose that was refused may be the first one; `possible`: then day 0 is not known, "
            "`doubtful`: its date cannot be true, or nobody can tell that it was a dose",
            ("possible", "doubtful"),
        ),
        text("course_of", "the person whose possible course this is; only among those courses"),
        SOURCE,
        text("end_source_id", "the source rows that say when the first line ended"),
    ),
    key=("person_id",),
)

SCAN_CHOICES = Table(
    "scan_choices",
    "a person, a window set and a scan: used for what, or why not",
    (
        PERSON,
        _WINDOW_SET,
        _SCAN_DATE,
        _DAY,
        code("role", "what it is used for", ScanRole),
        code("reason", "why it was chosen or refused"),
        days("days_out", "how far outside the nearest window; 0 inside"),
        count("n_targets", "baseline targets assessed at it"),
    ),
)

TARGETS = Table(
    "targets",
    "a target lesion of a person in a window set",
    (
        PERSON,
        _WINDOW_SET,
        identifier("lesion_id", "the lesion"),
        code("origin", "who called it a target", ("recorded", "derived")),
        flag("uncapped", "the source has more targets at baseline than RECIST allows; the set is the largest of them"),
    ),
)

DATE_OF = {
    "followup": "start_date",
    "doses": "start_date",
    "therapies": "start_date",
    "scans": "scan_date",
    "lesions": "scan_date",
    "tumour_sums": "scan_date",
    "responses": "assessed_on",
    "findings": "assessed_on",
}
"""The column of a Records table that says on which day a row happened."""


def with_days(table: Table) -> Table:
    """The table as it stands in a Timeline: with `days_from_index` last."""
    return Table(table.name, table.doc, (*table.columns, _DAY), table.key)


_MEASURE_SET = code("measure_set", "framework, window set, new-lesion rule and dimension, joined by /")

BURDEN = Table(
    "burden",
    "the tumour burden of a person at a time point",
    (
        PERSON,
        _WINDOW_SET,
        _SCAN_DATE,
        _DAY,
        count("n_targets", "targets assessed"),
        number("sld_mm", "sum of longest diameters (short axis for nodes) of the targets", "mm"),
        number("new_mm", "sum over measurable new lesions", "mm"),
        number("spd_mm2", "sum of products of perpendicular diameters of the targets, where a rule asks for it", "mm2"),
        number("volume_mm3", "sum of volumes of the targets, where a rule asks for it", "mm3"),
        count("n_new", "new lesions seen"),
        count("n_new_organs", "organs in which they lie"),
        count("lesion_set", "targets in the set"),
    ),
)

METRICS = Table(
    "metrics",
    "what the rules look at: a person and a measure set",
    (
        PERSON,
        _MEASURE_SET,
        number("s_pre_mm", "burden at the pre-baseline scan", "mm"),
        number("s0_mm", "burden at baseline", "mm"),
        number("s_post_mm", "burden at the first evaluation", "mm"),
        number("v_pre_mm3", "volume of the targets at the pre-baseline scan, where a rule asks for volumes", "mm3"),
        number("v0_mm3", "volume at baseline", "mm3"),
        number("v_post_mm3", "volume at the first evaluation", "mm3"),
        number("a_pre_mm2", "sum of products of diameters at the pre-baseline scan, where a rule asks for it", "mm2"),
        number("a0_mm2", "sum of products at baseline", "mm2"),
        number("a_post_mm2", "sum of products at the first evaluation", "mm2"),
        days("dt_pre_days", "pre-baseline scan to baseline scan"),
        days("dt_post_days", "baseline scan to first evaluation"),
        number("tgk_pre", "tumour growth kinetics before treatment", "mm/month"),
        number("tgk_post", "tumour growth kinetics on treatment", "mm/month"),
        number("tgk_ratio", "tgk_post / tgk_pre", "1"),
        number("tgr_pre", "tumour growth rate before treatment", "%/month"),
        number("tgr_post", "tumour growth rate on treatment", "%/month"),
        number("tgr_ratio", "tgr_post / tgr_pre", "1"),
        number("tgr_delta", "tgr_post - tgr_pre", "percentage points/month"),
        number("pace_ratio", "progression pace on treatment / before", "1"),
        number("sld_change_pct", "change of the burden from baseline", "%"),
        number("sld_change_mm", "increase of the burden from baseline", "mm"),
        number("sld_change_from_pre_pct", "change of the burden from the pre-baseline scan", "%"),
        number("volume_tgr_pre", "growth rate of the volume before treatment", "%/month"),
        number("volume_tgr_post", "growth rate of the volume on treatment", "%/month"),
        number("volume_tgr_ratio", "volume_tgr_post / volume_tgr_pre", "1"),
        number("volume_change_pct", "change of the volume from baseline", "%"),
        number("spd_change_pct", "change of the sum of products from baseline", "%"),
        number("spd_pace_ratio", "pace of the sum of products on treatment / before", "1"),
        days("ttf_min_days", "time to treatment failure, at least"),
        days("ttf_max_days", "time to treatment failure, at most; <NA> if censored"),
        count("new_lesions", "new lesions at the first evaluation"),
        count("new_organs", "organs with new lesions"),
        count("new_lesions_involved", "the most new lesions in one organ in which a lesion was seen at baseline"),
        count("organs_spread", "organs with a new lesion in which none was seen at baseline"),
        count("ecog_worst", "worst ECOG in the first two months of treatment"),
        count("ecog_rise", "that minus the last ECOG before treatment"),
        count("early_progression_death", "1: died of progression within 84 days and not examined after the first dose"),
        code("response_first", "response at the first evaluation"),
        code("missing", "why a metric is <NA>: `metric=reason`, joined by ;"),
        code("bounds", "between what a missing number lies all the same: `metric=least..most`, joined by ;"),
    ),
)

LABELS = Table(
    "labels",
    "a person's label under one definition",
    (
        PERSON,
        code("cohort", "cohort of the person"),
        code("definition_id", "the published definition"),
        count("definition_version", "its version"),
        _MEASURE_SET,
        code("verdict", "the label", Verdict),
        code("primary_reason", "the one reason that decided"),
        code("reasons", "all reasons, in their order, joined by ;"),
        code("flags", "what a careful reader should know, sorted, joined by ;"),
        code("assumed_fields", "fields of the definition whose grade is M or ?, joined by ;"),
        number("value", "the definition's principal metric"),
        code("value_unit", "its unit"),
        date("decided_on", "day of the deciding assessment; the first dose where none exists"),
        date("index_date", "day of the first dose"),
        code(
            "confirmation",
            "pseudoprogression state of an HPD label",
            ("not_applicable", "provisional", "confirmed", "refuted", "unresolved"),
        ),
        code("lifecycle", "state of the label", ("current", "amended", "retracted")),
        code("params_sha256", "hash of the parameters in force"),
    ),
    key=("person_id", "definition_id"),
)

EVIDENCE = Table(
    "evidence",
    "a source row that a label rests on",
    (
        PERSON,
        _MEASURE_SET,
        SOURCE,
        code(
            "role",
            "what it was used for",
            ("index_dose", "pre", "baseline", "post", "confirmation", "treatment_end", "finding"),
        ),
    ),
)
