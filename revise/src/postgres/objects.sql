WITH own AS (SELECT oid, quote_ident(nspname) || '.' AS prefix FROM pg_catalog.pg_namespace WHERE nspname = $1),
foreigners (class, id) AS (SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e'),
relations AS (
    SELECT c.tableoid, c.*, quote_ident(c.relname) AS quoted FROM own JOIN pg_catalog.pg_class c ON c.relnamespace = own.oid
    WHERE NOT EXISTS (SELECT FROM foreigners f WHERE (f.class, f.id) = (c.tableoid, c.oid))
), tables AS (
    SELECT r.* FROM relations r WHERE r.relkind = 'r' AND NOT r.relispartition
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = r.oid)
), strangers AS (
    SELECT r.*, CASE WHEN r.relispartition THEN 'partition' WHEN r.relkind = 'p' THEN 'partitioned table'
        WHEN r.relkind = 'f' THEN 'foreign table' ELSE 'inherited table' END AS word
    FROM relations r WHERE r.relkind IN ('r', 'p', 'f') AND r.oid NOT IN (SELECT oid FROM tables)
), numbers AS (
    SELECT s.*, r.quoted, d.refobjid, d.refobjsubid, 'AS ' || format_type(s.seqtypid, NULL) AS kind,
        format('INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s %s', s.seqincrement, s.seqmin, s.seqmax, s.seqstart,
            s.seqcache, CASE WHEN s.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END) AS options,
        CASE s.seqtypid WHEN 'smallint'::regtype THEN 32767 WHEN 'integer'::regtype THEN 2147483647 ELSE 9223372036854775807 END AS most
    FROM relations r JOIN pg_catalog.pg_sequence s ON s.seqrelid = r.oid
    LEFT JOIN pg_catalog.pg_depend d ON d.classid = r.tableoid AND d.objid = r.oid AND d.refclassid = r.tableoid
        AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
), routines AS (
    SELECT p.tableoid, p.*, quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS signature,
        CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END AS word, own.prefix
    FROM own JOIN pg_catalog.pg_proc p ON p.pronamespace = own.oid
    WHERE NOT EXISTS (SELECT FROM foreigners f WHERE (f.class, f.id) = (p.tableoid, p.oid))
), types AS (
    SELECT t.tableoid, t.*, quote_ident(t.typname) AS quoted FROM own JOIN pg_catalog.pg_type t ON t.typnamespace = own.oid
    WHERE NOT EXISTS (SELECT FROM foreigners f WHERE (f.class, f.id) = (t.tableoid, t.oid))
), settings (owner, kind, name, setting, undo) AS (
    SELECT quoted, 'table_setting', 'storage options of table ' || relname, 'SET (' || array_to_string(reloptions, ', ') || ')', 'RESET ('
        || (SELECT string_agg(split_part(o, '=', 1), ', ') FROM unnest(reloptions) o) || ')' FROM tables WHERE reloptions IS NOT NULL
    UNION ALL SELECT quoted, 'table_setting', 'persistence of table ' || relname, 'SET UNLOGGED', 'SET LOGGED' FROM tables WHERE relpersistence = 'u'
    UNION ALL SELECT quoted, 'table_security', 'row level security of table ' || relname, 'ENABLE ROW LEVEL SECURITY', 'DISABLE ROW LEVEL SECURITY'
    FROM tables WHERE relrowsecurity
    UNION ALL SELECT quoted, 'table_security', 'forced row level security of table ' || relname, 'FORCE ROW LEVEL SECURITY',
        'NO FORCE ROW LEVEL SECURITY' FROM tables WHERE relforcerowsecurity
    UNION ALL SELECT t.quoted, 'table_security', 'replica identity of table ' || t.relname, 'REPLICA IDENTITY ' || CASE t.relreplident
            WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' ELSE COALESCE((SELECT 'USING INDEX ' || quote_ident(c.relname)
            FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
            WHERE i.indrelid = t.oid AND i.indisreplident), 'NOTHING') END, 'REPLICA IDENTITY DEFAULT'
    FROM tables t WHERE t.relreplident <> 'd'
    UNION ALL SELECT t.quoted, 'trigger_state', format('state of trigger %s of table %s', g.tgname, t.relname), format('%s TRIGGER %I',
        CASE g.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, g.tgname),
        format('ENABLE TRIGGER %I', g.tgname)
    FROM tables t JOIN pg_catalog.pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal AND g.tgenabled <> 'O'
    UNION ALL SELECT t.quoted, 'part_setting', format('statistics target of column %s.%s', t.relname, a.attname),
        format('ALTER COLUMN %I SET STATISTICS %s', a.attname, a.attstattarget), format('ALTER COLUMN %I SET STATISTICS -1', a.attname)
    FROM tables t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attstattarget >= 0
    UNION ALL SELECT t.quoted, 'part_setting', format('options of column %s.%s', t.relname, a.attname),
        format('ALTER COLUMN %I SET (%s)', a.attname, array_to_string(a.attoptions, ', ')), format('ALTER COLUMN %I RESET (%s)', a.attname,
        (SELECT string_agg(split_part(o, '=', 1), ', ') FROM unnest(a.attoptions) o))
    FROM tables t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND NOT a.attisdropped AND a.attoptions IS NOT NULL
    UNION ALL SELECT t.quoted, 'part_setting', format('storage of column %s.%s', t.relname, a.attname), format('ALTER COLUMN %I SET STORAGE %s',
        a.attname, CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END),
        format('ALTER COLUMN %I SET STORAGE %s', a.attname,
        CASE y.typstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END)
    FROM tables t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type y ON y.oid = a.atttypid AND y.typstorage <> a.attstorage
    UNION ALL SELECT t.quoted, 'constraint', format('exclusion constraint %s of table %s', k.conname, t.relname),
        format('ADD CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)), format('DROP CONSTRAINT %I', k.conname)
    FROM tables t JOIN pg_catalog.pg_constraint k ON k.conrelid = t.oid AND k.contype = 'x'
), commented AS (
    SELECT x.*, COALESCE(
        (SELECT relnamespace FROM pg_catalog.pg_class o WHERE o.oid = x.objoid AND o.tableoid = x.classoid AND o.relkind NOT IN ('r', 'p', 'f')),
        (SELECT connamespace FROM pg_catalog.pg_constraint o WHERE o.oid = x.objoid AND o.tableoid = x.classoid),
        (SELECT pronamespace FROM pg_catalog.pg_proc o WHERE o.oid = x.objoid AND o.tableoid = x.classoid),
        (SELECT typnamespace FROM pg_catalog.pg_type o WHERE o.oid = x.objoid AND o.tableoid = x.classoid),
        (SELECT stxnamespace FROM pg_catalog.pg_statistic_ext o WHERE o.oid = x.objoid AND o.tableoid = x.classoid),
        (SELECT r.relnamespace FROM pg_catalog.pg_class r WHERE r.oid = COALESCE(
            (SELECT tgrelid FROM pg_catalog.pg_trigger o WHERE o.oid = x.objoid AND o.tableoid = x.classoid),
            (SELECT polrelid FROM pg_catalog.pg_policy o WHERE o.oid = x.objoid AND o.tableoid = x.classoid),
            (SELECT ev_class FROM pg_catalog.pg_rewrite o WHERE o.oid = x.objoid AND o.tableoid = x.classoid)))) AS namespace
    FROM pg_catalog.pg_description x
), found (kind, name, sql, drop, change) AS (
    SELECT 'domain', 'domain ' || t.typname, format('CREATE DOMAIN %s AS %s%s%s%s%s', t.quoted, format_type(t.typbasetype, t.typtypmod),
        (SELECT format(' COLLATE %I', c.collname) FROM pg_catalog.pg_collation c, pg_catalog.pg_type b
        WHERE c.oid = t.typcollation AND b.oid = t.typbasetype AND b.typcollation <> c.oid),
        ' DEFAULT ' || t.typdefault, CASE WHEN t.typnotnull THEN ' NOT NULL' END,
        (SELECT string_agg(format(' CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)), '' ORDER BY k.conname)
        FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c')), format('DROP DOMAIN %s', t.quoted), 'fixed'
    FROM types t WHERE t.typtype = 'd'
    UNION ALL SELECT 'composite_type', 'composite type ' || r.relname, format('CREATE TYPE %s AS (%s)', r.quoted, (SELECT string_agg(format('%I %s',
        a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped)), format('DROP TYPE %s', r.quoted), 'fixed'
    FROM relations r WHERE r.relkind = 'c'
    UNION ALL SELECT 'other_type', 'range type ' || t.typname, format_type(g.rngsubtype, NULL), '', 'never'
    FROM types t JOIN pg_catalog.pg_range g ON g.rngtypid = t.oid
    UNION ALL SELECT 'other_type', 'type ' || t.typname, '', '', 'never' FROM types t WHERE t.typtype = 'b' AND t.typelem = 0
    UNION ALL SELECT 'sequence', 'sequence ' || c.relname, format('CREATE SEQUENCE IF NOT EXISTS %1$s; ALTER SEQUENCE %1$s %2$s %3$s', n.quoted,
        n.kind, n.options), format('DROP SEQUENCE %s', n.quoted), 'replace'
    FROM numbers n JOIN pg_catalog.pg_class c ON c.oid = n.seqrelid WHERE n.refobjid IS NULL
    UNION ALL SELECT 'table_setting', format('numbering of column %s.%s', t.relname, a.attname), format('DO %L', format(
        'BEGIN EXECUTE ''ALTER SEQUENCE '' || pg_get_serial_sequence(%L, %L) || %L; END', t.quoted, a.attname, ' ' || n.options)),
        format('DO %L', format('BEGIN EXECUTE ''ALTER SEQUENCE '' || pg_get_serial_sequence(%L, %L) || %L; END', t.quoted, a.attname,
        ' INCREMENT BY 1 NO MINVALUE NO MAXVALUE START WITH 1 CACHE 1 NO CYCLE')), 'replace'
    FROM numbers n JOIN tables t ON t.oid = n.refobjid JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = n.refobjsubid
    WHERE (n.seqincrement, n.seqmin, n.seqmax, n.seqstart, n.seqcache, n.seqcycle) <> (1, 1, n.most, 1, 1, false)
    UNION ALL SELECT CASE max(CASE u.relkind WHEN 'v' THEN 2 WHEN 'm' THEN 2 WHEN 'r' THEN 1 WHEN 'p' THEN 1 END)
            WHEN 2 THEN 'view_routine' WHEN 1 THEN 'table_routine' ELSE 'routine' END, f.word || ' ' || f.signature,
        replace(left(f.text, 200), f.word_upper || f.prefix, f.word_upper) || substr(f.text, 201),
        format('DROP %s %s', upper(f.word), f.signature), 'replace'
    FROM (SELECT r.*, pg_get_functiondef(r.oid) AS text, upper(r.word) || ' ' AS word_upper FROM routines r WHERE r.word <> 'aggregate') f
    LEFT JOIN pg_catalog.pg_depend d ON d.classid = f.tableoid AND d.objid = f.oid
    LEFT JOIN pg_catalog.pg_type y ON d.refclassid = y.tableoid AND d.refobjid = y.oid
    LEFT JOIN pg_catalog.pg_type z ON z.oid = y.typelem AND y.typcategory = 'A'
    LEFT JOIN pg_catalog.pg_class u ON u.oid IN (CASE WHEN d.refclassid = 'pg_catalog.pg_class'::regclass THEN d.refobjid END,
        y.typrelid, z.typrelid)
    GROUP BY f.word, f.signature, f.text, f.word_upper, f.prefix
    UNION ALL SELECT 'routine', r.word || ' ' || r.signature, (to_jsonb(g) - 'aggfnoid')::text, '', 'never'
    FROM routines r JOIN pg_catalog.pg_aggregate g ON g.aggfnoid = r.oid
    UNION ALL SELECT kind, name, format('ALTER TABLE %s %s', owner, setting), format('ALTER TABLE %s %s', owner, undo), 'recreate' FROM settings
    UNION ALL SELECT 'part_setting', 'storage options of index ' || c.relname, format('ALTER INDEX %I SET (%s)', c.relname,
        array_to_string(c.reloptions, ', ')), format('ALTER INDEX %I RESET (%s)', c.relname,
        (SELECT string_agg(split_part(o, '=', 1), ', ') FROM unnest(c.reloptions) o)), 'recreate'
    FROM tables t JOIN pg_catalog.pg_index i ON i.indrelid = t.oid
    JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid AND c.reloptions IS NOT NULL
    UNION ALL SELECT 'constraint', format('check %s of table %s', k.conname, t.relname), concat_ws(' ', CASE WHEN k.connoinherit THEN 'NO INHERIT' END,
        CASE WHEN NOT k.convalidated THEN 'NOT VALID' END), '', 'never'
    FROM tables t JOIN pg_catalog.pg_constraint k ON k.conrelid = t.oid AND k.contype = 'c' AND (k.connoinherit OR NOT k.convalidated)
    UNION ALL SELECT 'view_part', format('trigger %s of view %s', g.tgname, r.relname), pg_get_triggerdef(g.oid, true),
        format('DROP TRIGGER %I ON %s', g.tgname, r.quoted), 'recreate'
    FROM relations r JOIN pg_catalog.pg_trigger g ON g.tgrelid = r.oid AND r.relkind = 'v' AND NOT g.tgisinternal
    UNION ALL SELECT 'view_part', format('index %s of materialized view %s', c.relname, r.relname), pg_get_indexdef(i.indexrelid, 0, true),
        format('DROP INDEX %I', c.relname), 'recreate'
    FROM relations r JOIN pg_catalog.pg_index i ON i.indrelid = r.oid AND r.relkind = 'm'
    JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    UNION ALL SELECT 'policy', format('policy %s of table %s', p.polname, t.relname),
        format('CREATE POLICY %I ON %s AS %s FOR %s TO %s%s%s', p.polname, t.quoted,
            CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
            CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
            (SELECT string_agg(CASE WHEN o = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(o)) END, ', ') FROM unnest(p.polroles) o),
            ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'),
        format('DROP POLICY %I ON %s', p.polname, t.quoted), 'recreate'
    FROM tables t JOIN pg_catalog.pg_policy p ON p.polrelid = t.oid
    UNION ALL SELECT 'view_part', format('rule %s of %s', w.rulename, r.relname), rtrim(pg_get_ruledef(w.oid, true), ';'),
        format('DROP RULE %I ON %s', w.rulename, r.quoted), 'recreate'
    FROM relations r JOIN pg_catalog.pg_rewrite w ON w.ev_class = r.oid AND w.rulename <> '_RETURN'
    UNION ALL SELECT 'statistics', 'statistics ' || s.stxname, replace(pg_get_statisticsobjdef(s.oid), 'STATISTICS ' || own.prefix, 'STATISTICS '),
        format('DROP STATISTICS %I', s.stxname), 'recreate'
    FROM own JOIN pg_catalog.pg_statistic_ext s ON s.stxnamespace = own.oid
    UNION ALL SELECT 'comment', 'comment on ' || i.type || ' ' || replace(i.identity, own.prefix, ''),
        format('COMMENT ON %s %s IS %L', c.word, replace(i.identity, own.prefix, ''), x.description),
        format('COMMENT ON %s %s IS NULL', c.word, replace(i.identity, own.prefix, '')), 'replace'
    FROM own JOIN commented x ON x.namespace = own.oid CROSS JOIN LATERAL pg_identify_object(x.classoid, x.objoid, x.objsubid) i
    CROSS JOIN LATERAL (SELECT CASE WHEN i.type LIKE '% column' THEN 'COLUMN' WHEN i.type = 'statistics object' THEN 'STATISTICS'
        WHEN i.type LIKE '% constraint' THEN 'CONSTRAINT' WHEN i.type = 'composite type' THEN 'TYPE' ELSE upper(i.type) END AS word) c
    WHERE NOT EXISTS (SELECT FROM foreigners f WHERE (f.class, f.id) = (x.classoid, x.objoid))
    UNION ALL SELECT 'other_table', s.word || ' ' || s.relname, concat_ws('; ', pg_get_partkeydef(s.oid), pg_get_expr(s.relpartbound, s.oid),
        (SELECT 'of ' || string_agg(p.relname, ', ' ORDER BY p.relname) FROM pg_catalog.pg_inherits i
        JOIN pg_catalog.pg_class p ON p.oid = i.inhparent WHERE i.inhrelid = s.oid),
        (SELECT string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' END,
            CASE a.attidentity WHEN '' THEN NULL ELSE 'identity ' || a.attidentity::text END, pg_get_expr(d.adbin, d.adrelid)), ', ' ORDER BY a.attname)
        FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = s.oid AND a.attnum > 0 AND NOT a.attisdropped),
        (SELECT string_agg(x.text, '; ' ORDER BY x.text) FROM (
            SELECT pg_get_constraintdef(k.oid) AS text FROM pg_catalog.pg_constraint k WHERE k.conrelid = s.oid
            UNION ALL SELECT regexp_replace(pg_get_indexdef(i.indexrelid, 0, true), ' INDEX .*? ON ', ' INDEX ON ')
            FROM pg_catalog.pg_index i WHERE i.indrelid = s.oid
            UNION ALL SELECT pg_get_triggerdef(g.oid, true) FROM pg_catalog.pg_trigger g WHERE g.tgrelid = s.oid AND NOT g.tgisinternal
            UNION ALL SELECT concat_ws(' ', 'policy', p.polname, p.polcmd::text, p.polpermissive::text, pg_get_expr(p.polqual, p.polrelid),
                pg_get_expr(p.polwithcheck, p.polrelid)) FROM pg_catalog.pg_policy p WHERE p.polrelid = s.oid
            UNION ALL SELECT concat_ws(' ', 'comment', a.attname, c.description) FROM pg_catalog.pg_description c
            LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.objoid AND a.attnum = c.objsubid AND c.objsubid > 0
            WHERE c.objoid = s.oid AND c.classoid = s.tableoid) x),
        array_to_string(s.reloptions, ', '), CASE WHEN s.relrowsecurity THEN 'row level security' END,
        CASE WHEN s.relforcerowsecurity THEN 'forced' END, CASE WHEN s.relpersistence = 'u' THEN 'unlogged' END), '', 'never'
    FROM strangers s
    UNION ALL SELECT 'other_type', i.type || ' ' || replace(i.identity, own.prefix, ''), '', '', 'never' FROM own CROSS JOIN LATERAL (
        SELECT o.tableoid, o.oid FROM pg_catalog.pg_collation o WHERE o.collnamespace = own.oid
        UNION ALL SELECT o.tableoid, o.oid FROM pg_catalog.pg_operator o WHERE o.oprnamespace = own.oid
        UNION ALL SELECT o.tableoid, o.oid FROM pg_catalog.pg_opclass o WHERE o.opcnamespace = own.oid
        UNION ALL SELECT o.tableoid, o.oid FROM pg_catalog.pg_ts_config o WHERE o.cfgnamespace = own.oid
        UNION ALL SELECT o.tableoid, o.oid FROM pg_catalog.pg_ts_dict o WHERE o.dictnamespace = own.oid) o
    CROSS JOIN LATERAL pg_identify_object(o.tableoid, o.oid, 0) i
    WHERE NOT EXISTS (SELECT FROM foreigners f WHERE (f.class, f.id) = (o.tableoid, o.oid))
)
SELECT row_to_json(found)::text FROM found ORDER BY name
