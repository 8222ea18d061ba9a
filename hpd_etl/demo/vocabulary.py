"""A small but honest vocabulary: real concepts are real, invented ones lie above 2,000,000,000.

The real ones are those the oncology mappings of OHDSI projects use; every invented one says
"(synthetic)" in its name, is non-standard, and stands in for what no standard concept was found for:
organs, local procedures, a recorded sum, product codes.
"""

from __future__ import annotations

from datetime import date

SYNTHETIC = 2_000_000_000

INGREDIENTS = {"nivolumab": 45892628, "pembrolizumab": 45775965, "atezolizumab": 42629079, "durvalumab": 1594034,
               "avelumab": 1593273, "cemiplimab": 35200783, "dostarlimab": 1536789, "ipilimumab": 40238188,
               "sintilimab": 36854475, "relatlimab": 779239,
               "docetaxel": 1315942, "paclitaxel": 1378382, "pemetrexed": 1304919, "carboplatin": 1344905,
               "cisplatin": 1397599}
NIVOLUMAB_RELATLIMAB = 779243
PRODUCTS = {agent: SYNTHETIC + 500 + position for position, agent in enumerate(INGREDIENTS)}
"""A clinical drug of each ingredient, reached only through concept_ancestor."""
HCPCS = {"nivolumab": ("J9299", SYNTHETIC + 601), "pembrolizumab": ("J9271", SYNTHETIC + 602)}
"""Billing codes in force since 2016, before any person here was treated."""
ATC_L01 = 21601387

LONGEST, ADDITIONAL, UNSTATED_DIMENSION = 36768255, 3046607, 36768664
MILLIMETRE, CENTIMETRE = 8588, 8582
RESPONSES = {"CR": 1634772, "PR": 1633368, "SD": 1634680, "PD": 1633597}
ECOG, ECOG_GRADES = 36305384, (36309661, 36310827, 36309245, 36308652)
MSI, PDL1, EGFR = 21493972, 35960433, 35962802
DIAGNOSES = (4112738, 4110705, 4162276, 45765451, 4114222, 196044)
SECONDARY = 432851

CT, MR = 4300757, 4013636
ORGANS = {organ: SYNTHETIC + 101 + position for position, organ in enumerate(
    ("lung", "liver", "adrenal", "lymph_node", "brain", "bone", "kidney", "spleen", "prostate"))}
RADIATION = {organ: SYNTHETIC + 201 + position for position, organ in enumerate(("", *ORGANS))}
SURGERY = {organ: SYNTHETIC + 221 + position for position, organ in enumerate(("", *ORGANS))}
SUM_OF_DIAMETERS, PERPENDICULAR, VOLUME = SYNTHETIC + 301, SYNTHETIC + 302, SYNTHETIC + 303
CUBIC_MILLIMETRE, CUBIC_CENTIMETRE = 8686, 44777662
MALIGNANT = 443392
HAEMOGLOBIN = 3000963

EHR, ADMINISTRATION, PHARMACY_CLAIM, DISPENSED, MEDICATION_LIST, ORDER, PRESCRIPTION = (
    32817, 32818, 32869, 32825, 32830, 32833, 32838)
MEASUREMENT_ID_FIELD = 1147138
FEMALE, MALE = 8532, 8507

_SINCE, _UNTIL = date(1970, 1, 1), date(2099, 12, 31)
Concept = tuple[int, str, str, str, str, str | None, str, date, date, str | None]

_UNVERIFIED = "not verified"
"""Stands for the code of a concept whose id and name alone were read in a source."""
RXNORM = {"nivolumab": "1597876", "pembrolizumab": "1547545", "atezolizumab": "1792776", "durvalumab": "1919503",
           "avelumab": "1875534", "cemiplimab": "2058826", "dostarlimab": "2539967", "ipilimumab": "1094833",
           "relatlimab": "2596773", "docetaxel": "72962", "paclitaxel": "56946", "pemetrexed": "68446",
           "carboplatin": "40048", "cisplatin": "2555"}
