//! Imports as jobs: a file of books, stores or items is uploaded, stored one chunk at a time, and undone as a whole on request.
//!
//! Each chunk is one transaction with its rows, their previous values, the rejected rows, and the position in the file. So a
//! process that is killed continues where it was, and other writers of SQLite never wait long.

mod at_once;
mod chunk;
mod clean_up;
mod dry_run;
mod importable;
mod journal;
mod lists;
mod notes;
mod of_noun;
mod outcome;
mod queue;
mod recorder;
mod rejections;
mod sheet;
mod spool;
mod undo;
mod watch;
mod work;

use entity::import::{ActiveModel, Column, Entity};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityTrait, IntoActiveModel, QuerySelect,
};

pub use at_once::{Imported, Observer, at_once};
pub use entity::import::{Model as Import, Noun as Nouns, State};
pub use importable::Importable;
pub(crate) use journal::Change;
pub use lists::{RowList, RowParts};
#[cfg(any(test, feature = "laws"))]
pub(crate) use sheet::Sheet;
pub use spool::{Room, Spool, Upload};
pub(crate) use undo::Undoable;
pub use undo::{not_reverted, undo_at_once};
pub use watch::{Following, MOST_FOLLOWERS};
pub use work::Imports;
pub(crate) use {
    dry_run::DryRun,
    importable::{Memory, ReadyRow, duplicate},
    of_noun::{Line, Tabular},
    outcome::Outcome,
    sheet::{Cells, Layout},
};

use crate::{
    Book, Item, Store,
    books::import::{self, Options, Reasons, RowReader, Understood},
    database::{Changes, Reader, Rows},
    error::{Error, Result},
    noun::{Listed, not_found},
    now,
    query::{Listing, Page, Resource},
};

/// No [`Reasons`], as they are stored.
const NO_REASONS: &str = "{}";
/// Maximum length of a file name in characters.
const LONGEST_NAME: usize = 255;

static IMPORTS: Resource<Entity> = Resource::new("import", "imports")
    .searched(&[Column::Name])
    .hidden(&[
        Column::Options,
        Column::File,
        Column::Header,
        Column::LinesRead,
        Column::Problem,
        Column::Reasons,
    ])
    .renamed(&[(Column::Kept, "not_reverted")]);

impl Listed for Import {
    fn resource() -> &'static Resource<Entity> {
        &IMPORTS
    }
}

/// A file that was uploaded completely, and whose header is readable.
#[derive(Debug)]
pub struct NewImport {
    noun: Nouns,
    name: Option<String>,
    options: Options,
    file: String,
    header: Vec<u8>,
    bytes: u64,
}

impl NewImport {
    /// Checks the header of an uploaded file. Reads a file, so it must be called on a thread that may block.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a file without a usable header.
    pub fn of(noun: Nouns, upload: &Upload, name: Option<&str>, options: Options) -> Result<Self> {
        match noun {
            Nouns::Books => Self::of_rows::<Book>(upload, name, options),
            Nouns::Stores => Self::of_rows::<Store>(upload, name, options),
            Nouns::Items => Self::of_rows::<Item>(upload, name, options),
        }
    }

    fn of_rows<T: Importable>(
        upload: &Upload,
        name: Option<&str>,
        options: Options,
    ) -> Result<Self> {
        let input = upload.read().map_err(spool::failure)?;
        let rows = T::open(input, &options).map_err(import::bad_file)?;
        // It is found once: whoever goes on with the import must read it in the same way.
        let options = rows.understood().settle(options);
        let header = rows.header().to_vec();
        let name = plain_name(name);
        Ok(Self {
            noun: T::NOUN,
            name,
            options,
            file: upload.name().to_owned(),
            header,
            bytes: upload.length(),
        })
    }
}

/// The name of a file alone.
fn plain_name(name: Option<&str>) -> Option<String> {
    // Old browsers send it with directories, and clients may send anything.
    let last = name?.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    Some(plain).filter(|name| !name.is_empty())
}

