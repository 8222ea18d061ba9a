-- Performance status where it was stored as an observation.
select o.observation_id, o.person_id, o.observation_concept_id, o.observation_date, o.value_as_number,
       o.value_as_concept_id, o.value_as_string
from @cdm.observation o
where o.observation_concept_id in (:concepts) and o.person_id@unsearched in (:persons)
