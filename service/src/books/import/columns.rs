//! The columns that are read, by their names.

use super::{
    Options,
    header::{place, plain, shown},
    profiles::Profile,
};
use crate::query::shortened;

/// Our columns and the headers under which other catalogues keep them, the best first.
pub(super) const COLUMNS: [(&str, &[&str]); 13] = [
    (
        "title",
        &["title", "book_title", "name", "original_title", "titel", "buchtitel", "titre", "titulo"],
    ),
    (
        "author",
        &[
            "author",
            "authors",
            "author_name",
            "author_names",
            "book_author",
            "primary_author",
            "author(s)",
            "creator",
            "autor",
            "autoren",
            "autor(en)",
            "autorin",
            "verfasser",
            "verfasserin",
            "auteur",
            "auteurs",
            "auteur(s)",
            "autores",
            "autor(es)",
            // A person, in Spanish too: the publisher is `editorial` there, and `editeur` in French.
            "editor",
            "editors",
        ],
    ),
    (
        "year",
        &[
            "year",
            "publication_year",
            "year_of_publication",
            "original_publication_year",
            "year_published",
            "published",
            "publication_date",
            "date_published",
            "published_date",
            "publish_date",
            "pubdate",
            "date",
            "jahr",
            "erscheinungsjahr",
            "erscheinungsdatum",
            "veroffentlichungsjahr",
            "veroeffentlichungsjahr",
            "annee",
            "annee_de_publication",
            "annee_de_parution",
            "date_de_publication",
            "date_de_parution",
            "ano",
            "ano_de_publicacion",
            "ano_de_edicion",
            "fecha_de_publicacion",
        ],
    ),
    ("isbn", &["isbn", "isbn13", "isbn_13", "isbn10", "isbn_10", "isbns", "ean"]),
    (
        "page_count",
        &[
            "page_count",
            "num_pages",
            "number_of_pages",
            "pages",
            "seiten",
            "seitenzahl",
            "seitenanzahl",
            "anzahl_seiten",
            "nombre_de_pages",
            "nb_pages",
            "nb_de_pages",
            "paginas",
            "numero_de_paginas",
            "n_de_paginas",
        ],
    ),
    ("status", &["status"]),
    ("subtitle", &["subtitle", "sub_title", "untertitel", "sous_titre", "subtitulo"]),
    (
        "publisher",
        &[
            "publisher",
            "publisher_name",
            "publishers",
            "book_publisher",
            "verlag",
            "editeur",
            "maison_d'edition",
            "editorial",
        ],
    ),
    (
        "language",
        &["language", "languages", "language_code", "lang", "sprache", "langue", "idioma"],
    ),
    (
        "description",
        &[
            "description",
            "summary",
            "synopsis",
            "abstract",
            "abstract_note",
            "beschreibung",
            "klappentext",
            "zusammenfassung",
            "resume",
            "descripcion",
            "resumen",
            "sinopsis",
        ],
    ),
    ("series", &["series", "series_name", "series_title", "reihe", "serie"]),
    (
        "series_number",
        &[
            "series_number",
            "series_index",
            "series_position",
            "band",
            "bandnummer",
            "tome",
            "tomo",
            "numero_de_serie",
        ],
    ),
    // No column of a book, so it is the last one.
    (
        "subjects",
        &[
            "subjects",
            "subject",
            "subject_headings",
            "genres",
            "genre",
            "schlagworte",
            "schlagworter",
            "schlagwoerter",
            "sujets",
            "materias",
        ],
    ),
];

/// The place of the subjects in [`COLUMNS`].
pub(super) const SUBJECTS: usize = COLUMNS.len() - 1;
/// Headers under which commas separate subjects; elsewhere they are within one: `Presidents, American`.
const LISTS: [&str; 6] = ["tags", "tag", "genres", "genre", "genres_labels", "subjects_labels"];

/// The members of a book, and the headers under which they are read if no program is known by the header, the best first.
#[must_use]
pub fn columns() -> &'static [(&'static str, &'static [&'static str])] {
    &COLUMNS
}

