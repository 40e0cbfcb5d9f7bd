//! An uploaded file: from the body, raw or as a form, to the directory of imports, in bounded memory.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use actix_multipart::{Field, Multipart};
use actix_web::{
    HttpMessage, HttpRequest,
    http::{
        Method,
        header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE},
    },
    web::{Bytes, BytesMut, Payload, Query},
};
use futures_util::{Stream, StreamExt};
use service::{
    DatabaseError, Error, FieldError, Result as Outcome,
    books::import::{Encoding, Options},
    database::on_a_thread,
    imports::{Nouns, Spool, Upload},
};
use utoipa::ToSchema;

use super::parameters::{self, Kind, Known};
use crate::{
    error::{Kind as ProblemKind, Problem},
    extract::BODY_DEADLINE,
};

/// Bytes that are written to the disk at a time.
const PART: usize = 256 << 10;
/// The media types of a file that is the body.
const FILES: &str = "text/csv, text/tab-separated-values, application/x-ndjson, application/jsonl, application/json, \
                     application/marc, application/marcxml+xml, application/xml";
/// Maximum length of a form member that is not a file, in bytes.
const LONGEST_MEMBER: usize = 4 << 10;
/// Maximum number of form members in addition to the file.
const MOST_MEMBERS: usize = 50;
/// The minimum average rate of a client, in bytes per second.
const SLOWEST: u64 = 16 << 10;
/// Additional time for a client after the server was busy, once.
const BUSY: Duration = Duration::from_secs(1);

/// A file and how to import it.
pub struct Received {
    pub upload: Upload,
    pub name: Option<String>,
    pub noun: Nouns,
    pub options: Options,
}

/// A form with a file; its other members are the parameters of the query, all of them.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only for the document: the form is read part by part")]
pub struct ImportForm {
    /// A table, JSON lines, MARC 21, MARCXML or ONIX 3.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    #[schema(inline, value_type = parameters::NounOfRows, required = false)]
    noun: Option<parameters::NounOfRows>,
    #[schema(inline, value_type = Kind, required = false)]
    format: Option<Kind>,
    /// The delimiter of a CSV file.
    #[schema(value_type = String, required = false, pattern = r"^(?:\\t|[\t -!#-~])$")]
    delimiter: Option<String>,
    #[schema(inline, value_type = parameters::Duplicates, required = false)]
    on_duplicate: Option<parameters::Duplicates>,
    #[schema(value_type = bool, required = false)]
    dry_run: Option<bool>,
    /// May be repeated for each column.
    #[schema(value_type = Vec<String>, required = false, example = json!(["author=Verfasser"]))]
    map: Option<Vec<String>>,
}

/// Receives the file of a request. When the client disconnects, what was received is removed.
///
/// # Errors
/// For a body of another type, one that is too large or too slow, or an invalid parameter.
pub async fn receive(
    request: &HttpRequest,
    payload: Payload,
    spool: &Arc<Spool>,
) -> Result<Received, Problem> {
    let given = Query::<Vec<(String, String)>>::from_query(request.query_string());
    let Query(given) = given
        .map_err(|error| Error::parameter("query", format!("the query cannot be read: {error}")))?;
    refuse_encoding(request).map_err(|problem| *problem)?;
    let pace = Pace::default();
    if request.content_type() == "multipart/form-data" {
        let form = Multipart::new(request.headers(), payload);
        return Form { file: None, given, pace }.receive(form, spool).await;
    }
    let known = known_of_body(request, &given).map_err(|problem| *problem)?;
    // Before a megabyte is sent in vain.
    let (noun, options) = parameters::options(&given, known)?;
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if announced
        .and_then(|length| length.parse().ok())
        .is_some_and(|length: u64| length > spool.longest)
    {
        return Err(too_large(spool.longest));
    }
    let mut file = Writer::begin(spool, pace).await?;
    file.take_all(payload).await?;
    Ok(Received { upload: file.end().await?, name: None, noun, options })
}

fn refuse_encoding(request: &HttpRequest) -> Result<(), Box<Problem>> {
    match request.headers().get(CONTENT_ENCODING).map(|encoding| encoding.as_bytes()) {
        None | Some(b"identity") => Ok(()),
        Some(other) => {
            let shown = service::shortened(&String::from_utf8_lossy(other), 40);
            let detail = format!("the content encoding is `{shown}`; send the file as it is");
            Err(Box::new(unsupported(detail)))
        }
    }
}

