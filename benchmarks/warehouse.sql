-- A synthetic OMOP CDM 5.4, drawn from hashes of row numbers: the same seed gives the same warehouse with the same
-- DuckDB release. Placeholders are numbers filled in by warehouse.py. Rows stand in the order of their dates, as a
-- chronological load leaves them; nothing is sorted by concept or person.

create macro u(i, salt) as (hash(i, salt, {seed}) >> 11)::double / 9007199254740992.0;
create macro pick(i, salt, n) as floor(u(i, salt) * n)::integer;
create macro day(d) as (date '1970-01-01' + d::integer);

-- one row a treated person: first dose, growth before and on treatment, how it ended
create temp table treated as
select n, person_id, index_day, agent, pre_growth, death_after,
       case when u(person_id, 'hyper') < 0.12 then greatest(pre_growth, 0.05) * 2.6
            when u(person_id, 'hyper') < 0.45 then pre_growth * 0.9 else -0.08 * u(person_id, 'shrink') end as post_growth
from (
    select n, 1 + n * {treated_every} + pick(n, 'person', {treated_every}) as person_id,
           16800 + pick(n, 'index', 2300) as index_day, pick(n, 'agent', {ingredients}) as agent,
           0.02 + 0.16 * u(n, 'pre') as pre_growth,
           case when u(n, 'death') < 0.05 then 15 + pick(n, 'early', 20)
                when u(n, 'death') < 0.50 then 200 + pick(n, 'late', 500) end as death_after
    from range({treated}) rows(n)
);

create temp table examinations as
select person_id, index_day, pre_growth, post_growth, scan,
       case scan when 0 then -75 - pick(person_id, 'd0', 30) when 1 then -3 - pick(person_id, 'd1', 25)
            else (scan - 1) * 45 - 5 + pick(person_id * 10 + scan, 'd2', 10) end as day
from treated, range(5) scans(scan)
where (scan > 0 or u(person_id, 'no_pre') > 0.08) and (scan < 2 or death_after is null or death_after > 150);

create temp table sizes as
select person_id, index_day + day as day, lesion,
       greatest(0, round((12 + 50 * u(person_id * 10 + lesion, 'size'))
           * exp((case when day <= 0 then pre_growth else post_growth end) * day / 30.4375))) as mm,
       case when lesion = 4 then 'NEW' when lesion = 3 and u(person_id, 'fourth') < 0.3 then 'NON-TARGET' else 'TARGET' end as role,
       ['liver', 'lung', 'adrenal', 'bone', 'spleen'][1 + pick(person_id * 10 + lesion, 'organ', 5)] as organ
from examinations, range(5) lesions(lesion)
where lesion < 4 or (scan >= 2 and u(person_id, 'new') < 0.15);

create table person as
select i::integer as person_id, [8507, 8532][1 + pick(i, 'sex', 2)]::integer as gender_concept_id,
       1930 + pick(i, 'year', 60) as year_of_birth, 1 + pick(i, 'month', 12) as month_of_birth,
       1 + pick(i, 'day', 28) as day_of_birth, null::timestamp as birth_datetime, 8527 as race_concept_id,
       38003564 as ethnicity_concept_id, null::integer as location_id, null::integer as provider_id,
       null::integer as care_site_id, 'MRN' || i as person_source_value, null::varchar as gender_source_value,
       0 as gender_source_concept_id, null::varchar as race_source_value, 0 as race_source_concept_id,
       null::varchar as ethnicity_source_value, 0 as ethnicity_source_concept_id
from range(1, {persons} + 1) rows(i);

create table death as
select person_id::integer as person_id, day(index_day + death_after) as death_date, null::timestamp as death_datetime,
       32817 as death_type_concept_id, null::integer as cause_concept_id, null::varchar as cause_source_value,
       null::integer as cause_source_concept_id
from treated where death_after is not null
union all
select person_id, day(19800 + pick(person_id, 'other death', 300)), null, 32817, null, null, null
from person where u(person_id, 'dies') < 0.03 and person_id not in (select person_id from treated);

create table observation_period as
select person_id as observation_period_id, person_id, day(14600 + pick(person_id, 'enter', 700)) as observation_period_start_date,
       coalesce(death_date, day(20000 + pick(person_id, 'leave', 100))) as observation_period_end_date,
       32817 as period_type_concept_id
from person left join death using (person_id);

