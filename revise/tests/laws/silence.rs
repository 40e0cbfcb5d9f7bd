//! What entities may be silent about: the same schema as somebody would write it who has few words.

use sea_orm::DbBackend;
use sea_revise::{
    diff::{DiffOptions, DiffScope, diff},
    schema::{Action, Identity, Schema, Table, Type},
};

use super::{objects, random::Random, schemas::Maker};

/// What `check` finds between a schema that nobody stated and entities of it that are silent about most of it.
pub fn found(seed: u64, backend: DbBackend) -> Vec<String> {
    let mut maker = Maker::new(seed, backend);
    let plain = maker.schema();
    let mut before = objects::with(&plain, &maker.objects(&plain), backend);
    for column in before.tables.values_mut().flat_map(|table| &mut table.columns) {
        column.declared = false;
    }
    let after = silent(&before, &mut Random::new(seed));
    let options =
        DiffOptions { scope: DiffScope::Stated, no_rename: true, ..DiffOptions::new(backend) };
    let found = diff(&before, &after, &options).unwrap();
    let questions = found.questions.iter().map(|question| format!("{question:?}"));
    found.operations.iter().map(|operation| format!("{operation:?}")).chain(questions).collect()
}

/// The schema with fewer words.
fn silent(schema: &Schema, random: &mut Random) -> Schema {
    let mut silent = schema.clone();
    silent.views.clear();
    silent.tables.retain(|_, _| random.percent(80));
    let known: Vec<_> = silent.tables.keys().cloned().collect();
    for table in silent.tables.values_mut() {
        table.foreign_keys.retain(|key| known.contains(&key.references) && random.percent(60));
        say_less(table, random);
    }
    silent.enums.values_mut().for_each(|values| values.reverse());
    silent.enums.retain(|_, _| random.percent(70));
    silent
}

fn say_less(table: &mut Table, random: &mut Random) {
    table.triggers.clear();
    let key = table.primary_key.clone().map(|key| key.columns).unwrap_or_default();
    for column in &mut table.columns {
        column.declared = true;
        column.comment = None;
        column.generated = None;
        column.collation = None;
        column.kind = derived(&column.kind);
        if random.percent(60) {
            column.default = None;
        }
        if key != [column.name.clone()] {
            column.identity = Identity::None;
        }
    }
    table.primary_key.iter_mut().for_each(|key| key.columns.reverse());
    for key in &mut table.foreign_keys {
        (key.on_delete, key.on_update) = (Action::NoAction, Action::NoAction);
        key.columns.reverse();
        key.referenced.reverse();
        key.clause.clear();
        key.name = None;
    }
    table.uniques.retain(|_| random.percent(50));
    table.indexes.retain(|_| random.percent(50));
    for index in table.indexes.iter_mut().filter(|index| index.unique && index.is_plain()) {
        index.columns.reverse();
    }
    table.checks.retain(|_| random.percent(50));
    table.options.clear();
    table.comment = None;
}

/// The type that SeaORM derives where no attribute says more.
fn derived(kind: &Type) -> Type {
    match kind {
        Type::Char(_) | Type::Varchar(_) => Type::Varchar(None),
        Type::Decimal(_) => Type::Decimal(None),
        Type::Timestamp => Type::DateTime,
        Type::Blob | Type::Binary(_) | Type::VarBinary(_) => Type::VarBinary(None),
        Type::JsonBinary => Type::Json,
        kind => kind.clone(),
    }
}
