-- The version of the results tables; another one is refused.
create table @results.hpd_schema_version (
    schema_version integer not null primary key
)
