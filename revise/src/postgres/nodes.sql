own AS (SELECT oid, quote_ident(nspname) || '.' AS prefix FROM pg_catalog.pg_namespace WHERE nspname = $1),
members AS (
    SELECT c.tableoid, c.oid, c.relname::text AS name, c.relkind FROM own JOIN pg_catalog.pg_class c ON c.relnamespace = own.oid
), nodes (class, id, place, node) AS (
    -- A kind and the names that tell an object from others of its kind; relations and types share theirs.
    SELECT tableoid, oid, 0, ARRAY['name', name] FROM members
    UNION ALL SELECT m.tableoid, m.oid, a.attnum::integer, CASE WHEN m.relkind IN ('v', 'm') THEN ARRAY['name', m.name]
        ELSE ARRAY['column', m.name, a.attname::text] END
    FROM members m JOIN pg_catalog.pg_attribute a ON a.attrelid = m.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE m.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')
    UNION ALL SELECT t.tableoid, t.oid, 0, ARRAY['name', COALESCE(e.typname, t.typname)::text]
    FROM own JOIN pg_catalog.pg_type t ON t.typnamespace = own.oid
    LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
    UNION ALL SELECT p.tableoid, p.oid, 0, ARRAY['routine', p.proname::text, oidvectortypes(p.proargtypes)]
    FROM own JOIN pg_catalog.pg_proc p ON p.pronamespace = own.oid
    UNION ALL SELECT d.tableoid, d.oid, 0, ARRAY[CASE a.attgenerated WHEN '' THEN 'default' ELSE 'column' END, m.name, a.attname::text]
    FROM members m JOIN pg_catalog.pg_attrdef d ON d.adrelid = m.oid
    JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
    UNION ALL SELECT k.tableoid, k.oid, 0, ARRAY['constraint', COALESCE(m.name, t.typname::text), k.conname::text]
    FROM own JOIN pg_catalog.pg_constraint k ON k.connamespace = own.oid
    LEFT JOIN members m ON m.oid = k.conrelid LEFT JOIN pg_catalog.pg_type t ON t.oid = k.contypid
    UNION ALL SELECT g.tableoid, g.oid, 0, ARRAY['trigger', m.name, g.tgname::text]
    FROM members m JOIN pg_catalog.pg_trigger g ON g.tgrelid = m.oid AND NOT g.tgisinternal
    UNION ALL SELECT w.tableoid, w.oid, 0, CASE w.rulename WHEN '_RETURN' THEN ARRAY['name', m.name]
        ELSE ARRAY['rule', m.name, w.rulename::text] END
    FROM members m JOIN pg_catalog.pg_rewrite w ON w.ev_class = m.oid
    UNION ALL SELECT p.tableoid, p.oid, 0, ARRAY['policy', m.name, p.polname::text]
    FROM members m JOIN pg_catalog.pg_policy p ON p.polrelid = m.oid
    UNION ALL SELECT s.tableoid, s.oid, 0, ARRAY['statistics', s.stxname::text]
    FROM own JOIN pg_catalog.pg_statistic_ext s ON s.stxnamespace = own.oid
)
