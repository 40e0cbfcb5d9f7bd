//! What the terminal shows of an import.

use std::{
    fs::File,
    io::{self, IsTerminal, Write},
    path::Path,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use service::{
    books::import::{
        Dialect, Encoding, Format, LineEnds, PROFILES, Profile, Reason, Rejected, Report, Skipped,
        Understood, columns,
    },
    imports::{Imported, Nouns, Observer},
};

use super::FileArgs;

/// Warnings and rejected rows that are shown individually; `--warnings` and `--rejects` write all of them.
const SHOWN: u64 = 10;
/// Reasons that are shown with the number of their rows, of each kind.
const REASONS: usize = 10;
/// Rows between two lines of progress if no bar can be drawn.
const ROWS_A_LINE: u64 = 100_000;

/// The programs whose tables are known, and the columns that are read.
pub fn print_formats() -> Result<()> {
    let list = |(ours, headers): &(&str, &[&str])| match headers.is_empty() {
        true => format!("  {ours}: not read"),
        false => format!("  {ours}: {}", headers.join(", ")),
    };
    let mut lines = vec![
        "Any table with a header, and JSON lines; the best header of a member first:".to_owned(),
    ];
    lines.extend(columns().iter().map(list));
    for profile in &PROFILES {
        let (recognised_by, columns) = profile.described();
        lines.push(format!("{}, recognised by {}:", profile.name, recognised_by.join(", ")));
        lines.extend(columns.iter().map(list));
    }
    lines.push(
        "Headers are compared in small letters, without accents and with `_` between words."
            .to_owned(),
    );
    lines.push(
        "JSON, an array of objects, or an object whose members are the objects: by the same names, of objects within an object as in \
         `authors.name`."
            .to_owned(),
    );
    let libraries = [Format::Marc21, Format::MarcXml, Format::Onix].map(Format::name);
    lines.push(format!("Records, recognised by their beginning: {}.", libraries.join(", ")));
    super::super::say(&lines.join("\n"))
}

/// The outcome on one line, and next to it the reasons of rows that are not stored as they are.
pub fn print(imported: &Imported, understood: Option<&Understood>, args: &FileArgs) -> Result<()> {
    let Imported { noun, id, report, reasons } = imported;
    print_reasons(&reasons.of_rejected(), "rejected");
    print_reasons(&reasons.of_warned(), "warnings");
    let Report { rows, inserted, updated, skipped, rejected, without_isbn, unread, .. } = report;
    let unusable = match (noun, unread) {
        (Nouns::Books, 0) => format!("; {without_isbn} without a usable ISBN"),
        (Nouns::Books, unread) => {
            format!(
                "; {without_isbn} without a usable ISBN, {unread} with another cell that is not usable"
            )
        }
        (Nouns::Stores | Nouns::Items, 0) => String::new(),
        (Nouns::Stores | Nouns::Items, unread) => {
            format!("; {unread} with a cell that is not usable")
        }
    };
    let encoding = understood.map(|file| file.encoding).filter(|found| *found != Encoding::UTF_8);
    let notes = [
        match (args.dry_run, args.strict && report.is_lossy()) {
            (false, false) => None,
            (true, false) => Some("dry run, nothing was stored".to_owned()),
            (false, true) => Some("strict, nothing was stored".to_owned()),
            (true, true) => Some("dry run, and strict: nothing would be stored".to_owned()),
        },
        encoding.map(|encoding| format!("read as {}", encoding.name())),
        match report.empty_rows {
            0 => None,
            1 => Some("1 empty row left out".to_owned()),
            empty => Some(format!("{empty} empty rows left out")),
        },
    ];
    let notes: Vec<String> = notes.into_iter().flatten().collect();
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
    let line = format!(
        "{rows} rows: {inserted} inserted, {updated} updated, {skipped} skipped, {rejected} rejected{unusable}{notes}"
    );
    super::super::say(&line)?;
    if let Some(id) = id {
        note(&format!("`bookplate import undo {id}` takes this import back"));
    }
    Ok(())
}

/// The most frequent reasons with the number of their rows, where the lines above do not show them all.
fn print_reasons(reasons: &[Reason], kind: &str) {
    if reasons.iter().map(|reason| reason.rows).sum::<u64>() <= SHOWN {
        return;
    }
    note(&format!("{kind}:"));
    for Reason { reason, rows } in reasons.iter().take(REASONS) {
        note(&format!("{rows:>9} × {reason}"));
    }
    let others = reasons.get(REASONS..).unwrap_or_default();
    if !others.is_empty() {
        let rows: u64 = others.iter().map(|reason| reason.rows).sum();
        note(&format!("{rows:>9} × {} more reasons", others.len()));
    }
}

/// Shows an import on the terminal, and writes rows that cannot be stored to files.
pub struct Console {
    bar: ProgressBar,
    read: Arc<AtomicU64>,
    next_line: u64,
    rejected: u64,
    warned: u64,
    rejects: Option<csv::Writer<File>>,
    warnings: Option<csv::Writer<File>>,
    skipped: Option<csv::Writer<File>>,
    dry_run: bool,
    understood: Arc<OnceLock<Understood>>,
}

impl Console {
    /// For a file of the rows of a noun, of which the length may be known, and how many of its bytes were read.
    pub fn new(
        noun: &str,
        (length, read): (Option<u64>, Arc<AtomicU64>),
        understood: Arc<OnceLock<Understood>>,
        args: &FileArgs,
    ) -> Result<Self> {
        let bar = match length {
            Some(length) if io::stderr().is_terminal() => {
                ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr())
            }
            _ => ProgressBar::hidden(),
        };
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3} % {msg}, {eta} left")
        {
            bar.set_style(style);
        }
        Ok(Self {
            bar,
            read,
            next_line: ROWS_A_LINE,
            rejected: 0,
            warned: 0,
            rejects: table(args.rejects.as_deref(), &["row", "line", "reason", "text"])?,
            warnings: table(args.warnings.as_deref(), &["row", "line", "reason"])?,
            skipped: table(
                args.skipped.as_deref(),
                &["row", "line", "reason", &format!("{noun}_id")],
            )?,
            dry_run: args.dry_run,
            understood,
        })
    }

    fn note(&self, count: u64, line: &str, rest: &str) {
        if count <= SHOWN {
            self.bar.suspend(|| note(line));
        } else if count == SHOWN + 1 {
            self.bar.suspend(|| note(&format!("… more of them; `{rest} FILE` keeps them all")));
        }
    }
}

