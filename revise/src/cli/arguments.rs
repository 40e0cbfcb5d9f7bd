//! The arguments of every verb.

mod change;

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub use self::change::{Manner, Preview};
use super::{
    examples,
    init::InitArguments,
    sea_orm::{AnewArguments, DownArguments, UpArguments},
    seed::SeedArguments,
};

/// What the exit codes mean.
pub const EXIT_CODES: &str = "\
Exit codes:
  0 done, or equal      3 needs an answer     6 something dangerous   9 a migration failed
  1 error               4 work is pending     7 a lock was not free
  2 wrong usage         5 there are differences  8 the history is not this program's";

/// A verb and what is common to all.
#[derive(Debug, Args)]
pub struct Arguments {
    /// What is common to all verbs.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What is common to all verbs.
#[derive(Clone, Debug, Default, Args)]
pub struct Globals {
    /// The crate of the migrations, its `src` or its folder `versions`
    #[arg(short = 'd', long, global = true, value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Ask nothing, also on a terminal
    #[arg(long, global = true)]
    pub no_input: bool,
    /// Say only what was asked for
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more: each statement, and what is left alone
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// An empty PostgreSQL database for shadows, instead of one that is made for the command
    #[arg(long, global = true, value_name = "URL")]
    pub shadow_url: Option<String>,
}

/// What to do.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum Verb {
    /// Make a crate of migrations, or look whether an existing one is understood
    Init(InitArguments),
    /// Write the migration that brings the database to what the entities say
    #[command(after_help = examples::MIGRATE)]
    Migrate(MigrateArguments),
    /// Write an empty migration, or with --autogenerate the same as `migrate`
    Revision(RevisionArguments),
    /// Apply migrations
    #[command(after_help = examples::UPGRADE)]
    Upgrade(UpgradeArguments),
    /// Take migrations back, the newest first
    #[command(after_help = examples::DOWNGRADE)]
    Downgrade(DowngradeArguments),
    /// Show the migration that the database is at
    Current(CurrentArguments),
    /// Show the migrations, the newest first
    History(HistoryArguments),
    /// Show the newest migration
    Heads,
    /// Show migrations that are older than the newest applied one and were not applied
    Branches,
    /// Show what a migration does
    Show(ShowArguments),
    /// Open a migration in $EDITOR
    Edit(EditArguments),
    /// Give migrations that came late from another branch a new date, after the newest
    Merge,
    /// Make one migration of several that follow each other
    #[command(after_help = examples::SQUASH)]
    Squash(SquashArguments),
    /// Note migrations as applied without running them
    #[command(after_help = examples::STAMP)]
    Stamp(StampArguments),
    /// Put in the rows that the project wants to be there
    #[command(after_help = examples::SEED)]
    Seed(SeedArguments),
    /// Compare models, history and database, and look for dangers
    #[command(after_help = examples::CHECK)]
    Check(CheckArguments),
    /// Show on one screen where everything stands
    Status,
    /// Look for dangerous operations and their safe form
    Lint(LintArguments),
    /// Say what became of a migration that failed or was edited
    Resolve(ResolveArguments),
    /// Try migrations in a shadow with rows: up, down and up again
    Test(TestArguments),
    /// Compare any two of models, databases, revisions and files of SQL
    #[command(after_help = examples::DIFF)]
    Diff(DiffArguments),
    /// SeaORM's name of `upgrade`
    Up(UpArguments),
    /// SeaORM's name of `downgrade`
    Down(DownArguments),
    /// Drop everything in the database, and apply all migrations
    Fresh(AnewArguments),
    /// Take all migrations back, and apply them again
    Refresh(AnewArguments),
    /// SeaORM's name of `downgrade base`
    Reset(AnewArguments),
}

