//! A file of SQL for PostgreSQL, cut into statements: what belongs to a schema is copied, verbatim but for the name of the
//! schema `public`, and neither quotes, bodies of functions nor comments are mistaken for anything else.

use crate::postgres::{PieceKind, piece};

/// Beginnings of statements that say nothing about the schema: transactions and settings, which are ours; roles and
/// privileges, which are no difference; and what lies outside of every schema.
const PASSED_OVER: [&[&str]; 24] = [
    &["SET"],
    &["RESET"],
    &["BEGIN"],
    &["START", "TRANSACTION"],
    &["COMMIT"],
    &["END"],
    &["SELECT", "PG_CATALOG", "SET_CONFIG"],
    &["SELECT", "PG_CATALOG", "SETVAL"],
    &["GRANT"],
    &["REVOKE"],
    &["ALTER", "DEFAULT", "PRIVILEGES"],
    &["SECURITY", "LABEL"],
    &["COMMENT", "ON", "SCHEMA"],
    &["COMMENT", "ON", "EXTENSION"],
    &["CREATE", "SCHEMA", "PUBLIC"],
    &["CREATE", "DATABASE"],
    &["CREATE", "ROLE"],
    &["CREATE", "PUBLICATION"],
    &["CREATE", "SUBSCRIPTION"],
    &["CREATE", "EVENT", "TRIGGER"],
    &["ALTER", "DATABASE"],
    &["ALTER", "ROLE"],
    &["ALTER", "PUBLICATION"],
    &["ALTER", "SUBSCRIPTION"],
];

/// The statements of a file that belong to the schema. In a dump, whatever lies in `public` lies in no named schema.
pub fn statements(file: &str) -> Vec<String> {
    let mut reader = Reader { rest: file, dump: file.contains("-- PostgreSQL database dump") };
    let mut found = Vec::new();
    while let Some(statement) = reader.statement() {
        if !statement.is_passed_over() {
            found.push(statement.text.trim().to_owned());
        }
    }
    found.retain(|text| !text.is_empty());
    found
}

#[derive(Default)]
struct Statement {
    text: String,
    /// Keywords and names without quotes, in capitals.
    words: Vec<String>,
    /// How many ENDs are missing in a body that is no text.
    open: usize,
}

impl Statement {
    fn is_passed_over(&self) -> bool {
        let begins = |words: &[&str]| {
            self.words.len() >= words.len() && self.words.iter().zip(words).all(|(a, b)| a == b)
        };
        let owner = |three: &[String]| match three {
            [before, owner, to] => {
                owner == "OWNER" && to == "TO" && before != "COLUMN" && before != "RENAME"
            }
            _ => false,
        };
        PASSED_OVER.iter().any(|words| begins(words))
            || self.is_copy()
            || begins(&["ALTER"]) && self.words.windows(3).any(owner)
    }

    /// Whether rows follow it.
    fn is_copy(&self) -> bool {
        self.words.first().is_some_and(|word| word == "COPY")
            && self.words.windows(2).any(|two| two == ["FROM", "STDIN"])
    }

    fn word(&mut self, word: &str) {
        let word = word.to_uppercase();
        let atomic = word == "ATOMIC" && self.words.last().is_some_and(|last| last == "BEGIN");
        match word.as_str() {
            _ if atomic => self.open = 1,
            "CASE" if self.open > 0 => self.open += 1,
            "END" => self.open = self.open.saturating_sub(1),
            _ => {}
        }
        self.words.push(word);
    }
}

struct Reader<'a> {
    rest: &'a str,
    dump: bool,
}

impl Reader<'_> {
    /// The next statement, without its semicolon; nothing at the end.
    fn statement(&mut self) -> Option<Statement> {
        let mut statement = Statement::default();
        loop {
            let Some((kind, length)) = piece(self.rest) else {
                return Some(statement).filter(|statement| !statement.text.trim().is_empty());
            };
            let (text, after) = self.rest.split_at(length);
            self.rest = after;
            match kind {
                // A command of psql.
                PieceKind::Other if text == "\\" && statement.words.is_empty() => self.pass_line(),
                PieceKind::Other if text == ";" && statement.open == 0 => {
                    if statement.is_copy() {
                        self.pass_rows();
                    }
                    return Some(statement);
                }
                PieceKind::Word | PieceKind::Name if self.is_public(text) => {
                    self.rest = self.rest.strip_prefix('.').unwrap_or(self.rest);
                }
                PieceKind::Literal if self.is_cast_to_a_name() => {
                    statement.text.push_str(&text.replacen("'public.", "'", 1));
                }
                PieceKind::Word => {
                    statement.word(text);
                    statement.text.push_str(text);
                }
                PieceKind::Space
                | PieceKind::Name
                | PieceKind::Literal
                | PieceKind::Body
                | PieceKind::Other => {
                    statement.text.push_str(text);
                }
            }
        }
    }

    fn is_public(&self, name: &str) -> bool {
        let public = name.eq_ignore_ascii_case("public") || name == "\"public\"";
        self.dump && public && self.rest.starts_with('.')
    }

    /// Whether a literal names something: `'public.book_id_seq'::regclass`.
    fn is_cast_to_a_name(&self) -> bool {
        self.dump
            && ["::regclass", "::regproc", "::regtype"]
                .iter()
                .any(|cast| self.rest.starts_with(cast))
    }

    fn pass_line(&mut self) {
        self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
    }

    fn pass_rows(&mut self) {
        self.pass_line();
        while !self.rest.is_empty() && self.rest.lines().next() != Some("\\.") {
            self.pass_line();
        }
        self.pass_line();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_is_cut_where_its_statements_end() {
        let file = "-- PostgreSQL database dump; it's one\n\\restrict x\nSET a = 'b;c';\n\
            CREATE FUNCTION public.f() RETURNS trigger AS $f$\nBEGIN\n  INSERT INTO public.t VALUES ('a;');\n\
            end;\n$f$ LANGUAGE plpgsql;\nALTER FUNCTION public.f() OWNER TO \"o'x\";\n\
            ALTER TABLE public.t RENAME COLUMN owner TO boss;\nCOPY public.t (a) FROM stdin;\n1;\\N\n\\.\n\
            CREATE TABLE \"public\".\"a;b\" (a text DEFAULT 'public.x; it''s', b integer DEFAULT \
            nextval('public.s'::regclass), c text DEFAULT E'\\';');\n/* a /* b; */ c; */ COMMIT;\n\
            CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END FROM public.t; SELECT 2; END;\n\
            SELECT pg_catalog.setval('public.s', 3);\nGRANT ALL ON public.t TO x;\nCREATE VIEW v AS SELECT $1.a";
        let expected = [
            "CREATE FUNCTION f() RETURNS trigger AS $f$\nBEGIN\n  INSERT INTO public.t VALUES ('a;');\nend;\n$f$ LANGUAGE plpgsql",
            "ALTER TABLE t RENAME COLUMN owner TO boss",
            "CREATE TABLE \"a;b\" (a text DEFAULT 'public.x; it''s', b integer DEFAULT nextval('s'::regclass), \
             c text DEFAULT E'\\';')",
            "CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END FROM t; SELECT 2; END",
            "CREATE VIEW v AS SELECT $1.a",
        ];
        assert_eq!(statements(file), expected);
        assert_eq!(
            statements("CREATE TABLE public.t (a text) ;; -- done"),
            ["CREATE TABLE public.t (a text)", "-- done"]
        );
    }
}
