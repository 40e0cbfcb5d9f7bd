//! Every kind of problem that a response can have: its status, and the text of the page at its `type`. The only such list.

use actix_web::http::StatusCode;
use serde::{Serialize, Serializer};

/// The static properties of a kind.
#[derive(Debug)]
pub struct About {
    /// The last part of `type`.
    pub slug: &'static str,
    /// The status of its responses.
    pub status: StatusCode,
    /// The title of the kind.
    pub title: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What a client can do about it.
    pub resolution: &'static str,
    /// An example of its `detail`.
    pub example: &'static str,
    /// Seconds after which the same request may succeed.
    pub retry_after: Option<&'static str>,
}

macro_rules! kinds {
    (again) => { None };
    (again $seconds:literal) => { Some($seconds) };
    ($(
        $kind:ident $slug:literal $status:ident $title:literal
        { means $meaning:literal; do $resolution:literal; as $example:literal; $(again after $seconds:literal;)? }
    )*) => {
        /// A kind of problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind { $(#[doc = $meaning] $kind,)* }

        impl Kind {
            /// All of them, by their status.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// Its static properties.
            pub fn about(self) -> &'static About {
                match self {
                    $(Self::$kind => {
                        static ABOUT: About = About {
                            slug: $slug,
                            status: StatusCode::$status,
                            title: $title,
                            meaning: $meaning,
                            resolution: $resolution,
                            example: $example,
                            retry_after: kinds!(again $($seconds)?),
                        };
                        &ABOUT
                    })*
                }
            }
        }
    };
}

