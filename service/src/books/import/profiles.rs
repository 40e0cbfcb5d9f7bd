//! The programs whose tables are known: by which headers each is recognised, and where it has the members of a book.
//!
//! Headers are written as [`columns`](super::columns) compares them: in small letters, with underscores, without accents. Where each
//! program's are documented is in `docs/formats.md`.

/// A program that writes tables of books.
#[derive(Debug, PartialEq, Eq)]
pub struct Profile {
    /// The name of the program.
    pub name: &'static str,
    /// Headers that only its tables have together.
    pub(super) recognised_by: &'static [&'static str],
    /// Its headers for a member, the best first; members that are not named have the usual ones. None for a member under whose
    /// usual headers the program has something else, such as the state of reading.
    pub(super) columns: &'static [(&'static str, &'static [&'static str])],
}

/// All of them.
pub static PROFILES: [Profile; 19] = [
    Profile {
        name: "Goodreads",
        recognised_by: &["book_id", "author_l_f", "exclusive_shelf"],
        columns: &[
            ("author", &["author"]),
            ("year", &["original_publication_year", "year_published"]),
            ("isbn", &["isbn", "isbn13"]),
            ("page_count", &["number_of_pages"]),
        ],
    },
    Profile {
        name: "StoryGraph",
        recognised_by: &["isbn/uid", "read_status", "contributors"],
        columns: &[("author", &["authors"]), ("isbn", &["isbn/uid"]), ("status", &[])],
    },
    Profile {
        name: "LibraryThing",
        recognised_by: &["primary_author", "sort_character"],
        columns: &[
            ("author", &["primary_author", "secondary_author"]),
            ("year", &["date"]),
            ("isbn", &["isbn", "isbns"]),
            ("page_count", &["page_count"]),
            ("publisher", &["publication"]),
            // It is the title and the author in one sentence.
            ("description", &[]),
        ],
    },
    Profile {
        name: "Calibre",
        recognised_by: &["author_sort", "pubdate", "uuid"],
        columns: &[
            ("author", &["authors"]),
            ("year", &["pubdate"]),
            ("isbn", &["isbn"]),
            ("status", &[]),
            ("description", &["comments"]),
            ("subjects", &["tags"]),
        ],
    },
    Profile {
        name: "Zotero",
        recognised_by: &["key", "item_type", "publication_year"],
        columns: &[
            ("author", &["author", "editor"]),
            ("year", &["publication_year", "date"]),
            ("isbn", &["isbn"]),
            // `Pages` are those of a chapter or an article.
            ("page_count", &["num_pages"]),
            ("status", &[]),
            ("description", &["abstract_note"]),
            // Those that came with the record; the others are of the reader.
            ("subjects", &["automatic_tags"]),
        ],
    },
    Profile {
        name: "BookWyrm",
        recognised_by: &["author_text", "remote_id", "openlibrary_key"],
        columns: &[
            ("author", &["author_text"]),
            ("isbn", &["isbn_13", "isbn_10"]),
            ("status", &[]),
        ],
    },
    Profile {
        name: "Libib",
        recognised_by: &["item_type", "creators", "ean_isbn13"],
        columns: &[
            ("author", &["creators"]),
            ("year", &["publish_date"]),
            ("isbn", &["ean_isbn13", "upc_isbn10"]),
            ("status", &[]),
            ("series", &["group"]),
        ],
    },
    Profile {
        name: "BookBuddy",
        recognised_by: &["author_(last,_first)", "google_volume_id"],
        columns: &[
            ("author", &["author", "author_(last,_first)"]),
            ("year", &["original_year_published", "year_published"]),
            ("isbn", &["isbn"]),
            ("page_count", &["number_of_pages"]),
            ("status", &[]),
            ("description", &["summary"]),
            ("series_number", &["volume"]),
        ],
    },
    Profile {
        name: "Book Catalogue",
        recognised_by: &["author_details", "bookshelf_id", "date_published"],
        columns: &[
            ("author", &["author_details"]),
            ("year", &["date_published"]),
            ("isbn", &["isbn"]),
            ("page_count", &["pages"]),
            ("status", &[]),
            ("series", &["series_details"]),
        ],
    },
    Profile {
        name: "Delicious Library",
        recognised_by: &["item_type", "creator", "release_date"],
        columns: &[
            ("author", &["creator"]),
            ("year", &["release_date"]),
            ("isbn", &["isbn", "ean"]),
            ("status", &[]),
        ],
    },
    Profile {
        name: "BiblioteQ",
        recognised_by: &["series_title", "authors", "monetary_units"],
        columns: &[
            ("author", &["authors"]),
            ("year", &["publication_date"]),
            ("isbn", &["isbn_13", "isbn_10"]),
            ("status", &[]),
            ("series", &["series_title"]),
            ("series_number", &["volume_number"]),
            ("subjects", &["categories"]),
        ],
    },
    Profile {
        name: "Inventaire",
        recognised_by: &["edition_isbn_13", "works_labels", "authors_labels"],
        columns: &[
            // Of an item without an edition the title is that of the work.
            ("title", &["edition_title", "works_labels"]),
            ("author", &["authors_labels"]),
            ("year", &["edition_publication_date"]),
            ("isbn", &["edition_isbn_13", "edition_isbn_10"]),
            ("page_count", &["edition_number_of_pages"]),
            ("status", &[]),
            ("subtitle", &["edition_subtitle"]),
            ("publisher", &["publisher_label"]),
            ("language", &["edition_language"]),
            ("series", &["series_labels"]),
            ("series_number", &["works_series_ordinals"]),
            ("subjects", &["subjects_labels", "genres_labels"]),
        ],
    },
    Profile {
        name: "Openreads",
        recognised_by: &["olid", "book_format", "readings"],
        columns: &[
            ("author", &["author"]),
            ("year", &["publication_year"]),
            ("isbn", &["isbn"]),
            ("page_count", &["pages"]),
            ("status", &[]),
        ],
    },
    Profile {
        // Headers of a report are the columns of its statement, or what the librarian calls them.
        name: "Koha",
        recognised_by: &["biblionumber", "title"],
        columns: &[
            (
                "year",
                &[
                    "publicationyear",
                    "copyrightdate",
                    "publication_date",
                    "publication_year",
                    "year",
                ],
            ),
            ("isbn", &["isbn"]),
            ("page_count", &["pages", "number_of_pages"]),
            ("status", &[]),
            ("publisher", &["publishercode", "publisher"]),
            ("series", &["seriestitle"]),
        ],
    },
    Profile {
        name: "Evergreen",
        recognised_by: &["title_proper_(normalized)", "author_(normalized)"],
        columns: &[
            ("title", &["title_proper_(normalized)"]),
            ("author", &["author_(normalized)"]),
            ("year", &["publication_year_(normalized)"]),
            ("isbn", &["isbn"]),
            ("status", &[]),
            ("publisher", &["publisher_(normalized)"]),
            ("description", &["summary_(normalized)"]),
            ("series", &["series_title_(normalized)"]),
        ],
    },
    Profile {
        // The log of readings; the edition that somebody read is only named by its key.
        name: "Open Library",
        recognised_by: &["work_id", "edition_id", "authors"],
        columns: &[("author", &["authors"]), ("year", &["first_publish_year"]), ("status", &[])],
    },
    Profile {
        name: "goodbooks-10k",
        recognised_by: &["goodreads_book_id", "best_book_id", "work_id"],
        columns: &[
            ("title", &["title", "original_title"]),
            ("author", &["authors"]),
            ("year", &["original_publication_year"]),
            ("isbn", &["isbn", "isbn13"]),
        ],
    },
    Profile {
        // Its export as JSON.
        name: "LibraryThing (JSON)",
        recognised_by: &["books_id", "sortcharacter"],
        columns: &[
            ("author", &["primaryauthor", "authors.fl", "secondaryauthor"]),
            ("year", &["date"]),
            ("isbn", &["isbn", "originalisbn", "ean"]),
            ("page_count", &["pages"]),
            ("publisher", &["publication"]),
            ("description", &[]),
            ("status", &[]),
        ],
    },
    Profile {
        // A dump names authors by their keys, and only some editions say who wrote them.
        name: "Open Library (dump)",
        recognised_by: &["latest_revision", "last_modified.value"],
        columns: &[
            ("author", &["authors.name", "by_statement"]),
            ("year", &["publish_date"]),
            ("isbn", &["isbn_13", "isbn_10"]),
            ("page_count", &["number_of_pages", "pagination"]),
            ("language", &["languages.key"]),
            ("description", &["description.value", "description"]),
            ("status", &[]),
        ],
    },
];

