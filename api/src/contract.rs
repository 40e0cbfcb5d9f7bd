//! The OpenAPI document as it is sent, and what follows from it: which methods a path has.

use std::sync::{Arc, OnceLock};

use actix_web::{
    HttpRequest, HttpResponse,
    dev::ResourceDef,
    get,
    http::{
        Method,
        header::{ALLOW, HeaderName},
    },
    web::Data,
};
use utoipa::openapi::{OpenApi, RefOr};

use crate::{compress::fixed::Fixed, error::Problem, list::QUERY};

/// The document as it is sent, and what follows from it. Made when it is first needed, for it takes more memory to make than a server
/// at rest has otherwise; that is given to others then.
pub struct Contract {
    document: fn() -> OpenApi,
    made: OnceLock<Made>,
}

struct Made {
    text: Arc<Fixed>,
    paths: Paths,
}

impl Contract {
    /// Of the document that is made by `document`.
    pub fn new(document: fn() -> OpenApi) -> Self {
        Self { document, made: OnceLock::new() }
    }

    fn made(&self) -> &Made {
        self.made.get_or_init(|| {
            let document = (self.document)();
            // It always has a JSON text.
            let text = serde_json::to_vec(&document).unwrap_or_default();
            Made { text: Fixed::new(text.into()), paths: Paths::new(&document) }
        })
    }

    fn methods(&self, path: &str) -> Option<&[Method]> {
        self.made().paths.of(path).map(|path| path.methods.as_slice())
    }

    /// The response to OPTIONS of a path: its methods, and the types of the bodies that it takes.
    fn options(&self, path: &str) -> Option<HttpResponse> {
        let path = self.made().paths.of(path)?;
        let mut response = HttpResponse::NoContent();
        response.insert_header((ALLOW, list(&path.methods)));
        for (name, types) in &path.bodies {
            response.insert_header((name.clone(), types.as_str()));
        }
        Some(response.finish())
    }

    /// The refusal of a request whose path exists, but not for its method.
    pub fn refuse(&self, request: &HttpRequest) -> Option<Problem> {
        let methods = self.methods(request.path())?;
        let refused = !methods.contains(request.method());
        refused.then(|| Problem::method_not_allowed(request.method().as_str(), &list(methods)))
    }
}

/// The paths of the document.
struct Paths(Vec<Described>);

/// A path, its methods, and by the names of headers the media types of the bodies of two of them.
struct Described {
    definition: ResourceDef,
    methods: Vec<Method>,
    bodies: Vec<(HeaderName, String)>,
}

impl Paths {
    fn new(document: &OpenApi) -> Self {
        let paths = document.paths.paths.iter().map(|(path, item)| {
            let mut methods = Vec::new();
            for (operation, method) in [
                (&item.get, Method::GET),
                (&item.get, Method::HEAD),
                (&item.post, Method::POST),
                (&item.put, Method::PUT),
                (&item.patch, Method::PATCH),
                (&item.delete, Method::DELETE),
            ] {
                if operation.is_some() {
                    methods.push(method);
                }
            }
            // OpenAPI 3.1 has no words for this method of the list that `/query` is another address of.
            let query = Method::from_bytes(QUERY.as_bytes()).ok();
            methods.extend(
                query.filter(|_| document.paths.paths.contains_key(&format!("{path}/query"))),
            );
            methods.push(Method::OPTIONS);
            let bodies = [("accept-patch", &item.patch), ("accept-post", &item.post)];
            let bodies = bodies.into_iter().filter_map(|(name, operation)| {
                let Some(RefOr::T(body)) = &operation.as_ref()?.request_body else { return None };
                let types: Vec<&str> = body.content.keys().map(String::as_str).collect();
                Some((HeaderName::from_static(name), types.join(", ")))
            });
            let bodies = bodies.collect();
            Described { definition: ResourceDef::new(path.as_str()), methods, bodies }
        });
        let mut paths: Vec<_> = paths.collect();
        // A path without variables goes before `/{id}`, which would match it too.
        paths.sort_by_key(|path| {
            path.definition.pattern().is_some_and(|pattern| pattern.contains('{'))
        });
        Self(paths)
    }

    fn of(&self, path: &str) -> Option<&Described> {
        self.0.iter().find(|described| described.definition.is_match(path))
    }
}

fn list(methods: &[Method]) -> String {
    methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ")
}

/// Everything that no handler took: another method of a known path, or no path at all.
pub async fn fallback(
    request: HttpRequest,
    contract: Data<Contract>,
) -> Result<HttpResponse, Problem> {
    if let Some(problem) = contract.refuse(&request) {
        return Err(problem);
    }
    match contract.options(request.path()) {
        // The only method of the document without a handler.
        Some(options) => Ok(options),
        None => {
            let shown = service::shortened(request.path(), 100);
            Err(Problem::not_found(format!(
                "there is no `{shown}`; see /api/openapi.json for what there is"
            )))
        }
    }
}

/// This document.
#[utoipa::path(tag = "service", responses((status = 200, description = "The OpenAPI document", body = Object)))]
#[get("/api/openapi.json")]
pub async fn show_openapi(
    request: HttpRequest,
    contract: Data<Contract>,
) -> Result<HttpResponse, Problem> {
    let mut response = HttpResponse::Ok();
    response.content_type("application/json");
    contract.made().text.answer(&request, response).await
}
