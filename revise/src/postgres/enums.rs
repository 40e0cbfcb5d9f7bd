//! Recreates an enum type, because PostgreSQL can neither drop nor reorder values.

use super::{
    alter::alter,
    create,
    dependents::{Dependents, Map},
};
use crate::schema::{Column, DefaultValue, Schema, Table, TableName, Type, quote, quote_text};

/// What the old type is called while it gives way to the new one.
const REPLACED: &str = "sea_revise_replaced";

/// The statements that recreate an enum. What depends on the old type is dropped and restored; `schema` says which columns
/// are converted by visible statements, and the server which others there are.
pub fn rebuild(schema: &Schema, name: &str, values: &[String], map: &Map) -> Vec<String> {
    let users: Vec<(&Table, &Column)> = schema
        .tables
        .values()
        .flat_map(|table| table.columns.iter().map(move |column| (table, column)))
        .filter(|(_, column)| is_of(&column.kind, name))
        .collect();
    let with_default = || {
        users.iter().filter_map(|(table, column)| Some((table, column, column.default.as_ref()?)))
    };
    let drop_default =
        with_default().map(|(table, column, _)| alter(&table.name, &column.name, "DROP DEFAULT"));
    let set_default = with_default().map(|(table, column, default)| {
        let default = create::default_sql(&default_mapped(default, &column.kind, name, map));
        alter(&table.name, &column.name, &format!("SET DEFAULT {default}"))
    });
    let dependents = Dependents::of_enum(name, map);
    let mut statements: Vec<String> = drop_default.collect();
    statements.push(dependents.before);
    statements.push(format!("ALTER TYPE {} RENAME TO {}", quote(name), quote(REPLACED)));
    statements.push(create::create_enum(name, values));
    statements.extend(users.iter().map(|(table, column)| change(table, column, map)));
    statements.push(change_others(name, map));
    statements.push(keep_remarks(name));
    statements.push(format!("DROP TYPE {}", quote(REPLACED)));
    statements.extend(set_default);
    statements.push(dependents.after);
    statements
}

/// Gives the new type the comment, the privileges and the owner of the old one.
fn keep_remarks(name: &str) -> String {
    let (name, replaced) = (quote_text(&quote(name)), quote_text(&quote(REPLACED)));
    format!(
        "DO $remarks$ DECLARE remarks text; BEGIN SELECT concat_ws('; ', \
         max(format('COMMENT ON TYPE %s IS %L', {name}, d.description)) FILTER (WHERE d.description IS NOT NULL), \
         max(format('REVOKE ALL ON TYPE %s FROM PUBLIC', {name})) FILTER (WHERE t.typacl IS NOT NULL), \
         string_agg(format('GRANT %s ON TYPE %s TO %s%s', x.privilege_type, {name}, COALESCE(quote_ident(r.rolname), 'PUBLIC'), \
         CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' END), '; ') FILTER (WHERE x.grantee <> t.typowner), \
         max(format('ALTER TYPE %s OWNER TO %I', {name}, pg_get_userbyid(t.typowner))) \
         FILTER (WHERE pg_get_userbyid(t.typowner) <> current_user)) INTO remarks FROM pg_catalog.pg_type t \
         LEFT JOIN pg_catalog.pg_description d ON d.classoid = t.tableoid AND d.objoid = t.oid \
         LEFT JOIN LATERAL aclexplode(t.typacl) x ON true LEFT JOIN pg_catalog.pg_roles r ON r.oid = x.grantee \
         WHERE t.oid = {replaced}::regtype; EXECUTE COALESCE(NULLIF(remarks, ''), 'SELECT'); END $remarks$"
    )
}

/// Gives literals of an enum their new values in everything that has some, as the server does by itself.
pub fn rename_literals(schema: &mut Schema, name: &str, map: &Map) {
    let mapped = |text: &mut String| *text = mapped_in(text, name, map);
    for table in schema.tables.values_mut() {
        for column in &mut table.columns {
            if is_of(&column.kind, name) {
                let default = column.default.as_ref();
                column.default = default.map(|old| default_mapped(old, &column.kind, name, map));
            }
            column.generated.iter_mut().for_each(|generated| mapped(&mut generated.expression));
        }
        table.checks.iter_mut().for_each(|check| mapped(&mut check.expression));
        table.triggers.iter_mut().for_each(|trigger| mapped(&mut trigger.sql));
        for index in &mut table.indexes {
            index.columns.iter_mut().for_each(|column| mapped(&mut column.name));
            index.predicate.iter_mut().chain(&mut index.written.0).for_each(mapped);
        }
    }
    schema.views.values_mut().for_each(|view| mapped(&mut view.sql));
}

