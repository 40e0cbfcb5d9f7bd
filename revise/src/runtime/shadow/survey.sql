WITH tables AS (
    SELECT c.relnamespace AS schema FROM pg_catalog.pg_class c
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
), schemas AS (
    SELECT n.oid, n.nspname::text AS name, n.nspname = ANY (current_schemas(false)) OR n.nspname = 'public'
        OR n.oid IN (SELECT schema FROM tables) AS walled, EXISTS (SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = 'pg_catalog.pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e') AS extension
    FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
), databases AS (
    SELECT o.datname::text AS name, CASE WHEN o.datname ~ '^sea_revise_scratch_[0-9]+_[0-9]+$'
        THEN split_part(o.datname, '_', 4)::bigint END AS made
    FROM pg_catalog.pg_database o
    WHERE pg_has_role(o.datdba, 'USAGE') AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.datid = o.oid)
)
SELECT json_build_object(
    'own', current_schema(),
    'path', to_json(current_schemas(false)),
    'schemas', (SELECT COALESCE(json_agg(name ORDER BY name), '[]') FROM schemas WHERE NOT extension),
    'walled', (SELECT COALESCE(json_agg(name ORDER BY name), '[]') FROM schemas WHERE walled),
    'extensions', (SELECT COALESCE(json_agg(json_build_object('name', e.extname, 'schema', n.nspname) ORDER BY e.oid), '[]')
        FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql'),
    'settings', (SELECT COALESCE(json_agg(DISTINCT format('%s=%s', split_part(setting, '=', 1),
            current_setting(split_part(setting, '=', 1), true))), '[]')
        FROM pg_catalog.pg_db_role_setting s CROSS JOIN unnest(s.setconfig) AS setting
        WHERE s.setdatabase = d.oid AND s.setrole IN (0, r.oid)),
    'locale', to_jsonb(d) || jsonb_build_object('encoding', pg_encoding_to_char(d.encoding)),
    'may_create_databases', r.rolcreatedb OR r.rolsuper,
    'may_create', has_database_privilege(d.oid, 'CREATE'),
    'may_create_here', COALESCE(has_schema_privilege(current_schema(), 'CREATE'), false),
    'may_temp', has_database_privilege(d.oid, 'TEMP'),
    'empty', NOT EXISTS (SELECT FROM tables t JOIN pg_catalog.pg_namespace n ON n.oid = t.schema
        WHERE n.nspname = current_schema()),
    'standby', pg_is_in_recovery(),
    'leftovers', (SELECT COALESCE(json_agg(name ORDER BY name), '[]') FROM databases
        WHERE made < extract(epoch FROM clock_timestamp()) - 60),
    'moment', extract(epoch FROM clock_timestamp())::bigint,
    'process', pg_backend_pid(),
    'version', current_setting('server_version_num')::integer
)::text
FROM pg_catalog.pg_database d CROSS JOIN pg_catalog.pg_roles r
WHERE d.datname = current_database() AND r.rolname = current_user
