//! What is asked of PostgreSQL's catalog: six queries, whatever the number of tables, and the rows that they answer.
//!
//! Every query answers one JSON text a row, so that lists need no array support of the driver.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use serde::{Deserialize, de::DeserializeOwned};

/// Asks one of the queries below about schemas, given as a JSON list of their names.
///
/// # Errors
/// When the database cannot be asked or answers something else.
pub async fn ask<R: DeserializeOwned>(
    db: &impl ConnectionTrait,
    query: &str,
    schemas: &str,
) -> Result<Vec<R>, DbErr> {
    // Qualified, because a temporary table may be called like a table of the catalog and comes first.
    let sql = format!(
        "WITH scope AS MATERIALIZED (SELECT oid, nspname FROM pg_catalog.pg_namespace \
         WHERE nspname IN (SELECT json_array_elements_text($1::json))) \
         SELECT row_to_json(found)::text FROM ({query}) AS found"
    );
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, [schemas.into()]);
    let rows = db.query_all_raw(statement).await?;
    let parse = |text: String| {
        serde_json::from_str(&text).map_err(|error| DbErr::Type(format!("{error} in `{text}`")))
    };
    rows.iter().map(|row| parse(row.try_get_by_index(0)?)).collect()
}

/// A table, view, sequence or the like.
#[derive(Debug, Deserialize)]
pub struct RelationRow {
    pub oid: i64,
    pub schema: String,
    pub name: String,
    pub kind: String,
    pub partition: bool,
    pub inherited: bool,
    pub extension: bool,
    pub owned: bool,
    /// Whether a view, a policy or the like uses its columns, or those of the tables below it, or one is stored in an unusual way.
    pub used: bool,
    pub comment: Option<String>,
    pub view: Option<String>,
    pub options: Option<String>,
}

/// The columns are counted, because the planner would look for those of all relations of the catalog at `EXISTS`.
pub const RELATIONS: &str = "
SELECT c.oid::bigint AS oid, s.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
    c.relispartition AS partition,
    EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid) AS inherited,
    EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass
        AND d.objid = c.oid AND d.deptype = 'e') AS extension,
    c.relkind = 'S' AND EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = c.tableoid
        AND d.objid = c.oid AND d.refclassid = c.tableoid AND d.refobjsubid > 0
        AND d.deptype IN ('a', 'i')) AS owned,
    EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid)
        OR EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.refclassid = c.tableoid AND d.refobjid = c.oid AND d.refobjsubid > 0
            AND d.classid IN ('pg_catalog.pg_rewrite'::regclass, 'pg_catalog.pg_trigger'::regclass,
                'pg_catalog.pg_policy'::regclass, 'pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_publication_rel'::regclass))
        OR 0 < (SELECT count(*) FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND a.attlen = -1 AND NOT a.attisdropped
            AND (a.attstorage <> y.typstorage OR COALESCE(to_jsonb(a)->>'attcompression', '') <> '')) AS used,
    x.description AS comment,
    CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END AS view,
    array_to_string(c.reloptions, ', ') AS options
FROM scope s
JOIN pg_catalog.pg_class c ON c.relnamespace = s.oid AND c.relkind IN ('r', 'p', 'f', 'm', 'v', 'S', 'c')
LEFT JOIN pg_catalog.pg_description x ON x.classoid = 'pg_catalog.pg_class'::regclass AND x.objoid = c.oid AND x.objsubid = 0";

/// A column of a table.
#[derive(Debug, Deserialize)]
pub struct ColumnRow {
    pub relation: i64,
    pub name: String,
    pub kind: String,
    /// The schema of the type, or of an array's elements, and how a text that names it begins.
    pub type_schema: String,
    pub type_prefix: String,
    pub enumeration: Option<String>,
    pub array: bool,
    pub not_null: bool,
    pub identity: String,
    pub generated: String,
    pub expression: Option<String>,
    /// Whether the default takes the next value of a sequence that belongs to the column.
    pub serial: bool,
    pub collation: Option<String>,
    pub comment: Option<String>,
}

