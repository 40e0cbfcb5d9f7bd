//! Texts without what a search disregards: accents, apostrophes, dashes, and that some letters have two spellings.
//!
//! A needle is folded here, and the texts of a database by what its schema has: on SQLite a view of the same columns, which plain SQL
//! can read too, and on PostgreSQL a function. There a dash is a space or nothing, so a text with a dash is twice as many lines.

use std::{iter, sync::LazyLock};

use sea_orm::{
    DbBackend,
    sea_query::{BinOper, CaseStatement, Expr, ExprTrait, Func, Query},
};
use unicode_normalization::UnicodeNormalization;

use crate::{
    field::Field,
    text::{self, Case, Place},
};

/// The function on PostgreSQL. It lowers the case of ASCII letters too.
const FUNCTION: &str = "search_fold";
/// The column of the view on SQLite that has all columns that are searched, one below the other.
const TEXT: &str = "text";
/// The row of the view that is asked about.
const ROW: &str = "folded";
const DASHES: &str = "-\u{2010}\u{2011}\u{2012}–—\u{2015}\u{2212}\u{ff0d}";
/// What is folded besides accents.
const SPECIAL: [(&str, &str); 11] = [
    (DASHES, " "),
    ("'`´‘’\u{2bb}\u{2bc}\u{2b9}\u{2032}\u{ff07}\u{ad}", ""),
    ("ßẞ", "ss"),
    ("æÆ", "ae"),
    ("œŒ", "oe"),
    ("þÞ", "th"),
    ("øØ", "o"),
    ("łŁ", "l"),
    ("đĐðÐ", "d"),
    ("ħĦ", "h"),
    ("ŧŦ", "t"),
];
/// A letter without a dot, a long one, and one that ends words.
const VARIANTS: [(char, char); 3] = [('ı', 'i'), ('ſ', 's'), ('ς', 'σ')];

/// A text as it is looked for, with ASCII letters in lower case.
pub fn folded(text: &str) -> String {
    let is_mark = |c: &char| matches!(c, '\u{300}'..='\u{36f}');
    let mut folded = String::with_capacity(text.len());
    for c in text.nfd().filter(|c| !is_mark(c)).nfc() {
        let special = SPECIAL.iter().find(|(letters, _)| letters.contains(c));
        let variant = VARIANTS.iter().find(|(letter, _)| *letter == c);
        match (special, variant) {
            (Some((_, base)), _) => folded.push_str(base),
            (None, Some((_, base))) => folded.push(*base),
            (None, None) => folded.push(c.to_ascii_lowercase()),
        }
    }
    folded
}

/// The parts of a word that dashes connect.
pub fn parts(word: &str) -> impl Iterator<Item = &str> {
    word.split(|c| DASHES.contains(c)).filter(|part| !part.is_empty())
}

/// Whether a folded text has a needle that is folded.
pub fn contains(text: Expr, needle: &str, place: Place, backend: DbBackend) -> Expr {
    let postgres = backend == DbBackend::Postgres;
    let (text, needle) = match place {
        Place::Anywhere => (text, needle.to_owned()),
        // Each column is a line, or two of them.
        Place::Whole | Place::Start | Place::End => {
            let end = || Expr::cust(if postgres { "chr(10)" } else { "char(10)" });
            let lines = end().binary(BinOper::Custom("||"), text);
            let lines = lines.binary(BinOper::Custom("||"), end());
            (lines, place.bounded(needle, "\n"))
        }
    };
    // The function has lowered the case already.
    let case = if postgres && needle.is_ascii() { Case::Exact } else { Case::Ignored };
    text::pattern(text, &needle, (Place::Anywhere, case), backend)
}

/// The folded text of a column as SQLite's view has it, or of all that are searched.
pub fn of_view(view: &'static str, fields: &[&Field]) -> Expr {
    let mut text = Query::select();
    match fields {
        [only] => text.column((view, only.column.clone())),
        _ => text.column((view, TEXT)),
    };
    let is_row = fields.first().map(|field| is_row(view, field));
    Expr::from(text.from(view).and_where_option(is_row).take())
}

/// Whether folding changes more in a text of one of the columns than the case of ASCII letters. It costs a fraction of a look into
/// SQLite's view.
pub fn is_special(fields: &[&Field]) -> Expr {
    any(fields, |field| {
        let length = |x| Expr::from(Func::cust("length").arg(x));
        let is_long = length(field.expr().cast_as("blob")).gt(length(field.expr()));
        ["'-'", "''''", "'`'"].into_iter().fold(is_long, |any, sign| {
            any.or(Func::cust("instr").args([field.expr(), Expr::cust(sign)]))
        })
    })
}

/// Whether one of the columns has letters that may be the first two of a needle when they are folded. It is for needles that no index
/// finds, of which the view would otherwise fold every row.
pub fn may_have(fields: &[&Field], needle: &str) -> Expr {
    let letters = needle.chars().filter(|c| c.is_alphanumeric()).take(2);
    let classes: String = letters.map(|c| format!("[{}]*", spellings(c))).collect();
    let pattern = format!("*{classes}");
    any(fields, |field| field.expr().binary(BinOper::Custom("GLOB"), pattern.as_str()))
}

