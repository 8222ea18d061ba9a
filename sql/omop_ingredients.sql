-- The ingredients of drugs that were found.
select a.descendant_concept_id, a.ancestor_concept_id, c.concept_name
from @vocabulary.concept_ancestor a
join @vocabulary.concept c on c.concept_id = a.ancestor_concept_id
where a.descendant_concept_id in (:concepts) and c.concept_class_id = 'Ingredient'
