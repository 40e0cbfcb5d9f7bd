DECLARE refused text; gone text; restore text;
BEGIN
WITH RECURSIVE types (id) AS (
    SELECT unnest(ARRAY[t.oid, t.typarray]) FROM pg_catalog.pg_type t WHERE t.oid = {type}
), columns (relation, number, name) AS (
    SELECT a.attrelid, a.attnum, a.attname FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'f')
    WHERE NOT a.attisdropped AND a.attnum > 0
        AND (a.attrelid = {relation} AND a.attname = {column} OR a.atttypid IN (SELECT id FROM types))
    UNION SELECT a.attrelid, a.attnum, a.attname FROM columns p
    JOIN pg_catalog.pg_inherits i ON i.inhparent = p.relation
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.inhrelid AND a.attname = p.name
), edges (class, id, place, on_class, on_id, on_place) AS (
    -- A view is used through its columns and is what its rule uses; so is a default, which is its column's.
    SELECT CASE WHEN r.rulename = '_RETURN' THEN 'pg_catalog.pg_class'::regclass ELSE d.classid::regclass END,
        CASE WHEN r.rulename = '_RETURN' THEN r.ev_class ELSE d.objid END,
        CASE WHEN r.rulename = '_RETURN' THEN 0 ELSE d.objsubid END, d.refclassid::regclass, d.refobjid, d.refobjsubid
    FROM pg_catalog.pg_depend d
    LEFT JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = d.objid
    WHERE d.deptype IN ('n', 'a') AND (r.rulename = '_RETURN' AND r.ev_class = d.refobjid
        AND d.refclassid = 'pg_catalog.pg_class'::regclass) IS NOT TRUE
), used (class, id, level, whole) AS (
    (SELECT e.class, e.id, 1, false FROM edges e JOIN columns c
        ON e.on_class = 'pg_catalog.pg_class'::regclass AND e.on_id = c.relation AND e.on_place = c.number
    WHERE e.class IN ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_rewrite'::regclass, 'pg_catalog.pg_trigger'::regclass,
            'pg_catalog.pg_policy'::regclass, 'pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_publication_rel'::regclass)
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_class x WHERE e.class = 'pg_catalog.pg_class'::regclass
                AND x.oid = e.id AND x.relkind NOT IN ('v', 'm'))
        OR EXISTS (SELECT FROM pg_catalog.pg_attrdef x WHERE e.class = x.tableoid AND x.oid = e.id
            AND x.adnum <> c.number)
        OR EXISTS (SELECT FROM pg_catalog.pg_constraint x WHERE e.class = x.tableoid AND x.oid = e.id
            AND x.contype = 'f' AND x.conparentid = 0 AND EXISTS (SELECT FROM types))
    UNION SELECT e.class, e.id, 1, true FROM edges e JOIN types t
        ON e.on_class = 'pg_catalog.pg_type'::regclass AND e.on_id = t.id
    WHERE (e.class, e.id, e.place) NOT IN (SELECT 'pg_catalog.pg_class'::regclass, relation, number FROM columns))
    UNION SELECT 'pg_catalog.pg_class'::regclass, {view}, 0, false WHERE {view} IS NOT NULL
    UNION SELECT 'pg_catalog.pg_proc'::regclass, {routine}, 0, true WHERE {routine} IS NOT NULL
    UNION SELECT e.class, e.id, u.level + 1, e.on_class <> 'pg_catalog.pg_class'::regclass
    FROM used u
    LEFT JOIN pg_catalog.pg_class v ON u.class = 'pg_catalog.pg_class'::regclass AND v.oid = u.id AND v.relkind IN ('v', 'm')
    LEFT JOIN pg_catalog.pg_type t ON t.typrelid = v.oid
    JOIN edges e ON e.on_class = 'pg_catalog.pg_class'::regclass AND e.on_id = v.oid AND e.on_place >= 0
        OR e.on_class = 'pg_catalog.pg_type'::regclass AND e.on_id IN (t.oid, t.typarray)
        OR e.on_class = 'pg_catalog.pg_proc'::regclass AND e.on_id = u.id AND u.class = e.on_class AND u.whole
), found AS (
    SELECT u.class, u.id, max(u.level) AS level, bool_or(u.whole) AS whole, p.type, p.identity, quote_ident(p.name) AS name
    FROM used u CROSS JOIN LATERAL pg_identify_object(u.class, u.id, 0) p GROUP BY u.class, u.id, p.type, p.identity, p.name
), views AS (
    SELECT f.level, f.type, f.identity, c.tableoid, c.*, upper(f.type) AS word FROM found f
    JOIN pg_catalog.pg_class c ON f.class = c.tableoid AND c.oid = f.id AND c.relkind IN ('v', 'm')
), triggers AS (
    SELECT g.tableoid, g.*, g.tgrelid::regclass::text AS on_table, g.tgrelid IN (SELECT oid FROM views) AS part
    FROM pg_catalog.pg_trigger g WHERE NOT g.tgisinternal AND (g.tgrelid IN (SELECT oid FROM views)
        OR EXISTS (SELECT FROM found f WHERE f.class = g.tableoid AND f.id = g.oid)
            AND COALESCE(to_jsonb(g)->>'tgparentid', '0') = '0')
), rules AS (
    SELECT r.tableoid, r.*, r.ev_class::regclass::text AS on_table, r.ev_class IN (SELECT oid FROM views) AS part
    FROM pg_catalog.pg_rewrite r WHERE r.rulename <> '_RETURN' AND (r.ev_class IN (SELECT oid FROM views)
        OR EXISTS (SELECT FROM found f WHERE f.class = r.tableoid AND f.id = r.oid))
), indexes AS (
    SELECT c.tableoid, c.*, i.indrelid, i.indisclustered, i.indrelid IN (SELECT oid FROM views) AS part
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    WHERE NOT c.relispartition AND (i.indrelid IN (SELECT oid FROM views)
        OR EXISTS (SELECT FROM found f WHERE f.class = c.tableoid AND f.id = c.oid)
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = c.oid AND k.contype = 'x'))
), functions AS (
    SELECT f.level, f.type, f.identity, f.whole, upper(f.type) AS word, p.tableoid, p.* FROM found f
    JOIN pg_catalog.pg_proc p ON f.class = p.tableoid AND p.oid = f.id AND p.prokind IN ('f', 'p', 'w')
), doomed (class, id) AS (
    -- What goes with a column that is dropped and added again.
    SELECT e.class, e.id FROM edges e JOIN columns c
        ON {remade} AND e.on_class = 'pg_catalog.pg_class'::regclass AND e.on_id = c.relation AND e.on_place = c.number
    WHERE e.class IN ('pg_catalog.pg_constraint'::regclass, 'pg_catalog.pg_statistic_ext'::regclass)
        OR EXISTS (SELECT FROM pg_catalog.pg_index i WHERE e.class = 'pg_catalog.pg_class'::regclass AND i.indexrelid = e.id)
    UNION SELECT 'pg_catalog.pg_class'::regclass, k.conindid FROM edges e JOIN columns c
        ON {remade} AND e.on_class = 'pg_catalog.pg_class'::regclass AND e.on_id = c.relation AND e.on_place = c.number
    JOIN pg_catalog.pg_constraint k ON e.class = k.tableoid AND k.oid = e.id AND k.contype IN ('p', 'u', 'x')
), constraints AS (
    SELECT k.tableoid, k.*, CASE k.contypid WHEN 0 THEN 'TABLE ' || k.conrelid::regclass ELSE 'DOMAIN ' || k.contypid::regtype END AS owner
    FROM found f JOIN pg_catalog.pg_constraint k ON f.class = k.tableoid AND k.oid = f.id AND k.conparentid = 0
), owned (class, id, target, word, identity, owner, namespace, letter, privileges) AS (
    SELECT tableoid::regclass, oid, 'TABLE ' || identity, word, identity, relowner, relnamespace, 'r'::"char", relacl FROM views
    UNION ALL SELECT tableoid::regclass, oid, 'ROUTINE ' || identity, word, identity, proowner, pronamespace, 'f', proacl
    FROM functions WHERE whole
), lenient (head, tail) AS (
    -- For what may not fit any more: a column that a view has lost, the storage of another type.
    SELECT 'DO $lenient$BEGIN ', '; EXCEPTION WHEN undefined_column OR feature_not_supported THEN END$lenient$'
), statements (rank, level, gone, back) AS (
    SELECT 1, level, format('DROP %s %s', word, identity), format('CREATE %s %s%s%s%s AS %s', word, identity,
        (SELECT format(' USING %I', m.amname) FROM pg_catalog.pg_am m WHERE m.oid = v.relam AND m.amname <> 'heap'),
        ' WITH (' || array_to_string(reloptions, ', ') || ')',
        (SELECT format(' TABLESPACE %I', s.spcname) FROM pg_catalog.pg_tablespace s WHERE s.oid = v.reltablespace),
        rtrim(pg_get_viewdef(oid), ';') || CASE relkind WHEN 'm' THEN ' WITH NO DATA' ELSE '' END)
    FROM views v WHERE oid <> {view} IS NOT FALSE
    UNION ALL SELECT 1, level, format('DROP %s %s', word, identity), NULL FROM views WHERE oid = {view}
    UNION ALL SELECT 1, level, format('DROP ROUTINE %s', identity), pg_get_functiondef(oid) FROM functions
    WHERE whole AND oid <> {routine} IS NOT FALSE
    UNION ALL SELECT 1, level, format('DROP ROUTINE %s', identity), NULL FROM functions WHERE oid = {routine}
    -- What only its body uses goes on under its own name, and fails when it is called.
    UNION ALL SELECT 3, level, format('CREATE OR REPLACE %s %s(%s)%s LANGUAGE plpgsql AS ''BEGIN RAISE ''''dropped for a migration''''; END''', word,
        oid::regproc, pg_get_function_arguments(oid), ' RETURNS ' || CASE prokind WHEN 'f' THEN pg_get_function_result(oid) END),
        pg_get_functiondef(oid) FROM functions WHERE NOT whole
    UNION ALL SELECT 1, o.level, NULL, format('ALTER %s %s OWNER TO %I', w.word, w.identity, pg_get_userbyid(w.owner))
    FROM owned w JOIN found o ON (o.class, o.id) = (w.class, w.id) WHERE pg_get_userbyid(w.owner) <> current_user
    UNION ALL SELECT 1.1, 0, NULL, format('REVOKE ALL ON %s FROM %s', w.target, COALESCE(quote_ident(r.rolname), 'PUBLIC'))
    FROM owned w CROSS JOIN LATERAL (
        SELECT (aclexplode(acldefault(w.letter, w.owner))).grantee WHERE w.privileges IS NOT NULL
        UNION SELECT (aclexplode(d.defaclacl)).grantee FROM pg_catalog.pg_default_acl d
        WHERE d.defaclrole = current_user::regrole AND d.defaclobjtype = w.letter AND d.defaclnamespace IN (0, w.namespace)
    ) g LEFT JOIN pg_catalog.pg_roles r ON r.oid = g.grantee
    UNION ALL SELECT 1.2, 0, NULL, CASE WHEN w.id = {view} AND a.columns <> '' THEN lenient.head ELSE '' END
        || format('GRANT %s ON %s TO %s%s', a.privilege_type || a.columns, w.target,
        COALESCE(quote_ident(r.rolname), 'PUBLIC'), CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' END)
        || CASE WHEN w.id = {view} AND a.columns <> '' THEN lenient.tail ELSE '' END
    FROM lenient, owned w CROSS JOIN LATERAL (
        SELECT x.*, '' AS columns FROM aclexplode(COALESCE(w.privileges, CASE WHEN EXISTS (
            SELECT FROM pg_catalog.pg_default_acl d WHERE d.defaclrole = current_user::regrole
                AND d.defaclobjtype = w.letter AND d.defaclnamespace IN (0, w.namespace)) THEN acldefault(w.letter, w.owner) END)) x
        UNION ALL SELECT x.*, format(' (%I)', t.attname) FROM pg_catalog.pg_attribute t CROSS JOIN aclexplode(t.attacl) x
        WHERE w.letter = 'r' AND t.attrelid = w.id AND t.attacl IS NOT NULL
    ) a LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
    UNION ALL SELECT 2, 0, NULL, CASE v.oid WHEN {view} THEN lenient.head ELSE '' END
        || format('ALTER VIEW %s ALTER COLUMN %I SET DEFAULT %s', v.identity, a.attname, pg_get_expr(d.adbin, d.adrelid))
        || CASE v.oid WHEN {view} THEN lenient.tail ELSE '' END
    FROM lenient, views v JOIN pg_catalog.pg_attrdef d ON d.adrelid = v.oid
    JOIN pg_catalog.pg_attribute a ON a.attrelid = v.oid AND a.attnum = d.adnum
    UNION ALL SELECT 2, 0, NULL, lenient.head || format('ALTER %s %s ALTER COLUMN %I SET %s', v.word, v.identity, a.attname, x.setting) || lenient.tail
    FROM lenient, views v JOIN pg_catalog.pg_attribute a ON a.attrelid = v.oid AND a.attnum > 0 AND v.relkind = 'm' AND NOT a.attisdropped
    CROSS JOIN LATERAL (SELECT 'STATISTICS ' || a.attstattarget WHERE a.attstattarget >= 0
        UNION ALL SELECT '(' || array_to_string(a.attoptions, ', ') || ')' WHERE a.attoptions IS NOT NULL) x (setting)
    UNION ALL SELECT 2, 0, NULL, lenient.head || format('ALTER TABLE %s ALTER COLUMN %I SET %s', a.attrelid::regclass, a.attname, x.setting) || lenient.tail
    FROM lenient, pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid = a.atttypid CROSS JOIN LATERAL (
        SELECT 'STORAGE ' || CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END
        WHERE a.attstorage <> y.typstorage
        UNION ALL SELECT 'COMPRESSION ' || c.method FROM (SELECT CASE to_jsonb(a)->>'attcompression' WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END) c (method)
        WHERE c.method IS NOT NULL
        UNION ALL SELECT 'STATISTICS ' || a.attstattarget WHERE {remade} AND a.attstattarget >= 0
        UNION ALL SELECT '(' || array_to_string(a.attoptions, ', ') || ')' WHERE {remade} AND a.attoptions IS NOT NULL) x (setting)
    -- A change of the type takes the storage back to what is usual.
    WHERE a.attnum > 0 AND NOT a.attisdropped AND ((a.attrelid, a.attnum) IN (SELECT relation, number FROM columns WHERE {column} IS NOT NULL)
        OR a.attrelid IN (SELECT oid FROM views WHERE relkind = 'm'))
    UNION ALL SELECT 1.2, 0, NULL, format('GRANT %s (%I) ON %s TO %s%s', x.privilege_type, a.attname, a.attrelid::regclass,
        COALESCE(quote_ident(r.rolname), 'PUBLIC'), CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' END)
    FROM columns c JOIN pg_catalog.pg_attribute a ON {remade} AND (a.attrelid, a.attnum) = (c.relation, c.number)
    CROSS JOIN aclexplode(a.attacl) x LEFT JOIN pg_catalog.pg_roles r ON r.oid = x.grantee
    UNION ALL SELECT 2, 0, CASE WHEN NOT part THEN format('DROP INDEX %s', oid::regclass) END, pg_get_indexdef(oid)
        || CASE WHEN indisclustered THEN format('; ALTER TABLE %s CLUSTER ON %I', indrelid::regclass, relname) ELSE '' END
        || COALESCE((SELECT string_agg(format('; ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s', x.oid::regclass, a.attnum, a.attstattarget), '')
            FROM pg_catalog.pg_attribute a WHERE a.attrelid = x.oid AND a.attstattarget >= 0), '')
    FROM indexes x
    UNION ALL SELECT 2.4, 0, NULL, format('ALTER TABLE %s %s', i.indrelid::regclass, x.setting)
    FROM doomed d JOIN pg_catalog.pg_class c ON d.class = c.tableoid AND c.oid = d.id JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
    CROSS JOIN LATERAL (SELECT format('CLUSTER ON %I', c.relname) WHERE i.indisclustered
        UNION ALL SELECT format('REPLICA IDENTITY USING INDEX %I', c.relname) WHERE i.indisreplident) x (setting)
    UNION ALL SELECT 2, 0, format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', d.adrelid::regclass, a.attname),
        format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', d.adrelid::regclass, a.attname, pg_get_expr(d.adbin, d.adrelid))
    FROM found f JOIN pg_catalog.pg_attrdef d ON f.class = d.tableoid AND d.oid = f.id
    JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum AND a.attgenerated = ''
    WHERE d.adrelid NOT IN (SELECT oid FROM views)
    UNION ALL SELECT CASE contype WHEN 'f' THEN 2.2 ELSE 2.1 END, 0, format('ALTER %s DROP CONSTRAINT %I', owner, conname),
        format('ALTER %s ADD CONSTRAINT %I %s', owner, conname, pg_get_constraintdef(oid)) FROM constraints
    UNION ALL SELECT 2.1, 0, NULL, format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM doomed d JOIN pg_catalog.pg_constraint k ON d.class = k.tableoid AND k.oid = d.id AND k.contype = 'x'
    UNION ALL SELECT 2, 0, format('DROP STATISTICS %s', f.identity), pg_get_statisticsobjdef(s.oid)
        || format('; ALTER STATISTICS %1$s OWNER TO %2$I; ALTER STATISTICS %1$s SET STATISTICS %3$s', f.identity,
            pg_get_userbyid(s.stxowner), COALESCE(s.stxstattarget, -1))
    FROM found f JOIN pg_catalog.pg_statistic_ext s ON f.class = s.tableoid AND s.oid = f.id
    UNION ALL SELECT 2.3, 0, NULL, pg_get_statisticsobjdef(s.oid) || format('; ALTER STATISTICS %1$s OWNER TO %2$I; ALTER STATISTICS %1$s SET STATISTICS %3$s',
        f.identity, pg_get_userbyid(s.stxowner), COALESCE(s.stxstattarget, -1))
    FROM doomed d JOIN pg_catalog.pg_statistic_ext s ON d.class = s.tableoid AND s.oid = d.id CROSS JOIN LATERAL pg_identify_object(d.class, d.id, 0) f
    UNION ALL SELECT 2.3, 0, CASE WHEN NOT part THEN format('DROP TRIGGER %I ON %s', tgname, on_table) END,
        pg_get_triggerdef(oid) || CASE tgenabled WHEN 'O' THEN '' ELSE format('; ALTER TABLE %s %s TRIGGER %I', on_table,
            CASE tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, tgname) END
    FROM triggers
    UNION ALL SELECT 2.3, 0, CASE WHEN NOT part THEN format('DROP RULE %I ON %s', rulename, on_table) END,
        rtrim(pg_get_ruledef(oid), ';') || CASE ev_enabled WHEN 'O' THEN '' ELSE format('; ALTER TABLE %s %s RULE %I', on_table,
            CASE ev_enabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, rulename) END
    FROM rules
    UNION ALL SELECT 2.3, 0, format('DROP POLICY %I ON %s', p.polname, p.polrelid::regclass),
        format('CREATE POLICY %I ON %s AS %s FOR %s TO %s%s%s', p.polname, p.polrelid::regclass,
            CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
            CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
            (SELECT string_agg(CASE WHEN o = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(o)) END, ', ') FROM unnest(p.polroles) o),
            ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')
    FROM found f JOIN pg_catalog.pg_policy p ON f.class = p.tableoid AND p.oid = f.id
    UNION ALL SELECT 2.3, 0, format('ALTER PUBLICATION %I DROP TABLE ONLY %s', b.pubname, p.prrelid::regclass),
        format('ALTER PUBLICATION %I ADD TABLE ONLY %s%s%s', b.pubname, p.prrelid::regclass,
            (SELECT ' (' || string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) || ')' FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = p.prrelid AND to_jsonb(p)->'prattrs' @> to_jsonb(a.attnum)),
            ' WHERE (' || (to_jsonb(l)->>'rowfilter') || ')')
    FROM found f JOIN pg_catalog.pg_publication_rel p ON f.class = p.tableoid AND p.oid = f.id
    JOIN pg_catalog.pg_publication b ON b.oid = p.prpubid JOIN pg_catalog.pg_class c ON c.oid = p.prrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_publication_tables l ON (l.pubname, l.schemaname, l.tablename) = (b.pubname, n.nspname, c.relname)
    UNION ALL SELECT 4, level, NULL, 'REFRESH MATERIALIZED VIEW ' || identity FROM views
    WHERE relkind = 'm' AND relispopulated AND oid <> {view} IS NOT FALSE
    UNION ALL SELECT 5, 0, NULL, CASE k.id WHEN {view} THEN lenient.head ELSE '' END || format('COMMENT ON %s IS %L', CASE
        WHEN i.type = 'domain constraint' THEN (SELECT format('CONSTRAINT %I ON DOMAIN %s', d.conname, d.contypid::regtype)
            FROM pg_catalog.pg_constraint d WHERE d.oid = k.id)
        ELSE CASE WHEN i.type LIKE '% column' THEN 'COLUMN' WHEN i.type = 'statistics object' THEN 'STATISTICS'
            WHEN i.type LIKE '% constraint' THEN 'CONSTRAINT' ELSE upper(i.type) END || ' ' || i.identity END, x.description)
        || CASE k.id WHEN {view} THEN lenient.tail ELSE '' END
    FROM lenient, (SELECT class, id FROM found UNION SELECT tableoid, oid FROM triggers UNION SELECT tableoid, oid FROM rules
        UNION SELECT tableoid, oid FROM indexes UNION SELECT class, id FROM doomed) k
    JOIN pg_catalog.pg_description x ON x.classoid = k.class AND x.objoid = k.id
    CROSS JOIN LATERAL pg_identify_object(x.classoid, x.objoid, x.objsubid) i
), known (class, id) AS (
    SELECT tableoid, oid FROM views UNION ALL SELECT tableoid, oid FROM triggers UNION ALL SELECT tableoid, oid FROM rules
    UNION ALL SELECT tableoid, oid FROM indexes UNION ALL SELECT tableoid, oid FROM functions
    UNION ALL SELECT tableoid, oid FROM constraints UNION ALL SELECT d.tableoid, d.oid FROM pg_catalog.pg_attrdef d
    JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum AND a.attgenerated = ''
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_policy UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_publication_rel
    UNION ALL SELECT tableoid, oid FROM pg_catalog.pg_statistic_ext
)
SELECT (SELECT string_agg(pg_describe_object(class, id, 0), ', ') FROM found f
        WHERE NOT EXISTS (SELECT FROM known k WHERE (k.class, k.id) = (f.class, f.id))
            OR EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE (d.classid, d.objid, d.deptype) = (f.class, f.id, 'e'))
            OR EXISTS (SELECT FROM owned w WHERE (w.class, w.id) = (f.class, f.id) AND NOT pg_has_role(w.owner, 'USAGE'))),
    string_agg(s.gone, '; ' ORDER BY trunc(s.rank) = 1, s.level DESC), string_agg(s.back, '; ' ORDER BY s.rank, s.level, s.gone)
INTO refused, gone, restore FROM statements s;
IF refused IS NOT NULL THEN
    RAISE EXCEPTION '% is used by what cannot be recreated after the change: %; drop that before, and create it again after', {what}, refused;
END IF;
EXECUTE COALESCE(gone, 'SELECT');
PERFORM set_config({setting}, COALESCE(restore, 'SELECT'), false);
END