/// `migrate`
#[derive(Clone, Debug, Default, Args)]
pub struct MigrateArguments {
    /// What it does, in a few words; it becomes the name
    #[arg(short, long)]
    pub message: Option<String>,
    /// Write an empty one, to be filled in by hand
    #[arg(long)]
    pub empty: bool,
    /// Print the SQL instead of writing the file
    #[arg(long)]
    pub sql: bool,
    /// Apply it at once, and note it as applied
    #[arg(long, conflicts_with_all = ["sql", "empty"])]
    pub apply: bool,
    /// Write a part: `expand` what the program of before can live with, later `contract` the rest
    #[arg(long, value_name = "PHASE", value_parser = ["expand", "contract"], conflicts_with = "empty")]
    pub phase: Option<String>,
    /// Write tables beside it as entities that stay as they are, for code that changes rows; without names those that it touches
    #[arg(
        long,
        value_name = "TABLE,…",
        num_args = 0..=1,
        value_delimiter = ',',
        conflicts_with = "sql"
    )]
    pub models: Option<Vec<String>>,
    /// How data is to be understood.
    #[command(flatten)]
    pub decisions: Decisions,
}

/// What the tool never guesses.
#[derive(Clone, Debug, Default, Args)]
pub struct Decisions {
    /// A table or column was renamed
    #[arg(long, value_name = "OLD:NEW | TABLE.OLD:NEW")]
    pub rename: Vec<String>,
    /// Nothing was renamed, apart from what --rename says
    #[arg(long)]
    pub no_rename: bool,
    /// What rows get in a column that is NOT NULL from now on, in SQL
    #[arg(long, value_name = "TABLE.COLUMN=SQL")]
    pub default: Vec<String>,
    /// How the new value is computed where a type changes, in SQL
    #[arg(long, value_name = "TABLE.COLUMN=SQL")]
    pub using: Vec<String>,
    /// What a dropped value of an enum becomes
    #[arg(long, value_name = "ENUM.OLD=NEW")]
    pub map: Vec<String>,
    /// Look at these tables alone; `*` stands for any letters of a name, `?` for one
    #[arg(long, value_name = "TABLE")]
    pub only: Vec<String>,
    /// Leave these tables alone; `*` stands for any letters of a name, `?` for one
    #[arg(long, value_name = "TABLE")]
    pub exclude: Vec<String>,
    /// Drop tables and columns
    #[arg(long, visible_alias = "allow-data-loss")]
    pub allow_destructive: bool,
    /// Change primary keys to another kind of value, which only an empty table survives
    #[arg(long)]
    pub force_rewrite: bool,
    /// `strict`: rename indexes that are called otherwise
    #[arg(long, value_name = "HOW", value_parser = ["content", "strict"], default_value = "content")]
    pub names: String,
    /// Take texts of different lengths for equal on SQLite, which does not enforce them
    #[arg(long)]
    pub ignore_length: bool,
    /// Take what the entities do not mention for a difference, also where no plan ever stated it
    #[arg(long)]
    pub strict: bool,
}

/// `revision`
#[derive(Debug, Args)]
pub struct RevisionArguments {
    /// Compare the entities with the history, as `migrate` does
    #[arg(long)]
    pub autogenerate: bool,
    /// The rest.
    #[command(flatten)]
    pub migrate: MigrateArguments,
}

/// `upgrade`
#[derive(Debug, Args)]
pub struct UpgradeArguments {
    /// How far: `head`, `+N`, or a revision or its beginning; with --sql or --plan also `FROM:TO`
    #[arg(default_value = "head")]
    pub revision: String,
    /// What is only shown.
    #[command(flatten)]
    pub preview: Preview,
    /// How it is done.
    #[command(flatten)]
    pub manner: Manner,
}

/// `downgrade`
#[derive(Debug, Args)]
pub struct DowngradeArguments {
    /// How far back: `-N`, `base`, or the revision that is to be the newest; with --sql or --plan also `FROM:TO`
    #[arg(default_value = "-1", allow_hyphen_values = true)]
    pub revision: String,
    /// What is only shown.
    #[command(flatten)]
    pub preview: Preview,
    /// How it is done.
    #[command(flatten)]
    pub manner: Manner,
}

/// `current`
#[derive(Debug, Args)]
pub struct CurrentArguments {
    /// End with 4 when that is not the newest migration
    #[arg(long)]
    pub check_heads: bool,
}

/// `history`
#[derive(Debug, Args)]
pub struct HistoryArguments {
    /// From one revision to another: `a:b`, `a:`, `:b`, `-3:current`
    #[arg(short, long, value_name = "FROM:TO", allow_hyphen_values = true)]
    pub rev_range: Option<String>,
    /// Mark the one that the database is at
    #[arg(short, long)]
    pub indicate_current: bool,
}