pub const COLUMNS: &str = r#"
SELECT a.attrelid::bigint AS relation, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS kind,
    n.nspname AS type_schema, quote_ident(n.nspname) || '.' AS type_prefix,
    CASE WHEN e.typtype = 'e' THEN e.typname END AS enumeration, e.oid <> t.oid AS array,
    a.attnotnull AS not_null, a.attidentity::text AS identity, a.attgenerated::text AS generated,
    pg_get_expr(d.adbin, d.adrelid) AS expression,
    a.atttypid IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype) AND d.oid IS NOT NULL AND EXISTS (
        SELECT FROM pg_catalog.pg_depend own
        JOIN pg_catalog.pg_depend used ON used.classid = d.tableoid AND used.objid = d.oid
            AND used.refclassid = own.classid AND used.refobjid = own.objid
        WHERE own.classid = c.tableoid AND own.refclassid = c.tableoid AND own.refobjid = c.oid
            AND own.refobjsubid = a.attnum AND own.deptype = 'a') AS serial,
    CASE WHEN o.oid IS NULL THEN NULL WHEN pg_collation_is_visible(o.oid) THEN o.collname
        ELSE (SELECT format('"%s"."%s"', replace(nspname, '"', '""'), replace(o.collname, '"', '""'))
            FROM pg_catalog.pg_namespace WHERE oid = o.collnamespace) END AS collation,
    x.description AS comment
FROM scope s
JOIN pg_catalog.pg_class c ON c.relnamespace = s.oid AND c.relkind = 'r'
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
JOIN pg_catalog.pg_type e
    ON e.oid = CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN t.typelem ELSE t.oid END
JOIN pg_catalog.pg_namespace n ON n.oid = e.typnamespace
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_catalog.pg_collation o ON o.oid = a.attcollation AND a.attcollation <> t.typcollation
LEFT JOIN pg_catalog.pg_description x
    ON x.classoid = 'pg_catalog.pg_class'::regclass AND x.objoid = c.oid AND x.objsubid = a.attnum
ORDER BY a.attrelid, a.attnum"#;

/// A constraint of a table.
#[derive(Debug, Deserialize)]
pub struct ConstraintRow {
    pub relation: i64,
    pub name: String,
    pub kind: String,
    pub columns: Option<Vec<String>>,
    pub include: Option<Vec<String>>,
    pub target_schema: Option<String>,
    pub target: Option<String>,
    pub referenced: Option<Vec<String>>,
    pub on_delete: String,
    pub on_update: String,
    pub full: bool,
    pub deferrable: bool,
    pub deferred: bool,
    pub valid: bool,
    pub nulls_not_distinct: bool,
    /// `ON DELETE SET NULL (columns)`, which says more than the action alone.
    pub some_columns: Option<String>,
    pub expression: Option<String>,
}

pub const CONSTRAINTS: &str = r"
SELECT k.conrelid::bigint AS relation, k.conname AS name, k.contype::text AS kind,
    CASE WHEN k.contype IN ('p', 'u', 'f') THEN (SELECT json_agg(a.attname ORDER BY array_position(k.conkey, a.attnum))
        FROM pg_catalog.pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)) END AS columns,
    CASE WHEN i.indnatts > i.indnkeyatts THEN (SELECT json_agg(a.attname ORDER BY u.place)
        FROM unnest(i.indkey) WITH ORDINALITY u (number, place)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number
        WHERE u.place > i.indnkeyatts) END AS include,
    n.nspname AS target_schema, f.relname AS target,
    CASE WHEN k.contype = 'f' THEN (SELECT json_agg(a.attname ORDER BY array_position(k.confkey, a.attnum))
        FROM pg_catalog.pg_attribute a WHERE a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey)) END AS referenced,
    k.confdeltype::text AS on_delete, k.confupdtype::text AS on_update, k.confmatchtype = 'f' AS full,
    k.condeferrable AS deferrable, k.condeferred AS deferred, k.convalidated AS valid,
    k.contype = 'u' AND pg_get_constraintdef(k.oid) LIKE 'UNIQUE NULLS NOT DISTINCT%' AS nulls_not_distinct,
    CASE WHEN k.confdeltype IN ('n', 'd') THEN substring(pg_get_constraintdef(k.oid)
        FROM 'ON DELETE SET (?:NULL|DEFAULT) \([^)]*\)') END AS some_columns,
    CASE WHEN k.contype = 'c' THEN pg_get_expr(k.conbin, k.conrelid) END AS expression
