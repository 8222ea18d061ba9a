select d.person_id, d.death_date, d.cause_concept_id, d.cause_source_value
from @cdm.death d
where d.person_id in (:persons)
