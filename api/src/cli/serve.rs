//! `bookplate serve`: from an empty directory to a running service, and a shutdown without a lost request.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use actix_web::web::Data;
use anyhow::{Context, Result, bail};
use clap::Args;
use service::{
    Db, Location, Settings,
    imports::{Imports, Room, Spool},
};
use tokio::signal::unix::{SignalKind, signal};

use super::schema;
use crate::{
    budget::Budget,
    health::Readiness,
    host::Exposure,
    server::{self, Bound, Shared},
};

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The address to listen on
    #[arg(long, env = "BOOKPLATE_HOST", default_value = "127.0.0.1")]
    host: IpAddr,
    /// The port to listen on; 0 selects a free one and logs it
    #[arg(long, env = "BOOKPLATE_PORT", default_value_t = 5000)]
    port: u16,
    /// Listen on an address that other machines can reach, although all their users may read and change everything
    #[arg(long, env = "BOOKPLATE_INSECURE_OPEN", value_parser = clap::builder::FalseyValueParser::new())]
    insecure_open: bool,
    /// Threads that handle requests; one per core when absent
    #[arg(long, env = "BOOKPLATE_WORKERS", value_parser = clap::value_parser!(u16).range(1..=256))]
    workers: Option<u16>,
    /// Connections for reading, and on PostgreSQL as many for writing and up to three times as many that short reads share
    #[arg(long, env = "BOOKPLATE_POOL", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pool: u32,
    /// Reads that may wait for such a connection at a time; further ones are refused at once, with 503
    #[arg(long, env = "BOOKPLATE_READ_QUEUE", value_name = "READS", default_value_t = 256)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    read_queue: u32,
    /// Seconds after which a client is informed that the outcome of its change is unknown
    #[arg(long, env = "BOOKPLATE_DEADLINE", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    deadline: u64,
    /// Rows of a list that is requested without `limit`; the rest has a link
    #[arg(
        long, env = "BOOKPLATE_LIST_LIMIT", default_value_t = service::MAX_LIMIT,
        value_parser = clap::value_parser!(u64).range(1..=1_000_000_000)
    )]
    list_limit: u64,
    /// Megabytes (MiB) of responses to cache, each until the next write; 0 disables the cache. Only for a SQLite file, where
    /// writes can be detected at once
    #[arg(long, env = "BOOKPLATE_CACHE_MB", value_name = "MIB", default_value_t = 16)]
    #[arg(value_parser = clap::value_parser!(u16))]
    cache_mb: u16,
    /// Milliseconds between "not ready" and the end of listening, for a load balancer to notice
    #[arg(long, env = "BOOKPLATE_DRAIN_MS", default_value_t = 0)]
    drain_ms: u64,
    /// The directory of uploaded files of books, until they are imported; next to a SQLite file, or `bookplate.imports`, when
    /// absent. Servers on one PostgreSQL may share it
    #[arg(long, env = "BOOKPLATE_IMPORTS_DIR", value_name = "DIR")]
    imports_dir: Option<PathBuf>,
    /// Maximum size of such a file in megabytes (MiB)
    #[arg(long, env = "BOOKPLATE_IMPORT_LIMIT", value_name = "MIB", default_value_t = 64)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    import_limit: u64,
    /// Files that may wait to be imported; further ones are refused with 503
    #[arg(long, env = "BOOKPLATE_IMPORT_QUEUE", value_name = "FILES", default_value_t = 1000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    import_queue: u32,
    /// Maximum size of all of them in megabytes (MiB); 16 times `--import-limit` when absent
    #[arg(long, env = "BOOKPLATE_IMPORT_QUEUE_MB", value_name = "MIB")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1_073_741_824))]
    import_queue_mb: Option<u64>,
    #[command(flatten)]
    budget: Budget,
}

