-- Other systemic anticancer therapy of the treated persons.
select e.drug_exposure_id, e.person_id, e.drug_concept_id, e.drug_exposure_start_date, e.drug_exposure_end_date,
       e.drug_type_concept_id, e.stop_reason, e.drug_source_value, e.drug_source_concept_id
from @cdm.drug_exposure e
where (e.drug_concept_id in (:concepts) or e.drug_concept_id is null)
  and (e.drug_concept_id <> 0 or e.drug_source_concept_id in (:source_concepts) or e.drug_source_value in (:codes))
  and e.person_id@unsearched in (:persons)
