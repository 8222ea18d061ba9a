select p.person_id, p.gender_concept_id, p.year_of_birth, p.month_of_birth, p.day_of_birth
from @cdm.person p
where p.person_id in (:persons)
