//! An existing crate of SeaORM migrations, adopted: its files are as they were, and this is the main.rs.
//!
//! ```sh
//! cargo run -p sea-revise --example adopted -- -u sqlite:adopted.db -d revise/examples/adopted/migration init --adopt
//! cargo run -p sea-revise --example adopted -- -u sqlite:adopted.db up
//! ```

mod entity;
mod migration;

fn main() -> std::process::ExitCode {
    sea_revise::Revise::new::<migration::Migrator>()
        .entities(sea_revise::Entities::new().add(entity::book::Entity))
        .main()
}
