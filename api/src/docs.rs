//! `/docs`: Swagger UI on the OpenAPI document, from the files inside the binary. Nothing is fetched from anywhere else.

use std::sync::{Arc, LazyLock};

use actix_web::{
    HttpResponse, get,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    web::{self, Path},
};
use utoipa_swagger_ui::Config;

use crate::{error::Problem, routes::Routes};

/// The routes of this file.
pub fn routes(config: &mut impl Routes) {
    config.service(show_docs).service(show_docs_file);
    // The address that people type, too.
    config.undescribed(web::redirect("/docs/", "/docs"));
}

/// The page and what it loads. The pictures of its style are inside of the style.
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
async fn show_docs_file(file: Path<String>) -> Result<HttpResponse, Problem> {
    let known =
        ["swagger-initializer.js", "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js"];
    let known = [known.as_slice(), &["swagger-ui.css", "favicon-32x32.png"]].concat();
    let shown = || service::shortened(&file, 30);
    if !known.contains(&file.as_str()) {
        return Err(Problem::not_found(format!("the page has no file `{}`", shown())));
    }
    let found = utoipa_swagger_ui::serve(&file, Arc::clone(&CONFIG));
    let Ok(Some(found)) = found else {
        log::error!("Swagger UI came without its file `{}`", shown());
        return Err(Problem::internal());
    };
    let kind = found.content_type;
    let kind = if kind.starts_with("text/") { format!("{kind}; charset=utf-8") } else { kind };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, kind))
        .insert_header((CACHE_CONTROL, "max-age=86400"))
        .body(found.bytes.into_owned()))
}