/// A line for the user; the import does not stop if it cannot be written.
fn note(line: &str) {
    drop(writeln!(io::stderr(), "{line}"));
}

fn table(path: Option<&Path>, header: &[&str]) -> Result<Option<csv::Writer<File>>> {
    let Some(path) = path else { return Ok(None) };
    let context = || format!("cannot write `{}`", path.display());
    let mut table = csv::Writer::from_path(path).with_context(context)?;
    table.write_record(header).with_context(context)?;
    Ok(Some(table))
}

/// How the file is read, and which of its headers are which columns.
fn describe(file: &Understood) -> [Option<String>; 2] {
    let Understood { encoding, library, dialect, profile, columns, list } = file;
    let read_as = library.map_or(encoding.name(), Format::name);
    let mut read = format!("the file is read as {read_as}");
    if let Some(Profile { name, .. }) = profile {
        let is = if library.is_none() { "a table of" } else { "from" };
        read = format!("the file is {is} {name}, read as {read_as}");
    }
    if let Some(Dialect { delimiter, line_ends, skip_lines }) = dialect {
        let delimiter = char::from(*delimiter).escape_default();
        read += &format!(", with the delimiter `{delimiter}`");
        if *line_ends == LineEnds::Cr {
            read += ", with carriage returns between lines";
        }
        match skip_lines {
            0 => {}
            1 => read += ", without the line above the header",
            lines => read += &format!(", without the {lines} lines above the header"),
        }
    }
    if let Some(list) = list {
        read += &format!(", of which the list `{}` is imported", service::shortened(list, 40));
    }
    let column = |(ours, headers): &(&str, Vec<String>)| {
        let headers = headers.iter().map(|header| format!("`{}`", service::shortened(header, 40)));
        format!("{ours} from {}", headers.collect::<Vec<_>>().join(", "))
    };
    let columns = columns.iter().map(column).collect::<Vec<_>>().join("; ");
    [Some(read), Some(columns).filter(|columns| !columns.is_empty())]
}

impl Observer for Console {
    fn begin(&mut self, file: &Understood) {
        let is_odd = file.encoding != Encoding::UTF_8
            || file.list.is_some()
            || file.dialect.is_some_and(|dialect| dialect.skip_lines > 0);
        let [read, columns] = describe(file);
        if self.dry_run || is_odd {
            read.iter().for_each(|line| note(line));
        }
        if self.dry_run {
            columns.iter().for_each(|line| note(line));
        }
        // There is one import.
        drop(self.understood.set(file.clone()));
    }

    fn rejected(&mut self, row: &Rejected) -> io::Result<()> {
        let Rejected { number, line, reason, raw: _ } = row;
        self.rejected += 1;
        self.note(
            self.rejected,
            &format!("row {number} (line {line}) rejected: {reason}"),
            "--rejects",
        );
        match &mut self.rejects {
            Some(table) => Ok(table.write_record([
                &number.to_string(),
                &line.to_string(),
                reason,
                service::guarded(&row.text()).as_ref(),
            ])?),
            None => Ok(()),
        }
    }

    fn warning(&mut self, (number, line): (u64, u64), why: &str) -> io::Result<()> {
        self.warned += 1;
        self.note(self.warned, &format!("row {number} (line {line}) warning: {why}"), "--warnings");
        match &mut self.warnings {
            Some(table) => Ok(table.write_record([&number.to_string(), &line.to_string(), why])?),
            None => Ok(()),
        }
    }

    fn skipped(&mut self, row: &Skipped) -> io::Result<()> {
        let Some(table) = &mut self.skipped else { return Ok(()) };
        let Skipped { number, line, met } = row;
        let book = met.stored().map(|id| id.to_string()).unwrap_or_default();
        let cells = [number.to_string(), line.to_string(), met.to_string(), book];
        Ok(table.write_record(cells)?)
    }

    fn progress(&mut self, so_far: &Report) {
        self.bar.set_position(self.read.load(Ordering::Relaxed));
        self.bar.set_message(format!("{} rows", so_far.rows));
        if self.bar.is_hidden() && so_far.rows >= self.next_line {
            note(&format!("{} rows", so_far.rows));
            self.next_line = so_far.rows + ROWS_A_LINE;
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        self.bar.finish_and_clear();
        let tables = [&mut self.rejects, &mut self.warnings, &mut self.skipped];
        for table in tables.into_iter().flatten() {
            table.flush()?;
        }
        Ok(())
    }
}
