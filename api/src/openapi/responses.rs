//! Responses in the OpenAPI document: the statuses of each operation, and the headers. Bodies are in `bodies`.

use actix_web::http::{Method, StatusCode};
use utoipa::openapi::{
    Components, Content, Header, HeaderBuilder, Ref, RefOr, Response, ResponseBuilder,
    content::ContentBuilder,
    example::ExampleBuilder,
    link::LinkBuilder,
    path::{Operation, ParameterIn},
    schema::{ObjectBuilder, Type},
};

use crate::{
    change::DRY_RUN,
    error::{Kind, Problem},
    extract::{JSON, PATCHES},
};

/// An operation of the document, and what it is.
pub struct Described<'a> {
    /// Its path.
    pub path: &'a str,
    /// Its method.
    pub method: Method,
    /// Whether it is a list that comes in pages.
    pub shows_pages: bool,
    /// What a row is called that it adds.
    pub created: Option<&'static str>,
}

/// The refusals by name, each with an example of every kind that has its status; and the headers.
pub fn describe_all(components: &mut Components) {
    for kind in Kind::ALL {
        let status = kind.about().status;
        components.responses.insert(name(status), refusal(status).into());
    }
    for (name, what, tag) in
        [("UnchangedPage", "page", "ListTag"), ("UnchangedRow", "row", "RowTag")]
    {
        let mut unchanged = Response::new(format!("The client has the current {what}"));
        for (header, component) in [("ETag", tag), ("X-Request-Id", "RequestId")] {
            let reference = Ref::new(format!("#/components/headers/{component}"));
            unchanged.headers.insert(header.to_owned(), RefOr::Ref(reference));
        }
        components.responses.insert(name.to_owned(), unchanged.into());
    }
    let accepted = |description: &str, example: &str| header(Type::String, description, example);
    let of_refusals = [
        ("AcceptPatch", accepted("The types that a PATCH takes here", PATCHES)),
        ("AcceptPost", accepted("The types that a POST takes here", JSON)),
        ("Allow", accepted("The methods that the address takes", "GET, HEAD, POST, OPTIONS")),
    ];
    for (name, header) in headers().into_iter().chain(of_refusals) {
        components.headers.insert(name.to_owned(), header.into());
    }
}

fn refer(response: &str) -> RefOr<Response> {
    RefOr::Ref(Ref::new(format!("#/components/responses/{response}")))
}

/// Adds to an operation the answers that it has because of what it is, and the headers to all of them.
pub fn describe(what: &Described, operation: &mut Operation) {
    let is_row = what.method != Method::DELETE
        && (operation.responses.responses.contains_key("304")
            || has_parameter(operation, "If-Match"));
    for status in refusals(what, operation) {
        let mut reference = Ref::new(format!("#/components/responses/{}", name(status)));
        // What the handler says of it is more than what is said of all.
        if let Some(RefOr::T(own)) = operation.responses.responses.remove(status.as_str()) {
            reference.description = own.description;
        }
        operation.responses.responses.insert(status.as_str().to_owned(), reference.into());
    }
    if what.shows_pages {
        operation.responses.responses.insert("304".to_owned(), refer("UnchangedPage"));
    } else if let Some(unchanged) = operation.responses.responses.get_mut("304") {
        *unchanged = refer("UnchangedRow");
    }
    let may_be_dry = has_parameter(operation, DRY_RUN);
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        let dry = (may_be_dry && status == "200").then_some(("Dry-Run", "DryRun"));
        for (name, component) in carried(what, status, is_row).into_iter().chain(dry) {
            let reference = Ref::new(format!("#/components/headers/{component}"));
            response.headers.insert(name.to_owned(), RefOr::Ref(reference));
        }
        if let ("201", Some(noun)) = (status.as_str(), what.created) {
            link(response, noun);
        }
    }
}