create table measurement as
with rows as (
    select 1 + pick(i, 'lab person', {persons}) as person_id,
           {first_lab} + floor({labs} * pow(u(i, 'lab'), 3))::integer as concept, 14600 + pick(i, 'lab day', 5200) as day,
           round(200 * u(i, 'value'), 1) as value, {lab_unit} as unit, 'mg/dL' as unit_text, null::varchar as text
    from range({labs_rows}) numbers(i)
    union all
    select person_id, {largest_dimension}, day, mm, {millimetre}, 'mm', role || '|L' || lesion || '|' || organ from sizes
)
select row_number() over ()::integer as measurement_id, person_id::integer as person_id,
       concept::integer as measurement_concept_id, day(day) as measurement_date, day(day)::timestamp as measurement_datetime,
       null::varchar as measurement_time, {ehr}::integer as measurement_type_concept_id,
       4172703 as operator_concept_id, value::double as value_as_number, null::integer as value_as_concept_id,
       unit::integer as unit_concept_id, null::double as range_low, null::double as range_high,
       null::integer as provider_id, (day * 1000 + person_id % 1000)::integer as visit_occurrence_id,
       null::integer as visit_detail_id, coalesce(text, 'LAB' || concept) as measurement_source_value,
       0 as measurement_source_concept_id, unit_text as unit_source_value, null::integer as unit_source_concept_id,
       value::varchar as value_source_value, null::integer as measurement_event_id,
       null::integer as meas_event_field_concept_id
from (select * from rows order by day);

create table drug_exposure as
with rows as (
    select 1 + pick(i, 'drug person', {persons}) as person_id,
           {first_other_drug} + floor({other_drugs} * pow(u(i, 'drug'), 2))::integer as concept,
           14600 + pick(i, 'drug day', 5200) as day, {prescription} as type
    from range({other_exposures}) numbers(i)
    union all
    select person_id, {first_chemotherapy} + pick(person_id, 'chemo', {chemotherapies}), index_day - 200 + 21 * cycle, {administration}
    from treated, range(3) cycles(cycle) where u(person_id, 'pretreated') < 0.6
    union all
    select person_id, {first_product} + agent * {products} + pick(person_id, 'product', {products}), index_day + 21 * cycle,
           {administration}
    from treated, range(6) cycles(cycle) where death_after is null or death_after > 21 * cycle
)
select row_number() over ()::integer as drug_exposure_id, person_id::integer as person_id, concept::integer as drug_concept_id,
       day(day) as drug_exposure_start_date, day(day)::timestamp as drug_exposure_start_datetime,
       day(day) as drug_exposure_end_date, day(day)::timestamp as drug_exposure_end_datetime, null::date as verbatim_end_date,
       type::integer as drug_type_concept_id, null::varchar as stop_reason, null::integer as refills, 1::double as quantity,
       1 as days_supply, null::varchar as sig, 4171047 as route_concept_id, null::varchar as lot_number,
       null::integer as provider_id, (day * 1000 + person_id % 1000)::integer as visit_occurrence_id,
       null::integer as visit_detail_id, 'DRUG' || concept as drug_source_value, 0 as drug_source_concept_id,
       'iv' as route_source_value, 'mg' as dose_unit_source_value
from (select * from rows order by day);

create table condition_occurrence as
select n::integer + 1 as condition_occurrence_id, person_id::integer as person_id, 4115276 as condition_concept_id,
       day(index_day - 300) as condition_start_date, null::timestamp as condition_start_datetime, null::date as condition_end_date,
       null::timestamp as condition_end_datetime, 32817 as condition_type_concept_id, null::integer as condition_status_concept_id,
       null::varchar as stop_reason, null::integer as provider_id, null::integer as visit_occurrence_id,
       null::integer as visit_detail_id, 'C34' as condition_source_value, 0 as condition_source_concept_id,
       null::varchar as condition_status_source_value
from treated;

create table procedure_occurrence (
    procedure_occurrence_id integer, person_id integer, procedure_concept_id integer, procedure_date date,
    procedure_datetime timestamp, procedure_end_date date, procedure_end_datetime timestamp, procedure_type_concept_id integer,
    modifier_concept_id integer, quantity integer, provider_id integer, visit_occurrence_id integer, visit_detail_id integer,
    procedure_source_value varchar, procedure_source_concept_id integer, modifier_source_value varchar);

