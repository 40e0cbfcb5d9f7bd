//! The progress of an import as server-sent events, until it ends.

use std::time::{Duration, Instant};

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE},
    web::{Bytes, Data},
};
use futures_util::stream;
use service::{
    Db, Error, Result,
    imports::{self, Following, Import, Imports, MOST_FOLLOWERS},
};

use super::ImportOut;
use crate::{
    error::{Kind, Problem},
    extract::Id,
};

/// Silence after which a comment shows proxies that the connection is alive.
const SILENCE: Duration = Duration::from_secs(15);

/// The progress of an import, as server-sent events (`text/event-stream`): `progress` while it runs, `end` at its end, each with the
/// import as its data. A client that reconnects with `Last-Event-ID` continues from there; 204 means that there are no more events.
#[utoipa::path(
    tag = "imports",
    params(
        ("id" = i32, Path, description = "The import's id", minimum = 1),
        ("Last-Event-ID" = Option<String>, Header, description = "the id of the last event that was seen"),
    ),
    responses(
        (status = 200, description = "Events until the import ends", content((
            String = "text/event-stream",
            example = "id: 7\nevent: progress\ndata: {\"id\":1,\"state\":\"running\"}\n\n"
        ))),
        (status = 204, description = "It has ended, and the last event was seen"),
        (status = 404, description = "No such import")
    )
)]
#[get("/api/imports/{id}/events")]
pub async fn follow_import(
    request: HttpRequest,
    db: Data<Db>,
    imports: Data<Imports>,
    Id(id): Id,
) -> std::result::Result<HttpResponse, Problem> {
    let import = imports::find(db.reader(), id).await?;
    let seen = request.headers().get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    if imports::has_ended(&import) && seen == Some(import.version) {
        return Ok(HttpResponse::NoContent().finish());
    }
    let Some(following) = imports.follow(import) else {
        let detail = format!(
            "{MOST_FOLLOWERS} clients follow imports already; try again later, or request the import itself"
        );
        return Err(Problem::new(Kind::Busy, detail));
    };
    let follower = Follower { following, imports, seen, spoke: Instant::now(), is_done: false };
    let events = stream::unfold(follower, async |mut follower| {
        let event = follower.next().await?;
        Some((Ok::<_, Error>(Bytes::from(event)), follower))
    });
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        // Compressed data would wait until there is enough of it.
        .insert_header((CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(events))
}

/// A client that follows an import.
struct Follower {
    following: Following,
    imports: Data<Imports>,
    /// The version of the last event.
    seen: Option<i32>,
    spoke: Instant,
    is_done: bool,
}

impl Follower {
    /// The next event; `None` at the end, and when this process is asked to stop: the client reconnects to the next one.
    async fn next(&mut self) -> Option<String> {
        loop {
            if self.is_done {
                return None;
            }
            let import = self.following.current();
            if self.seen != Some(import.version) {
                return match self.tell(&import) {
                    Ok(event) => Some(event),
                    Err(error) => {
                        log::error!("an import cannot be shown: {}", service::chain(&error));
                        None
                    }
                };
            }
            let Some(silence) = SILENCE.checked_sub(self.spoke.elapsed()) else {
                self.spoke = Instant::now();
                return Some(": still there\n\n".to_owned());
            };
            tokio::select! {
                changed = self.following.changed() => if !changed {
                    return None;
                },
                () = tokio::time::sleep(silence) => {}
                () = self.imports.stopped() => return None,
            }
        }
    }

    fn tell(&mut self, import: &Import) -> Result<String> {
        let body = serde_json::to_string(&ImportOut::from(import)).map_err(Error::no_json)?;
        self.is_done = imports::has_ended(import);
        let name = if self.is_done { "end" } else { "progress" };
        let retry = if self.seen.is_none() { "retry: 1000\n" } else { "" };
        self.seen = Some(import.version);
        self.spoke = Instant::now();
        Ok(format!("{retry}id: {}\nevent: {name}\ndata: {body}\n\n", import.version))
    }
}