fn any(fields: &[&Field], of: impl Fn(&Field) -> Expr) -> Expr {
    let each = fields.iter().map(|field| of(field)).reduce(ExprTrait::or);
    each.unwrap_or(Expr::Constant(false.into()))
}

/// The letters that have this one when they are folded, in any case.
fn spellings(folded: char) -> String {
    static LETTERS: LazyLock<Vec<(char, String)>> = LazyLock::new(|| {
        let letters = ('\u{80}'..='\u{2bff}').filter(|c| c.is_alphabetic());
        let letters = letters.map(|c| (c, self::folded(c.encode_utf8(&mut [0; 4]))));
        letters.filter(|(letter, folded)| !folded.starts_with(*letter)).collect()
    });
    let cases = text::cases(folded);
    let others = LETTERS.iter().filter(|(_, folded)| folded.contains(cases.as_slice()));
    cases.iter().copied().chain(others.map(|(letter, _)| *letter)).collect()
}

/// Whether a row of the view is that of a field.
fn is_row(view: &'static str, field: &Field) -> Expr {
    Expr::col((view, "id")).equals((field.table.clone(), "id"))
}

/// A row for several questions: it is folded once.
pub struct Row<'a> {
    backend: DbBackend,
    view: &'static str,
    first: &'a Field,
    texts: Vec<&'a Field>,
    /// What is asked for, folded.
    pub needle: String,
}

impl<'a> Row<'a> {
    /// Of the columns that are searched, for a needle that is folded.
    pub fn of(texts: &[&'a Field], needle: String, backend: DbBackend) -> Option<Self> {
        let first = texts.first()?;
        let view = first.folded.filter(|_| !needle.is_empty())?;
        Some(Self { backend, view, first, texts: texts.to_vec(), needle })
    }

    /// Whether the first column has the needle, or any one.
    pub fn has(&self, texts: &[&Field], place: Place) -> Expr {
        let column = match texts {
            [only] if only.name == self.first.name => Expr::col((ROW, only.column.clone())),
            _ => Expr::col((ROW, TEXT)),
        };
        contains(column, &self.needle, place, self.backend)
    }

    /// What is asked.
    pub fn select(self, asked: Expr) -> Expr {
        let Self { backend, view, first, texts, .. } = self;
        let mut row = Query::select();
        if backend == DbBackend::Postgres {
            row.expr_as(function(&[first.expr()]), first.column.clone());
            let columns: Vec<Expr> = texts.iter().map(|field| field.expr()).collect();
            row.expr_as(function(&columns), TEXT);
        } else {
            row.column((view, first.column.clone())).from(view).and_where(is_row(view, first));
            if texts.len() > 1 {
                row.column((view, TEXT));
            }
            row.limit(1);
        }
        // A row with an offset is made, whose expressions would otherwise be put into each question.
        row.offset(0);
        Query::select().expr(asked).from_subquery(row.take(), ROW).take().into()
    }
}

/// The folded text of columns as PostgreSQL makes it: of one, or of several with a line for each. It consists of constants, so that
/// it is the expression of an index.
pub fn function(columns: &[Expr]) -> Expr {
    let all = match columns {
        [column] => return of_column(column),
        columns => {
            let line = |column: &Expr| {
                let line = column.clone().binary(BinOper::Custom("||"), Expr::cust("chr(10)"));
                Expr::from(Func::coalesce([line, Expr::cust("''")]))
            };
            let concat = |all: Expr, next| all.binary(BinOper::Custom("||"), next);
            let lines = columns.iter().map(line).reduce(concat).unwrap_or(Expr::cust("''"));
            Func::cust("nullif").arg(lines).arg(Expr::cust("''"))
        }
    };
    Func::cust(FUNCTION).arg(all).into()
}

/// The same without the function for a text of ASCII without a dash, which most are.
fn of_column(column: &Expr) -> Expr {
    let call = |name, sign: &[&'static str]| {
        let signs = sign.iter().map(|sign| Expr::cust(*sign));
        Expr::from(Func::cust(name).args(iter::once(column.clone()).chain(signs)))
    };
    let is_ascii = call("octet_length", &[]).eq(call("char_length", &[]));
    let is_plain = is_ascii.and(call("strpos", &["'-'"]).eq(Expr::cust("0")));
    let plain = Func::cust("replace").args([
        call("replace", &["''''", "''"]),
        Expr::cust("'`'"),
        Expr::cust("''"),
    ]);
    let plain = Expr::cust_with_expr("$1 COLLATE \"C\"", plain);
    let plain = Func::cust("lower").arg(plain);
    CaseStatement::new().case(is_plain, plain).finally(call(FUNCTION, &[])).into()
}
