//! The arguments of every verb that applies migrations or takes them back.

use clap::Args;

use crate::runtime::upgrade::Transactions;

/// How migrations are applied.
#[derive(Debug, Args)]
pub struct Preview {
    /// Show the migrations and their operations, and change nothing
    #[arg(long)]
    pub plan: bool,
    /// Print a script for psql or sqlite3, with BEGIN, COMMIT and the records of the history, and change nothing
    #[arg(long)]
    pub sql: bool,
}

impl Manner {
    /// What is one transaction.
    #[must_use]
    pub fn transactions(&self) -> Transactions {
        match self.tx.as_str() {
            "all" => Transactions::All,
            _ => Transactions::Each,
        }
    }
}

impl Preview {
    /// Whether nothing is changed.
    #[must_use]
    pub fn is_only_shown(&self) -> bool {
        self.plan || self.sql
    }
}

/// How a change is made.
#[derive(Debug, Args)]
pub struct Manner {
    /// Seconds that a statement waits for a lock before the migration is rolled back and, on PostgreSQL, tried again
    #[arg(long, value_name = "SECONDS", default_value = "5")]
    pub lock_timeout: f64,
    /// Seconds to wait for another process that changes the schema
    #[arg(long, value_name = "SECONDS", default_value = "600")]
    pub wait: f64,
    /// Copy a SQLite file first: `auto` does it when rows or values would be lost
    #[arg(long, value_name = "WHEN", value_parser = ["auto", "always", "never"], num_args = 0..=1, default_missing_value = "always")]
    pub backup: Option<String>,
    /// What is one transaction: `each` migration, or `all` of them, so that nothing is done when one fails
    #[arg(long, value_name = "WHAT", value_parser = ["each", "all"], default_value = "each")]
    pub tx: String,
    /// Go on though rows or values are lost
    #[arg(long, visible_alias = "allow-destructive")]
    pub allow_data_loss: bool,
    /// Apply migrations that are older than the newest applied one
    #[arg(long)]
    pub out_of_order: bool,
}