impl Profile {
    /// The program that wrote a table with these headers.
    pub(super) fn find(names: &[String]) -> Option<&'static Self> {
        let has = |header: &&str| names.iter().any(|name| name == header);
        PROFILES.iter().find(|profile| profile.recognised_by.iter().all(has))
    }

    /// Its headers for a member; `None` where they are the usual ones.
    pub(super) fn headers(&self, column: &str) -> Option<&'static [&'static str]> {
        let found = self.columns.iter().find(|(ours, _)| *ours == column);
        found.map(|(_, headers)| *headers)
    }

    /// The headers by which it is recognised, and those that are read.
    #[must_use]
    pub fn described(
        &self,
    ) -> (&'static [&'static str], &'static [(&'static str, &'static [&'static str])]) {
        (self.recognised_by, self.columns)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{columns::COLUMNS, header::plain},
        *,
    };

    #[test]
    fn each_program_is_recognised_by_its_own_headers_and_has_columns_that_exist() {
        for profile in &PROFILES {
            let header: Vec<String> =
                profile.recognised_by.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(Profile::find(&header), Some(profile));
            for (column, headers) in profile.columns {
                assert!(COLUMNS.iter().any(|(ours, _)| ours == column), "{column}");
                assert!(headers.iter().all(|name| plain(name) == **name), "{headers:?}");
            }
        }
        assert_eq!(Profile::find(&["title".to_owned(), "author".to_owned()]), None);
    }
}
