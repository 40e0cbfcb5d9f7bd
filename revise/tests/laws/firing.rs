//! Whether triggers and views do what they are there for: rows are put in, changed and taken away again, and the log has
//! to say so. All of it in a transaction that is rolled back.

use sea_orm::DbBackend;
use sea_revise::schema::{Schema, TableName, quote, quote_text};

use super::{
    objects::{Kind, Object},
    place::Place,
};

/// What the objects did not do that they should have done, and how many rows the triggers wrote.
pub async fn fire(place: &Place, schema: &Schema, objects: &[Object]) -> Result<u64, String> {
    place.run("BEGIN").await.unwrap();
    place.empty(schema).await;
    place.clear_log().await;
    place.seed_more(schema).await;
    let fired = fire_all(place, schema, objects).await;
    place.run("ROLLBACK").await.unwrap();
    fired
}

async fn fire_all(place: &Place, schema: &Schema, objects: &[Object]) -> Result<u64, String> {
    let mut fired = 0;
    let of = |kind: Kind| objects.iter().filter(move |object| object.kind == kind);
    for object in of(Kind::Insert) {
        fired += expect_log(place, object, rows(place, object).await?).await?;
    }
    for object in of(Kind::View) {
        let (view, expected) = (quote(&object.name), rows(place, object).await?);
        let found = place.count(&format!("SELECT count(*) FROM {view}")).await?;
        expect(object, found, expected)?;
        fired += found;
    }
    for object in of(Kind::Update) {
        place.clear_log().await;
        let (table, column) = (object.at.0.quoted(), quote(&object.at.1));
        // A column that is always numbered is not written to.
        if place.attempt(&format!("UPDATE {table} SET {column} = {column}")).await {
            fired += expect_log(place, object, rows(place, object).await?).await?;
        }
    }
    for object in of(Kind::Delete).filter(|object| !is_own_parent(schema, &object.at.0)) {
        place.clear_log().await;
        let expected = rows(place, object).await?;
        // Rows of other tables may hold these on PostgreSQL.
        if place.attempt(&format!("DELETE FROM {}", object.at.0.quoted())).await {
            fired += expect_log(place, object, expected).await?;
        }
    }
    Ok(fired)
}

/// Whether rows change other rows of the table when they go.
fn is_own_parent(schema: &Schema, table: &TableName) -> bool {
    let found = schema.table(table);
    found.is_some_and(|found| found.foreign_keys.iter().any(|key| key.references == *table))
}

/// The rows that an object is about.
async fn rows(place: &Place, object: &Object) -> Result<u64, String> {
    let other = object.other.as_ref().filter(|_| object.kind == Kind::View);
    let other = other.map(|(table, _)| format!(", {} AS o", table.quoted())).unwrap_or_default();
    let (table, column) = (object.at.0.quoted(), quote(&object.at.1));
    let sql = format!("SELECT count(*) FROM {table} AS v{other} WHERE v.{column} IS NOT NULL");
    place.count(&sql).await
}

/// The log has a row for each of them, and on SQLite the values.
async fn expect_log(place: &Place, object: &Object, expected: u64) -> Result<u64, String> {
    let name = quote_text(&object.name);
    let log = place.log();
    let found = place.count(&format!("SELECT count(*) FROM {log} WHERE name = {name}")).await?;
    expect(object, found, expected)?;
    if place.backend() == DbBackend::Sqlite && object.kind != Kind::Delete {
        let (table, column) = (object.at.0.quoted(), quote(&object.at.1));
        let sql = format!(
            "SELECT count(*) FROM (SELECT value FROM {log} WHERE name = {name} EXCEPT SELECT {column} FROM {table})"
        );
        expect(object, place.count(&sql).await?, 0)?;
    }
    Ok(found)
}

fn expect(object: &Object, found: u64, expected: u64) -> Result<(), String> {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{object:?}: {found} instead of {expected}"))
    }
}