/// What the type of a raw body determines; any type is accepted when `format` is given.
fn known_of_body(request: &HttpRequest, given: &[(String, String)]) -> Result<Known, Box<Problem>> {
    let sent = request.headers().get(CONTENT_TYPE).and_then(|sent| sent.to_str().ok());
    let named = given.iter().find(|(name, _)| name == "format").map(|(_, value)| value.as_str());
    let named = parameters::kind(named).map_err(|error| Box::new(error.into()))?;
    let mime = request.mime_type().ok().flatten();
    let charset = mime.as_ref().and_then(|mime| mime.get_param("charset"));
    let encoding = encoding_of(charset.as_ref().map(|charset| charset.as_str()))?;
    let kind = request.content_type();
    let known = Known { encoding, ..known_of_type(kind) };
    match (named, known.kind) {
        (Some(named), by_type) if by_type.is_some() || kind == "application/octet-stream" => {
            Ok(Known { kind: Some(named), ..known })
        }
        (_, Some(_)) => Ok(known),
        _ => {
            let shown = service::shortened(sent.unwrap_or("none"), 60);
            let expected = FILES.replace(", ", "`, `");
            let detail = format!(
                "the content type is `{shown}`, expected `{expected}`, or a form (`multipart/form-data`) with a file"
            );
            Err(Box::new(unsupported(detail)))
        }
    }
}

/// The encoding that a type names.
fn encoding_of(charset: Option<&str>) -> Result<Option<Encoding>, Box<Problem>> {
    charset.map(Encoding::named).transpose().map_err(|why| {
        let shown = service::shortened(&charset.unwrap_or_default().to_lowercase(), 40);
        Box::new(unsupported(format!("the charset is `{shown}`: {why}")))
    })
}

fn known_of_type(kind: &str) -> Known {
    let tab = kind == "text/tab-separated-values";
    let kind = match kind {
        "text/csv" | "application/csv" | "text/tab-separated-values" => Some(Kind::Csv),
        "application/x-ndjson"
        | "application/ndjson"
        | "application/jsonl"
        | "application/x-jsonlines" => Some(Kind::Jsonl),
        "application/marc" => Some(Kind::Marc21),
        "application/marcxml+xml" => Some(Kind::Marcxml),
        // Its beginning shows whose it is.
        "application/xml" | "text/xml" | "application/json" => Some(Kind::Csv),
        _ => None,
    };
    Known { kind, delimiter: tab.then_some(b'\t'), encoding: None }
}

/// What the ending of a name determines.
fn known_of_name(name: &str) -> Known {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
    let (kind, delimiter) = match ending.as_deref() {
        // Excel gives its "Unicode Text" this ending.
        Some("csv" | "txt") => (Some(Kind::Csv), None),
        Some("tsv" | "tab") => (Some(Kind::Csv), Some(b'\t')),
        Some("jsonl" | "ndjson") => (Some(Kind::Jsonl), None),
        Some("mrc" | "marc") => (Some(Kind::Marc21), None),
        Some("xml" | "marcxml" | "onix" | "json") => (Some(Kind::Csv), None),
        _ => (None, None),
    };
    Known { kind, delimiter, encoding: None }
}

/// The parts of a form received so far.
struct Form {
    file: Option<(Upload, Option<String>, Known)>,
    given: Vec<(String, String)>,
    pace: Pace,
}

impl Form {
    async fn receive(
        mut self,
        mut form: Multipart,
        spool: &Arc<Spool>,
    ) -> Result<Received, Problem> {
        while let Some(field) = self.pace.next(&mut form).await? {
            let field = field.map_err(unreadable)?;
            match field.name().map(str::to_owned) {
                Some(name) if name == "file" => self.file(field, spool).await?,
                Some(name) => self.member(name, field).await?,
                None => return Err(bad_form("a part of the form has no name")),
            }
        }
        let Some((upload, name, known)) = self.file else {
            return Err(bad_form("the form has no part `file` with a file"));
        };
        let (noun, options) = parameters::options(&self.given, known)?;
        Ok(Received { upload, name, noun, options })
    }

    async fn file(&mut self, field: Field, spool: &Arc<Spool>) -> Result<(), Problem> {
        if self.file.is_some() {
            return Err(bad_form("the form has two files; send each in a separate request"));
        }
        let name = field.content_disposition().and_then(|disposition| disposition.get_filename());
        let name = name.map(str::to_owned);
        let mime = field.content_type();
        let charset = mime.and_then(|mime| mime.get_param("charset"));
        let encoding = encoding_of(charset.as_ref().map(|charset| charset.as_str()));
        let encoding = encoding.map_err(|problem| *problem)?;
        let by_type = known_of_type(mime.map_or("", |mime| mime.essence_str()));
        let by_name = known_of_name(name.as_deref().unwrap_or_default());
        let kind = by_type.kind.or(by_name.kind);
        let known = Known { kind, delimiter: by_type.delimiter.or(by_name.delimiter), encoding };
        let mut file = Writer::begin(spool, self.pace).await?;
        file.take_all(field).await?;
        self.pace = file.pace;
        self.file = Some((file.end().await?, name, known));
        Ok(())
    }

