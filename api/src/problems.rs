//! `/problems`: a page for each kind of problem, linked by its `type`. The texts are in the table of [`Kind`].

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::{ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY},
    web::Path,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    error::{Kind, Problem},
    routes::Routes,
};

/// The routes of this file.
pub fn routes(config: &mut impl Routes) {
    config.service(list_problems).service(find_problem);
}

/// The style of the pages; the policy allows it by its digest, so that no other is applied.
const STYLE: &str = "body{font:1em/1.5 sans-serif;max-width:44em;margin:2em auto;padding:0 1em}pre{overflow:auto;padding:1em;\
                     background:#eee;color:#111}";
const POLICY: &str = "default-src 'none'; style-src 'sha256-zEbkc0UWf4Wbe8v4vv3jSSTMQG4wMIOKwMzUQ0opPzg='; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// A kind of problem.
#[derive(Serialize, ToSchema)]
struct ProblemKind {
    /// The path that is the `type` of such problems.
    #[schema(value_type = String, format = "uri-reference", example = "/problems/duplicate")]
    r#type: Kind,
    /// The title of the kind.
    #[schema(example = "Duplicate value")]
    title: &'static str,
    /// The status of its responses.
    #[schema(example = 400, minimum = 400, maximum = 599)]
    status: u16,
    /// What it means.
    meaning: &'static str,
    /// What a client can do about it.
    resolution: &'static str,
    /// An example response.
    #[schema(inline = false)]
    example: Problem,
}

impl From<&Kind> for ProblemKind {
    fn from(kind: &Kind) -> Self {
        let about = kind.about();
        Self {
            r#type: *kind,
            title: about.title,
            status: about.status.as_u16(),
            meaning: about.meaning,
            resolution: about.resolution,
            example: Problem::example(*kind),
        }
    }
}

/// Every kind of problem: a page, or JSON on request.
#[utoipa::path(
    tag = "service",
    responses((status = 200, description = "The kinds", content(
        (String = "text/html"),
        (Vec<ProblemKind> = "application/json"),
    )))
)]
#[get("/problems")]
async fn list_problems(request: HttpRequest) -> HttpResponse {
    let kinds = Kind::ALL.iter().map(ProblemKind::from);
    if wants_json(&request) {
        return json(&kinds.collect::<Vec<_>>());
    }
    let lines: String = kinds
        .map(|kind| {
            let (path, title) = (kind.r#type.path(), escaped(kind.title));
            format!("<li><a href=\"{path}\">{title}</a> ({})</li>\n", kind.status)
        })
        .collect();
    page(
        "Problems",
        &format!(
            "<p>What an answer of Bookplate can have as its <code>type</code>.</p>\n<ul>\n{lines}</ul>"
        ),
    )
}

/// One kind of problem, linked by its `type`: a page, or JSON on request.
#[utoipa::path(
    tag = "service",
    params(("type" = String, Path, description = "The last part of the `type`", example = "duplicate")),
    responses(
        (status = 200, description = "The kind", content(
            (String = "text/html"),
            (ProblemKind = "application/json"),
        )),
        (status = 404, description = "No such kind")
    )
)]
#[get("/problems/{type}")]
async fn find_problem(slug: Path<String>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let Some(kind) = Kind::ALL.iter().find(|kind| kind.about().slug == slug.as_str()) else {
        let shown = service::shortened(&slug, 30);
        return Err(Problem::not_found(format!(
            "there is no kind of problem `{shown}`; /problems lists them"
        )));
    };
    let kind = ProblemKind::from(kind);
    if wants_json(&request) {
        return Ok(json(&kind));
    }
    let example = serde_json::to_string_pretty(&kind.example).unwrap_or_default();
    let body = format!(
        "<p>{}</p>\n<h2>What to do</h2>\n<p>{}</p>\n<h2>Such an answer</h2>\n<pre>HTTP/1.1 {}\n\
         Content-Type: application/problem+json\n\n{}</pre>\n<p><a href=\"/problems\">All problems</a></p>",
        marked(kind.meaning),
        marked(kind.resolution),
        kind.example.status(),
        escaped(&example)
    );
    Ok(page(kind.title, &body))
}

/// A browser accepts HTML; a program that accepts JSON and not HTML gets JSON.
fn wants_json(request: &HttpRequest) -> bool {
    let named = |kind| {
        let values = request.headers().get_all(ACCEPT).filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|range| range.trim().starts_with(kind))
    };
    named("application/json") && !named("text/html")
}

fn json(out: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header((VARY, "Accept")).json(out)
}

fn page(title: &str, body: &str) -> HttpResponse {
    let title = escaped(title);
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((VARY, "Accept"))
        .body(format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title} – Bookplate</title>\n\
             <style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n{body}\n</body>\n</html>\n"
        ))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Text in backticks is code.
fn marked(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts
        .map(|(place, part)| match place % 2 {
            0 => escaped(part),
            _ => format!("<code>{}</code>", escaped(part)),
        })
        .collect()
}
