-- Every verdict with its reasons, NOT_EVALUABLE included: one row a study, person and definition.
-- run_id is the run that last changed the row; a retracted row keeps what it last said.
create table @results.hpd_label (
    study_id text not null,
    person_id bigint not null,
    definition_id text not null,
    label_id bigint not null unique,
    definition_version integer not null,
    cohort text not null,
    measure_set text,
    verdict text not null,
    primary_reason text,
    reasons text,
    flags text,
    assumed_fields text,
    value double precision,
    value_unit text,
    decided_on date,
    index_date date,
    confirmation text,
    lifecycle text not null,
    params_sha256 text,
    source_fingerprint text not null,
    run_id text not null,
    intended_use text not null,
    primary key (study_id, person_id, definition_id)
)