    async fn member(&mut self, name: String, mut field: Field) -> Result<(), Problem> {
        let shown = service::shortened(&name, 40);
        if self.given.len() >= MOST_MEMBERS {
            return Err(bad_form(&format!("the form has more than {MOST_MEMBERS} members")));
        }
        let mut value = Vec::new();
        while let Some(part) = self.pace.next(&mut field).await? {
            let part = part.map_err(unreadable)?;
            self.pace.bytes += part.len() as u64;
            value.extend_from_slice(&part);
            if value.len() > LONGEST_MEMBER {
                return Err(bad_form(&format!("`{shown}` is longer than {LONGEST_MEMBER} bytes")));
            }
        }
        let value =
            String::from_utf8(value).map_err(|_| bad_form(&format!("`{shown}` is not UTF-8")))?;
        self.given.push((name, value));
        Ok(())
    }
}

/// The required speed of a client: the time spent waiting for it, against the bytes received. Time spent on the disk does not count.
#[derive(Clone, Copy, Default)]
struct Pace {
    waited: Duration,
    bytes: u64,
    is_late: bool,
}

impl Pace {
    /// Waits for the next bytes, with a limit. Bytes that are already available are always accepted.
    async fn next<S: Stream + Unpin>(
        &mut self,
        stream: &mut S,
    ) -> Result<Option<S::Item>, Problem> {
        let begun = Instant::now();
        let next = tokio::time::timeout(self.rest(), stream.next()).await;
        self.waited += begun.elapsed();
        next.map_err(|_| {
            let detail = format!("the file came with less than {SLOWEST} bytes in a second");
            Problem::new(ProblemKind::SlowBody, detail)
        })
    }

    /// How much longer the next part may take.
    fn rest(&mut self) -> Duration {
        let earned = Duration::from_millis(self.bytes * 1000 / SLOWEST);
        let rest = (BODY_DEADLINE + earned).saturating_sub(self.waited);
        if rest.is_zero() && !self.is_late {
            self.is_late = true;
            self.waited = self.waited.saturating_sub(BUSY);
            return BUSY;
        }
        rest
    }
}

/// Writes the received bytes to the directory.
struct Writer {
    upload: Option<Upload>,
    buffer: BytesMut,
    longest: u64,
    pace: Pace,
}

impl Writer {
    async fn begin(spool: &Arc<Spool>, pace: Pace) -> Result<Self, Problem> {
        let (spool, longest) = (Arc::clone(spool), spool.longest);
        let upload = on_a_thread(move || spool.begin()).await.map_err(crowded)?;
        Ok(Self { upload: Some(upload), buffer: BytesMut::new(), longest, pace })
    }

    async fn take_all<S, E>(&mut self, mut stream: S) -> Result<(), Problem>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
        E: std::fmt::Display,
    {
        let before = self.pace.bytes;
        while let Some(part) = self.pace.next(&mut stream).await? {
            let part = part.map_err(unreadable)?;
            self.pace.bytes += part.len() as u64;
            if self.pace.bytes - before > self.longest {
                return Err(too_large(self.longest));
            }
            self.buffer.extend_from_slice(&part);
            if self.buffer.len() >= PART {
                self.write().await?;
            }
        }
        self.write().await
    }

    async fn write(&mut self) -> Result<(), Problem> {
        let Some(mut upload) = self.upload.take() else { return Ok(()) };
        let part = self.buffer.split();
        let written = on_a_thread(move || upload.append(&part).map(|()| upload)).await;
        let written = written.map_err(crowded)?;
        self.upload = Some(written);
        Ok(())
    }

    async fn end(self) -> Outcome<Upload> {
        self.upload.ok_or_else(|| Error::internal("an uploaded file is missing"))
    }
}

fn unreadable(error: impl std::fmt::Display) -> Problem {
    let detail = format!("the body cannot be read: {error}");
    Problem::bad_request(FieldError::new("", "unreadable-body", detail))
}

fn bad_form(why: &str) -> Problem {
    Problem::bad_request(FieldError::new("", "bad-form", why))
}

fn unsupported(detail: String) -> Problem {
    let types = format!("{FILES}, multipart/form-data");
    Problem::media_type(detail, &Method::POST, &types)
}

/// The error for a [busy](DatabaseError::Busy) directory.
fn crowded(error: Error) -> Problem {
    match error {
        Error::Database(DatabaseError::Busy) => {
            let detail = "too many files wait to be imported or arrive at the same time; nothing was stored, send it again later";
            Problem::new(ProblemKind::Busy, detail)
        }
        error => error.into(),
    }
}

fn too_large(longest: u64) -> Problem {
    let longest = longest >> 20;
    let resolution = "send it in parts, or start the server with a higher `--import-limit`";
    Problem::new(
        ProblemKind::TooLarge,
        format!("the file is larger than {longest} MiB; {resolution}"),
    )
}