/// Statuses from 400 on. What no handler is reached for, as 405 for another method, belongs to no operation.
fn refusals(what: &Described, operation: &Operation) -> Vec<StatusCode> {
    let parameters = operation.parameters.as_deref();
    let has_query = parameters.unwrap_or_default().iter().any(|parameter| match parameter {
        RefOr::T(parameter) => parameter.parameter_in == ParameterIn::Query,
        RefOr::Ref(_) => false,
    });
    let changes = !what.method.is_safe();
    let has_key = what.path.contains("{id}") || what.path.contains("{isbn}");
    let stored = what.path.starts_with("/api/") && what.path != "/api/openapi.json";
    let has_body = operation.request_body.is_some();
    let each = [
        (true, StatusCode::URI_TOO_LONG),
        (true, StatusCode::MISDIRECTED_REQUEST),
        (true, StatusCode::INTERNAL_SERVER_ERROR),
        (has_query || has_key || changes, StatusCode::BAD_REQUEST),
        (changes, StatusCode::FORBIDDEN),
        (what.path.contains('{'), StatusCode::NOT_FOUND),
        (
            what.method == Method::GET && has_parameter(operation, "fields"),
            StatusCode::NOT_ACCEPTABLE,
        ),
        (what.shows_pages && what.method == Method::POST, StatusCode::NOT_ACCEPTABLE),
        (has_body, StatusCode::REQUEST_TIMEOUT),
        (has_body, StatusCode::PAYLOAD_TOO_LARGE),
        (has_body, StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (
            changes
                && (has_parameter(operation, "If-Match") || has_parameter(operation, "confirm")),
            StatusCode::PRECONDITION_FAILED,
        ),
        (has_parameter(operation, "Idempotency-Key"), StatusCode::UNPROCESSABLE_ENTITY),
        (stored || what.path == "/readyz", StatusCode::SERVICE_UNAVAILABLE),
        (changes, StatusCode::INSUFFICIENT_STORAGE),
    ];
    each.into_iter().filter(|(can, _)| *can).map(|(_, status)| status).collect()
}

/// Whether an operation has this parameter.
pub fn has_parameter(operation: &Operation, name: &str) -> bool {
    operation.parameters.as_deref().unwrap_or_default().iter().any(|parameter| match parameter {
        RefOr::T(parameter) => parameter.name == name,
        RefOr::Ref(_) => false,
    })
}

/// The name of a refusal, of which an operation has some ten: its status, which is short.
fn name(status: StatusCode) -> String {
    status.as_str().to_owned()
}

fn refusal(status: StatusCode) -> Response {
    let kinds = || Kind::ALL.iter().filter(|kind| kind.about().status == status);
    let meanings: Vec<&str> = kinds().map(|kind| kind.about().meaning).collect();
    let examples = kinds().map(|kind| {
        let value = serde_json::to_value(Problem::example(*kind)).unwrap_or_default();
        let example = ExampleBuilder::new().summary(kind.about().title).value(Some(value));
        (kind.about().slug, example)
    });
    let schema = Some(Ref::from_schema_name("Problem"));
    let content: Content =
        ContentBuilder::new().schema(schema.clone()).examples_from_iter(examples).build();
    let mut response = ResponseBuilder::new()
        .description(meanings.join(" Or: "))
        .content("application/problem+json", content)
        // For a client that accepts nothing else.
        .content("application/json", Content::new(schema))
        .build();
    let mut headers = vec![("X-Request-Id", "RequestId")];
    headers.extend(
        kinds()
            .any(|kind| kind.about().retry_after.is_some())
            .then_some(("Retry-After", "RetryAfter")),
    );
    match status {
        StatusCode::METHOD_NOT_ALLOWED => headers.push(("Allow", "Allow")),
        StatusCode::PRECONDITION_FAILED => headers.push(("ETag", "RowTag")),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            headers.extend([("Accept-Patch", "AcceptPatch"), ("Accept-Post", "AcceptPost")]);
        }
        _ => {}
    }
    for (name, component) in headers {
        let reference = Ref::new(format!("#/components/headers/{component}"));
        response.headers.insert(name.to_owned(), RefOr::Ref(reference));
    }
    response
}

/// The headers of an answer that succeeded, each with the component that describes it.
fn carried(what: &Described, status: &str, is_row: bool) -> Vec<(&'static str, &'static str)> {
    let mut headers = vec![("X-Request-Id", "RequestId")];
    if status == "200" && what.shows_pages {
        headers.push(("X-Near-Matches", "NearMatches"));
    }
    match (status, what.shows_pages) {
        ("200" | "304", true) => {
            headers.extend([
                ("ETag", "ListTag"),
                ("Link", "Link"),
                ("X-Total-Count", "TotalCount"),
            ]);
        }
        ("200" | "304", false) if is_row => headers.push(("ETag", "RowTag")),
        ("201", _) => headers.extend([("ETag", "RowTag"), ("Location", "Location")]),
        _ => {}
    }
    headers
}

fn header(of: Type, description: &str, example: &str) -> Header {
    let example = match of {
        Type::Integer => example.parse::<u32>().map(Into::into).unwrap_or_default(),
        _ => serde_json::Value::from(example),
    };
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(of)))
        .description(Some(description))
        .example(Some(example))
        .build()
}

fn headers() -> Vec<(&'static str, Header)> {
    let text = |description: &str, example: &str| header(Type::String, description, example);
    vec![
        ("DryRun", text("`true` where nothing was stored; absent otherwise", "true")),
        (
            "Link",
            text(
                "Where the first, the previous and the next page are; absent where there is one page",
                "</api/books?limit=10&cursor=eyJsIjoi>; rel=\"next\"",
            ),
        ),
        (
            "ListTag",
            text(
                "The version of the page, for `If-None-Match`; absent where it has more than 1000 rows and is sent while it is read",
                "W/\"1c4ecf2f1f2a9b5d\"",
            ),
        ),
        ("Location", text("Where the row is; absent where several were added", "/api/books/1")),
        (
            "NearMatches",
            text("`true` where no row matches `q`, and these have nearly its words", "true"),
        ),
        (
            "RequestId",
            text(
                "The id of the request, as in the log; that of the request's own header, if it has one",
                "18c5f2a9e4d31-2a",
            ),
        ),
        (
            "RetryAfter",
            header(Type::Integer, "Seconds after which the request may be sent again", "5"),
        ),
        (
            "RowTag",
            text(
                "The version of the row, for `If-Match` and `If-None-Match`; with `include` a weak one, for `If-None-Match` only",
                "\"1.3\"",
            ),
        ),
        (
            "TotalCount",
            header(
                Type::Integer,
                "How many rows pass the filters, where `count=exact` asked for it",
                "1234",
            ),
        ),
    ]
}

/// What can be done with a row that was added.
fn link(response: &mut Response, noun: &str) {
    for verb in ["find", "update", "patch", "delete"] {
        let operation = format!("{verb}_{noun}");
        let link = LinkBuilder::new()
            .operation_id(operation.clone())
            .parameter("id", "$response.body#/id")
            .build();
        response.links.insert(operation, RefOr::T(link));
    }
}
