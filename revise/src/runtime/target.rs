//! Where a database is.

use std::{fmt, path::PathBuf};

use sea_orm::DbBackend;

use crate::error::{Error, Result};

/// A database.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// SQLite in memory: gone with the connection.
    Memory,
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL server; the URL may carry a password, so it is shown without.
    Postgres(String),
}

/// How the path of a SQLite URL is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlStyle {
    /// As sqlx and SeaORM read it: `sqlite://books.db` or `sqlite:books.db` is relative, `sqlite:///var/books.db` absolute.
    #[default]
    Sqlx,
    /// As SQLAlchemy and Flask read it: `sqlite:///books.db` is relative, `sqlite:////var/books.db` absolute.
    Sqlalchemy,
}

impl Target {
    /// Reads a database URL.
    ///
    /// # Errors
    /// [`Error::Usage`] when it names neither SQLite nor PostgreSQL.
    pub fn parse(url: &str, style: UrlStyle) -> Result<Self> {
        let bad = |why: &str| {
            let examples = match style {
                UrlStyle::Sqlx => {
                    "`sqlite://app.db` (relative), `sqlite:///var/lib/app.db` (absolute)"
                }
                UrlStyle::Sqlalchemy => {
                    "`sqlite:///app.db` (relative), `sqlite:////var/lib/app.db` (absolute)"
                }
            };
            let url = without_password(url);
            Error::Usage(format!(
                "`{url}` is not a database URL: {why}; write {examples}, `sqlite::memory:` or `postgresql://user@host/database`"
            ))
        };
        let (scheme, rest) = url.split_once(':').ok_or_else(|| bad("it has no scheme"))?;
        // SQLAlchemy names the driver after a plus, as in `postgresql+psycopg2`.
        match scheme.split_once('+').map_or(scheme, |(dialect, _driver)| dialect) {
            "sqlite" => sqlite(rest, style).map_err(bad),
            "postgres" | "postgresql" => match rest.strip_prefix("//") {
                Some(address) => Ok(Self::Postgres(format!("postgres://{address}"))),
                None => Err(bad("`//` is missing")),
            },
            _ => Err(bad("the scheme is neither sqlite nor postgresql")),
        }
    }

    /// The kind of database.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        match self {
            Self::Memory | Self::File(_) => DbBackend::Sqlite,
            Self::Postgres(_) => DbBackend::Postgres,
        }
    }
}

fn sqlite(rest: &str, style: UrlStyle) -> Result<Target, &'static str> {
    if matches!(rest, "" | "//" | ":memory:" | "//:memory:" | "///:memory:") {
        return Ok(Target::Memory);
    }
    let path = match style {
        UrlStyle::Sqlx => rest.strip_prefix("//").unwrap_or(rest),
        UrlStyle::Sqlalchemy => {
            rest.strip_prefix("///").ok_or("a SQLite path comes after three slashes")?
        }
    };
    // sqlx takes options after a question mark; none of them changes which file it is.
    let path = match style {
        UrlStyle::Sqlx => path.split_once('?').map_or(path, |(path, _options)| path),
        UrlStyle::Sqlalchemy => path,
    };
    match path {
        "" => Err("the path is empty"),
        _ if path.contains('\0') => Err("the path has a NUL byte"),
        _ => Ok(Target::File(PathBuf::from(path))),
    }
}

/// Rather too much is hidden than too little: a password may hold any character, also `/`, `?` and `@`.
pub(crate) fn without_password(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let shown = match rest.rsplit_once('@').filter(|_| !rest.starts_with('/')) {
        Some((who, rest)) => match who.split_once(':') {
            Some((user, _password)) => format!("{user}:***@{}", without_parameters(rest)),
            None => format!("{who}@{}", without_parameters(rest)),
        },
        None => without_parameters(rest),
    };
    if scheme.is_empty() { shown } else { format!("{scheme}://{shown}") }
}

fn without_parameters(rest: &str) -> String {
    let Some((path, query)) = rest.split_once('?') else { return rest.to_owned() };
    let parameters = query.split('&').map(|parameter| match parameter.split_once('=') {
        Some((name, _)) if name.to_lowercase().contains("password") => format!("{name}=***"),
        _ => parameter.to_owned(),
    });
    format!("{path}?{}", parameters.collect::<Vec<_>>().join("&"))
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("the database in memory"),
            Self::File(path) => write!(f, "`{}`", path.display()),
            Self::Postgres(url) => write!(f, "`{}`", without_password(url)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_as_its_world_reads_it() {
        let file = |path: &str| Target::File(path.into());
        for (style, url, target) in [
            (UrlStyle::Sqlx, "sqlite:app.db", file("app.db")),
            (UrlStyle::Sqlx, "sqlite://app.db?mode=rwc", file("app.db")),
            (UrlStyle::Sqlx, "sqlite:///var/app.db", file("/var/app.db")),
            (UrlStyle::Sqlx, "sqlite::memory:", Target::Memory),
            (UrlStyle::Sqlalchemy, "sqlite:///app.db", file("app.db")),
            (UrlStyle::Sqlalchemy, "sqlite:////var/app.db", file("/var/app.db")),
            (
                UrlStyle::Sqlalchemy,
                "postgresql+psycopg2://u@h/d",
                Target::Postgres("postgres://u@h/d".into()),
            ),
        ] {
            assert_eq!(Target::parse(url, style).unwrap(), target, "{url}");
        }
        for url in ["app.db", "mysql://h/d", "sqlite://app.db", "postgres:h"] {
            let error = Target::parse(url, UrlStyle::Sqlalchemy).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{url}");
        }
        let secret = Target::parse("postgres://u:se/cr@et@h/d", UrlStyle::Sqlx).unwrap();
        assert_eq!(secret.to_string(), "`postgres://u:***@h/d`");
    }
}
