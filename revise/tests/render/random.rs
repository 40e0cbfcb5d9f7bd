//! Random operations, with names and texts as bad as they come.

use proptest::{collection::vec, option, prelude::*};
use sea_revise::{
    operation::{DefinitionKind, Operation},
    prelude::*,
    schema::{Generated, SqlDefinition},
};

pub fn text() -> BoxedStrategy<String> {
    prop_oneof![
        4 => "[a-z_]{1,12}",
        1 => "[a-zA-Z \"'\\\\#]{0,20}",
        1 => "(SELECT|\"a\"|'b'|\n|\r|  |\t|--|\\*/){0,8}",
        1 => "[a-z ,.()-]{0,160}",
        1 => any::<String>(),
    ]
    .boxed()
}

fn table_name() -> BoxedStrategy<TableName> {
    (option::weighted(0.2, text()), text())
        .prop_map(|(schema, name)| TableName { schema, name })
        .boxed()
}

fn texts() -> BoxedStrategy<Vec<String>> {
    vec(text(), 0..4).boxed()
}

fn kind() -> BoxedStrategy<Type> {
    let leaf = prop_oneof![
        Just(Type::Integer),
        Just(Type::TimestampWithTimeZone),
        any::<Option<u32>>().prop_map(Type::Varchar),
        any::<Option<(u32, u32)>>().prop_map(Type::Decimal),
        any::<u32>().prop_map(Type::Binary),
        text().prop_map(Type::Enum),
        text().prop_map(Type::Other),
    ];
    leaf.prop_recursive(2, 4, 1, |inner| inner.prop_map(Type::array)).boxed()
}

fn default() -> BoxedStrategy<DefaultValue> {
    prop_oneof![
        text().prop_map(DefaultValue::Text),
        any::<i64>().prop_map(DefaultValue::from),
        any::<f64>().prop_map(DefaultValue::from),
        any::<bool>().prop_map(DefaultValue::Boolean),
        Just(DefaultValue::Now),
        text().prop_map(DefaultValue::Sql),
    ]
    .boxed()
}

fn identity() -> BoxedStrategy<Identity> {
    prop_oneof![
        3 => Just(Identity::None),
        1 => Just(Identity::Rowid),
        1 => Just(Identity::Automatic),
        1 => Just(Identity::Always)
    ]
    .boxed()
}

fn column() -> BoxedStrategy<Column> {
    let rare = || option::weighted(0.1, text());
    (text(), kind(), any::<bool>(), option::of(default()), identity(), rare(), rare(), rare())
        .prop_map(|(name, kind, nullable, default, identity, collation, comment, generated)| {
            let mut column = Column {
                nullable,
                default,
                identity,
                collation,
                comment,
                ..Column::new(name, kind)
            };
            if let Some(expression) = generated {
                column = column.generated(expression, nullable).extra("x");
            }
            column
        })
        .boxed()
}

fn foreign_key() -> BoxedStrategy<ForeignKey> {
    (texts(), table_name(), texts(), option::of(text()))
        .prop_map(|(columns, references, referenced, name)| ForeignKey {
            columns,
            referenced,
            name,
            ..ForeignKey::new([], references, []).on_delete(Action::Cascade)
        })
        .boxed()
}

fn index() -> BoxedStrategy<Index> {
    let column = (text(), any::<bool>(), any::<bool>(), any::<Option<bool>>()).prop_map(
        |(name, expression, descending, nulls_first)| IndexColumn {
            expression,
            descending,
            nulls_first,
            ..IndexColumn::new(&name)
        },
    );
    (text(), vec(column, 1..4), any::<bool>(), option::of(text()), texts())
        .prop_map(|(name, columns, unique, predicate, include)| Index {
            columns,
            unique,
            predicate,
            include,
            ..Index::new(name, [])
        })
        .boxed()
}

