//! The columns that are read, by their names.

/// Our columns and the headers under which other catalogues keep them, the best first.
pub(super) const COLUMNS: [(&str, &[&str]); 6] = [
    ("title", &["title", "book_title", "name", "original_title"]),
    ("author", &["author", "authors", "author_name", "author_names", "creator"]),
    (
        "year",
        &["year", "publication_year", "original_publication_year", "year_published", "published"],
    ),
    ("isbn", &["isbn", "isbn13", "isbn_13", "isbn10", "isbn_10"]),
    ("page_count", &["page_count", "pages", "num_pages", "number_of_pages"]),
    ("status", &["status"]),
];
