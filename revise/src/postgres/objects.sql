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
    SELECT s.*, r.relname, r.relpersistence, r.quoted, d.refobjid, d.refobjsubid, 'AS ' || format_type(s.seqtypid, NULL) AS kind,
        format('INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s %s', s.seqincrement, s.seqmin, s.seqmax, s.seqstart,
            s.seqcache, CASE WHEN s.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END) AS options,
        CASE s.seqtypid WHEN 'smallint'::regtype THEN 32767 WHEN 'integer'::regtype THEN 2147483647 ELSE 9223372036854775807 END AS most,
        -- Whether it is an identity's or a serial's, which the column says.
        d.deptype = 'i' OR EXISTS (SELECT FROM pg_catalog.pg_attrdef x
            JOIN pg_catalog.pg_depend u ON (u.classid, u.objid, u.refclassid, u.refobjid) = (x.tableoid, x.oid, r.tableoid, r.oid)
            JOIN pg_catalog.pg_attribute a ON a.attrelid = x.adrelid AND a.attnum = x.adnum
                AND a.atttypid IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype)
            WHERE (x.adrelid, x.adnum) = (d.refobjid, d.refobjsubid)
                AND pg_get_expr(x.adbin, x.adrelid) LIKE 'nextval(''%''::regclass)') AS counts
    FROM relations r JOIN pg_catalog.pg_sequence s ON s.seqrelid = r.oid
    LEFT JOIN pg_catalog.pg_depend d ON d.classid = r.tableoid AND d.objid = r.oid AND d.refclassid = r.tableoid
        AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
), routines AS (
    SELECT p.tableoid, p.*, quote_ident(p.proname) || '(' || oidvectortypes(p.proargtypes) || ')' AS signature,
        ARRAY['routine', p.proname::text, oidvectortypes(p.proargtypes)] AS node,
        CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END AS word, own.prefix
    FROM own JOIN pg_catalog.pg_proc p ON p.pronamespace = own.oid
    WHERE NOT EXISTS (SELECT FROM foreigners f WHERE (f.class, f.id) = (p.tableoid, p.oid))
), types AS (
    SELECT t.tableoid, t.*, quote_ident(t.typname) AS quoted, ARRAY['name', t.typname::text] AS node FROM own JOIN pg_catalog.pg_type t ON t.typnamespace = own.oid
    WHERE NOT EXISTS (SELECT FROM foreigners f WHERE (f.class, f.id) = (t.tableoid, t.oid))
), stores AS (
    SELECT *, 'part_setting' AS part FROM tables UNION ALL SELECT *, 'view_setting' FROM relations WHERE relkind = 'm'
), columns AS (
    SELECT t.relname, t.quoted, t.part, a.*, ARRAY['column', t.relname::text, a.attname::text] AS node,
        CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END AS storage,
        CASE y.typstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END AS usual,
        CASE to_jsonb(a)->>'attcompression' WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END AS compression
    FROM stores t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
), indexes AS (
    SELECT i.*, c.relname, c.reloptions, quote_ident(c.relname) AS quoted, t.relname AS on_name, t.quoted AS on_table, t.part,
        ARRAY['name', c.relname::text] AS node
    FROM stores t JOIN pg_catalog.pg_index i ON i.indrelid = t.oid JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
), rules AS (
    SELECT w.*, r.relname, r.quoted, ARRAY['rule', r.relname::text, w.rulename::text] AS node
    FROM relations r JOIN pg_catalog.pg_rewrite w ON w.ev_class = r.oid AND w.rulename <> '_RETURN'
), settings (relation, owner, kind, name, setting, undo, node, of) AS (
    SELECT relname, quoted, 'table_setting', 'storage options of table ' || relname, 'SET (' || array_to_string(reloptions, ', ') || ')', 'RESET ('
        || (SELECT string_agg(split_part(o, '=', 1), ', ') FROM unnest(reloptions) o) || ')', NULL::text[], ARRAY['name', relname::text]
    FROM tables WHERE reloptions IS NOT NULL
    UNION ALL SELECT t.relname, t.quoted, t.part, 'storage options of the TOAST table of ' || t.relname,
        (SELECT 'SET (' || string_agg('toast.' || o, ', ') || ')' FROM unnest(c.reloptions) o),
        (SELECT 'RESET (' || string_agg('toast.' || split_part(o, '=', 1), ', ') || ')' FROM unnest(c.reloptions) o), NULL, ARRAY['name', t.relname::text]
    FROM stores t JOIN pg_catalog.pg_class c ON c.oid = t.reltoastrelid AND c.reloptions IS NOT NULL
    UNION ALL SELECT relname, quoted, 'table_setting', 'persistence of table ' || relname, 'SET UNLOGGED', 'SET LOGGED', NULL, ARRAY['name', relname::text]
    FROM tables WHERE relpersistence = 'u'
    UNION ALL SELECT relname, quoted, 'table_setting', 'type of table ' || relname, 'OF ' || format_type(reloftype, NULL), 'NOT OF', NULL,
        ARRAY['name', relname::text] FROM tables WHERE reloftype <> 0
    UNION ALL SELECT relname, quoted, 'table_security', 'row level security of table ' || relname, 'ENABLE ROW LEVEL SECURITY',
        'DISABLE ROW LEVEL SECURITY', NULL, ARRAY['name', relname::text] FROM tables WHERE relrowsecurity
    UNION ALL SELECT relname, quoted, 'table_security', 'forced row level security of table ' || relname, 'FORCE ROW LEVEL SECURITY',
        'NO FORCE ROW LEVEL SECURITY', NULL, ARRAY['name', relname::text] FROM tables WHERE relforcerowsecurity
    UNION ALL SELECT t.relname, t.quoted, 'table_security', 'replica identity of table ' || t.relname, 'REPLICA IDENTITY ' || CASE t.relreplident
            WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' ELSE COALESCE('USING INDEX ' || i.quoted, 'NOTHING') END, 'REPLICA IDENTITY DEFAULT',
        NULL, COALESCE(i.node, ARRAY['name', t.relname::text])
    FROM tables t LEFT JOIN indexes i ON i.indrelid = t.oid AND i.indisreplident AND t.relreplident = 'i' WHERE t.relreplident <> 'd'
    UNION ALL SELECT on_name, on_table, part, 'clustering of ' || on_name, 'CLUSTER ON ' || quoted, 'SET WITHOUT CLUSTER', NULL, node
    FROM indexes WHERE indisclustered
    UNION ALL SELECT t.relname, t.quoted, 'trigger_state', format('state of trigger %s of table %s', g.tgname, t.relname), format('%s TRIGGER %I',
        CASE g.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, g.tgname),
        format('ENABLE TRIGGER %I', g.tgname), NULL, ARRAY['trigger', t.relname::text, g.tgname::text]
    FROM tables t JOIN pg_catalog.pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal AND g.tgenabled <> 'O'
    UNION ALL SELECT relname, quoted, 'trigger_state', format('state of rule %s of %s', rulename, relname), format('%s RULE %I',
        CASE ev_enabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, rulename),
        format('ENABLE RULE %I', rulename), NULL, node FROM rules WHERE ev_enabled <> 'O'
    UNION ALL SELECT relname, quoted, part, format('statistics target of column %s.%s', relname, attname),
        format('ALTER COLUMN %I SET STATISTICS %s', attname, attstattarget), format('ALTER COLUMN %I SET STATISTICS -1', attname), NULL, node
    FROM columns WHERE attstattarget >= 0
    UNION ALL SELECT relname, quoted, part, format('options of column %s.%s', relname, attname),
        format('ALTER COLUMN %I SET (%s)', attname, array_to_string(attoptions, ', ')), format('ALTER COLUMN %I RESET (%s)', attname,
        (SELECT string_agg(split_part(o, '=', 1), ', ') FROM unnest(attoptions) o)), NULL, node
    FROM columns WHERE attoptions IS NOT NULL
    UNION ALL SELECT relname, quoted, part, format('storage of column %s.%s', relname, attname),
        format('ALTER COLUMN %I SET STORAGE %s', attname, storage), format('ALTER COLUMN %I SET STORAGE %s', attname, usual), NULL, node
    FROM columns WHERE storage <> usual
    UNION ALL SELECT relname, quoted, part, format('compression of column %s.%s', relname, attname),
        format('ALTER COLUMN %I SET COMPRESSION %s', attname, compression), format('ALTER COLUMN %I SET COMPRESSION default', attname), NULL, node
    FROM columns WHERE compression IS NOT NULL
    UNION ALL SELECT r.relname, r.quoted, 'view_setting', format('default of column %s.%s', r.relname, a.attname),
        format('ALTER COLUMN %I SET DEFAULT %s', a.attname, pg_get_expr(d.adbin, d.adrelid)),
        format('ALTER COLUMN %I DROP DEFAULT', a.attname), ARRAY['default', r.relname::text, a.attname::text], ARRAY['name', r.relname::text]
    FROM relations r JOIN pg_catalog.pg_attrdef d ON d.adrelid = r.oid AND r.relkind = 'v'
    JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum = d.adnum
    UNION ALL SELECT t.relname, t.quoted, 'constraint', format('exclusion constraint %s of table %s', k.conname, t.relname),
        format('ADD CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)), format('DROP CONSTRAINT %I', k.conname),
        ARRAY['constraint', t.relname::text, k.conname::text], ARRAY['name', t.relname::text]
    FROM tables t JOIN pg_catalog.pg_constraint k ON k.conrelid = t.oid AND k.contype = 'x'
), others (class, id, kind, about) AS (
    SELECT o.tableoid, o.oid, 'other_type', (to_jsonb(o) - '{oid,collname,collnamespace,collowner,collversion}'::text[])::text
    FROM own JOIN pg_catalog.pg_collation o ON o.collnamespace = own.oid
    UNION ALL SELECT o.tableoid, o.oid, 'other_type', concat_ws(' ', o.oprcode::regproc, NULLIF(o.oprcom, 0)::regoperator, NULLIF(o.oprnegate, 0)::regoperator,
        o.oprrest::regproc, o.oprjoin::regproc, o.oprcanhash, o.oprcanmerge)
    FROM own JOIN pg_catalog.pg_operator o ON o.oprnamespace = own.oid
    UNION ALL SELECT o.tableoid, o.oid, 'other_type', concat_ws(' ', o.opcintype::regtype, o.opcdefault, NULLIF(o.opckeytype, 0)::regtype)
    FROM own JOIN pg_catalog.pg_opclass o ON o.opcnamespace = own.oid
    UNION ALL SELECT o.tableoid, o.oid, 'other_type', (SELECT string_agg(x.text, ', ' ORDER BY x.text) FROM (
        SELECT concat_ws(' ', a.amopstrategy, a.amopopr::regoperator) AS text FROM pg_catalog.pg_amop a WHERE a.amopfamily = o.oid
        UNION ALL SELECT concat_ws(' ', p.amprocnum, p.amproc::regprocedure) FROM pg_catalog.pg_amproc p WHERE p.amprocfamily = o.oid) x)
    FROM own JOIN pg_catalog.pg_opfamily o ON o.opfnamespace = own.oid
    UNION ALL SELECT o.tableoid, o.oid, 'other_type', (SELECT string_agg(format('%s %s %s', m.maptokentype, m.mapseqno, m.mapdict::regdictionary), ', '
        ORDER BY m.maptokentype, m.mapseqno) FROM pg_catalog.pg_ts_config_map m WHERE m.mapcfg = o.oid)
    FROM own JOIN pg_catalog.pg_ts_config o ON o.cfgnamespace = own.oid
    UNION ALL SELECT o.tableoid, o.oid, 'other_type', concat_ws(' ', (SELECT tmplname FROM pg_catalog.pg_ts_template t WHERE t.oid = o.dicttemplate), o.dictinitoption)
    FROM own JOIN pg_catalog.pg_ts_dict o ON o.dictnamespace = own.oid
    UNION ALL SELECT o.tableoid, o.oid, 'other_type', (to_jsonb(o) - '{oid,prsnamespace}'::text[])::text
    FROM own JOIN pg_catalog.pg_ts_parser o ON o.prsnamespace = own.oid
    UNION ALL SELECT o.tableoid, o.oid, 'other_type', (to_jsonb(o) - '{oid,tmplnamespace}'::text[])::text
    FROM own JOIN pg_catalog.pg_ts_template o ON o.tmplnamespace = own.oid
    UNION ALL SELECT o.tableoid, o.oid, 'other_type', concat_ws(' ', o.conforencoding, o.contoencoding, o.conproc, o.condefault)
    FROM own JOIN pg_catalog.pg_conversion o ON o.connamespace = own.oid
    UNION ALL SELECT o.tableoid, o.oid, 'other_type', concat_ws(' ', NULLIF(o.castfunc, 0)::regprocedure, o.castcontext, o.castmethod)
    FROM own JOIN pg_catalog.pg_type t ON t.typnamespace = own.oid JOIN pg_catalog.pg_cast o ON o.castsource = t.oid
        OR o.casttarget = t.oid AND NOT EXISTS (SELECT FROM pg_catalog.pg_type z WHERE z.oid = o.castsource AND z.typnamespace = own.oid)
), commented AS (
    SELECT x.*, n.node FROM pg_catalog.pg_description x
    JOIN nodes n ON (n.class, n.id, n.place) = (x.classoid, x.objoid, x.objsubid)
    WHERE NOT EXISTS (SELECT FROM members m WHERE (m.tableoid, m.oid) = (x.classoid, x.objoid) AND m.relkind IN ('r', 'p', 'f'))
    UNION ALL SELECT x.*, NULL FROM pg_catalog.pg_description x JOIN others o ON (o.class, o.id) = (x.classoid, x.objoid)
), found (kind, name, sql, drop, change, node, of, "table", call) AS (
    SELECT 'domain', 'domain ' || t.typname, format('CREATE DOMAIN %s AS %s%s', t.quoted, format_type(t.typbasetype, t.typtypmod),
        (SELECT format(' COLLATE %I', c.collname) FROM pg_catalog.pg_collation c, pg_catalog.pg_type b
        WHERE c.oid = t.typcollation AND b.oid = t.typbasetype AND b.typcollation <> c.oid)), format('DROP DOMAIN %s', t.quoted), 'fixed',
        t.node, NULL::text[], NULL::text, NULL::json
    FROM types t WHERE t.typtype = 'd'
    UNION ALL SELECT 'domain_part', 'default of domain ' || t.typname, format('ALTER DOMAIN %s SET DEFAULT %s', t.quoted, t.typdefault),
        format('ALTER DOMAIN %s DROP DEFAULT', t.quoted), 'replace', NULL, t.node, NULL, NULL
    FROM types t WHERE t.typtype = 'd' AND t.typdefault IS NOT NULL
    UNION ALL SELECT 'domain_part', 'not null of domain ' || t.typname, format('ALTER DOMAIN %s SET NOT NULL', t.quoted),
        format('ALTER DOMAIN %s DROP NOT NULL', t.quoted), 'recreate', NULL, t.node, NULL, NULL
    FROM types t WHERE t.typtype = 'd' AND t.typnotnull
    UNION ALL SELECT 'domain_part', format('check %s of domain %s', k.conname, t.typname), format('ALTER DOMAIN %s ADD CONSTRAINT %I %s', t.quoted,
        k.conname, pg_get_constraintdef(k.oid)), format('ALTER DOMAIN %s DROP CONSTRAINT %I', t.quoted, k.conname), 'recreate',
        ARRAY['constraint', t.typname::text, k.conname::text], t.node, NULL, NULL
    FROM types t JOIN pg_catalog.pg_constraint k ON k.contypid = t.oid AND k.contype = 'c' WHERE t.typtype = 'd'
    UNION ALL SELECT 'composite_type', 'composite type ' || r.relname, format('CREATE TYPE %s AS (%s)', r.quoted, (SELECT string_agg(format('%I %s%s',
        a.attname, format_type(a.atttypid, a.atttypmod), (SELECT format(' COLLATE %I', c.collname) FROM pg_catalog.pg_collation c, pg_catalog.pg_type b
        WHERE c.oid = a.attcollation AND b.oid = a.atttypid AND b.typcollation <> c.oid)), ', ' ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped)), format('DROP TYPE %s', r.quoted), 'fixed',
        ARRAY['name', r.relname::text], NULL, NULL, NULL
    FROM relations r WHERE r.relkind = 'c'
    UNION ALL SELECT 'other_type', 'range type ' || t.typname, concat_ws(' ', format_type(g.rngsubtype, NULL), NULLIF(g.rngcanonical, 0)::regproc,
        NULLIF(g.rngsubdiff, 0)::regproc, (SELECT collname FROM pg_catalog.pg_collation c, pg_catalog.pg_type b
        WHERE c.oid = g.rngcollation AND b.oid = g.rngsubtype AND b.typcollation <> c.oid),
        (SELECT opcname FROM pg_catalog.pg_opclass c WHERE c.oid = g.rngsubopc AND NOT c.opcdefault)), '', 'never', t.node, NULL, NULL, NULL
    FROM types t JOIN pg_catalog.pg_range g ON g.rngtypid = t.oid
    UNION ALL SELECT 'other_type', 'type ' || t.typname, concat_ws(' ', t.typinput, t.typoutput, t.typlen, t.typbyval, t.typalign, t.typstorage,
        t.typcategory, t.typdelim, t.typdefault), '', 'never', t.node, NULL, NULL, NULL FROM types t WHERE t.typtype IN ('b', 'p') AND t.typelem = 0
    UNION ALL SELECT 'sequence', 'sequence ' || n.relname, format('CREATE SEQUENCE IF NOT EXISTS %1$s; ALTER SEQUENCE %1$s %2$s %3$s', n.quoted,
        n.kind, n.options), format('DROP SEQUENCE %s', n.quoted), 'replace', ARRAY['name', n.relname::text], NULL, NULL, NULL
    FROM numbers n WHERE n.counts IS NOT TRUE
    UNION ALL SELECT 'table_setting', 'owner of sequence ' || n.relname, format('ALTER SEQUENCE %s OWNED BY %s.%I', n.quoted, t.quoted, a.attname),
        format('ALTER SEQUENCE %s OWNED BY NONE', n.quoted), 'replace', NULL, NULL, t.relname, NULL
    FROM numbers n JOIN tables t ON t.oid = n.refobjid JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = n.refobjsubid
    WHERE NOT n.counts
    UNION ALL SELECT 'table_setting', 'persistence of sequence ' || n.relname, format('ALTER SEQUENCE %s SET UNLOGGED', n.quoted),
        format('ALTER SEQUENCE %s SET LOGGED', n.quoted), 'recreate', NULL, ARRAY['name', n.relname::text], NULL, NULL
    FROM numbers n WHERE n.relpersistence = 'u' AND n.refobjid IS NULL
    UNION ALL SELECT 'table_setting', format('numbering of column %s.%s', t.relname, a.attname),
        format('DO %L', format(x.change, t.quoted, a.attname, ' ' || n.options)),
        format('DO %L', format(x.change, t.quoted, a.attname, ' INCREMENT BY 1 NO MINVALUE NO MAXVALUE START WITH 1 CACHE 1 NO CYCLE')),
        'replace', NULL,
        ARRAY['column', t.relname::text, a.attname::text], t.relname, NULL
    FROM numbers n JOIN tables t ON t.oid = n.refobjid JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = n.refobjsubid
    -- A sequence that gave no number yet begins at its new start.
    CROSS JOIN (SELECT 'DECLARE found text := pg_get_serial_sequence(%L, %L); fresh boolean; BEGIN EXECUTE ''SELECT NOT is_called AND last_value = '
        '(SELECT seqstart FROM pg_catalog.pg_sequence WHERE seqrelid = '' || quote_literal(found) || ''::regclass) FROM '' || found INTO fresh; '
        'EXECUTE ''ALTER SEQUENCE '' || found || %L || CASE WHEN fresh THEN '' RESTART'' ELSE '''' END; END' AS change) x
    WHERE n.counts AND (n.seqincrement, n.seqmin, n.seqmax, n.seqstart, n.seqcache, n.seqcycle) <> (1, 1, n.most, 1, 1, false)
    UNION ALL SELECT CASE max(CASE u.relkind WHEN 'v' THEN 2 WHEN 'm' THEN 2 WHEN 'r' THEN 1 WHEN 'p' THEN 1 END)
            WHEN 2 THEN 'view_routine' WHEN 1 THEN 'table_routine' ELSE 'routine' END, f.word || ' ' || f.signature,
        replace(left(f.text, 200), f.word_upper || f.prefix, f.word_upper) || substr(f.text, 201),
        format('DROP %s %s', upper(f.word), f.signature), 'replace', f.node, NULL, NULL, f.call::json
    FROM (SELECT r.*, pg_get_functiondef(r.oid) AS text, upper(r.word) || ' ' AS word_upper, json_build_object(
            'result', concat_ws(' ', r.prokind, pg_get_function_result(r.oid), (SELECT string_agg(concat_ws(' ', a.mode, a.name,
                format_type(a.kind, NULL)), ', ' ORDER BY a.place) FROM unnest(r.proallargtypes, r.proargmodes, r.proargnames)
                WITH ORDINALITY a (kind, mode, name, place) WHERE a.mode NOT IN ('i', 'v'))),
            'names', ARRAY(SELECT COALESCE(a.name, '') FROM unnest(COALESCE(r.proallargtypes, r.proargtypes::oid[]), r.proargmodes, r.proargnames)
                WITH ORDINALITY a (kind, mode, name, place) WHERE a.kind IS NOT NULL AND COALESCE(a.mode, 'i') IN ('i', 'b', 'v') ORDER BY a.place),
            'defaults', r.pronargdefaults)::text AS call
        FROM routines r WHERE r.word <> 'aggregate') f
    LEFT JOIN pg_catalog.pg_depend d ON d.classid = f.tableoid AND d.objid = f.oid
    LEFT JOIN pg_catalog.pg_type y ON d.refclassid = y.tableoid AND d.refobjid = y.oid
    LEFT JOIN pg_catalog.pg_type z ON z.oid = y.typelem AND y.typcategory = 'A'
    LEFT JOIN pg_catalog.pg_class u ON u.oid IN (CASE WHEN d.refclassid = 'pg_catalog.pg_class'::regclass THEN d.refobjid END,
        y.typrelid, z.typrelid)
    GROUP BY f.word, f.signature, f.text, f.word_upper, f.prefix, f.node, f.call
    UNION ALL SELECT 'routine', r.word || ' ' || r.signature, (to_jsonb(g) - 'aggfnoid')::text, '', 'never', r.node, NULL, NULL, NULL
    FROM routines r JOIN pg_catalog.pg_aggregate g ON g.aggfnoid = r.oid
    UNION ALL SELECT kind, name, format('ALTER TABLE %s %s', owner, setting), format('ALTER TABLE %s %s', owner, undo), 'recreate', node, of,
        relation, NULL FROM settings
    UNION ALL SELECT part, 'storage options of index ' || relname, format('ALTER INDEX %s SET (%s)', quoted, array_to_string(reloptions, ', ')),
        format('ALTER INDEX %s RESET (%s)', quoted, (SELECT string_agg(split_part(o, '=', 1), ', ') FROM unnest(reloptions) o)), 'recreate',
        NULL, node, on_name, NULL
    FROM indexes WHERE reloptions IS NOT NULL
    UNION ALL SELECT i.part, format('statistics target of column %s of index %s', a.attnum, i.relname), format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s',
        i.quoted, a.attnum, a.attstattarget), format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS -1', i.quoted, a.attnum), 'recreate',
        NULL, i.node, i.on_name, NULL
    FROM indexes i JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indexrelid AND a.attstattarget >= 0
    UNION ALL SELECT 'constraint', format('check %s of table %s', k.conname, t.relname), concat_ws(' ', CASE WHEN k.connoinherit THEN 'NO INHERIT' END,
        CASE WHEN NOT k.convalidated THEN 'NOT VALID' END), '', 'never', NULL, NULL, t.relname, NULL
    FROM tables t JOIN pg_catalog.pg_constraint k ON k.conrelid = t.oid AND k.contype = 'c' AND (k.connoinherit OR NOT k.convalidated)
    UNION ALL SELECT 'view_part', format('trigger %s of view %s', g.tgname, r.relname), pg_get_triggerdef(g.oid, true),
        format('DROP TRIGGER %I ON %s', g.tgname, r.quoted), 'recreate', ARRAY['trigger', r.relname::text, g.tgname::text],
        ARRAY['name', r.relname::text], r.relname, NULL
    FROM relations r JOIN pg_catalog.pg_trigger g ON g.tgrelid = r.oid AND r.relkind = 'v' AND NOT g.tgisinternal
    UNION ALL SELECT 'view_part', format('index %s of materialized view %s', relname, on_name), pg_get_indexdef(indexrelid, 0, true),
        format('DROP INDEX %s', quoted), 'recreate', node, ARRAY['name', on_name::text], on_name, NULL
    FROM indexes WHERE part = 'view_setting'
    UNION ALL SELECT 'policy', format('policy %s of table %s', p.polname, t.relname),
        format('CREATE POLICY %I ON %s AS %s FOR %s TO %s%s%s', p.polname, t.quoted,
            CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
            CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
            (SELECT string_agg(CASE WHEN o = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(o)) END, ', ') FROM unnest(p.polroles) o),
            ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'),
        format('DROP POLICY %I ON %s', p.polname, t.quoted), 'recreate', ARRAY['policy', t.relname::text, p.polname::text],
        ARRAY['name', t.relname::text], t.relname, NULL
    FROM tables t JOIN pg_catalog.pg_policy p ON p.polrelid = t.oid
    UNION ALL SELECT 'view_part', format('rule %s of %s', rulename, relname), rtrim(pg_get_ruledef(oid, true), ';'),
        format('DROP RULE %I ON %s', rulename, quoted), 'recreate', node, ARRAY['name', relname::text], relname, NULL
    FROM rules
    UNION ALL SELECT 'statistics', 'statistics ' || s.stxname, replace(pg_get_statisticsobjdef(s.oid), 'STATISTICS ' || own.prefix, 'STATISTICS '),
        format('DROP STATISTICS %I', s.stxname), 'recreate', ARRAY['statistics', s.stxname::text], NULL, c.relname, NULL
    FROM own JOIN pg_catalog.pg_statistic_ext s ON s.stxnamespace = own.oid JOIN pg_catalog.pg_class c ON c.oid = s.stxrelid
    UNION ALL SELECT 'part_setting', 'statistics target of statistics ' || s.stxname, format('ALTER STATISTICS %I SET STATISTICS %s', s.stxname, x.target),
        format('ALTER STATISTICS %I SET STATISTICS -1', s.stxname), 'recreate', NULL, ARRAY['statistics', s.stxname::text], c.relname, NULL
    FROM own JOIN pg_catalog.pg_statistic_ext s ON s.stxnamespace = own.oid JOIN pg_catalog.pg_class c ON c.oid = s.stxrelid
    CROSS JOIN LATERAL (SELECT (to_jsonb(s)->>'stxstattarget')::integer AS target) x WHERE x.target >= 0
    UNION ALL SELECT 'comment', 'comment on ' || i.type || ' ' || replace(i.identity, own.prefix, ''),
        format('COMMENT ON %s IS %L', c.target, x.description), format('COMMENT ON %s IS NULL', c.target), 'replace', NULL, x.node,
        (SELECT m.name FROM members m WHERE m.name = x.node[2] AND x.node[1] NOT IN ('routine', 'statistics') AND m.relkind NOT IN ('S', 'c', 'i')
        UNION ALL SELECT on_name::text FROM indexes WHERE node = x.node LIMIT 1), NULL
    FROM own CROSS JOIN commented x CROSS JOIN LATERAL pg_identify_object(x.classoid, x.objoid, x.objsubid) i
    CROSS JOIN LATERAL (SELECT CASE WHEN i.type = 'domain constraint' THEN format('CONSTRAINT %I ON DOMAIN %I', x.node[3], x.node[2])
        ELSE CASE WHEN i.type LIKE '% column' THEN 'COLUMN' WHEN i.type = 'statistics object' THEN 'STATISTICS'
            WHEN i.type LIKE '% constraint' THEN 'CONSTRAINT' WHEN i.type = 'composite type' THEN 'TYPE' ELSE upper(i.type) END
            || ' ' || replace(i.identity, own.prefix, '') END AS target) c
    WHERE NOT EXISTS (SELECT FROM foreigners f WHERE (f.class, f.id) = (x.classoid, x.objoid))
    UNION ALL SELECT 'other_table', s.word || ' ' || s.relname, concat_ws('; ', pg_get_partkeydef(s.oid), pg_get_expr(s.relpartbound, s.oid),
        (SELECT 'of ' || string_agg(p.relname, ', ' ORDER BY p.relname) FROM pg_catalog.pg_inherits i
        JOIN pg_catalog.pg_class p ON p.oid = i.inhparent WHERE i.inhrelid = s.oid),
        (SELECT string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' END,
            CASE a.attidentity WHEN '' THEN NULL ELSE 'identity ' || a.attidentity::text END, pg_get_expr(d.adbin, d.adrelid),
            (SELECT 'options ' || array_to_string(a.attfdwoptions, ', '))), ', ' ORDER BY a.attname)
        FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = s.oid AND a.attnum > 0 AND NOT a.attisdropped
            -- What a table inherits comes and goes with its parent, unless it says otherwise.
            AND (a.attislocal OR NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i
                JOIN pg_catalog.pg_attribute p ON p.attrelid = i.inhparent AND p.attname = a.attname AND NOT p.attisdropped
                LEFT JOIN pg_catalog.pg_attrdef e ON e.adrelid = p.attrelid AND e.adnum = p.attnum
                WHERE i.inhrelid = s.oid AND p.attnotnull = a.attnotnull
                    AND pg_get_expr(e.adbin, e.adrelid) IS NOT DISTINCT FROM pg_get_expr(d.adbin, d.adrelid)))),
        (SELECT string_agg(x.text, '; ' ORDER BY x.text) FROM (
            SELECT pg_get_constraintdef(k.oid) AS text FROM pg_catalog.pg_constraint k WHERE k.conrelid = s.oid AND k.conislocal
            UNION ALL SELECT regexp_replace(pg_get_indexdef(i.indexrelid, 0, true), ' INDEX .*? ON ', ' INDEX ON ')
            FROM pg_catalog.pg_index i WHERE i.indrelid = s.oid
            UNION ALL SELECT pg_get_triggerdef(g.oid, true) FROM pg_catalog.pg_trigger g WHERE g.tgrelid = s.oid AND NOT g.tgisinternal
            UNION ALL SELECT concat_ws(' ', 'policy', p.polname, p.polcmd::text, p.polpermissive::text, pg_get_expr(p.polqual, p.polrelid),
                pg_get_expr(p.polwithcheck, p.polrelid)) FROM pg_catalog.pg_policy p WHERE p.polrelid = s.oid
            UNION ALL SELECT concat_ws(' ', 'comment', a.attname, c.description) FROM pg_catalog.pg_description c
            LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.objoid AND a.attnum = c.objsubid AND c.objsubid > 0
            WHERE c.objoid = s.oid AND c.classoid = s.tableoid) x),
        array_to_string(s.reloptions, ', '), CASE WHEN s.relrowsecurity THEN 'row level security' END,
        CASE WHEN s.relforcerowsecurity THEN 'forced' END, CASE WHEN s.relpersistence = 'u' THEN 'unlogged' END,
        (SELECT concat_ws(' ', 'server', v.srvname, array_to_string(f.ftoptions, ', ')) FROM pg_catalog.pg_foreign_table f
        JOIN pg_catalog.pg_foreign_server v ON v.oid = f.ftserver WHERE f.ftrelid = s.oid)), '', 'never',
        ARRAY['name', s.relname::text], NULL, s.relname, NULL
    FROM strangers s
    UNION ALL SELECT o.kind, i.type || ' ' || replace(i.identity, own.prefix, ''), COALESCE(o.about, ''), '', 'never', NULL, NULL, NULL, NULL
    FROM own CROSS JOIN others o CROSS JOIN LATERAL pg_identify_object(o.class, o.id, 0) i
    WHERE NOT EXISTS (SELECT FROM foreigners f WHERE (f.class, f.id) = (o.class, o.id))
)
SELECT row_to_json(found)::text FROM found ORDER BY name
