-- Imaging studies of the imaging extension.
select i.image_occurrence_id, i.person_id, i.image_occurrence_date, i.image_study_uid, i.modality_concept_id
from @cdm.image_occurrence i
where i.person_id in (:persons)
