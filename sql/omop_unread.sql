-- What no mapping knows: rows of treated persons without a standard concept that nothing else reads, by their source code.
-- Counts only. A source concept stands for its texts. Asked of each event table; @table and the columns are its own.
select coalesce(e.@source_concept, 0) as source_concept_id,
       case when e.@source_concept <> 0 then null else e.@source_value end as source_value,
       count(*) as n_rows, count(distinct e.person_id) as n_persons
from @cdm.@table e
where (e.@concept = 0 or e.@concept is null) and e.person_id@unsearched in (:persons)
  and case when e.@source_concept in (:source_concepts) or e.@source_value in (:codes) then 1 else 0 end = 0
group by coalesce(e.@source_concept, 0), case when e.@source_concept <> 0 then null else e.@source_value end
