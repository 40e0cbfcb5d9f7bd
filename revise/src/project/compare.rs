//! `diff A B`: any two of models, database, head, a revision, a database by its URL, and a file of SQL.

mod apply;
mod empty;
pub(crate) mod script;
mod sides;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use sea_orm::DbBackend;

use self::sides::{Sides, home, without_strangers};
use crate::{
    diff::{DiffOptions, DiffScope, Difference, diff},
    error::{Error, Result},
    operation::reverse::reverse,
    project::generate::GenerateOptions,
    revision,
    runtime::{
        replay::Replay,
        revise::Revise,
        session::{Session, Use},
        shadow::Shadows,
        target::Target,
    },
    schema::Schema,
};

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Side {
    /// The entities.
    Models,
    /// The database of `--database-url`.
    Database,
    /// The history up to this revision.
    Revision(String),
    /// Another database.
    Url(Target),
    /// A file of SQL that creates a schema.
    File(PathBuf),
}

/// A comparison of two sides.
pub struct Comparison {
    /// What leads from the first to the second.
    pub difference: Difference,
    /// The kind of database of both.
    pub backend: DbBackend,
    before: Schema,
    /// As `before`, with the tables that are not looked at.
    all: Schema,
    apply_to: Option<Target>,
    whole: bool,
    /// Whether values may be lost.
    consent: bool,
    lock_timeout: Option<Duration>,
}

