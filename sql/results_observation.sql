-- The OMOP CDM 5.4 table: one row a label that is HPD or NOT_HPD; observation_id is the label_id.
create table @results.observation (
    observation_id bigint not null primary key,
    person_id bigint not null,
    observation_concept_id integer not null,
    observation_date date not null,
    observation_datetime timestamp,
    observation_type_concept_id integer not null,
    value_as_number double precision,
    value_as_string varchar(60),
    value_as_concept_id integer,
    qualifier_concept_id integer,
    unit_concept_id integer,
    provider_id bigint,
    visit_occurrence_id bigint,
    visit_detail_id bigint,
    observation_source_value varchar(50),
    observation_source_concept_id integer,
    unit_source_value varchar(50),
    qualifier_source_value varchar(50),
    value_source_value varchar(50),
    observation_event_id bigint,
    obs_event_field_concept_id integer
)