/// Serves until SIGTERM or Ctrl-C.
pub async fn serve(location: &Location, settings: Settings, args: ServeArgs) -> Result<()> {
    let address = SocketAddr::new(args.host, args.port);
    let exposure = exposure(&args)?;
    let settings = Settings {
        pool: args.pool,
        read_queue: args.read_queue,
        deadline: Duration::from_secs(args.deadline),
        ..settings
    };
    let started = chrono::Utc::now().format("%Y-%m-%d %H:%M:%S UTC");
    let claim =
        schema::claim(location, &format!("{} on {address}, since {started}", schema::SERVER))?;

    let db = open(location, &settings).await?;
    let readiness = Data::new(Readiness::new(schema::head()));
    let options = options(&args, address, exposure);
    // Before the address is logged: a signal without a handler would end the process immediately.
    let asked = asked_to_end()?;
    let imports = Imports::new(db.clone(), spool(location, &args));
    let shared = Shared { db: db.clone(), readiness: readiness.clone(), imports: imports.clone() };
    service::maintenance::begin(&db).await;
    let bound = server::bind(options, shared)?;
    if let Some(address) = bound.address() {
        log::info!("listening on http://{address} with {location}");
    }
    let (server, listener, load) = bound.split();

    let work = tokio::task::spawn_local(imports.clone().work());
    let maintenance = tokio::task::spawn_local(service::maintenance::keep(db.clone()));
    let handle = server.handle();
    let mut ended = tokio::task::spawn_local(server);
    tokio::select! {
        () = asked => {}
        ended = &mut ended => {
            ended.context("the server failed")??;
            bail!("the server stopped unexpectedly");
        }
    }
    readiness.drain();
    load.drain();
    log::info!("shutting down: draining for {} ms", args.drain_ms);
    tokio::time::sleep(Duration::from_millis(args.drain_ms)).await;
    // Clients that follow an import are disconnected too, and reconnect later; the other requests are answered.
    imports.stop();
    Bound::close(listener, &load).await;
    handle.stop(true).await;
    ended.await.context("the server failed")??;
    work.await.context("the import worker failed")?;
    maintenance.abort();
    db.close().await.context("the database could not be closed")?;
    drop(claim);
    log::info!("ended");
    Ok(())
}

/// Opens the database, with the schema of this program.
async fn open(location: &Location, settings: &Settings) -> Result<Db> {
    match location {
        Location::Memory => in_memory(settings).await,
        Location::File(_) | Location::Postgres(_) => {
            schema::prepare(location, settings).await?;
            Db::open(location, settings).await.with_context(|| schema::cannot_open(location))
        }
    }
}

fn options(args: &ServeArgs, address: SocketAddr, exposure: Exposure) -> server::Options {
    server::Options {
        address,
        exposure,
        workers: args.workers.map_or_else(cores, usize::from),
        list_limit: args.list_limit,
        answers: usize::from(args.cache_mb) << 20,
        budget: args.budget.within_descriptors(),
    }
}

/// An in-memory database is created and used on one connection.
async fn in_memory(settings: &Settings) -> Result<Db> {
    let location = &Location::Memory;
    let db = Db::open(location, settings).await.context("cannot open a database in memory")?;
    db.enforce_foreign_keys(false).await?;
    schema::upgrade(db.reader().connection(), location).await?;
    db.enforce_foreign_keys(true).await?;
    log::warn!("the database is in memory: everything is gone when this process ends");
    Ok(db)
}

/// Until there are accounts, only this machine is served, or all machines on explicit request.
fn exposure(args: &ServeArgs) -> Result<Exposure> {
    match (args.host.is_loopback(), args.insecure_open) {
        (true, false) => Ok(Exposure::Loopback),
        (_, true) => {
            log::warn!(
                "--insecure-open: there are no accounts yet, so everybody who reaches {} may read, change and delete everything",
                args.host
            );
            Ok(Exposure::Everybody)
        }
        (false, false) => bail!(
            "{} is reached from other machines, and there are no accounts yet: everybody could change and delete everything; \
             listen on 127.0.0.1, or pass `--insecure-open` to allow that",
            args.host
        ),
    }
}

/// The directory of files that wait to be imported.
fn spool(location: &Location, args: &ServeArgs) -> Spool {
    let beside = |path: &PathBuf| {
        let mut folder = path.clone().into_os_string();
        folder.push(".imports");
        folder.into()
    };
    let folder = args.imports_dir.clone().unwrap_or_else(|| match location {
        Location::File(path) => beside(path),
        Location::Postgres(_) => "bookplate.imports".into(),
        Location::Memory => {
            let name = format!("bookplate-{}", std::process::id());
            beside(&std::env::temp_dir().join(name))
        }
    });
    let is_shared = matches!(location, Location::Postgres(_));
    let together = args.import_queue_mb.unwrap_or(args.import_limit.saturating_mul(16));
    let files = usize::try_from(args.import_queue).unwrap_or(usize::MAX);
    Spool::new(folder, args.import_limit << 20, is_shared, Room::new(files, together << 20))
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// Waits for signals from now on, and resolves at the first one.
fn asked_to_end() -> Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for Ctrl-C")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
