//! The revisions, oldest first. Generated whole from the files beside it: what you write here is lost.

use sea_revise::prelude::MigrationTrait;

mod m20260901_090000_create_books;
mod m20260908_090000_create_stores_and_items;
mod m20260915_090000_add_page_count_to_books;
mod m20260922_090000_add_status_to_books;
mod m20260929_090000_widen_author_of_books;
mod m20261006_090000_create_users;
mod m20261126_160827_create_idempotency_keys;
mod m20261126_181529_create_imports;
mod m20261126_195339_index_books_by_title_and_year;
mod m20261126_214304_index_substrings_of_books;
mod m20261127_005500_keep_trigrams_of_books_without_places;
mod m20261127_043000_divide_trigrams_of_books_by_their_ids;
mod m20261129_070000_index_imports_by_state;
mod m20261130_225100_add_subtitle_to_books;
mod m20261130_225110_add_publisher_to_books;
mod m20261130_225120_add_language_to_books;
mod m20261130_225130_add_description_to_books;
mod m20261130_225140_add_series_to_books;
mod m20261130_225435_note_rows_of_imports;
mod m20261130_231812_create_merges;
mod m20261130_233932_create_subjects;
mod m20261130_235336_import_rows_of_any_noun;
mod m20261130_235500_search_without_regard_to_accents;

/// Every revision in the order in which it is applied.
pub fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m20260901_090000_create_books::Migration),
        Box::new(m20260908_090000_create_stores_and_items::Migration),
        Box::new(m20260915_090000_add_page_count_to_books::Migration),
        Box::new(m20260922_090000_add_status_to_books::Migration),
        Box::new(m20260929_090000_widen_author_of_books::Migration),
        Box::new(m20261006_090000_create_users::Migration),
        Box::new(m20261126_160827_create_idempotency_keys::Migration),
        Box::new(m20261126_181529_create_imports::Migration),
        Box::new(m20261126_195339_index_books_by_title_and_year::Migration),
        Box::new(m20261126_214304_index_substrings_of_books::Migration),
        Box::new(m20261127_005500_keep_trigrams_of_books_without_places::Migration),
        Box::new(m20261127_043000_divide_trigrams_of_books_by_their_ids::Migration),
        Box::new(m20261129_070000_index_imports_by_state::Migration),
        Box::new(m20261130_225100_add_subtitle_to_books::Migration),
        Box::new(m20261130_225110_add_publisher_to_books::Migration),
        Box::new(m20261130_225120_add_language_to_books::Migration),
        Box::new(m20261130_225130_add_description_to_books::Migration),
        Box::new(m20261130_225140_add_series_to_books::Migration),
        Box::new(m20261130_225435_note_rows_of_imports::Migration),
        Box::new(m20261130_231812_create_merges::Migration),
        Box::new(m20261130_233932_create_subjects::Migration),
        Box::new(m20261130_235336_import_rows_of_any_noun::Migration),
        Box::new(m20261130_235500_search_without_regard_to_accents::Migration),
    ]
}
