//! Where the database is: the forms of `DATABASE_URL`, interpreted as SQLAlchemy does.

use std::{fmt, path::PathBuf, str::FromStr};

use sea_orm::sqlx::postgres::PgConnectOptions;

/// A database to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// SQLite in memory: lost with the process.
    Memory,
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL server; the URL may contain a password, so it is displayed without it.
    Postgres(String),
}

/// A `DATABASE_URL` that is not a valid database URL.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{given}` is not a database URL: {why}; write `sqlite:///books.db` (relative), `sqlite:////var/lib/books.db` (absolute), \
     `sqlite::memory:` or `postgresql://user@host/database`"
)]
pub struct BadLocation {
    given: String,
    why: &'static str,
}

impl FromStr for Location {
    type Err = BadLocation;

    fn from_str(url: &str) -> Result<Self, BadLocation> {
        let bad = |why| BadLocation { given: without_password(url), why };
        let (scheme, rest) = url.split_once(':').ok_or_else(|| bad("it has no scheme"))?;
        // SQLAlchemy names the driver after a plus, as in `postgresql+psycopg2`.
        let dialect = scheme.split_once('+').map_or(scheme, |(dialect, _driver)| dialect);
        match dialect {
            "sqlite" => sqlite(rest).map_err(bad),
            "postgres" | "postgresql" => {
                let address = rest.strip_prefix("//").ok_or_else(|| bad("`//` is missing"))?;
                let url = format!("postgres://{address}");
                // Here and not at the first use, where the driver's message would repeat the password.
                match url.parse::<PgConnectOptions>() {
                    Ok(_) => Ok(Self::Postgres(url)),
                    Err(_) => Err(bad(
                        "host, port or password cannot be read; write `%2F` for `/` and so on",
                    )),
                }
            }
            _ => Err(bad("the scheme is neither sqlite nor postgresql")),
        }
    }
}

fn sqlite(rest: &str) -> Result<Location, &'static str> {
    let path = match rest {
        "//" | ":memory:" | "///:memory:" => return Ok(Location::Memory),
        _ => rest.strip_prefix("///").ok_or("a SQLite path comes after three slashes")?,
    };
    match path {
        "" => Err("the path is empty"),
        _ if path.contains('?') => Err("options after `?` are not supported"),
        _ if path.starts_with("file:") => Err("SQLite's own `file:` addresses are not supported"),
        _ if path.contains('\0') => Err("the path has a NUL byte"),
        _ => Ok(Location::File(PathBuf::from(path))),
    }
}

/// `postgres://user:secret@host/db` becomes `postgres://user:***@host/db`, and a parameter with a password is hidden too.
///
/// When in doubt, more is hidden than necessary: a password may contain any character, also `/`, `?` and `@`.
fn without_password(url: &str) -> String {
    let (scheme, rest) = url.split_once(':').unwrap_or(("", url));
    let (slashes, rest) = rest.strip_prefix("//").map_or(("", rest), |rest| ("//", rest));
    let authority = if rest.starts_with('/') { None } else { rest.rsplit_once('@') };
    let shown = match authority {
        Some((who, rest)) => match who.split_once(':') {
            Some((user, _password)) => format!("{user}:***@{}", without_parameters(rest)),
            None => format!("{who}@{}", without_parameters(rest)),
        },
        None => without_parameters(rest),
    };
    let colon = if scheme.is_empty() { "" } else { ":" };
    format!("{scheme}{colon}{slashes}{shown}")
}

fn without_parameters(rest: &str) -> String {
    let Some((path, query)) = rest.split_once('?') else { return rest.to_owned() };
    let parameters = query.split('&').map(|parameter| match parameter.split_once('=') {
        Some((name, _)) if name.to_lowercase().contains("password") => format!("{name}=***"),
        _ => parameter.to_owned(),
    });
    format!("{path}?{}", parameters.collect::<Vec<_>>().join("&"))
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("sqlite::memory:"),
            Self::File(path) => write!(f, "sqlite:///{}", path.display()),
            Self::Postgres(url) => f.write_str(&without_password(url)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spellings_of_sqlalchemy_are_read_as_sqlalchemy_reads_them() {
        let file = |path: &str| Location::File(path.into());
        let postgres = |url: &str| Location::Postgres(url.to_owned());
        for (url, location) in [
            ("sqlite:///books.db", file("books.db")),
            ("sqlite:///data/books.db", file("data/books.db")),
            ("sqlite:////var/lib/books.db", file("/var/lib/books.db")),
            ("sqlite+pysqlite:///books.db", file("books.db")),
            ("sqlite://", Location::Memory),
            ("sqlite::memory:", Location::Memory),
            ("sqlite:///:memory:", Location::Memory),
            ("postgres://u@h/d", postgres("postgres://u@h/d")),
            ("postgresql://u:p@h:5433/d", postgres("postgres://u:p@h:5433/d")),
            ("postgresql+psycopg2://u@h/d", postgres("postgres://u@h/d")),
        ] {
            assert_eq!(url.parse::<Location>().unwrap(), location, "{url}");
        }
    }

    #[test]
    fn a_bad_url_is_named_without_its_password() {
        for (url, shown, why) in [
            ("books.db", "`books.db`", "no scheme"),
            ("sqlite://books.db", "`sqlite://books.db`", "three slashes"),
            ("sqlite:books.db", "`sqlite:books.db`", "three slashes"),
            ("sqlite:///", "`sqlite:///`", "path is empty"),
            ("sqlite:///a?mode=ro", "`sqlite:///a?mode=ro`", "not supported"),
            ("mysql://u:secret@h/d", "`mysql://u:***@h/d`", "neither sqlite nor postgresql"),
            ("mysql:u:secret@h", "`mysql:u:***@h`", "neither sqlite nor postgresql"),
            ("postgres:u:secret@h/d", "`postgres:u:***@h/d`", "`//` is missing"),
            ("postgres://u:secret@h:abc/d", "`postgres://u:***@h:abc/d`", "cannot be read"),
            ("postgres://u:se/secret?@h:abc/d", "`postgres://u:***@h:abc/d`", "cannot be read"),
            ("sqlite:///file:a.db", "`sqlite:///file:a.db`", "not supported"),
        ] {
            let message = url.parse::<Location>().unwrap_err().to_string();
            assert!(message.contains(shown) && message.contains(why), "{message}");
            assert!(!message.contains("secret"), "{message}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let location: Location = "postgres://u:se:cr@et@h/d".parse().unwrap();
        assert_eq!(location.to_string(), "postgres://u:***@h/d");
        let location: Location = "postgres:///d?host=/run&password=a:b@c/&user=u".parse().unwrap();
        assert_eq!(location.to_string(), "postgres:///d?host=/run&password=***&user=u");
    }
}
