-- The OMOP table: persons with HPD, from the deciding assessment to the end of follow-up.
create table @results.cohort (
    cohort_definition_id bigint not null,
    subject_id bigint not null,
    cohort_start_date date not null,
    cohort_end_date date not null,
    primary key (cohort_definition_id, subject_id, cohort_start_date)
)