FROM scope s
JOIN pg_catalog.pg_class c ON c.relnamespace = s.oid AND c.relkind = 'r'
JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.contype IN ('p', 'u', 'f', 'c', 'x')
    AND k.conparentid = 0
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u')
LEFT JOIN pg_catalog.pg_class f ON f.oid = k.confrelid
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = f.relnamespace";

/// An index that backs no constraint.
#[derive(Debug, Deserialize)]
pub struct IndexRow {
    pub relation: i64,
    pub name: String,
    pub unique: bool,
    pub valid: bool,
    pub method: String,
    pub written: String,
    pub predicate: Option<String>,
    pub columns: Vec<IndexColumnRow>,
}

/// A column of an index.
#[derive(Debug, Deserialize)]
pub struct IndexColumnRow {
    pub name: String,
    pub expression: bool,
    pub included: bool,
    /// One bit says downwards, the next one says that NULLs come first.
    pub option: i16,
    pub collation: Option<String>,
    pub class: Option<String>,
}

/// The collation that an expression has by itself is known to `pg_get_indexdef` alone, which leaves it out.
pub const INDEXES: &str = r#"
SELECT i.indrelid::bigint AS relation, x.relname AS name, i.indisunique AS unique, i.indisvalid AS valid,
    m.amname AS method, pg_get_indexdef(i.indexrelid, 0, true) AS written,
    pg_get_expr(i.indpred, i.indrelid) AS predicate, columns.columns
FROM scope s
JOIN pg_catalog.pg_class c ON c.relnamespace = s.oid AND c.relkind = 'r'
JOIN pg_catalog.pg_index i ON i.indrelid = c.oid
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_am m ON m.oid = x.relam
CROSS JOIN LATERAL (
    SELECT json_agg(json_build_object(
        'name', COALESCE(a.attname::text, pg_get_indexdef(i.indexrelid, own.attnum, true)),
        'expression', a.attname IS NULL,
        'included', own.attnum > i.indnkeyatts,
        'option', COALESCE(i.indoption[own.attnum - 1], 0),
        'collation', CASE WHEN o.oid IS NULL THEN NULL
            WHEN pg_collation_is_visible(o.oid) THEN quote_ident(o.collname)
            ELSE (SELECT quote_ident(nspname) || '.' || quote_ident(o.collname)
                FROM pg_catalog.pg_namespace WHERE oid = o.collnamespace) END,
        'class', CASE WHEN NOT p.opcdefault OR own.attoptions IS NOT NULL THEN
            CASE WHEN pg_opclass_is_visible(p.oid) THEN '' ELSE (SELECT quote_ident(nspname) || '.'
                FROM pg_catalog.pg_namespace WHERE oid = p.opcnamespace) END
            || quote_ident(p.opcname)
            || COALESCE(' (' || array_to_string(own.attoptions, ', ') || ')', '') END
        ) ORDER BY own.attnum) AS columns
    FROM pg_catalog.pg_attribute own
    LEFT JOIN LATERAL (SELECT attname, attcollation FROM pg_catalog.pg_attribute
        WHERE attrelid = i.indrelid AND attnum = i.indkey[own.attnum - 1] AND attnum <> 0 OFFSET 0) a ON true
    LEFT JOIN pg_catalog.pg_collation o ON o.oid = i.indcollation[own.attnum - 1]
        AND CASE WHEN a.attname IS NOT NULL THEN o.oid <> a.attcollation
            ELSE position(pg_get_indexdef(i.indexrelid, own.attnum, false) || ' COLLATE '
                IN pg_get_indexdef(i.indexrelid)) > 0 END
    LEFT JOIN pg_catalog.pg_opclass p ON p.oid = i.indclass[own.attnum - 1]
    WHERE own.attrelid = i.indexrelid AND own.attnum > 0
) AS columns
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
    WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))"#;