_REAL: tuple[tuple[int, str, str, str, str, str | None, str], ...] = (
    (36854475, "SINTILIMAB", "Drug", "RxNorm Extension", "Ingredient", "S", "OMOP5172091"),
    (NIVOLUMAB_RELATLIMAB, "nivolumab / relatlimab injection", "Drug", "RxNorm", "Clinical Drug Form", "S",
     _UNVERIFIED),
    (ATC_L01, "ANTINEOPLASTIC AGENTS", "Drug", "ATC", "ATC 2nd", "C", "L01"),
    (LONGEST, "Largest Dimension of Tumor", "Measurement", "Cancer Modifier", "Dimension", "S", _UNVERIFIED),
    (UNSTATED_DIMENSION, "Dimension of Tumor", "Measurement", "Cancer Modifier", "Dimension", "S", _UNVERIFIED),
    (ADDITIONAL, "Size additional dimension in Tumor", "Measurement", "LOINC", "Clinical Observation", "S", "33729-5"),
    (1634772, "1.1_RECIST-CR", "Measurement", "Cancer Modifier", "Staging/Grading", "S", _UNVERIFIED),
    (1633368, "1.1_RECIST-PR", "Measurement", "Cancer Modifier", "Staging/Grading", "S", _UNVERIFIED),
    (1634680, "1.1_RECIST-SD", "Measurement", "Cancer Modifier", "Staging/Grading", "S", _UNVERIFIED),
    (1633597, "1.1_RECIST-PD", "Measurement", "Cancer Modifier", "Staging/Grading", "S", _UNVERIFIED),
    (ECOG, "ECOG Performance Status score", "Measurement", "LOINC", "Survey", "S", "89247-1"),
    (MSI, "Microsatellite instability [Interpretation] in Cancer specimen Qualitative", "Measurement", "LOINC",
     "Lab Test", "S", "81695-9"),
    (EGFR, "EGFR variant (gene-level)", "Measurement", "OMOP Genomic", "Genetic Variation", "S", "3236"),
    (HAEMOGLOBIN, "Hemoglobin [Mass/volume] in Blood", "Measurement", "LOINC", "Lab Test", "S", "718-7"),
    (MILLIMETRE, "millimeter", "Unit", "UCUM", "Unit", "S", "mm"),
    (CENTIMETRE, "centimeter", "Unit", "UCUM", "Unit", "S", "cm"),
    (CUBIC_MILLIMETRE, "cubic millimeter", "Unit", "UCUM", "Unit", "S", "mm3"),
    (CUBIC_CENTIMETRE, "cubic centimeter", "Unit", "UCUM", "Unit", "S", "cm3"),
    (4112738, "Adenocarcinoma of lung", "Condition", "SNOMED", "Disorder", "S", "254626006"),
    (4110705, "Squamous cell carcinoma of lung", "Condition", "SNOMED", "Disorder", "S", "254634000"),
    (4162276, "Malignant melanoma", "Condition", "SNOMED", "Disorder", "S", "372244006"),
    (45765451, "Renal cell carcinoma", "Condition", "SNOMED", "Disorder", "S", "702391001"),
    (4114222, "Malignant tumor of head and neck", "Condition", "SNOMED", "Disorder", "S", "255056009"),
    (196044, "Primary malignant neoplasm of stomach", "Condition", "SNOMED", "Disorder", "S", "372014001"),
    (MALIGNANT, "Malignant neoplastic disease", "Condition", "SNOMED", "Disorder", "S", _UNVERIFIED),
    (SECONDARY, "Secondary malignant neoplastic disease", "Condition", "SNOMED", "Disorder", "S", "128462008"),
    (CT, "Computed tomography", "Procedure", "SNOMED", "Procedure", "S", "77477000"),
    (MR, "Magnetic resonance imaging", "Procedure", "SNOMED", "Procedure", "S", "113091000"),
)


def concepts() -> list[Concept]:
    """The rows of `concept`."""
    real = [*_REAL, *((INGREDIENTS[agent], agent, "Drug", "RxNorm", "Ingredient", "S", code)
                      for agent, code in RXNORM.items())]
    invented: list[tuple[int, str, str, str, str, str | None, str]] = [
        *((number, f"{agent} product (synthetic)", "Drug", "Synthetic", "Clinical Drug", None, f"product-{agent}")
          for agent, number in PRODUCTS.items()),
        *((number, f"{agent} billed (synthetic id)", "Drug", "HCPCS", "HCPCS", None, code)
          for agent, (code, number) in HCPCS.items()),
        *((number, f"{organ} (synthetic)", "Spec Anatomic Site", "Synthetic", "Body Structure", None, f"organ-{organ}")
          for organ, number in ORGANS.items()),
        *((number, f"radiation {organ}".strip() + " (synthetic)", "Procedure", "Synthetic", "Procedure", None,
           f"radiation-{organ or 'unknown'}") for organ, number in RADIATION.items()),
        *((number, f"surgery {organ}".strip() + " (synthetic)", "Procedure", "Synthetic", "Procedure", None,
           f"surgery-{organ or 'unknown'}") for organ, number in SURGERY.items()),
        (SUM_OF_DIAMETERS, "sum of diameters (synthetic)", "Measurement", "Synthetic", "Dimension", None, "sum"),
        (PERPENDICULAR, "perpendicular (synthetic)", "Measurement", "Synthetic", "Dimension", None, "perpendicular"),
        (VOLUME, "volume (synthetic)", "Measurement", "Synthetic", "Dimension", None, "volume"),
    ]
    return [(*row, _SINCE, _UNTIL, None) for row in sorted([*real, *invented])]


def ancestors() -> list[tuple[int, int, int, int]]:
    """The rows of `concept_ancestor`: every concept its own, ingredients above products, ATC L01 above all."""
    rows = {(number, number, 0, 0) for number in [*INGREDIENTS.values(), NIVOLUMAB_RELATLIMAB, ATC_L01]}
    for agent, number in INGREDIENTS.items():
        rows |= {(number, PRODUCTS[agent], 1, 1), (ATC_L01, number, 1, 1), (ATC_L01, PRODUCTS[agent], 2, 2)}
    rows |= {(INGREDIENTS[agent], NIVOLUMAB_RELATLIMAB, 1, 1) for agent in ("nivolumab", "relatlimab")}
    rows.add((ATC_L01, NIVOLUMAB_RELATLIMAB, 2, 2))
    return sorted(rows)


def mapped() -> list[tuple[int, int, str, date, date, str | None]]:
    """The rows of `concept_relationship`: what a billing code maps to."""
    return [(number, INGREDIENTS[agent], "Maps to", _SINCE, _UNTIL, None) for agent, (_, number) in HCPCS.items()]


def vocabularies() -> list[tuple[str, str, str | None, str | None, int]]:
    """The rows of `vocabulary`; the row `None` holds the release, as in every OMOP vocabulary."""
    return [("None", "OMOP Standardized Vocabularies", None, "v5.0 SYNTHETIC", 0),
            *((name, name, None, None, 0) for name in ("ATC", "Cancer Modifier", "HCPCS", "LOINC", "OMOP Genomic",
                                                       "RxNorm", "RxNorm Extension", "SNOMED", "UCUM")),
            ("Synthetic", "Invented for the synthetic hospital", None, None, 0)]