impl Revise {
    /// Reads the name of a side: `models`, `db`, `head`, `base`, a URL, a path that ends in `.sql`, or a revision.
    ///
    /// # Errors
    /// [`Error::Usage`] for a name that is none of these.
    pub fn side(&self, written: &str) -> Result<Side> {
        match written {
            "models" => return Ok(Side::Models),
            "db" | "database" => return Ok(Side::Database),
            "base" => return Ok(Side::Revision(String::new())),
            _ => {}
        }
        if written.contains("://") || written.starts_with("sqlite:") {
            return Ok(Side::Url(Target::parse(written, self.style)?));
        }
        if Path::new(written)
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("sql"))
        {
            return Ok(Side::File(PathBuf::from(written)));
        }
        let known = self.revisions();
        if written == "head" || written == "heads" {
            return Ok(Side::Revision(known.last().cloned().unwrap_or_default()));
        }
        let found = revision::resolve(&known, written);
        found.map(|name| Side::Revision(name.to_owned())).map_err(|error| {
            Error::Usage(format!(
                "`{written}` is neither `models`, `db`, `head`, a database URL nor a path that ends in `.sql`, and as a \
                 revision: {error}"
            ))
        })
    }

    /// Compares two sides, from the first to the second. `target` is the database of `--database-url`.
    ///
    /// # Errors
    /// When a side cannot be read, the two are databases of different kinds, or a table of the options is in neither.
    pub async fn compare(
        &self,
        target: &Target,
        (from, to): (&Side, &Side),
        options: &GenerateOptions,
    ) -> Result<Comparison> {
        let home = home(target, from, to)?;
        let work = async |shadows: &Shadows| {
            let sides = Sides { shadows, target, home: &home, from, to };
            let read = self.read_sides(&sides).await?;
            self.expect_tables(&home, options, [&read.0, &read.1]).await?;
            self.compare_read(&sides, read, options).await
        };
        self.with_shadows(&home, options.shadow.as_ref(), work).await
    }

    /// Compares two sides again, after the first has become the second: a table of the options may be gone.
    pub(crate) async fn compare_again(
        &self,
        target: &Target,
        (from, to): (&Side, &Side),
        options: &GenerateOptions,
    ) -> Result<Comparison> {
        let home = home(target, from, to)?;
        let work = async |shadows: &Shadows| {
            let sides = Sides { shadows, target, home: &home, from, to };
            let read = self.read_sides(&sides).await?;
            self.compare_read(&sides, read, options).await
        };
        self.with_shadows(&home, options.shadow.as_ref(), work).await
    }

    async fn read_sides(
        &self,
        &Sides { shadows, target, from, to, .. }: &Sides<'_>,
    ) -> Result<(Schema, Schema)> {
        let before = self.read_side(shadows, target, from).await?;
        let after = self.read_side(shadows, target, to).await?;
        Ok((before, after))
    }

    async fn compare_read(
        &self,
        &Sides { shadows, target, home, from, to }: &Sides<'_>,
        (before, after): (Schema, Schema),
        options: &GenerateOptions,
    ) -> Result<Comparison> {
        let backend = home.backend();
        let known = [from, to].contains(&&Side::Models);
        let all = before.clone();
        let (mut before, mut after) = (self.scoped(before, options), self.scoped(after, options));
        let mut compare = self.whole_options(backend, options)?;
        let mut strangers = Vec::new();
        if known {
            let replay = Replay::run(shadows, &(self.migrations)(), &self.schemas(home)).await;
            let manifest = replay.as_ref().map(|replay| replay.manifest.clone());
            compare = self.beside_entities(compare, &manifest.unwrap_or_default(), options);
            if let Ok(replay) = replay {
                let made = replay.schema(&self.history).await?;
                replay.close().await;
                strangers.extend(without_strangers(from, &mut before, &after, &made));
                strangers.extend(without_strangers(to, &mut after, &before, &made));
            }
        }
        if ![from, to].iter().all(|side| matches!(side, Side::Models | Side::Revision(_))) {
            // What only a history states is no difference from a database.
            (before, after) = (before.without_unkept(backend), after.without_unkept(backend));
        }
        let mut difference = if *from == Side::Models && *to != Side::Models {
            // What the entities do not know is no difference in this direction either.
            let mut back = diff(&after, &before, &compare)?;
            back.operations = reverse(&after, &back.operations, backend)?.operations;
            back
        } else {
            diff(&before, &after, &compare)?
        };
        difference.unmanaged.extend(strangers);
        let apply_to = match from {
            Side::Database => Some(target.clone()),
            Side::Url(url) => Some(url.clone()),
            Side::Models | Side::Revision(_) | Side::File(_) => None,
        };
        let (whole, consent) = (!known, options.allow_destructive);
        let lock_timeout = None;
        Ok(Comparison { difference, backend, before, all, apply_to, whole, consent, lock_timeout })
    }

    /// How two databases are compared.
    fn whole_options(&self, backend: DbBackend, options: &GenerateOptions) -> Result<DiffOptions> {
        let found = self.diff_options(backend, options)?;
        // What looks like a rename is named in the notes; nothing is asked here.
        Ok(DiffOptions { no_rename: true, scope: DiffScope::Whole, ..found })
    }

    async fn read_side(&self, shadows: &Shadows, target: &Target, side: &Side) -> Result<Schema> {
        match side {
            Side::Models => shadows.of_entities(&self.entities).await,
            Side::Database => read_database(target, self).await,
            Side::Url(url) => read_database(url, self).await,
            Side::Revision(name) => {
                let mut migrations = (self.migrations)();
                let place = migrations.iter().position(|migration| migration.name() == name);
                migrations.truncate(place.map_or(0, |place| place + 1));
                let replay = Replay::run(shadows, &migrations, &self.schemas(target)).await?;
                let schema = replay.whole_schema(&self.history).await;
                replay.close().await;
                schema
            }
            Side::File(path) => {
                let shown = path.display();
                let cannot = Error::file(format!("cannot read `{shown}`"));
                let sql = std::fs::read_to_string(path).map_err(cannot)?;
                let shadow = shadows.open(&Default::default()).await?;
                let cannot =
                    Error::database(format!("`{shown}` cannot be run in an empty database"));
                if shadows.backend() == DbBackend::Postgres {
                    for statement in script::statements(&sql) {
                        shadow.expect_inside(&format!("`{shown}`"), &statement)?;
                    }
                }
                let sql = script::contained(&sql, shadows.backend()).map_err(|why| {
                    Error::Usage(format!("`{shown}` cannot be run in a shadow: {why}"))
                })?;
                shadow.execute(&sql).await.map_err(cannot)?;
                let schema = shadow.read_whole().await?;
                shadow.close().await;
                Ok(self.history.without_own(schema))
            }
        }
    }
}

async fn read_database(target: &Target, revise: &Revise) -> Result<Schema> {
    if let Target::File(path) = target
        && !path.exists()
        && !path.is_absolute()
        && Path::new("/").join(path).exists()
    {
        return Err(Error::Usage(format!(
            "the database `{}` does not exist here, though `/{0}` does: an absolute path is written with one more slash",
            path.display()
        )));
    }
    let session = Session::open(target, Use::Read).await?;
    let others: Vec<String> = revise.schemas(target).into_iter().collect();
    let schema = session.read_whole(&others).await;
    session.close().await;
    Ok(revise.history.without_own(schema?))
}

impl Comparison {
    /// Whether both sides are the same.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        let Difference { operations, questions, by_hand, .. } = &self.difference;
        operations.is_empty() && questions.is_empty() && by_hand.is_empty()
    }

    /// Whether everything counted, and not only what entities know.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.whole
    }
}
