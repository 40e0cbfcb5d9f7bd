//! Stores from files. A store is met by its name; two rows of one name are two stores.

use std::collections::HashSet;

use entity::store::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Select};

use super::NewStore;
use crate::{
    Store,
    check::Check,
    database::Rows,
    error::Result,
    imports::{Cells, Layout, Line, Tabular},
};

impl Tabular for Store {
    const LAYOUT: Layout = Layout {
        headers: &[("name", &["name", "store", "store_name", "shop", "branch", "filiale"])],
        needed: &[&["name"]],
        copies: None,
    };
    type Key = String;

    async fn read(
        _: &impl Rows,
        rows: &[&Cells],
    ) -> Result<Vec<std::result::Result<Line<Self>, String>>> {
        let line = |cells: &&Cells| {
            let new = NewStore { name: cells.get("name").unwrap_or_default().to_owned() };
            let new = new.check().map_err(|error| error.to_string())?;
            Ok(Line { new, copies: 1, present: vec![true], warnings: Vec::new() })
        };
        Ok(rows.iter().map(line).collect())
    }

    fn alike(new: &[&NewStore]) -> Select<Entity> {
        let names: HashSet<&str> = new.iter().map(|store| store.name.as_str()).collect();
        Entity::find().filter(Column::Name.is_in(names)).order_by_asc(Column::Id)
    }

    fn key(new: &NewStore) -> String {
        new.name.clone()
    }

    fn key_of(&self) -> String {
        self.name.clone()
    }
}
