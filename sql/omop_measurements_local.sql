-- As omop_measurements, where site.toml maps source concepts or source values as well; reads the whole table.
select m.measurement_id, m.person_id, m.measurement_concept_id, m.measurement_date, m.operator_concept_id,
       m.value_as_number, m.value_as_concept_id, m.unit_concept_id, m.measurement_source_value,
       m.measurement_source_concept_id, m.unit_source_value, m.value_source_value,
       @event_id as event_id, @event_field as event_field_id,
       @lesion_column as lesion_text, @pattern_column as pattern_text
from @cdm.measurement m
where (m.measurement_concept_id in (:concepts) or m.measurement_source_concept_id in (:source_concepts)
       or m.measurement_source_value in (:codes))
  and m.person_id@unsearched in (:persons)
