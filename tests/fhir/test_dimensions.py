"""Diameters across, volumes and lesions that are parts of others."""

from hpd_etl import timeline
from tests.fhir.given import STUDY, SYSTEMS, concept, observation, quantity, structure, to
from tests.fhir.test_sizes import measured, part, plain, reasons

ACROSS = {"measurements": {f"{SYSTEMS['loinc']}|33729-5": "perpendicular"}}
PARTS = {"measurements": {f"{SYSTEMS['local']}|merged-into": "part_of"}}


def two(key, longest, other, lesion="L1", **elements):
    """A tumour size of mCODE with its longest and another dimension."""
    return observation(key, concept("loinc 21889-1"), focus=[to("BodyStructure", lesion)], component=[
        part("loinc 33728-7", quantity(longest)), part("loinc 33729-5", quantity(other))], **elements)


def test_the_other_dimension_of_mcode_is_across_only_where_the_site_vouches_for_it():
    """The code does not say so; without the site's word it is refused, and the longest dimension stands."""
    found = measured(two("a", 40, 25))
    assert found.rows("lesions", "diameter_mm", "perpendicular_mm", "status") == [
        (40.0, None, "measured"), (None, None, "not_assessed")]
    assert reasons(found) == [("Observation:a", "dimension_unknown")]
    told = measured(two("a", 40, 25), mapping=ACROSS)
    assert told.rows("lesions", "diameter_mm", "perpendicular_mm", "status") == [
        (40.0, None, "measured"), (None, 25.0, "measured")]
    assert reasons(told) == []


def test_all_dimensions_of_a_day_are_one_lesion_of_the_timeline():
    """Diameter, perpendicular and volume of a day stand in one row; of a node the short and the long axis."""
    found = measured(two("a", 40, 25), plain("b", quantity(9, "mL"), "ncit C74720"), two("c", 26, 17, "N1"),
                     mapping=ACROSS)
    aligned = timeline.align(found.records, STUDY, {"study": STUDY.windows})
    lesions = aligned.lesions.sort_values("diameter_mm")[["diameter_mm", "perpendicular_mm", "volume_mm3"]]
    assert lesions.astype(object).where(lesions.notna(), None).to_numpy().tolist() == [
        [17.0, 26.0, None], [40.0, 25.0, 9000.0]]


VOLUMES = ((quantity(900, "mm3"), 900.0), (quantity("1.5", "cm3"), 1500.0), (quantity(2, "mL"), 2000.0),
           (quantity(3, "ml"), 3000.0), ({"value": 4, "unit": "mL"}, 4000.0), (quantity("0.005", "L"), 5000.0))
NO_VOLUMES = ((quantity(5, "cm"), "unit_of_other_dimension"), ({"value": 6}, "unit_missing"), (None, "no_value"),
              ({**quantity(7, "mL"), "comparator": ">"}, "inexact_size"), (quantity(8, "cc"), "unit_unknown"),
              ({**quantity(9, "mL"), "unit": "mm3"}, "unit_conflict"))


def test_a_volume_needs_a_unit_of_volume():
    """By UCUM, or a text of the list; a length, a bound and silence are refused."""
    found = measured(*(plain(f"{place}", value, "sct 118565006") for place, (value, _) in enumerate(VOLUMES)))
    assert found.rows("lesions", "source_id", "volume_mm3", "status") == [
        (f"Observation:{place}", volume, "measured") for place, (_, volume) in enumerate(VOLUMES)]
    refused = measured(*(plain(f"{place}", value, "dcm 121221") for place, (value, _) in enumerate(NO_VOLUMES)))
    assert refused.rows("lesions", "volume_mm3", "status") == [(None, "not_assessed")] * len(NO_VOLUMES)
    assert sorted(reasons(refused)) == [
        (f"Observation:{place}", reason) for place, (_, reason) in enumerate(NO_VOLUMES)]


def test_a_node_without_a_long_axis_is_gone():
    """Where nothing is left across, nothing is left; a node of 0 x 0 mm is no contradiction."""
    found = measured(two("a", 0, 0, "N1"))
    assert found.rows("lesions", "diameter_mm", "perpendicular_mm", "status") == [
        (0.0, None, "measured"), (None, 0.0, "disappeared")]
    aligned = timeline.align(found.records, STUDY, {"study": STUDY.windows})
    assert (aligned.lesions["status"].tolist(), len(aligned.rejections)) == (["disappeared"], 0)


def test_a_part_names_the_lesion_it_belongs_to():
    """A lesion that merged needs no size of its own; a part of a lesion that is not there, or of itself, is refused."""
    def merged(key, whole, *parts):
        return observation(key, concept("loinc 21889-1"), focus=[to("BodyStructure", key)], component=[
            *parts, {"code": concept("local merged-into"), "valueString": whole}])

    found = measured(
        structure("L2"), structure("L3"), structure("L4"), structure("L5"), plain("a", quantity(40)),
        merged("L2", "BodyStructure/L1", part("loinc 33728-7", quantity(12))),
        merged("L3", "BodyStructure/L1", part("loinc 33728-7", None)),
        merged("L4", "BodyStructure/L9", part("loinc 33728-7", quantity(9))),
        merged("L5", "BodyStructure/L5", part("loinc 33728-7", quantity(8))), mapping=PARTS)
    assert found.rows("lesions", "lesion_id", "part_of", "diameter_mm", "status") == [
        ("BodyStructure/L1", None, 40.0, "measured"), ("BodyStructure/L2", "BodyStructure/L1", 12.0, "measured"),
        ("BodyStructure/L3", "BodyStructure/L1", None, "present"), ("BodyStructure/L4", None, 9.0, "measured"),
        ("BodyStructure/L5", None, 8.0, "measured")]
    assert reasons(found) == [("Observation:L4", "part_of_unknown"), ("Observation:L5", "part_of_unknown")]
