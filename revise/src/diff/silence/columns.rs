//! Types, defaults and numbers that the database gives out.

use super::Filling;
use crate::{
    diff::enums,
    operation::{describe::spell, manifest::Stated},
    schema::{Column, Identity, Table},
};

impl Filling<'_> {
    /// Fills in what entities do not say about their columns.
    pub(super) fn fill_columns(&mut self) {
        self.each_table(|filling, old, new| {
            let key = new.primary_key.clone().map(|key| key.columns).unwrap_or_default();
            for column in &mut new.columns {
                let Some(found) = old.find(&column.name) else { continue };
                filling.fill_type(old, found, column);
                filling.fill_default(old, found, column);
                // Only of a key of one column an entity can say whether the database numbers it.
                if key != std::slice::from_ref(&column.name) {
                    filling.fill_numbering(old, found, column);
                }
            }
        });
    }

    fn fill_type(&mut self, table: &Table, old: &Column, new: &mut Column) {
        let stated = self.stated.states_type(&table.name, old, self.backend);
        let fits = if stated {
            new.kind.is_twin_of(&old.kind)
        } else {
            new.kind.fits(&old.kind, self.backend)
        };
        if !fits || new.kind == old.kind {
            return;
        }
        if !new.kind.looks_like(&old.kind, self.backend) {
            let kind = spell(&old.kind);
            self.left.push(format!("the type {kind} of {}.{}", table.name, old.name));
        }
        new.kind = old.kind.clone();
        new.declared = old.declared;
    }

    fn fill_default(&mut self, table: &Table, old: &Column, new: &mut Column) {
        let Some(default) = &old.default else { return };
        let stated = Stated::Default(old.name.clone());
        let has_meaning = old.kind.shares_defaults_with(&new.kind)
            || old.kind.looks_like(&new.kind, self.backend);
        if new.default.is_some()
            || new.generated.is_some()
            || self.stated.states(&table.name, stated)
            || !has_meaning
            || enums::loses_value(old, (&self.before.enums, &self.after.enums))
        {
            return;
        }
        self.left.push(format!("the default {} of {}.{}", default.to_sql(), table.name, old.name));
        new.default = Some(default.clone());
    }

    fn fill_numbering(&mut self, table: &Table, old: &Column, new: &mut Column) {
        let stated = Stated::Numbering(old.name.clone());
        let numbers = matches!(old.identity, Identity::Automatic | Identity::Always);
        if numbers && new.identity.is_none() && !self.stated.states(&table.name, stated) {
            self.left.push(format!("the numbering of {}.{}", table.name, old.name));
            new.identity = old.identity;
        }
    }
}
