//! The statements that carry operations out. Pure: everything it knows of the database is the schema it is given.

use sea_orm::DbBackend;

use super::{
    alter::{self, alter, column, table},
    create,
    dependents::Dependents,
    enums, length,
    numbering::{self, Moves},
    objects, recreate, views,
};
use crate::{
    error::PlanError,
    operation::{
        DefinitionKind, Operation, Subject,
        apply::{
            named::Named,
            parts::{find_check, find_key, find_unique, is_unique_on},
        },
        batches,
    },
    schema::{DatabaseObject, Schema, Table, TableName, Written, clause, names, quote, quote_text},
};

/// The statements that carry out operations on a schema, in order, each of them one text. Only the SQL of an
/// [`Operation::Sql`] is handed on as it is, and may be several statements.
///
/// The schema is to be read shortly before, so that it has the names of constraints; a constraint of the list itself
/// that has no name gets one from the server, and is taken to be called by PostgreSQL's rule when it is dropped again.
/// Names that are longer than 63 bytes are cut as the server cuts them.
/// What depends on a column whose type changes is dropped, and restored with its owner, privileges and comments.
///
/// # Errors
/// When an operation does not fit the schema that those before it have left, or PostgreSQL cannot do it.
pub fn statements(before: &Schema, operations: &[Operation]) -> Result<Vec<String>, PlanError> {
    let mut now = before.clone();
    let mut statements = Vec::new();
    let operations: Vec<Operation> = operations.iter().map(length::shortened).collect();
    for (place, operation) in operations.iter().enumerate() {
        let later = operations.get(place + 1..).unwrap_or_default();
        let earlier = operations.get(..place).unwrap_or_default();
        statements.extend(emit(&now, operation, earlier, later)?);
        now.apply(operation, DbBackend::Postgres)?;
        update_texts(&mut now, operation);
    }
    Ok(statements)
}

/// Brings texts up to date that the server changes by itself, so that a later operation can repeat them.
fn update_texts(schema: &mut Schema, operation: &Operation) {
    match operation {
        // The text of an index knows neither the new name of a table nor that of a column.
        Operation::RenameTable { to: name, .. } | Operation::RenameColumn { table: name, .. } => {
            let indexes = schema.tables.get_mut(name).map(|table| &mut table.indexes);
            indexes.into_iter().flatten().for_each(|index| index.written = Written(None));
        }
        Operation::RenameEnumValue { name, from, to } => {
            enums::rename_literals(schema, name, &[(from.clone(), to.clone())]);
        }
        Operation::RebuildEnum { name, map, .. } => enums::rename_literals(schema, name, map),
        _ => {}
    }
}

fn emit(
    now: &Schema,
    operation: &Operation,
    earlier: &[Operation],
    later: &[Operation],
) -> Result<Vec<String>, PlanError> {
    match operation.subject() {
        Subject::Table => emit_table(operation),
        Subject::Column => emit_column(now, operation, (earlier, later)),
        Subject::Constraint => Ok(vec![emit_constraint(now, operation)?]),
        Subject::Object => Ok(emit_object(now, operation, earlier, later)),
    }
}

fn emit_table(operation: &Operation) -> Result<Vec<String>, PlanError> {
    Ok(match operation {
        Operation::CreateTable { table } => create::whole_table(table)?,
        Operation::DropTable { table, .. } => vec![format!("DROP TABLE {}", table.quoted())],
        Operation::RenameTable { from, to } => vec![rename_table(from, to)?],
        Operation::SetComment { table, column, comment, .. } => {
            vec![create::comment(table, column.as_deref(), comment.as_deref())]
        }
        // The options of a table are SQLite's.
        _ => Vec::new(),
    })
}

fn emit_column(
    now: &Schema,
    operation: &Operation,
    around: (&[Operation], &[Operation]),
) -> Result<Vec<String>, PlanError> {
    Ok(match operation {
        Operation::AddColumn { table, column } => {
            let mut statements = vec![format!(
                "ALTER TABLE {} ADD COLUMN {}",
                table.quoted(),
                create::column(table, column)?
            )];
            let comment = column.comment.as_deref();
            let comment =
                comment.map(|text| create::comment(table, Some(&column.name), Some(text)));
            statements.extend(comment);
            statements
        }
        Operation::DropColumn { table, column, .. } => {
            vec![format!("ALTER TABLE {} DROP COLUMN {}", table.quoted(), quote(column))]
        }
        Operation::RenameColumn { table, from, to } => vec![format!(
            "ALTER TABLE {} RENAME COLUMN {} TO {}",
            table.quoted(),
            quote(from),
            quote(to)
        )],
        _ => emit_change(now, operation, around)?,
    })
}

