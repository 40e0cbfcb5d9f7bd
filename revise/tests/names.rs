//! Histories that other people named and listed: through the command line, on both databases.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test calls may panic as the test itself does"
)]

#[path = "names/folders.rs"]
mod folders;
#[path = "names/forms.rs"]
mod forms;
#[path = "names/histories.rs"]
mod histories;
#[path = "names/project.rs"]
mod project;
#[path = "names/reports.rs"]
mod reports;
#[path = "names/sea_orm_verbs.rs"]
mod sea_orm_verbs;
#[path = "names/squashes.rs"]
mod squashes;
