//! What SQL could reach outside of a shadow that is a schema of the database itself. Where that is not sure, the answer is that it
//! could.

use std::collections::BTreeSet;

use crate::postgres::{PieceKind, inside, pieces};

/// Functions and types whose texts are names of tables, sequences and schemas.
const NAMING: [&str; 17] = [
    "setval",
    "nextval",
    "currval",
    "regclass",
    "regproc",
    "regprocedure",
    "regtype",
    "regnamespace",
    "to_regclass",
    "to_regproc",
    "to_regtype",
    "to_regnamespace",
    "set_config",
    "pg_get_serial_sequence",
    "query_to_xml",
    "table_to_xml",
    "schema_to_xml",
];

/// Functions that take part in no transaction: what they do is not rolled back with the shadow.
const LASTING: [&str; 10] = [
    "dblink",
    "dblink_exec",
    "dblink_connect",
    "dblink_send_query",
    "pg_terminate_backend",
    "pg_cancel_backend",
    "pg_reload_conf",
    "pg_stat_reset",
    "lo_export",
    "pg_logical_emit_message",
];

/// The schemas that a shadow must not reach.
#[derive(Clone, Debug, Default)]
pub(crate) struct Walls {
    /// The connection's own, and those that have tables.
    pub schemas: BTreeSet<String>,
}

impl Walls {
    /// Why a text of SQL could reach one of the schemas; `None` where it cannot.
    pub fn breach(&self, sql: &str) -> Option<String> {
        // After the transaction, its `search_path` is gone too.
        Text::of(sql).ends_transaction().or_else(|| self.breach_of(sql))
    }

    fn breach_of(&self, sql: &str) -> Option<String> {
        let text = Text::of(sql);
        self.named(&text).or_else(|| text.lasting()).or_else(|| self.looked_up(&text)).or_else(
            || {
                let texts = text.pieces.iter().filter(|(kind, _)| match kind {
                    PieceKind::Body => true,
                    PieceKind::Literal => text.is_code() || text.names_in_literals(),
                    _ => false,
                });
                texts.map(|(kind, text)| inside(*kind, text)).find_map(|text| self.breach_of(&text))
            },
        )
    }

    /// A schema as part of a name, after SCHEMA, or in a `search_path`.
    fn named(&self, text: &Text<'_>) -> Option<String> {
        let sets_path = text.has("search_path") || text.has_pair("reset", "all");
        let in_function = text.has("function") || text.has("procedure") || text.has("routine");
        if sets_path && !in_function {
            return Some("changes `search_path`".to_owned());
        }
        let mut after_schema = false;
        for (place, (kind, written)) in text.pieces.iter().enumerate() {
            let Some(name) = text.name(place) else {
                if after_schema && *kind == PieceKind::Literal {
                    return Some("changes `search_path` (SET SCHEMA)".to_owned());
                }
                after_schema &= *written == ",";
                continue;
            };
            let qualifies = text.pieces.get(place + 1).is_some_and(|(_, next)| *next == ".");
            let is_schema = self.schemas.contains(name);
            if is_schema && (qualifies || after_schema || sets_path) {
                return Some(format!("names the schema `{name}`"));
            }
            let listed = text.pieces.get(place + 1).is_some_and(|(_, next)| *next == ",");
            let passes = listed || matches!(name, "if" | "not" | "exists");
            after_schema = *kind == PieceKind::Word && name == "schema" || after_schema && passes;
        }
        None
    }

    /// Names that are looked up in the catalog, where those of the real tables are too.
    fn looked_up(&self, text: &Text<'_>) -> Option<String> {
        let runs = text.is_dynamic() || text.has("setval") || text.has("nextval");
        if text.reads_catalog() && runs {
            return Some("looks up names in the catalog and changes what they name".to_owned());
        }
        if !text.names_in_literals() {
            return None;
        }
        let literals = text.pieces.iter().filter(|(kind, _)| *kind == PieceKind::Literal);
        let mut literals = literals.map(|(kind, text)| inside(*kind, text).trim().to_owned());
        let schema = literals.find(|text| self.schemas.contains(text.trim_matches('"')))?;
        Some(format!("names the schema `{schema}`"))
    }
}