create table observation (
    observation_id integer, person_id integer, observation_concept_id integer, observation_date date,
    observation_datetime timestamp, observation_type_concept_id integer, value_as_number double, value_as_string varchar,
    value_as_concept_id integer, qualifier_concept_id integer, unit_concept_id integer, provider_id integer,
    visit_occurrence_id integer, visit_detail_id integer, observation_source_value varchar,
    observation_source_concept_id integer, unit_source_value varchar, qualifier_source_value varchar,
    value_source_value varchar, observation_event_id integer, obs_event_field_concept_id integer);

-- vocabulary
create table concept as
with rows as (
    select concept_id, name, 'Drug' as domain, 'RxNorm' as vocabulary, 'Ingredient' as class, 'S' as standard, concept_id::varchar as code
    from ingredients
    union all
    select {first_product} + i, 'checkpoint product ' || i, 'Drug', 'RxNorm', 'Clinical Drug', 'S', ({first_product} + i)::varchar
    from range({ingredients} * {products}) numbers(i)
    union all
    select {antineoplastic}, 'ANTINEOPLASTIC AGENTS', 'Drug', 'ATC', 'ATC 2nd', 'C', 'L01'
    union all
    select {first_chemotherapy} + i, 'chemotherapy ' || i, 'Drug', 'RxNorm', 'Clinical Drug', 'S', ({first_chemotherapy} + i)::varchar
    from range({chemotherapies}) numbers(i)
    union all
    select {first_other_drug} + i, 'drug ' || i, 'Drug', 'RxNorm', 'Clinical Drug', 'S', ({first_other_drug} + i)::varchar
    from range({other_drugs}) numbers(i)
    union all
    select {first_lab} + i, 'laboratory test ' || i, 'Measurement', 'LOINC', 'Lab Test', 'S', ({first_lab} + i)::varchar
    from range({labs}) numbers(i)
    union all
    select * from (values
        ({largest_dimension}, 'Largest Dimension of Tumor', 'Measurement', 'Cancer Modifier', 'Dimension', 'S', 'OMOP4998843'),
        ({millimetre}, 'millimeter', 'Unit', 'UCUM', 'Unit', 'S', 'mm'), (8582, 'centimeter', 'Unit', 'UCUM', 'Unit', 'S', 'cm'))
)
select concept_id::integer as concept_id, name as concept_name, domain as domain_id, vocabulary as vocabulary_id,
       class as concept_class_id, standard as standard_concept, code as concept_code, date '1970-01-01' as valid_start_date,
       date '2099-12-31' as valid_end_date, null::varchar as invalid_reason
from rows;

create table concept_ancestor as
with pairs as (
    select concept_id as ancestor, concept_id as descendant, 0 as levels from concept where domain_id = 'Drug'
    union all
    select ingredients.concept_id, {first_product} + position * {products} + i, 2 from ingredients, range({products}) numbers(i)
    union all
    select {antineoplastic}, {first_product} + i, 3 from range({ingredients} * {products}) numbers(i)
    union all
    select {antineoplastic}, concept_id, 2 from ingredients
    union all
    select {antineoplastic}, {first_chemotherapy} + i, 3 from range({chemotherapies}) numbers(i)
    union all
    select {first_other_drug} + i // 10, {first_other_drug} + i, 1 from range({other_drugs}) numbers(i) where i > 0
)
select ancestor::integer as ancestor_concept_id, descendant::integer as descendant_concept_id,
       levels as min_levels_of_separation, levels as max_levels_of_separation
from pairs;

create table concept_relationship (
    concept_id_1 integer, concept_id_2 integer, relationship_id varchar, valid_start_date date, valid_end_date date,
    invalid_reason varchar);

create table vocabulary as
select 'None' as vocabulary_id, 'OMOP Standardized Vocabularies' as vocabulary_name, null::varchar as vocabulary_reference,
       'v5.0 27-FEB-26' as vocabulary_version, 44819096 as vocabulary_concept_id;

create table cdm_source as
select 'synthetic warehouse' as cdm_source_name, 'bench' as cdm_source_abbreviation, 'nobody' as cdm_holder,
       null::varchar as source_description, null::varchar as source_documentation_reference,
       null::varchar as cdm_etl_reference, date '2026-01-01' as source_release_date, date '2026-01-01' as cdm_release_date,
       'v5.4' as cdm_version, 756265 as cdm_version_concept_id, 'v5.0 27-FEB-26' as vocabulary_version;
