select o.observation_period_id, o.person_id, o.observation_period_start_date, o.observation_period_end_date
from @cdm.observation_period o
where o.person_id in (:persons)
