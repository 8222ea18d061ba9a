select c.concept_id, c.concept_name, c.standard_concept, c.invalid_reason
from @vocabulary.concept c
where c.concept_id in (:concepts)
