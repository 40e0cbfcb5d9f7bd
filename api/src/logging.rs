//! Log lines on standard error: one a line, readable by people or as JSON, with the id of the request.

use std::io::Write;

use clap::ValueEnum;
use log::kv::{Error, Key, Value, VisitSource};
use serde_json::{Map, json};

use crate::trace;

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// An object a line.
    Json,
}

/// Starts logging; `filter` is written as in `RUST_LOG`.
pub fn start(format: LogFormat, filter: &str) {
    let mut builder = env_logger::Builder::new();
    // What these say of a normal start, we say ourselves and shorter.
    for target in ["actix_server", "sea_orm_migration", "sqlx", "tokio_postgres"] {
        builder.filter_module(target, log::LevelFilter::Warn);
    }
    builder.parse_filters(filter);
    match format {
        LogFormat::Pretty => builder.format(|out, record| {
            let time = now();
            write!(out, "{time} {:<5} {}: {}", record.level(), record.target(), record.args())?;
            let mut pairs = Pairs(Map::new());
            drop(record.key_values().visit(&mut pairs));
            if let Some(elapsed) = pairs.0.get("elapsed_us").and_then(serde_json::Value::as_u64) {
                write!(out, " in {}.{:03} ms", elapsed / 1000, elapsed % 1000)?;
            }
            match trace::id() {
                id if id.is_empty() => writeln!(out),
                id => writeln!(out, " [{id}]"),
            }
        }),
        LogFormat::Json => builder.format(|out, record| {
            let mut pairs = Pairs(Map::new());
            drop(record.key_values().visit(&mut pairs));
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
        }),
    };
    // A second start, as in tests that share a process, keeps the first.
    drop(builder.try_init());
}

fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

struct Pairs(Map<String, serde_json::Value>);

impl<'kvs> VisitSource<'kvs> for Pairs {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        let value = value.to_u64().map_or_else(|| json!(value.to_string()), |number| json!(number));
        self.0.insert(key.as_str().to_owned(), value);
        Ok(())
    }
}
