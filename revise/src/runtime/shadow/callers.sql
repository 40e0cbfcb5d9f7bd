SELECT format('CREATE FUNCTION %I.%I(%s) RETURNS %s LANGUAGE sql %s %s PARALLEL %s AS %L', $1::text, p.proname,
    pg_get_function_arguments(p.oid), pg_get_function_result(p.oid),
    CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' ELSE 'VOLATILE' END,
    CASE WHEN p.proisstrict THEN 'STRICT' ELSE 'CALLED ON NULL INPUT' END,
    CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' ELSE 'UNSAFE' END,
    format('SELECT %s%I.%I(%s)', CASE WHEN p.proretset THEN '* FROM ' ELSE '' END, n.nspname, p.proname,
        (SELECT string_agg('$' || place, ', ' ORDER BY place) FROM generate_series(1, p.pronargs) AS place)))
FROM pg_catalog.pg_extension e
JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.refobjid = e.oid
    AND d.classid = 'pg_catalog.pg_proc'::regclass AND d.deptype = 'e'
JOIN pg_catalog.pg_proc p ON p.oid = d.objid AND p.prokind = 'f' AND p.provariadic = 0 AND p.proargmodes IS NULL
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace AND n.nspname IN ({schemas})
JOIN pg_catalog.pg_type r ON r.oid = p.prorettype AND (r.typtype <> 'p' OR r.typname = 'void')
WHERE NOT EXISTS (SELECT FROM unnest(p.proargtypes) AS argument JOIN pg_catalog.pg_type t ON t.oid = argument WHERE t.typtype = 'p')
ORDER BY p.oid