kinds! {
    Invalid "invalid" BAD_REQUEST "Invalid input" {
        means "A member of the body, a parameter, a header or the path is invalid, or refers to something unknown. Nothing was changed.";
        do "See `errors`: each has the `pointer` to a member (or the name of a parameter), a `code`, and a sentence with \
            what to do about it. Correct all of them and send the request again.";
        as "year `12008` is not between -3500 and 2200";
    }
    Duplicate "duplicate" BAD_REQUEST "Duplicate value" {
        means "A value that only one row may have, such as the ISBN of a book, belongs to another row. Nothing was changed.";
        do "Change the other row, which is at the `link` of the error, or choose another value; \
            `PUT /api/books/isbn/{isbn}` finds and changes the row in one step.";
        as "isbn `9780132350884` is that of book 17; change that one or choose another isbn";
    }
    ForeignOrigin "foreign-origin" FORBIDDEN "Foreign origin" {
        means "A page of another origin than this service's own sent a request that may change something, as its browser reports in \
               `Sec-Fetch-Site` or `Origin`. Nothing was changed.";
        do "Send the request from a page of this service, or from a program, which sends neither header. A proxy in front of the \
            service has to pass on `Sec-Fetch-Site`, and `Host` as the browser sent it.";
        as "the request comes from a page of another origin (`Sec-Fetch-Site` is `cross-site`), which may change nothing; send it \
            from a page of this service or from a program";
    }
    NotFound "not-found" NOT_FOUND "Not found" {
        means "There is no such address, or no row with this id or ISBN; it may have been deleted.";
        do "Compare the address with the OpenAPI document, and list the rows that exist.";
        as "no book has the id 7";
    }
    MethodNotAllowed "method-not-allowed" METHOD_NOT_ALLOWED "Method not allowed" {
        means "The address exists, but does not take this method.";
        do "Use one of the methods in the header `Allow`.";
        as "PATCH is not possible here; the methods are GET, HEAD, POST, OPTIONS";
    }
    NotAcceptable "not-acceptable" NOT_ACCEPTABLE "Not acceptable" {
        means "The header `Accept` names no type that the list or row can be sent as, or `Accept-Encoding` no coding.";
        do "Accept one of those that `detail` lists, or leave the header out.";
        as "no type in `Accept` is supported; a list is available as one of application/json, text/csv, application/x-ndjson, \
            application/jsonl";
    }
    SlowBody "slow-body" REQUEST_TIMEOUT "Body too slow" {
        means "The body of the request did not arrive in time. Nothing was changed.";
        do "Send the request again, over a better connection or with less in it.";
        as "the body did not arrive within 9 seconds";
    }
    Stale "stale" PRECONDITION_FAILED "Changed by somebody else" {
        means "The row is not as `If-Match`, `If-None-Match` or the member `version` expects it. Nothing was changed. \
               The header `ETag` has the tag of the current version.";
        do "Read the row again, repeat the change on what it is now, and send that with its new tag.";
        as "version 3 is out of date: the book is at version 4; read it again and repeat the change";
    }
    Unconfirmed "unconfirmed" PRECONDITION_FAILED "Another number of rows" {
        means "The filters find another number of rows than `confirm` states. Nothing was changed.";
        do "Check the list with the same filters. Repeat the request with the number in the response, to confirm it.";
        as "confirm is `3`, but the number of books that match is 4; nothing was changed: repeat with confirm=4 to confirm";
    }
    TooLarge "too-large" PAYLOAD_TOO_LARGE "Body too large" {
        means "The body of the request exceeds the size limit. Nothing was changed.";
        do "Send less at a time. A file for `/api/imports` may be longer than other bodies, as long as the operator allows.";
        as "the body is larger than 1048576 bytes; send less at a time";
    }
    UriTooLong "uri-too-long" URI_TOO_LONG "URI too long" {
        means "The path and its query exceed the length limit.";
        do "Use fewer or shorter filters.";
        as "the address is longer than 8192 bytes; request less at a time";
    }
    MediaType "media-type" UNSUPPORTED_MEDIA_TYPE "Unsupported media type" {
        means "The media type of the body is not accepted here, or is missing. Nothing was changed.";
        do "Send JSON with the header `Content-Type: application/json`. Only `POST /api/imports` takes files: `text/csv`, \
            `application/x-ndjson`, or a form with one.";
        as "the content type is `text/plain`, expected `application/json`";
    }
    ForeignHost "foreign-host" MISDIRECTED_REQUEST "Foreign host" {
        means "The header `Host` names another machine than this one, while only this machine is served. So no page of \
               another site can use the service through a browser.";
        do "Ask for `localhost` or `127.0.0.1`.";
        as "the host `books.example` is not this machine; ask for localhost or 127.0.0.1";
    }
    KeyReused "key-reused" UNPROCESSABLE_ENTITY "Key used before" {
        means "The `Idempotency-Key` was used for another request within the last day. Nothing was changed.";
        do "Repeat the first request as it was to get its answer again, or choose a new key for this one.";
        as "the key `8e03978e` was used for another request within the last day; repeat that one as it was, or choose a new key";
    }
    Internal "internal" INTERNAL_SERVER_ERROR "Internal error" {
        means "A defect of the service. A change was not stored.";
        do "Tell the operator the `request_id`; the log has the details.";
        as "something went wrong here; the log has more under this request's id";
    }
    Busy "busy" SERVICE_UNAVAILABLE "Busy" {
        means "Too much work waits for the database, or another program holds it. Nothing was changed.";
        do "Send the request again after the seconds of `Retry-After`.";
        as "the database is busy; nothing was changed, try again";
        again after "1";
    }
    Unavailable "unavailable" SERVICE_UNAVAILABLE "Database not available" {
        means "The database cannot be reached, or takes no changes.";
        do "Send the request again after the seconds of `Retry-After`; tell the operator if that does not help.";
        as "the database is not available";
        again after "5";
    }
    SlowRead "slow-read" SERVICE_UNAVAILABLE "Database too slow" {
        means "The database did not answer a query in time.";
        do "Request less: a `limit`, fewer filters, no `count`. Or send the request again after the seconds of `Retry-After`.";
        as "the database did not answer within 9 seconds";
        again after "5";
    }
    UnknownOutcome "unknown-outcome" SERVICE_UNAVAILABLE "Outcome unknown" {
        means "A change took longer than its deadline and is still running; whether it will be stored is not known yet.";
        do "Check whether it was stored before repeating it. A `POST` with an `Idempotency-Key` may simply be sent again.";
        as "the work took longer than its deadline and its outcome is unknown; check before you repeat it";
        again after "5";
    }
    NotReady "not-ready" SERVICE_UNAVAILABLE "Not ready" {
        means "The service is alive, but not ready: its database does not answer or has another schema, or it is shutting down.";
        do "Send requests to another instance. `bookplate db upgrade` upgrades an outdated schema.";
        as "the database does not answer";
    }
    DiskFull "disk-full" INSUFFICIENT_STORAGE "Disk full" {
        means "The disk of the database, or of the files to be imported, is full. Nothing was changed.";
        do "Reads still work. Tell the operator, and send the change again when there is room.";
        as "the disk of the database is full; nothing was changed";
    }
}

impl Kind {
    /// The path that is the `type` of its problems, and where its page is.
    pub fn path(self) -> String {
        format!("/problems/{}", self.about().slug)
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.path())
    }
}
