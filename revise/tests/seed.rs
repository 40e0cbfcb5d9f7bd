//! Rows for proofs, in real databases with a zoo of tables.

#[cfg(test)]
mod seed {
    #[path = "../preconditions/cluster.rs"]
    pub mod cluster;
    pub mod zoo;
}