/// SQL, taken apart.
struct Text<'a> {
    pieces: Vec<(PieceKind, &'a str)>,
    /// For each piece the name that it is, as PostgreSQL reads it.
    names: Vec<Option<String>>,
}

impl<'a> Text<'a> {
    fn of(sql: &'a str) -> Self {
        let pieces = pieces(sql);
        let name = |(kind, text): &(PieceKind, &str)| match kind {
            PieceKind::Word => Some(text.to_lowercase()),
            PieceKind::Name => Some(text.trim_matches('"').to_owned()),
            _ => None,
        };
        let names = pieces.iter().map(name).collect();
        Self { pieces, names }
    }

    fn name(&self, place: usize) -> Option<&str> {
        self.names.get(place)?.as_deref()
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.names.iter().flatten().map(String::as_str)
    }

    fn has(&self, word: &str) -> bool {
        self.words().any(|one| one == word)
    }

    fn has_pair(&self, first: &str, second: &str) -> bool {
        self.words().zip(self.words().skip(1)).any(|pair| pair == (first, second))
    }

    /// The statement that ends the transaction, outside of bodies.
    fn ends_transaction(&self) -> Option<String> {
        let starts = |place: usize| {
            let before = place.checked_sub(1).and_then(|before| self.pieces.get(before));
            before.is_none_or(|(_, before)| *before == ";")
        };
        let ends = |place: &usize| {
            let next = self.name(place + 1).unwrap_or_default();
            starts(*place)
                && match self.name(*place).unwrap_or_default() {
                    "commit" | "abort" => true,
                    "rollback" => next != "to",
                    "prepare" => next == "transaction",
                    "end" => !self.has("atomic"),
                    _ => false,
                }
        };
        let place = (0..self.pieces.len()).find(ends)?;
        Some(format!("ends the transaction ({})", self.name(place)?.to_uppercase()))
    }

    /// Whether its literals may be bodies of functions.
    fn is_code(&self) -> bool {
        self.has("do") || self.has("function") || self.has("procedure")
    }

    /// Whether it runs texts: EXECUTE, except for that of a trigger and of a privilege.
    fn is_dynamic(&self) -> bool {
        let mut pairs = self.words().zip(self.words().skip(1).chain([""]));
        pairs.any(|(word, next)| {
            word == "execute" && !matches!(next, "function" | "procedure" | "on")
        })
    }

    fn reads_catalog(&self) -> bool {
        let catalog = |place: usize| {
            let called = self.pieces.get(place + 1).is_some_and(|(_, next)| *next == "(");
            self.name(place).is_some_and(|name| {
                name == "information_schema"
                    || name.starts_with("pg_")
                        && !called
                        && !matches!(name, "pg_catalog" | "pg_temp" | "pg_lsn" | "pg_snapshot")
            })
        };
        (0..self.pieces.len()).any(catalog)
    }

    /// Whether its literals may be names.
    fn names_in_literals(&self) -> bool {
        self.is_dynamic()
            || self.reads_catalog()
            || self.has("search_path")
            || self.words().any(|word| NAMING.contains(&word))
    }

