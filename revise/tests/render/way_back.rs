//! The operations that carry what they need for the way back, with it.

use sea_revise::{
    operation::Operation,
    schema::{
        Column, DatabaseObject, DefaultValue, ForeignKey, Generated, Index, PrimaryKey, Table,
        TableName, Type, Unique,
    },
};

pub fn operations() -> Vec<Operation> {
    [of_columns(), of_parts()].concat()
}

fn of_columns() -> Vec<Operation> {
    let (table, column) = (|| TableName::from("books"), || "a".to_owned());
    vec![
        Operation::DropTable {
            table: table(),
            before: Some(Box::new(
                Table::new("books").column(Column::new("a", Type::Text).extra("x")),
            )),
        },
        Operation::DropColumn {
            table: table(),
            column: column(),
            before: Some(Box::new(Column::new("a", Type::Text).comment("c"))),
        },
        Operation::AlterType {
            table: table(),
            column: column(),
            kind: Type::Text,
            using: None,
            before: Some(Type::Integer),
        },
        Operation::AlterDefault {
            table: table(),
            column: column(),
            default: None,
            before: Some(DefaultValue::Now),
        },
        Operation::SetGenerated {
            table: table(),
            column: column(),
            generated: None,
            before: Some(Generated { expression: "b".to_owned(), stored: true }),
        },
        Operation::SetCollation {
            table: table(),
            column: column(),
            collation: None,
            before: Some("NOCASE".to_owned()),
        },
        Operation::SetColumnClause {
            table: table(),
            column: column(),
            clause: String::new(),
            before: "ON CONFLICT FAIL".to_owned(),
        },
    ]
}

fn of_parts() -> Vec<Operation> {
    let (table, column) = (|| TableName::from("books"), || "a".to_owned());
    vec![
        Operation::SetOptions {
            table: table(),
            options: Vec::new(),
            before: vec!["STRICT".to_owned()],
        },
        Operation::DropPrimaryKey {
            table: table(),
            before: Some(PrimaryKey::new(["a"]).extra("DESC")),
        },
        Operation::DropUnique {
            table: table(),
            columns: vec![column()],
            before: Some(Unique::new(["a"]).extra("DEFERRABLE")),
        },
        Operation::DropIndex {
            table: table(),
            index: "i".to_owned(),
            before: Some(Box::new(Index::new("i", ["a"]).extra("NULLS NOT DISTINCT"))),
        },
        Operation::DropForeignKey {
            table: table(),
            columns: vec![column()],
            before: Some(Box::new(ForeignKey::new(["a"], "b", ["c"]).extra("MATCH FULL"))),
        },
        Operation::SetComment {
            table: table(),
            column: None,
            comment: None,
            before: Some("c".to_owned()),
        },
        Operation::DropEnum { name: "tea".to_owned(), before: vec!["green".to_owned()] },
        Operation::RebuildEnum {
            name: "tea".to_owned(),
            values: Vec::new(),
            map: Vec::new(),
            before: vec!["green".to_owned()],
        },
        Operation::CreateDatabaseObject {
            object: DatabaseObject::new("function f()", "CREATE", "DROP"),
            before: Some("CREATE OR REPLACE".to_owned()),
        },
    ]
}
