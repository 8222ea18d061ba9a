-- Sizes, sums, responses, new lesions, performance status and biomarkers of the treated persons, in one scan.
-- @event_id, @event_field and @lesion_column are columns of this CDM's version or of site.toml.
select m.measurement_id, m.person_id, m.measurement_concept_id, m.measurement_date, m.operator_concept_id,
       m.value_as_number, m.value_as_concept_id, m.unit_concept_id, m.measurement_source_value,
       m.unit_source_value, m.value_source_value,
       @event_id as event_id, @event_field as event_field_id,
       @lesion_column as lesion_text, @pattern_column as pattern_text
from @cdm.measurement m
where m.measurement_concept_id in (:concepts) and m.person_id@unsearched in (:persons)
