//! Commands that look leave a database alone: what their shadows can reach, what they leave behind, and what a migration that fails
//! in one says.

#![expect(
    clippy::disallowed_methods,
    reason = "SeaORM's macros begin transactions that nobody here asks for"
)]

#[cfg(test)]
mod shadows {
    mod edited;
    mod history;
    mod project;
    mod reach;
    mod refusals;
    mod scratch;
    mod watch;
}