/// Whether a type is the enum or an array of it.
pub fn is_of(kind: &Type, name: &str) -> bool {
    match kind {
        Type::Enum(found) => found == name,
        Type::Array(element) => is_of(element, name),
        _ => false,
    }
}

/// Moves one column to the new type.
fn change(table: &Table, column: &Column, map: &Map) -> String {
    let using = match column.kind {
        Type::Array(_) => elements(&quote(&column.name), map),
        _ => one(&quote(&column.name), map),
    };
    let kind = column.kind.sql(sea_orm::DbBackend::Postgres);
    alter(&table.name, &column.name, &format!("TYPE {kind} USING ({using})::{kind}"))
}

/// Moves the columns of tables that the model does not have: partitioned ones, and those of other schemas.
fn change_others(name: &str, map: &Map) -> String {
    let alter = |using: fn(&str, &Map) -> String, list: &str| {
        // The column's name is put in by the server.
        let using = using("\u{1}", map).replace('%', "%%").replace('\u{1}', "%2$I");
        let kind = format!("{}{list}", quote(name)).replace('%', "%%");
        quote_text(&format!(
            "ALTER TABLE %1$s ALTER COLUMN %2$I TYPE {kind} USING ({using})::{kind}"
        ))
    };
    format!(
        "DO $others$ DECLARE found record; BEGIN FOR found IN \
         SELECT a.attrelid::regclass AS relation, a.attname AS name, a.atttypid = t.typarray AS list \
         FROM pg_catalog.pg_type t JOIN pg_catalog.pg_attribute a ON a.atttypid IN (t.oid, t.typarray) AND NOT a.attisdropped \
         AND a.attinhcount = 0 JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'f') \
         WHERE t.oid = {}::regtype LOOP EXECUTE format(CASE WHEN found.list THEN {} ELSE {} END, found.relation, found.name); \
         END LOOP; END $others$",
        quote_text(&quote(REPLACED)),
        alter(elements, "[]"),
        alter(one, ""),
    )
}

fn one(column: &str, map: &Map) -> String {
    if map.is_empty() {
        return format!("{column}::text");
    }
    let whens: Vec<String> = map
        .iter()
        .map(|(from, to)| format!("WHEN {} THEN {}", quote_text(from), quote_text(to)))
        .collect();
    format!("CASE {column}::text {} ELSE {column}::text END", whens.join(" "))
}

/// The values of an array, one after the other, and by way of a text that no value is: what one pair makes is not to be
/// changed by the next one.
fn elements(column: &str, map: &Map) -> String {
    let way = |from: &str| quote_text(&format!("{from}\u{1}"));
    let replace =
        |inner: String, from: String, to: String| format!("array_replace({inner}, {from}, {to})");
    let start = format!("{column}::text[]");
    let moved =
        map.iter().fold(start, |inner, (from, _)| replace(inner, quote_text(from), way(from)));
    map.iter().fold(moved, |inner, (from, to)| replace(inner, way(from), quote_text(to)))
}

/// A default with the new values in it.
fn default_mapped(default: &DefaultValue, kind: &Type, name: &str, map: &Map) -> DefaultValue {
    let mapped = |value: &str| {
        let found = map.iter().find(|(from, _)| from == value);
        found.map_or_else(|| value.to_owned(), |(_, to)| to.clone())
    };
    match (default, kind) {
        (DefaultValue::Text(text), Type::Array(_)) => match array(text) {
            None => default.clone(),
            Some(values) => {
                let values = values.iter().map(|value| match value {
                    None => "NULL".to_owned(),
                    Some(value) => element(&mapped(value)),
                });
                DefaultValue::Text(format!("{{{}}}", values.collect::<Vec<_>>().join(",")))
            }
        },
        (DefaultValue::Text(text), _) => DefaultValue::Text(mapped(text)),
        (DefaultValue::Sql(sql), _) => DefaultValue::Sql(mapped_in(sql, name, map)),
        (DefaultValue::Number(_) | DefaultValue::Boolean(_) | DefaultValue::Now, _) => {
            default.clone()
        }
    }
}

