//! Rows for proofs, in real databases with a zoo of tables.

#[cfg(test)]
mod seed {
    #[path = "../preconditions/places.rs"]
    pub mod places;
    pub mod zoo;
}