/// Enums, views, triggers, other objects and raw SQL.
fn emit_object(
    now: &Schema,
    operation: &Operation,
    earlier: &[Operation],
    later: &[Operation],
) -> Vec<String> {
    match operation {
        Operation::CreateObject { kind: DefinitionKind::View, table, object } => {
            let recreated = earlier.iter().any(|one| drops_view(one, table));
            let after = recreated.then(|| Dependents::of_view(table).after);
            [object.sql.clone()].into_iter().chain(after).collect()
        }
        Operation::CreateObject { kind: DefinitionKind::Trigger, object, .. } => {
            vec![object.sql.clone()]
        }
        Operation::DropObject { kind: DefinitionKind::View, table, .. } => {
            let recreated = later.iter().any(|one| creates_view(one, table));
            vec![if recreated {
                Dependents::of_view(table).before
            } else {
                views::drop_view(now, table)
            }]
        }
        Operation::DropObject { kind: DefinitionKind::Trigger, table, object } => {
            vec![views::drop_trigger(table, object)]
        }
        Operation::CreateDatabaseObject { object, before } => {
            let recreated = earlier.iter().any(|one| is_drop_of(one, object));
            objects::create_object(object, before.is_some(), recreated)
        }
        Operation::DropDatabaseObject { object } => {
            let recreated = later.iter().any(|one| is_creation_of(one, object));
            vec![objects::drop_object(object, recreated)]
        }
        Operation::Sql { postgres, .. } => postgres.iter().cloned().collect(),
        _ => emit_enum(now, operation),
    }
}

fn drops_view(operation: &Operation, view: &TableName) -> bool {
    matches!(operation, Operation::DropObject { kind: DefinitionKind::View, table, .. } if table == view)
}

fn is_drop_of(operation: &Operation, made: &DatabaseObject) -> bool {
    matches!(operation, Operation::DropDatabaseObject { object } if object.name == made.name)
}

fn is_creation_of(operation: &Operation, gone: &DatabaseObject) -> bool {
    matches!(operation, Operation::CreateDatabaseObject { object, .. } if object.name == gone.name)
}

fn creates_view(operation: &Operation, view: &TableName) -> bool {
    matches!(operation, Operation::CreateObject { kind: DefinitionKind::View, table, .. } if table == view)
}

fn rename_table(from: &TableName, to: &TableName) -> Result<String, PlanError> {
    if from.schema != to.schema {
        return Err(PlanError::Unsupported(format!(
            "a table cannot be moved from one schema to another: `{from}` to `{to}`; use `raw_postgres`"
        )));
    }
    Ok(format!("ALTER TABLE {} RENAME TO {}", from.quoted(), quote(&to.name)))
}

/// Changes of a column that is there.
fn emit_change(
    now: &Schema,
    operation: &Operation,
    (earlier, later): (&[Operation], &[Operation]),
) -> Result<Vec<String>, PlanError> {
    let find = |of: &TableName, name: &str| {
        let table = table(now, of)?;
        Ok::<_, PlanError>((table, column(table, name)?))
    };
    Ok(match operation {
        Operation::AlterType { table, column, kind, using, .. } => {
            let (table, column) = find(table, column)?;
            alter::kind(table, column, (kind, using.as_deref()), later)?
        }
        Operation::AlterNull { table, column, nullable } => {
            let change = if *nullable { "DROP NOT NULL" } else { "SET NOT NULL" };
            vec![alter(table, column, change)]
        }
        Operation::AlterDefault { table, column, default, .. } => {
            let (table, column) = find(table, column)?;
            let moves = Moves { table, column, earlier, later };
            numbering::default(&moves, default.as_ref())
        }
        Operation::SetIdentity { table, column, identity, .. } => {
            let (table, column) = find(table, column)?;
            numbering::identity(&Moves { table, column, earlier, later }, *identity)
        }
        Operation::SetGenerated { table, column, generated, .. } => {
            let (table, column) = find(table, column)?;
            recreate::computed(now, table, column, generated.as_ref())?
        }
        Operation::SetCollation { table, column, collation, .. } => {
            let (table, column) = find(table, column)?;
            recreate::collated(table, column, collation.as_deref())?
        }
        Operation::Backfill { table, column, value } => {
            let (table, column) = (table.quoted(), quote(column));
            let update = format!("UPDATE {table} SET {column} = {value} WHERE {column} IS NULL");
            checked_at_once(now, update)
        }
        Operation::BackfillInBatches { table: of, set, condition, .. } => {
            table(now, of)?;
            checked_at_once(now, batches::update(&of.quoted(), (set, condition), ""))
        }
        _ => Vec::new(),
    })
}