/// Where the members of a book are in a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    /// For each of [`COLUMNS`] the fields that may have its value, the best first.
    places: [Vec<usize>; COLUMNS.len()],
    /// The fields of subjects in which commas separate them.
    lists: Vec<usize>,
    /// The program that wrote the table, if it is known.
    pub profile: Option<&'static Profile>,
}

impl Columns {
    /// Finds the columns of a table by its headers. The options name the headers of a column where the usual ones do not fit, and
    /// values of members that have no column.
    ///
    /// # Errors
    /// When the options name a column or a header that does not exist, and when no header means a title or an author.
    pub fn find(names: &[String], options: &Options) -> Result<Self, String> {
        let Options { map, defaults, .. } = options;
        if let Some(column) = map
            .keys()
            .chain(defaults.keys())
            .find(|column| COLUMNS.iter().all(|(ours, _)| ours != column))
        {
            let ours = COLUMNS.map(|(ours, _)| ours).join(", ");
            let column = shortened(column, 40);
            return Err(format!("`{column}` is no column of a book; the columns are {ours}"));
        }
        let plain: Vec<String> = names.iter().map(|name| plain(name)).collect();
        let profile = Profile::find(&plain);
        let is_list = |(at, name): (usize, &String)| LISTS.contains(&name.as_str()).then_some(at);
        let lists = plain.iter().enumerate().filter_map(is_list).collect();
        let mut found = Self { profile, lists, ..Self::default() };
        for (places, (ours, aliases)) in found.places.iter_mut().zip(COLUMNS) {
            let aliases = profile.and_then(|profile| profile.headers(ours)).unwrap_or(aliases);
            *places = match map.get(ours) {
                Some(headers) => named(headers, names)?,
                None => all_named(aliases, &plain),
            };
            let is_needed = matches!(ours, "title" | "author") && !defaults.contains_key(ours);
            if places.is_empty() && is_needed {
                let headers = shown(names);
                let or = match ours {
                    "author" => ", or what all rows have, as `author=VALUE` of a default",
                    _ => "",
                };
                return Err(format!(
                    "no header means `{ours}`; name the one that does, as `{ours}=HEADER` of a map{or}; the headers are {headers}"
                ));
            }
        }
        Ok(found)
    }

    /// The fields of a column.
    pub fn of(&self, column: usize) -> &[usize] {
        self.places.get(column).map_or(&[], Vec::as_slice)
    }

    /// Whether commas separate the subjects in a field.
    pub fn is_list(&self, place: usize) -> bool {
        self.lists.contains(&place)
    }

    /// How many of its first fields a row must have.
    pub fn width(&self) -> usize {
        self.places.iter().flatten().max().map_or(0, |last| last + 1)
    }

    /// The columns that the table has, with their headers.
    pub fn named(&self, names: &[String]) -> Vec<(&'static str, Vec<String>)> {
        let columns = COLUMNS.iter().zip(&self.places).filter(|(_, places)| !places.is_empty());
        let headers =
            |places: &Vec<usize>| places.iter().filter_map(|at| names.get(*at).cloned()).collect();
        columns.map(|((ours, _), places)| (*ours, headers(places))).collect()
    }

    /// Which columns the table has.
    pub fn present(&self) -> [bool; COLUMNS.len()] {
        self.places.each_ref().map(|places| !places.is_empty())
    }
}

/// The places of all headers that have one of the names.
fn all_named(aliases: &[&str], names: &[String]) -> Vec<usize> {
    let places = aliases.iter().flat_map(|alias| {
        names.iter().enumerate().filter(move |(_, name)| name == alias).map(|(place, _)| place)
    });
    places.collect()
}

/// The places of one header, or of several with commas between them, the best first.
fn named(headers: &str, names: &[String]) -> Result<Vec<usize>, String> {
    let place = |header: &str| place(header, names);
    match place(headers) {
        // A header may have a comma itself.
        Ok(place) => Ok(vec![place]),
        Err(_) if headers.contains(',') => headers.split(',').map(place).collect(),
        Err(error) => Err(error),
    }
}
