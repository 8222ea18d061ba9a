-- PostgreSQL: the rights that write-back lacks, in words; no row where it has them all.
select right_name || ' on ' || c.relname as missing
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join (values ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) as needed (right_name)
where n.nspname = :schema and c.relname in (:tables)
    and not has_table_privilege(c.oid, right_name)
union all
select 'CREATE on schema ' || n.nspname
from pg_catalog.pg_namespace n
where n.nspname = :schema and not has_schema_privilege(n.oid, 'CREATE')
    and :wanted > (select count(*) from pg_catalog.pg_class c where c.relnamespace = n.oid and c.relname in (:tables))
union all
select 'TEMPORARY on database ' || current_database()
where not has_database_privilege(current_database(), 'TEMPORARY')
