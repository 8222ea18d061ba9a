select a.ancestor_concept_id, a.descendant_concept_id
from @vocabulary.concept_ancestor a
where a.ancestor_concept_id in (:roots)
