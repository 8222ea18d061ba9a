-- Scans, radiation, surgery and local therapy as site.toml maps them.
select p.procedure_occurrence_id, p.person_id, p.procedure_concept_id, p.procedure_date, p.procedure_source_value,
       p.procedure_source_concept_id
from @cdm.procedure_occurrence p
where (p.procedure_concept_id in (:concepts) or p.procedure_source_concept_id in (:concepts)
       or p.procedure_source_value in (:codes))
  and p.person_id in (:persons)