    /// What would stay.
    fn lasting(&self) -> Option<String> {
        for (place, name) in self.names.iter().enumerate() {
            let Some(name) = name else { continue };
            let called = self.pieces.get(place + 1).is_some_and(|(_, next)| *next == "(");
            if called && LASTING.contains(&name.as_str()) {
                return Some(format!("calls `{name}`, which is not rolled back"));
            }
            let number = self.pieces.get(place + 2).is_some_and(|(_, argument)| {
                argument.starts_with(|first: char| first.is_ascii_digit())
            });
            if called && number && matches!(name.as_str(), "setval" | "nextval") {
                return Some(format!("calls `{name}` for a sequence by its number"));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breach(sql: &str) -> Option<String> {
        let schemas = ["public", "Sys", "audit"].map(str::to_owned).into();
        Walls { schemas }.breach(sql)
    }

    #[test]
    fn what_could_reach_a_schema_of_the_database_is_found() {
        for sql in [
            "SELECT setval('public.ticket_id_seq', 1000, false)",
            "select SETVAL('PUBLIC.ticket_id_seq'::regclass, 1)",
            "SELECT setval('\"Sys\".s', 1)",
            "SELECT setval($$public.s$$, 1)",
            "SELECT setval(16384, 1)",
            "SELECT setval(c.oid::regclass, 1) FROM pg_class c WHERE relkind = 'S'",
            "CREATE TABLE public.ticket (id int)",
            "CREATE TABLE \"public\" . \"ticket\" (id int)",
            "CREATE TABLE public/* x */.ticket (id int)",
            "ALTER TABLE mydb.public.t ADD a int",
            "CREATE TABLE t (id int DEFAULT nextval('audit.s'::regclass))",
            "DO $$ BEGIN ALTER TABLE public.t ADD a int; END $$",
            "DO 'BEGIN EXECUTE ''ALTER TABLE public.t ADD a int''; END'",
            "DO $x$ BEGIN EXECUTE format('ALTER TABLE %I.%I ADD a int', 'public', 't'); END $x$",
            "DO $$ DECLARE t text; BEGIN FOR t IN SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' \
             AND column_name = 'updated_at' LOOP EXECUTE format('CREATE TRIGGER stamp BEFORE UPDATE ON %I EXECUTE FUNCTION stamp()', t); \
             END LOOP; END $$",
            "DO $$ BEGIN FOR r IN SELECT * FROM pg_tables LOOP EXECUTE 'DROP TABLE ' || r.tablename; END LOOP; END $$",
            "CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN INSERT INTO audit.log VALUES (1); RETURN NEW; END $$ LANGUAGE plpgsql",
            "SET search_path = public",
            "SET LOCAL search_path TO DEFAULT",
            "RESET ALL",
            "SELECT pg_catalog.set_config('search_path', '', false)",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path = public AS 'SELECT 1'",
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO x",
            "DROP SCHEMA IF EXISTS audit CASCADE",
            "DROP SCHEMA other, audit",
            "ALTER TABLE t SET SCHEMA public",
            "SET SCHEMA 'public'",
            "CREATE EXTENSION pgcrypto WITH SCHEMA public",
            "SELECT * FROM information_schema.tables WHERE table_schema = 'public'",
            "SELECT dblink_exec('dbname=x', 'DELETE FROM t')",
            "BEGIN; CREATE TABLE t (id int); COMMIT; DROP TABLE ticket",
            "CREATE TABLE t (id int); END",
        ] {
            assert!(breach(sql).is_some(), "{sql}");
        }
    }

    #[test]
    fn what_stays_in_the_shadow_is_let_through() {
        for sql in [
            "CREATE TABLE page (visibility text DEFAULT 'public' CHECK (visibility IN ('public', 'private')))",
            "CREATE TABLE t (public boolean NOT NULL)",
            "GRANT SELECT ON t TO PUBLIC",
            "INSERT INTO page (body) VALUES ('It is public. Yes.')",
            "COMMENT ON TABLE t IS 'as public.t'",
            "SELECT setval('ticket_id_seq', 1000, false)",
            "SELECT setval(pg_get_serial_sequence('ticket', 'id'), 10)",
            "SELECT COUNT(*) > 0 AS \"has_table\" FROM \"information_schema\".\"tables\" WHERE \"table_schema\" = CURRENT_SCHEMA() \
             AND \"table_name\" = 'ticket'",
            "DO $$ BEGIN CREATE TYPE mood AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; END $$",
            "CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN IF NEW.visibility = 'public' THEN RETURN NULL; END IF; RETURN NEW; END $$ \
             LANGUAGE plpgsql",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path = '' AS 'SELECT 1'",
            "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()",
            "DO $$ BEGIN EXECUTE format('ALTER TABLE %I ADD a int', 't'); END $$",
            "CREATE INDEX i ON t USING gin (a pg_catalog.jsonb_ops)",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END",
            "ROLLBACK TO SAVEPOINT a",
        ] {
            assert_eq!(breach(sql), None, "{sql}");
        }
    }
}
