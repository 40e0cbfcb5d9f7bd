//! How the database numbers rows: serials, identities, and sequences that a default takes numbers of. Whatever numbers a column next
//! goes on where the last one was, so that no id is given twice.

use super::{
    alter::{alter, with_sequence},
    create,
};
use crate::{
    operation::Operation,
    schema::{
        Column, DatabaseObject, DefaultValue, Identity, Table, TableName, checksum::checksum,
        quote, quote_text,
    },
};

/// A column and the plan around an operation on it.
pub struct Moves<'a> {
    pub table: &'a Table,
    pub column: &'a Column,
    pub earlier: &'a [Operation],
    pub later: &'a [Operation],
}

impl Moves<'_> {
    /// Whether an operation of the plan takes the numbers of the column from something else.
    fn renumbers(&self, operation: &Operation) -> bool {
        match operation {
            Operation::AlterDefault { table, column, default, .. } => {
                self.is_own((table, column)) && default.as_ref().is_some_and(takes_a_number)
            }
            Operation::SetIdentity { table, column, identity, .. } => {
                self.is_own((table, column)) && create::identity(*identity).is_some()
            }
            _ => false,
        }
    }

    /// Whether an operation of the plan took the numbering of the column away.
    fn stops(&self, operation: &Operation) -> bool {
        match operation {
            Operation::AlterDefault { table, column, .. } => self.is_own((table, column)),
            Operation::SetIdentity { table, column, identity, .. } => {
                self.is_own((table, column)) && create::identity(*identity).is_none()
            }
            _ => false,
        }
    }

    fn is_own(&self, (table, column): (&TableName, &String)) -> bool {
        *table == self.table.name && *column == self.column.name
    }

    fn is_renumbered_later(&self) -> bool {
        self.later.iter().any(|operation| self.renumbers(operation))
    }

    fn was_stopped(&self) -> bool {
        self.earlier.iter().any(|operation| self.stops(operation))
    }

    fn alter(&self, change: &str) -> String {
        alter(&self.table.name, &self.column.name, change)
    }

    /// The setting of the session in which the last number stands meanwhile.
    fn setting(&self) -> String {
        let column = format!("{}.{}", self.table.name, self.column.name);
        quote_text(&format!("sea_revise.numbering_{}", checksum(&column)))
    }

    /// The sequence that numbers the column by now, as a query: its own, or the one that its default takes a number of.
    fn sequence(&self) -> String {
        let (table, column) =
            (quote_text(&self.table.name.quoted()), quote_text(&self.column.name));
        format!(
            "SELECT COALESCE((SELECT max(s.oid::text)::oid::regclass::text FROM pg_catalog.pg_attribute a \
             JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
             JOIN pg_catalog.pg_depend u ON u.classid = d.tableoid AND u.objid = d.oid \
             JOIN pg_catalog.pg_class s ON u.refclassid = s.tableoid AND s.oid = u.refobjid AND s.relkind = 'S' \
             WHERE a.attrelid = {table}::regclass AND a.attname = {column}), pg_get_serial_sequence({table}, {column}))"
        )
    }

    /// Notes down where the numbering is.
    fn note(&self) -> String {
        format!(
            "DO $numbering$ DECLARE found text; place text; BEGIN {} INTO found; IF found IS NOT NULL THEN \
             EXECUTE format('SELECT last_value || '','' || is_called FROM %s', found) INTO place; \
             PERFORM set_config({}, place, false); END IF; END $numbering$",
            self.sequence(),
            self.setting()
        )
    }

    /// Lets what numbers the column now go on there. A sequence that was in use before has its own place. `else_do` is done where
    /// nothing was noted.
    fn go_on(&self, else_do: &str) -> String {
        format!(
            "DO $numbering$ DECLARE found text; fresh boolean; place text := current_setting({0}, true); BEGIN {1} INTO found; \
             IF found IS NOT NULL AND place <> '' THEN \
             EXECUTE format('SELECT NOT is_called AND last_value = (SELECT seqstart FROM pg_catalog.pg_sequence \
             WHERE seqrelid = %L::regclass) FROM %s', found, found) INTO fresh; \
             IF fresh THEN PERFORM setval(found::regclass, split_part(place, ',', 1)::bigint, split_part(place, ',', 2)::boolean); END IF; \
             ELSE {else_do}; END IF; PERFORM set_config({0}, '', false); END $numbering$",
            self.setting(),
            self.sequence(),
        )
    }
}

/// Whether a default takes the next number of a sequence.
fn takes_a_number(default: &DefaultValue) -> bool {
    matches!(default, DefaultValue::Sql(sql) if sql.contains("nextval('"))
}

/// The statements that change a default.
pub fn default(moves: &Moves<'_>, default: Option<&DefaultValue>) -> Vec<String> {
    let old = moves.column.default.as_ref().is_some_and(takes_a_number);
    match default {
        Some(default) => {
            let new = takes_a_number(default);
            let note = old && (new || moves.is_renumbered_later());
            let change = moves.alter(&format!("SET DEFAULT {}", create::default_sql(default)));
            let go_on = new && (old || moves.was_stopped());
            let note = note.then(|| moves.note());
            let go_on = go_on.then(|| moves.go_on("NULL"));
            note.into_iter().chain([change]).chain(go_on).collect()
        }
        // Where the database numbers the rows, there is no default, and for a serial it must not go.
        None if !moves.column.identity.is_none() => Vec::new(),
        None => {
            let note = (old && moves.is_renumbered_later()).then(|| moves.note());
            note.into_iter().chain([moves.alter("DROP DEFAULT")]).collect()
        }
    }
}

