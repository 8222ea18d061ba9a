-- The source rows that a label rests on, and what each was used for.
-- OMOP: source_table.<source_table>_id = source_id, here as text; FHIR: a resource type, and an id with its version.
create table @results.hpd_lineage (
    label_id bigint not null,
    role text not null,
    source_table text not null,
    source_id varchar(255) not null,
    primary key (label_id, role, source_table, source_id)
)