/// `show`
#[derive(Debug, Args)]
pub struct ShowArguments {
    /// A revision or its beginning
    #[arg(default_value = "head")]
    pub revision: String,
    /// Print the script that applies it, as `upgrade --sql` does
    #[arg(long)]
    pub sql: bool,
}

/// `edit`
#[derive(Debug, Args)]
pub struct EditArguments {
    /// A revision or its beginning
    #[arg(default_value = "head")]
    pub revision: String,
}

/// `squash`
#[derive(Debug, Args)]
pub struct SquashArguments {
    /// The first and the last one, `FROM:TO`, both included; without FROM from the first of all, without TO to the newest
    #[arg(value_name = "FROM:TO")]
    pub range: String,
    /// What it does, in a few words; it becomes the name
    #[arg(short, long)]
    pub message: Option<String>,
    /// Steps that change rows: `keep` puts them after the others, `drop` leaves them out; without it they are refused
    #[arg(long, value_name = "WHAT", value_parser = ["keep", "drop"])]
    pub data: Option<String>,
}

/// `stamp`
#[derive(Debug, Args)]
pub struct StampArguments {
    /// The revision that the database is at: `head`, `base`, or a revision or its beginning
    #[arg(default_value = "head")]
    pub revision: String,
    /// Forget what was noted before, as a stamp always does
    #[arg(long)]
    pub purge: bool,
    /// Only when the database has the schema that it leads to
    #[arg(long)]
    pub verify: bool,
    /// Seconds to wait for another process that changes the schema
    #[arg(long, value_name = "SECONDS", default_value = "600")]
    pub wait: f64,
}

/// `check`
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Leave these tables alone; `*` stands for any letters of a name, `?` for one
    #[arg(long, value_name = "TABLE")]
    pub exclude: Vec<String>,
    /// Compare models and history only, without a database
    #[arg(long)]
    pub offline: bool,
    /// Live with what the entities differ in: note it in `accepted.json` beside the migrations
    #[arg(long)]
    pub accept: bool,
    /// Take what the entities do not mention for a difference, also where no plan ever stated it
    #[arg(long)]
    pub strict: bool,
}

/// `lint`
#[derive(Debug, Args)]
pub struct LintArguments {
    /// Revisions or their beginnings; without one, those that are not applied
    pub revisions: Vec<String>,
    /// Look at every migration
    #[arg(long, conflicts_with = "revisions")]
    pub all: bool,
    /// List the rules
    #[arg(long)]
    pub rules: bool,
    /// How findings are written: `text`, `sarif` (2.1.0) for code hosts, or `github` for the log of a workflow
    #[arg(long, value_name = "FORMAT", value_parser = ["text", "sarif", "github"], default_value = "text", conflicts_with = "rules")]
    pub format: String,
}

/// `resolve`
#[derive(Debug, Args)]
pub struct ResolveArguments {
    /// A revision or its beginning
    pub revision: String,
    /// It is applied, as it is now
    #[arg(long, required_unless_present = "rolled_back")]
    pub applied: bool,
    /// It is not applied, or was undone
    #[arg(long, conflicts_with = "applied")]
    pub rolled_back: bool,
}

/// `test`
#[derive(Debug, Args)]
pub struct TestArguments {
    /// A revision or its beginning; without one, all of them
    pub revision: Option<String>,
}

/// `diff`
#[derive(Debug, Args)]
pub struct DiffArguments {
    /// `models`, `db`, `head`, `base`, a revision, a database URL, or a file of SQL
    #[arg(value_name = "A", default_value = "db")]
    pub from: String,
    /// What A should become
    #[arg(value_name = "B", default_value = "models")]
    pub to: String,
    /// Print the SQL that turns A into B
    #[arg(long)]
    pub sql: bool,
    /// Turn A, a database, into B
    #[arg(long, conflicts_with = "sql")]
    pub apply: bool,
    /// How data is to be understood.
    #[command(flatten)]
    pub decisions: Decisions,
    /// Seconds that a statement of `--apply` waits for a lock before everything is rolled back and, on PostgreSQL, tried again;
    /// without it 1 there, and 5 for a file of SQLite
    #[arg(long, value_name = "SECONDS", requires = "apply")]
    pub lock_timeout: Option<f64>,
    /// Seconds to wait for another process that changes the schema
    #[arg(long, value_name = "SECONDS", default_value = "600")]
    pub wait: f64,
}
