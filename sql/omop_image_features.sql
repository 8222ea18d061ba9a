-- Which finding (lesion), site and study a measurement belongs to; 1147138 is the field measurement_id.
select f.person_id, f.image_feature_event_id as event_id, f.image_finding_id as finding_id, f.anatomic_site_concept_id as site_id,
       f.image_occurrence_id as occurrence_id
from @cdm.image_feature f
where f.image_feature_event_field_concept_id = 1147138 and f.person_id in (:persons)
