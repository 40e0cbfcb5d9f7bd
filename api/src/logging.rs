//! Logs to standard error: one line per record, readable by people or as JSON, with the id of the request.

mod queue;

use std::{
    io::{self, Write},
    os::fd::AsFd,
    sync::{Arc, OnceLock},
};

use clap::ValueEnum;
use log::{
    Level, Log, Metadata, Record,
    kv::{Error, Key, Value, VisitSource},
};
use serde_json::{Map, json};

use crate::trace;
use queue::Queue;

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One object per line.
    Json,
}

/// The output of a server to standard error, which does not wait for its reader.
static QUEUE: OnceLock<Arc<Queue>> = OnceLock::new();

/// Starts logging; `filter` has the syntax of `RUST_LOG`. The lines of a server go through a queue, those of other commands are
/// interleaved with their other output.
pub fn start(format: LogFormat, filter: &str, is_server: bool) {
    let mut builder = env_logger::Builder::new();
    // Their messages about a normal start are replaced by shorter ones of ours.
    for target in ["actix_server", "sea_orm_migration", "sqlx", "tokio_postgres"] {
        builder.filter_module(target, log::LevelFilter::Warn);
    }
    builder.parse_filters(filter);
    builder.format(move |out, record| write_line(out, format, record));
    // Without a thread there is no queue, and the log still has to be written.
    if is_server && let Ok(queue) = start_queue(format) {
        builder.target(env_logger::Target::Pipe(Box::new(Lines(Arc::clone(&queue)))));
        if QUEUE.set(queue).is_ok() {
            std::panic::set_hook(Box::new(move |panic| say_panic(format, panic)));
        }
    }
    let logger = builder.build();
    let most = logger.filter();
    // A second start, as in tests that share a process, leaves the first one in place.
    if log::set_boxed_logger(Box::new(Quieter(logger))).is_ok() {
        log::set_max_level(most);
    }
}

/// Writes a line that is not a log record, after pending records, and waits until it is written; but not long if it is not read.
pub fn say_last(line: &str) {
    match QUEUE.get() {
        Some(queue) => {
            queue.push(format!("{line}\n").as_bytes());
            queue.flush();
        }
        None => drop(writeln!(io::stderr(), "{line}")),
    }
}

/// Waits until the log is written; but not long if it is not read.
pub fn finish() {
    if let Some(queue) = QUEUE.get() {
        queue.flush();
    }
}

fn start_queue(format: LogFormat) -> io::Result<Arc<Queue>> {
    // A separate handle: the standard library's has a lock, for which others would wait during a write.
    let output = std::fs::File::from(io::stderr().as_fd().try_clone_to_owned()?);
    Queue::start(output, move |lost| {
        line_of_ours(
            format,
            Level::Warn,
            format_args!(
                "{lost} lines of the log were dropped, because they were not read in time"
            ),
        )
    })
}

/// What the standard library would write itself, synchronously, waiting for the reader of the log.
fn say_panic(format: LogFormat, panic: &std::panic::PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let why = panic.payload_as_str().unwrap_or("no message");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let name = thread.name().unwrap_or("unnamed");
    let line = line_of_ours(
        format,
        Level::Error,
        format_args!("the thread `{name}` panicked at {place}: {}", service::shortened(why, 1000)),
    );
    if let Some(queue) = QUEUE.get() {
        queue.push(&line);
    }
}

fn line_of_ours(format: LogFormat, level: Level, sentence: std::fmt::Arguments<'_>) -> Vec<u8> {
    let mut line = Vec::new();
    let record = Record::builder().level(level).target(module_path!()).args(sentence).build();
    // Memory takes it.
    drop(write_line(&mut line, format, &record));
    line
}

fn write_line(out: &mut impl Write, format: LogFormat, record: &Record<'_>) -> io::Result<()> {
    let mut pairs = Pairs(Map::new());
    drop(record.key_values().visit(&mut pairs));
    match format {
        LogFormat::Pretty => {
            let time = now();
            write!(out, "{time} {:<5} {}: {}", record.level(), record.target(), record.args())?;
            if let Some(elapsed) = pairs.0.get("elapsed_us").and_then(serde_json::Value::as_u64) {
                write!(out, " in {}.{:03} ms", elapsed / 1000, elapsed % 1000)?;
            }
            match trace::id() {
                id if id.is_empty() => writeln!(out),
                id => writeln!(out, " [{id}]"),
            }
        }
        LogFormat::Json => {
            let mut line = Map::new();
            line.insert("time".to_owned(), json!(now()));
            line.insert("level".to_owned(), json!(record.level().as_str()));
            line.insert("target".to_owned(), json!(record.target()));
            line.insert("message".to_owned(), json!(record.args().to_string()));
            match trace::id() {
                id if id.is_empty() => None,
                id => line.insert("request_id".to_owned(), json!(id)),
            };
            line.extend(pairs.0);
            writeln!(out, "{}", serde_json::Value::Object(line))
        }
    }
}

fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// The queue as an output for whole lines.
struct Lines(Arc<Queue>);

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The logger; it lowers errors of a connection to debug records, since they do not concern an operator. Any client can cause as
/// many as it likes, and no request is logged for them.
struct Quieter(env_logger::Logger);

impl Quieter {
    fn is_of_connections(metadata: &Metadata<'_>) -> bool {
        metadata.level() < Level::Debug && metadata.target().starts_with("actix_http")
    }
}

impl Log for Quieter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        if Self::is_of_connections(metadata) {
            let target = metadata.target();
            return self.0.enabled(&Metadata::builder().level(Level::Debug).target(target).build());
        }
        self.0.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if Self::is_of_connections(record.metadata()) {
            return self.0.log(&record.to_builder().level(Level::Debug).build());
        }
        self.0.log(record);
    }

    fn flush(&self) {
        finish();
    }
}

struct Pairs(Map<String, serde_json::Value>);

impl<'kvs> VisitSource<'kvs> for Pairs {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        let value = value.to_u64().map_or_else(|| json!(value.to_string()), |number| json!(number));
        self.0.insert(key.as_str().to_owned(), value);
        Ok(())
    }
}
