-- The source rows that a label rests on: source_table.<source_table>_id = source_id, and what each was used for.
create table @results.hpd_lineage (
    label_id bigint not null,
    role text not null,
    source_table text not null,
    source_id bigint not null,
    primary key (label_id, role, source_table, source_id)
)
