-- What exposures without a standard drug are called at the source: words may name an index drug that no code tells.
select distinct e.drug_source_value
from @cdm.drug_exposure e
where e.drug_concept_id = 0 or e.drug_concept_id is null
