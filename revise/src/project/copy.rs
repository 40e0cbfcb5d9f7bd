//! A copy of a schema of SQLite, in which statements are tried that are only shown.

use crate::{
    error::{Error, Result},
    operation::Operation,
    runtime::shadow::Shadows,
    schema::Schema,
    sqlite::{self, Script},
};

/// The statements that carry operations out on a schema. SQLite rewrites the texts of indexes, triggers and views when something is
/// renamed, so it is asked.
///
/// # Errors
/// When the operations cannot be carried out.
pub async fn script_of(schema: &Schema, operations: &[Operation]) -> Result<Script> {
    let shadow = Shadows::in_memory().open(&Default::default()).await?;
    let cannot = || Error::database("the statements cannot be tried on a copy of the schema");
    let (modules, objects) = schema
        .objects
        .iter()
        .cloned()
        .partition(|found| found.object.virtual_table_name().is_some());
    for sql in sqlite::create_script(&Schema { objects, ..schema.clone() })? {
        shadow.execute(&sql).await.map_err(cannot())?;
    }
    let modules: Vec<crate::schema::InspectedObject> = modules;
    for module in modules {
        // A module that only the program has is not there, and no operation needs its table.
        drop(shadow.execute(&module.object.sql).await);
    }
    let script = shadow.carry_out(operations).await.map_err(cannot());
    shadow.close().await;
    script
}
