//! What is read from a PostgreSQL server, and what the statements for it do there.

#[cfg(test)]
#[cfg(test)]
mod postgres {
    mod enums;
    mod held;
    mod numbers;
    mod operations;
    mod order;
    mod pair;
    mod reading;
    mod remarks;
    mod selection;
    mod setup;
    mod shadow;
    mod spelling;
    mod steps;
    mod survival;
    mod unseen;
    mod whole;
}
