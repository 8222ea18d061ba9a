-- The OMOP table: one row a study, treatment cohort and definition.
create table @results.cohort_definition (
    cohort_definition_id bigint not null primary key,
    cohort_definition_name varchar(255) not null,
    cohort_definition_description text,
    definition_type_concept_id integer not null,
    cohort_definition_syntax text,
    subject_concept_id integer not null,
    cohort_initiation_date date
)
