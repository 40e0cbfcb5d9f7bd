//! What is read from a PostgreSQL server, and what the statements for it do there.

#[cfg(test)]
#[cfg(test)]
mod postgres {
    mod enums;
    mod held;
    mod operations;
    mod pair;
    mod reading;
    mod setup;
    mod shadow;
    mod spelling;
    mod steps;
    mod survival;
    mod whole;
}