/// A page of the imports, the newest first.
///
/// # Errors
/// [`Error::Invalid`] for a bad parameter, and any database error.
pub async fn list(db: &Reader, listing: &Listing) -> Result<Page<Import>> {
    Ok(listing.or_sorted_by("-id").page(db, &IMPORTS, db.all::<Entity>()).await?)
}

/// One import.
///
/// # Errors
/// [`Error::NotFound`], and any database error.
pub async fn find(db: &impl Rows, id: i32) -> Result<Import> {
    db.by_id::<Entity>(id).await?.ok_or(not_found::<Import>(id))
}

/// Adds a file to the end of the queue.
///
/// # Errors
/// Any database error.
pub async fn create(db: &impl Changes, new: &NewImport) -> Result<Import> {
    let NewImport { noun, name, options, file, header, bytes } = new;
    let row = ActiveModel {
        id: NotSet,
        state: Set(State::Queued),
        noun: Set(*noun),
        name: Set(name.clone()),
        options: Set(serde_json::to_string(options).map_err(Error::no_json)?),
        dry_run: Set(options.dry_run),
        file: Set(file.clone()),
        header: Set(header.clone()),
        bytes_total: Set(i64::try_from(*bytes).unwrap_or(i64::MAX)),
        bytes_read: Set(0),
        lines_read: Set(0),
        rows: Set(0),
        inserted: Set(0),
        updated: Set(0),
        skipped: Set(0),
        rejected: Set(0),
        warnings: Set(0),
        unusable: Set(0),
        empty_rows: Set(0),
        reasons: Set(NO_REASONS.to_owned()),
        reverted: Set(0),
        kept: Set(0),
        problem: Set(None),
        created_at: Set(now()),
        started_at: Set(None),
        ended_at: Set(None),
        version: Set(1),
    };
    Ok(db.insert(row).await?)
}

/// Requests that an import be undone, and stopped if it is still running. Has no effect on an import that is already undone.
///
/// # Errors
/// [`Error::NotFound`], and any database error.
pub async fn undo(db: &impl Changes, id: i32) -> Result<Import> {
    let import = locked(db, id).await?.ok_or(not_found::<Import>(id))?;
    match import.state {
        State::Queued | State::Running | State::Done => begin_undo(db, import, None).await,
        State::Undoing | State::Undone | State::Failed => Ok(import),
    }
}

/// The options of an import.
///
/// # Errors
/// Never in practice: it was written by [`create`].
pub fn options(import: &Import) -> Result<Options> {
    serde_json::from_str(&import.options).map_err(|error| {
        Error::internal(format!("the options of an import are unreadable: {error}"))
    })
}

/// How the file of an import is understood, by its options.
#[must_use]
pub fn understood(import: &Import, options: &Options) -> Understood {
    match import.noun {
        Nouns::Books => Understood::of::<Book>(&import.header, options),
        Nouns::Stores => Understood::of::<Store>(&import.header, options),
        Nouns::Items => Understood::of::<Item>(&import.header, options),
    }
}

/// How many rows of an import have which reason.
#[must_use]
pub fn reasons(import: &Import) -> Reasons {
    // They are only written here, and a count is no reason to fail.
    serde_json::from_str(&import.reasons).unwrap_or_default()
}

/// The plural of what the rows of an import are.
#[must_use]
pub fn plural(noun: Nouns) -> &'static str {
    match noun {
        Nouns::Books => "books",
        Nouns::Stores => "stores",
        Nouns::Items => "items",
    }
}

/// Whether the import has reached a final state.
#[must_use]
pub fn has_ended(import: &Import) -> bool {
    match import.state {
        State::Queued | State::Running | State::Undoing => false,
        State::Done | State::Undone | State::Failed => true,
    }
}

/// The import, locked until the transaction ends.
async fn locked(db: &impl Changes, id: i32) -> Result<Option<Import>> {
    Ok(db.row(Entity::find_by_id(id).lock_exclusive()).await?)
}

async fn begin_undo(db: &impl Changes, import: Import, problem: Option<String>) -> Result<Import> {
    let next = import.version + 1;
    let mut row = import.into_active_model();
    row.state = Set(State::Undoing);
    row.problem = Set(problem);
    row.ended_at = Set(None);
    row.version = Set(next);
    Ok(db.update(row).await?)
}
