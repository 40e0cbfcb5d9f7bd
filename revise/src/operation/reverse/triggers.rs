//! Triggers that go with their table. They come back last, when all that was renamed has the names again that their texts have.

use crate::{
    operation::{DefinitionKind, Operation, first_name},
    schema::Schema,
};

/// The operations that create the triggers of a dropped table again. `before` is the schema before all operations, and `earlier` are
/// those that came before the table was dropped.
pub(super) fn come_back(
    before: &Schema,
    earlier: &[Operation],
    operation: &Operation,
) -> Vec<Operation> {
    let Operation::DropTable { table, .. } = operation else { return Vec::new() };
    let table = first_name(table, earlier.iter());
    let Some(found) = before.tables.get(&table) else { return Vec::new() };
    let is_dropped = |name: &str| {
        earlier.iter().any(|one| match one {
            Operation::DropObject { kind: DefinitionKind::Trigger, object, .. } => {
                object.name == name
            }
            _ => false,
        })
    };
    let remaining = found.triggers.iter().filter(|trigger| !is_dropped(&trigger.name));
    let again = remaining.cloned().map(|object| Operation::CreateObject {
        kind: DefinitionKind::Trigger,
        table: table.clone(),
        object,
    });
    again.collect()
}