fn table() -> BoxedStrategy<Table> {
    let check =
        || (text(), option::of(text())).prop_map(|(expression, name)| Check { expression, name });
    (
        table_name(),
        vec(column(), 0..4),
        texts(),
        vec(foreign_key(), 0..2),
        vec(check(), 0..2),
        vec(index(), 0..2),
    )
        .prop_map(|(name, columns, key, foreign_keys, checks, indexes)| {
            let primary_key = Some(PrimaryKey { columns: key, ..PrimaryKey::new([]) });
            Table { name, columns, primary_key, foreign_keys, checks, indexes, ..Table::default() }
        })
        .boxed()
}

pub fn operation() -> BoxedStrategy<Operation> {
    prop_oneof![table_operation(), column_operation(), other_operation()].boxed()
}

fn table_operation() -> BoxedStrategy<Operation> {
    prop_oneof![
        2 => table().prop_map(|table| Operation::CreateTable { table }),
        1 => (table_name(), option::of(table().prop_map(Box::new)))
            .prop_map(|(table, before)| Operation::DropTable { table, before }),
        1 => (table_name(), table_name()).prop_map(|(from, to)| Operation::RenameTable { from, to }),
        1 => (table_name(), foreign_key()).prop_map(|(table, key)| Operation::AddForeignKey { table, key }),
        1 => (table_name(), index(), any::<bool>())
            .prop_map(|(table, index, concurrently)| Operation::CreateIndex { table, index, concurrently }),
        1 => (table_name(), texts()).prop_map(|(table, columns)| Operation::DropUnique { table, columns, before: None }),
    ]
    .boxed()
}

fn column_operation() -> BoxedStrategy<Operation> {
    prop_oneof![
        (table_name(), column()).prop_map(|(table, column)| Operation::AddColumn { table, column }),
        (table_name(), text(), option::of(column().prop_map(Box::new)))
            .prop_map(|(table, column, before)| Operation::DropColumn { table, column, before }),
        (table_name(), text(), text()).prop_map(|(table, from, to)| Operation::RenameColumn {
            table,
            from,
            to
        }),
        (table_name(), text(), kind(), option::of(text())).prop_map(
            |(table, column, kind, using)| {
                Operation::AlterType { table, column, kind, using, before: None }
            }
        ),
        (table_name(), text(), option::of(default())).prop_map(|(table, column, default)| {
            Operation::AlterDefault { table, column, default, before: None }
        }),
        (table_name(), text(), option::of((text(), any::<bool>()))).prop_map(
            |(table, column, made)| {
                let generated = made.map(|(expression, stored)| Generated { expression, stored });
                Operation::SetGenerated { table, column, generated, before: None }
            }
        ),
        (table_name(), text(), option::of(text())).prop_map(|(table, column, collation)| {
            Operation::SetCollation { table, column, collation, before: None }
        }),
        (table_name(), text(), text()).prop_map(|(table, column, clause)| {
            Operation::SetColumnClause { table, column, clause, before: String::new() }
        }),
        (table_name(), texts()).prop_map(|(table, options)| Operation::SetOptions {
            table,
            options,
            before: vec![]
        }),
        (table_name(), text(), text()).prop_map(|(table, column, value)| Operation::Backfill {
            table,
            column,
            value
        }),
        (table_name(), option::of(text()), option::of(text())).prop_map(
            |(table, column, comment)| Operation::SetComment {
                table,
                column,
                comment,
                before: None
            }
        ),
    ]
    .boxed()
}

fn other_operation() -> BoxedStrategy<Operation> {
    prop_oneof![
        (text(), texts()).prop_map(|(name, values)| Operation::CreateEnum { name, values }),
        (text(), texts(), vec((text(), text()), 0..3)).prop_map(|(name, values, map)| {
            Operation::RebuildEnum { name, values, map, before: vec![] }
        }),
        (table_name(), text(), text()).prop_map(|(table, name, sql)| Operation::CreateObject {
            kind: DefinitionKind::Trigger,
            table,
            object: SqlDefinition { name, sql }
        }),
        (option::of(text()), option::of(text()))
            .prop_map(|(sqlite, postgres)| Operation::Sql { sqlite, postgres }),
    ]
    .boxed()
}