/// The values in an array's text, without a place for NULL; nothing for what is no list of values.
fn array(text: &str) -> Option<Vec<Option<String>>> {
    let list = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut values = Vec::new();
    let (mut value, mut quoted, mut open) = (String::new(), false, false);
    let mut characters = list.chars();
    let mut done = |value: &mut String, quoted: bool| {
        let value = std::mem::take(value);
        let null = !quoted && value.trim().eq_ignore_ascii_case("null");
        let value = if quoted { value } else { value.trim().to_owned() };
        values.push(Some(value).filter(|_| !null));
    };
    while let Some(next) = characters.next() {
        match next {
            '\\' => value.push(characters.next()?),
            '"' => {
                // Before the first quote there is nothing but space.
                if !quoted {
                    value.clear();
                }
                (quoted, open) = (true, !open);
            }
            ',' if !open => {
                done(&mut value, quoted);
                quoted = false;
            }
            '{' | '}' if !open => return None,
            // Around quotes there may be space.
            ' ' if quoted && !open => {}
            _ => value.push(next),
        }
    }
    if !list.is_empty() {
        done(&mut value, quoted);
    }
    Some(values).filter(|_| !open)
}

/// A value as PostgreSQL writes it inside of an array's braces.
fn element(value: &str) -> String {
    let plain = |next: char| next.is_alphanumeric() || next == '_' || next == '-';
    let bare = !value.is_empty() && value.chars().all(plain) && !value.eq_ignore_ascii_case("null");
    match bare {
        true => value.to_owned(),
        false => format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
    }
}

/// A statement in which literals of the enum have their new values.
fn mapped_in(sql: &str, name: &str, map: &Map) -> String {
    let literals = |value: &str| {
        let value = quote_text(value);
        [format!("{value}::{name}"), format!("{value}::{}", quote(name))]
    };
    let pairs: Vec<(String, String)> =
        map.iter().flat_map(|(from, to)| literals(from).into_iter().zip(literals(to))).collect();
    let mut mapped = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(next) = rest.chars().next() {
        let ends = |text: &str| {
            let after = rest.get(text.len()..).and_then(|after| after.chars().next());
            !after.is_some_and(|next| next.is_alphanumeric() || next == '_')
        };
        let found = pairs.iter().find(|(from, _)| rest.starts_with(from.as_str()) && ends(from));
        let length = found.map_or(next.len_utf8(), |(from, _)| from.len());
        let (piece, after) = rest.split_at(length);
        mapped.push_str(found.map_or(piece, |(_, to)| to));
        rest = after;
    }
    mapped
}

/// The statement that drops an index, which lies in the schema of its table.
pub fn drop_index(table: &TableName, index: &str) -> String {
    format!("DROP INDEX {}", table.renamed(index).quoted())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> Vec<(String, String)> {
        [("a", "b"), ("b", "it's, \"c\"")].map(|(from, to)| (from.to_owned(), to.to_owned())).into()
    }

    #[test]
    fn a_default_gets_the_new_values() {
        let list = || Type::array(Type::enumeration("mood"));
        for (old, kind, new) in [
            ("a", Type::enumeration("mood"), "b"),
            ("other", Type::enumeration("mood"), "other"),
            ("{}", list(), "{}"),
            ("{a,NULL,other}", list(), "{b,NULL,other}"),
            (r#"{"b", "null", x y}"#, list(), r#"{"it's, \"c\"","null","x y"}"#),
            (r#"{"q\"\\","}"}"#, list(), r#"{"q\"\\","}"}"#),
            ("{{a}}", list(), "{{a}}"),
        ] {
            let found = default_mapped(&DefaultValue::from(old), &kind, "mood", &map());
            assert_eq!(found, DefaultValue::from(new), "{old}");
        }
    }

    #[test]
    fn only_literals_of_the_enum_change() {
        for (old, new) in [
            ("m = 'a'::mood", "m = 'b'::mood"),
            ("m = 'a'::\"mood\" OR m = 'b'::mood", "m = 'b'::\"mood\" OR m = 'it''s, \"c\"'::mood"),
            ("m = 'a'::mood2 AND n = 'a'::text", "m = 'a'::mood2 AND n = 'a'::text"),
            ("ARRAY['a'::mood]", "ARRAY['b'::mood]"),
        ] {
            assert_eq!(mapped_in(old, "mood", &map()), new);
        }
    }
}