/// An enum, another user-defined type, a function, or what else belongs to no table of the model.
#[derive(Debug, Deserialize)]
pub struct DefinitionRow {
    pub schema: String,
    /// As a person calls it: `enum`, `domain`, `function`.
    pub kind: String,
    pub name: String,
    pub values: Option<Vec<String>>,
}

pub const DEFINITIONS: &str = "
SELECT s.nspname AS schema, t.typname AS name,
    CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range type' ELSE 'type' END AS kind,
    (SELECT json_agg(l.enumlabel ORDER BY l.enumsortorder) FROM pg_catalog.pg_enum l
        WHERE l.enumtypid = t.oid) AS values
FROM scope s JOIN pg_catalog.pg_type t ON t.typnamespace = s.oid
    AND (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'b' AND t.typelem = 0)
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
    WHERE d.classid = t.tableoid AND d.objid = t.oid AND d.deptype = 'e')
UNION ALL
SELECT s.nspname, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
    CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END, NULL
FROM scope s JOIN pg_catalog.pg_proc p ON p.pronamespace = s.oid
WHERE p.pronamespace = ANY (ARRAY(SELECT oid FROM scope)) AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
    WHERE d.classid = p.tableoid AND d.objid = p.oid AND d.deptype IN ('e', 'i'))
UNION ALL
SELECT s.nspname, found.name, found.kind, NULL FROM scope s CROSS JOIN LATERAL (
    SELECT p.tableoid, p.oid, 'policy' AS kind, p.polname || ' on ' || c.relname AS name
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_policy p ON p.polrelid = c.oid WHERE c.relnamespace = s.oid
    UNION ALL SELECT w.tableoid, w.oid, 'rule', w.rulename || ' on ' || c.relname FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_rewrite w ON w.ev_class = c.oid AND w.rulename <> '_RETURN' WHERE c.relnamespace = s.oid
    UNION ALL SELECT x.tableoid, x.oid, 'statistics', x.stxname::text FROM pg_catalog.pg_statistic_ext x WHERE x.stxnamespace = s.oid
    UNION ALL SELECT o.tableoid, o.oid, 'collation', o.collname::text FROM pg_catalog.pg_collation o WHERE o.collnamespace = s.oid
    UNION ALL SELECT o.tableoid, o.oid, 'operator', o.oid::regoperator::text FROM pg_catalog.pg_operator o WHERE o.oprnamespace = s.oid
    UNION ALL SELECT o.tableoid, o.oid, 'text search configuration', o.cfgname::text
    FROM pg_catalog.pg_ts_config o WHERE o.cfgnamespace = s.oid
    UNION ALL SELECT o.tableoid, o.oid, 'text search dictionary', o.dictname::text
    FROM pg_catalog.pg_ts_dict o WHERE o.dictnamespace = s.oid
    UNION ALL SELECT c.tableoid, c.oid, 'row level security', 'on ' || c.relname
    FROM pg_catalog.pg_class c WHERE c.relnamespace = s.oid AND c.relrowsecurity
) found WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
    WHERE d.classid = found.tableoid AND d.objid = found.oid AND d.deptype = 'e')";

/// A trigger of a table or of a view.
#[derive(Debug, Deserialize)]
pub struct TriggerRow {
    pub relation: i64,
    pub name: String,
    pub sql: String,
}

pub const TRIGGERS: &str = "
SELECT g.tgrelid::bigint AS relation, g.tgname AS name, pg_get_triggerdef(g.oid, true) AS sql
FROM scope s
JOIN pg_catalog.pg_class c ON c.relnamespace = s.oid AND c.relkind IN ('r', 'v')
JOIN pg_catalog.pg_trigger g ON g.tgrelid = c.oid AND NOT g.tgisinternal";
