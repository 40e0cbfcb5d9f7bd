//! `/docs`: Swagger UI for the OpenAPI document, from files inside the binary. No external resources are loaded.

use std::{
    borrow::Cow,
    sync::{Arc, LazyLock},
};

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    web::{self, Bytes, Path},
};
use utoipa_swagger_ui::Config;

use crate::{compress::fixed::Fixed, error::Problem, routes::Routes};

/// The routes of this file.
pub fn routes(config: &mut impl Routes) {
    config.service(show_docs).service(show_docs_file);
    // Also the URL that people type.
    config.undescribed(web::redirect("/docs/", "/docs"));
}

/// Allows the page and its files. The images of its style are embedded in the style.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Bookplate API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/swagger-ui-standalone-preset.js"></script>
<script src="/docs/swagger-initializer.js"></script>
</body>
</html>
"#;

static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    // Its validator is a service on the Internet.
    let config = Config::new(["/api/openapi.json"]).use_base_layout().validator_url("none");
    Arc::new(config.deep_linking(true).doc_expansion("list"))
});

/// This document as a page to read and to try, without any other server.
#[utoipa::path(
    tag = "service",
    responses((status = 200, description = "Swagger UI", content((String = "text/html"))))
)]
#[get("/docs")]
async fn show_docs() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .body(PAGE)
}

/// A file that the page needs.
#[utoipa::path(
    tag = "service",
    params(("file" = String, Path, description = "Its name", example = "swagger-initializer.js")),
    responses(
        (status = 200, description = "The file", content(
            (String = "text/javascript"),
            (String = "text/css"),
            (Vec<u8> = "image/png"),
        )),
        (status = 404, description = "No such file")
    )
)]
#[get("/docs/{file}")]
async fn show_docs_file(request: HttpRequest, file: Path<String>) -> Result<HttpResponse, Problem> {
    let Some(found) = FILES.iter().find(|known| known.name == file.as_str()) else {
        let shown = service::shortened(&file, 30);
        return Err(Problem::not_found(format!("the page has no file `{shown}`")));
    };
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, found.kind.as_str()))
        .insert_header((CACHE_CONTROL, "max-age=86400"));
    found.content.answer(&request, response).await
}

/// A file of Swagger UI.
struct File {
    name: &'static str,
    kind: String,
    content: Arc<Fixed>,
}

static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
    let names = [
        "swagger-initializer.js",
        "swagger-ui-bundle.js",
        "swagger-ui-standalone-preset.js",
        "swagger-ui.css",
        "favicon-32x32.png",
    ];
    let found = names.into_iter().filter_map(|name| {
        let Ok(Some(found)) = utoipa_swagger_ui::serve(name, Arc::clone(&CONFIG)) else {
            log::error!("Swagger UI came without its file `{name}`");
            return None;
        };
        let bytes = match found.bytes {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => bytes.into(),
        };
        let kind = found.content_type;
        let is_text = kind.starts_with("text/");
        let kind = if is_text { format!("{kind}; charset=utf-8") } else { kind };
        let content = if is_text { Fixed::new(bytes) } else { Fixed::as_it_is(bytes) };
        Some(File { name, kind, content })
    });
    found.collect()
});
