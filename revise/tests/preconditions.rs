//! Preconditions asked of real databases: met by good rows, not met by bad ones, and of one mind with PostgreSQL itself.

#[cfg(test)]
mod preconditions {
    pub mod casts;
    pub mod places;
    pub mod plans;
    pub mod rows;
    pub mod setup;
}
