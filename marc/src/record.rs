//! What a record says about a book, whatever format it came in.

use crate::{name, role::Role};

/// What a record says about a book.
///
/// Texts are in Unicode's composed form, with single spaces and without control characters. Years, page counts and ISBNs are as
/// they are written in the record, for example `c1987`, `xii, 300 p.` and `0306406152 (pbk.)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The number that the record has where it comes from.
    pub control_number: Option<String>,
    /// The title; empty if there is none.
    pub title: String,
    /// The rest of the title: a subtitle, or the title in another language.
    pub subtitle: Option<String>,
    /// The part of a work in several parts, from the outermost.
    pub parts: Vec<Part>,
    /// Who made it, in the order of the record.
    pub contributors: Vec<Contributor>,
    /// Its ISBNs, cancelled ones included.
    pub isbns: Vec<Isbn>,
    /// The statement of its edition.
    pub edition: Option<String>,
    /// Where it was published.
    pub place: Option<String>,
    /// Who published it.
    pub publisher: Option<String>,
    /// When it was published, as written.
    pub year: Option<String>,
    /// Its extent, as written.
    pub pages: Option<String>,
    /// The languages of its text, as codes of MARC or ISO 639-2/B where the record has codes.
    pub languages: Vec<String>,
    /// What it is about.
    pub subjects: Vec<Subject>,
    /// The series that it belongs to.
    pub series: Vec<Series>,
    /// A summary; its paragraphs are separated by an empty line.
    pub description: Option<String>,
}

impl Record {
    /// The contributors whose role is the author's, or not said.
    pub fn authors(&self) -> impl Iterator<Item = &Contributor> {
        self.contributors.iter().filter(|contributor| contributor.is_author())
    }

    /// The title with its parts and without its subtitle: `War and peace. 2, The invasion`.
    pub fn title_with_parts(&self) -> String {
        let mut title = self.title.clone();
        for part in &self.parts {
            let texts: Vec<_> =
                [&part.number, &part.name].into_iter().flatten().map(String::as_str).collect();
            title.push_str(if title.ends_with(['.', '!', '?']) { " " } else { ". " });
            title.push_str(&texts.join(", "));
        }
        title
    }
}

/// A part of a work: a number, a name, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// As written: `Part 2`, `Bd. 3`.
    pub number: Option<String>,
    /// The title of the part.
    pub name: Option<String>,
}

/// A person or body that contributed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contributor {
    /// The name as written in the record.
    pub name: String,
    /// What the name is of.
    pub kind: Kind,
    /// Whether the name of a person is written `Last, First`.
    pub inverted: bool,
    /// Titles and other words associated with the name: `Sir`, `Jr.`
    pub titles: Option<String>,
    /// Dates of life or activity, as written.
    pub dates: Option<String>,
    /// What they did; empty where the record does not say.
    pub roles: Vec<Role>,
}

impl Contributor {
    /// The name in the order in which it is spoken: `Ada Finch`.
    pub fn direct_name(&self) -> String {
        if self.inverted { name::direct(&self.name) } else { self.name.clone() }
    }

    /// Whether the role is the author's, or not said.
    pub fn is_author(&self) -> bool {
        self.roles.is_empty() || self.roles.iter().any(Role::is_author)
    }
}

/// What a name is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// A person or a family.
    #[default]
    Person,
    /// A corporate body.
    Corporate,
    /// A meeting.
    Meeting,
}

/// An ISBN as the record has it; whether it is valid is for the caller to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Isbn {
    /// As written, with what follows the number: `0306406152 (pbk.)`.
    pub text: String,
    /// Qualifiers that are apart from the number: `hardcover`.
    pub qualifiers: Vec<String>,
    /// Whether the record calls it cancelled or invalid.
    pub cancelled: bool,
}

/// What a book is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The heading with its subdivisions: `Gardens -- England -- History`.
    pub text: String,
    /// What the heading is of.
    pub kind: SubjectKind,
}

/// What a subject heading is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SubjectKind {
    /// A topic of a list of headings.
    #[default]
    Topic,
    /// A geographic name.
    Place,
    /// A term of no list.
    Keyword,
}

/// A series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Series {
    /// Its title.
    pub name: String,
    /// The number of the book in it, as written.
    pub number: Option<String>,
}
