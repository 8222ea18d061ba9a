-- The concepts behind codes of drugs, answers and genes.
select c.concept_id, c.vocabulary_id as vocabulary, c.concept_code as code
from @vocabulary.concept c
where c.concept_code in (:codes) and c.vocabulary_id in (:vocabularies)
