-- Diagnoses that tell primary site, histology or a gene.
select c.condition_occurrence_id, c.person_id, c.condition_concept_id, c.condition_start_date
from @cdm.condition_occurrence c
where c.condition_concept_id in (:concepts) and c.person_id@unsearched in (:persons)
