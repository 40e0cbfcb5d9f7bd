//! Stores as they are exported.

use std::borrow::Cow;

use serde::Serialize;

use crate::{
    Store,
    database::Rows,
    error::Result,
    exports::Exported,
    noun::{Members, Noun},
};

impl Exported for Store {
    type Whole = Self;
    const COLUMNS: &'static [&'static str] = Self::MEMBERS;

    async fn whole(_: &impl Rows, stores: Vec<Self>) -> Result<Vec<Self>> {
        Ok(stores)
    }

    fn cells(store: &Self) -> Vec<Cow<'_, str>> {
        Noun::cells(store)
    }

    fn members(store: &Self) -> impl Serialize {
        Members(store)
    }
}