/// The statements that change whether the database numbers the rows.
pub fn identity(moves: &Moves<'_>, identity: Identity) -> Vec<String> {
    let Moves { table, column, .. } = *moves;
    let (from, to) = (create::identity(column.identity), create::identity(identity));
    match (from, to) {
        (None, None) => Vec::new(),
        (Some(from), Some(to)) if from == to => Vec::new(),
        (None, Some(to)) => {
            let numbered = column.default.as_ref().is_some_and(takes_a_number);
            let note = numbered.then(|| moves.note());
            let default = column.default.as_ref().map(|_| moves.alter("DROP DEFAULT"));
            let add = moves.alter(&format!("ADD GENERATED {to} AS IDENTITY"));
            let go_on = match numbered || moves.was_stopped() {
                true => moves.go_on(&format!("PERFORM {}", advance(table, column))),
                false => format!("SELECT {}", advance(table, column)),
            };
            note.into_iter().chain(default).chain([add, go_on]).collect()
        }
        (Some(_), None) => {
            let note = moves.is_renumbered_later().then(|| moves.note());
            let drops = [
                moves.alter("DROP IDENTITY IF EXISTS"),
                moves.alter("DROP DEFAULT"),
                // A serial's sequence would stay, and be taken for that of an identity to come.
                with_sequence(table, column, "EXECUTE 'DROP SEQUENCE ' || found;"),
            ];
            note.into_iter().chain(drops).collect()
        }
        // An identity keeps its sequence; a serial, which the model does not distinguish, becomes one first.
        (Some(_), Some(to)) => vec![from_serial(moves, to)],
    }
}

/// Makes an identity of a serial: with the name, the options, the place, the privileges and the comment of its sequence.
fn from_serial(moves: &Moves<'_>, to: &str) -> String {
    let Moves { table, column, .. } = *moves;
    let (name, column) = (quote_text(&table.name.quoted()), quote_text(&column.name));
    let add = quote_text(&moves.alter(&format!("ADD GENERATED {to} AS IDENTITY (")));
    format!(
        "DO $numbering$ DECLARE found text := pg_get_serial_sequence({name}, {column}); last bigint; called boolean; options text; \
         remarks text; BEGIN \
         IF EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = {name}::regclass AND attname = {column} \
         AND attidentity <> '') THEN {}; \
         ELSIF found IS NOT NULL THEN \
         SELECT format('SEQUENCE NAME %s INCREMENT BY %s START WITH %s CACHE %s%s%s%s', found, seqincrement, seqstart, seqcache, \
         CASE WHEN seqcycle THEN ' CYCLE' END, \
         ' MINVALUE ' || NULLIF(NULLIF(NULLIF(seqmin, -32768), -2147483648), -9223372036854775808), \
         ' MAXVALUE ' || NULLIF(NULLIF(NULLIF(seqmax, 32767), 2147483647), 9223372036854775807)) \
         INTO options FROM pg_catalog.pg_sequence WHERE seqrelid = found::regclass; \
         SELECT concat_ws('; ', string_agg(format('GRANT %s ON SEQUENCE %s TO %s%s', x.privilege_type, found, \
         COALESCE(quote_ident(r.rolname), 'PUBLIC'), CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' END), '; ') \
         FILTER (WHERE x.privilege_type IS NOT NULL), \
         max(format('COMMENT ON SEQUENCE %s IS %L', found, d.description)) FILTER (WHERE d.description IS NOT NULL)) INTO remarks \
         FROM pg_catalog.pg_class c LEFT JOIN LATERAL aclexplode(c.relacl) x ON x.grantee <> c.relowner \
         LEFT JOIN pg_catalog.pg_roles r ON r.oid = x.grantee \
         LEFT JOIN pg_catalog.pg_description d ON d.classoid = c.tableoid AND d.objoid = c.oid AND d.objsubid = 0 \
         WHERE c.oid = found::regclass; \
         EXECUTE 'SELECT last_value, is_called FROM ' || found INTO last, called; \
         {}; EXECUTE 'DROP SEQUENCE ' || found; EXECUTE {add} || options || ')'; \
         PERFORM setval(found::regclass, last, called); EXECUTE COALESCE(NULLIF(remarks, ''), 'SELECT'); END IF; END $numbering$",
        moves.alter(&format!("SET GENERATED {to}")),
        moves.alter("DROP DEFAULT"),
    )
}

/// Lets a sequence go on after the highest number that there is.
fn advance(table: &Table, column: &Column) -> String {
    format!(
        "setval(pg_get_serial_sequence({}, {}), COALESCE((SELECT max({}) FROM {}), 0) + 1, false)",
        quote_text(&table.name.quoted()),
        quote_text(&column.name),
        quote(&column.name),
        table.name.quoted()
    )
}

/// The statements that change a sequence, which goes on where it is. One that gave no number yet begins at its new start.
pub fn change(sequence: &str, object: &DatabaseObject) -> Vec<String> {
    let (name, restart) = (quote_text(sequence), quote_text(&format!("{} RESTART", object.sql)));
    let change = quote_text(&object.sql);
    vec![format!(
        "DO $numbering$ DECLARE fresh boolean; BEGIN \
         EXECUTE 'SELECT NOT is_called AND last_value = (SELECT seqstart FROM pg_catalog.pg_sequence WHERE seqrelid = ' \
         || quote_literal({name}) || '::regclass) FROM ' || {name} INTO fresh; \
         EXECUTE CASE WHEN fresh THEN {restart} ELSE {change} END; END $numbering$"
    )]
}