/// A change of rows. Checks that wait for the end of the transaction would keep the table from being altered.
fn checked_at_once(now: &Schema, update: String) -> Vec<String> {
    let wait = |table: &Table| {
        let keys = table.foreign_keys.iter().map(|key| &key.clause);
        let mut clauses = keys.chain(table.uniques.iter().map(|unique| &unique.clause));
        clauses.any(|text| clause::is_deferred(text))
    };
    let deferred = now.tables.values().any(wait);
    let check = deferred.then(|| "SET CONSTRAINTS ALL IMMEDIATE".to_owned());
    [update].into_iter().chain(check).collect()
}

fn emit_enum(now: &Schema, operation: &Operation) -> Vec<String> {
    match operation {
        Operation::CreateEnum { name, values } => vec![create::create_enum(name, values)],
        Operation::DropEnum { name, .. } => vec![format!("DROP TYPE {}", quote(name))],
        Operation::AddEnumValue { name, value, before } => {
            let place = before.as_ref().map(|before| format!(" BEFORE {}", quote_text(before)));
            vec![format!(
                "ALTER TYPE {} ADD VALUE IF NOT EXISTS {}{}",
                quote(name),
                quote_text(value),
                place.unwrap_or_default()
            )]
        }
        Operation::RenameEnumValue { name, from, to } => vec![format!(
            "ALTER TYPE {} RENAME VALUE {} TO {}",
            quote(name),
            quote_text(from),
            quote_text(to)
        )],
        Operation::RebuildEnum { name, values, map, .. } => enums::rebuild(now, name, values, map),
        _ => Vec::new(),
    }
}

fn emit_constraint(now: &Schema, operation: &Operation) -> Result<String, PlanError> {
    let drop = |table: &TableName, name: &str| {
        format!("ALTER TABLE {} DROP CONSTRAINT {}", table.quoted(), quote(name))
    };
    Ok(match operation {
        Operation::AddPrimaryKey { table, key } => create::add(table, &create::primary_key(key)),
        Operation::AddUnique { table, unique } => create::add(table, &create::unique(unique)),
        Operation::AddForeignKey { table, key } => create::add(table, &create::foreign_key(key)),
        Operation::AddCheck { table, check } => create::add(table, &create::check(check)),
        Operation::CreateIndex { table, index, concurrently } => {
            create::create_index(table, index, *concurrently)
        }
        Operation::DropIndex { table: of, index, .. } => {
            match find_unique(table(now, of)?, index) {
                Some(_) => drop(of, index),
                None => enums::drop_index(of, index),
            }
        }
        Operation::RenameIndex { table, from, to } => rename_index(table, from, to),
        Operation::RenameConstraint { table: of, from, to } => {
            match Named::expect(table(now, of)?, from)? {
                Named::Index(_) => rename_index(of, from, to),
                _ => {
                    let (table, from, to) = (of.quoted(), quote(from), quote(to));
                    format!("ALTER TABLE {table} RENAME CONSTRAINT {from} TO {to}")
                }
            }
        }
        Operation::DropPrimaryKey { table: of, .. } => {
            drop(of, &names::primary_key(table(now, of)?))
        }
        Operation::DropUnique { table: of, columns, .. } => drop_unique(table(now, of)?, columns)?,
        Operation::DropForeignKey { table: of, columns, before } => {
            let table = table(now, of)?;
            let place = find_key(table, columns, before.as_deref());
            let key = place.and_then(|place| table.foreign_keys.get(place));
            let what = || format!("foreign key on `{}`", columns.join(", "));
            drop(of, &names::foreign_key(table, key.ok_or_else(|| missing(table, what()))?))
        }
        Operation::DropCheck { table: of, check } => {
            let table = table(now, of)?;
            let found = find_check(table, check).and_then(|place| table.checks.get(place));
            let what = || format!("check `{}`", check.expression);
            drop(of, &names::check(table, found.ok_or_else(|| missing(table, what()))?))
        }
        other => {
            return Err(PlanError::Unsupported(format!("{other:?} is not for PostgreSQL")));
        }
    })
}

fn rename_index(table: &TableName, from: &str, to: &str) -> String {
    format!("ALTER INDEX {} RENAME TO {}", table.renamed(from).quoted(), quote(to))
}

fn drop_unique(table: &Table, columns: &[String]) -> Result<String, PlanError> {
    if let Some(unique) = table.uniques.iter().find(|unique| unique.columns == columns) {
        let name = quote(&names::unique(table, unique));
        return Ok(format!("ALTER TABLE {} DROP CONSTRAINT {name}", table.name.quoted()));
    }
    let index = table.indexes.iter().find(|index| is_unique_on(index, columns));
    let what = || format!("unique constraint on `{}`", columns.join(", "));
    let index = index.ok_or_else(|| missing(table, what()))?;
    Ok(enums::drop_index(&table.name, &index.name))
}

fn missing(table: &Table, what: String) -> PlanError {
    PlanError::NoPart { table: table.name.clone(), what }
}
