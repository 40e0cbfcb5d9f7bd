//! The OpenAPI document, generated from the handlers, and what follows from it: which methods a path has.
//!
//! Handlers say what is theirs alone. [`class`] adds what follows from the class of an operation, [`responses`] and [`bodies`] what
//! follows from its method, parameters and body.

mod bodies;
mod class;
mod components;
mod describing;
mod filters;
mod parameters;
mod responses;

use std::sync::{Arc, OnceLock};

use actix_web::{
    HttpRequest, HttpResponse,
    dev::ResourceDef,
    get,
    http::{Method, header::ALLOW},
    web::Data,
};
use utoipa::{
    OpenApi as _,
    openapi::{
        OpenApi, RefOr, Schema,
        path::{Operation, PathItem},
        schema::{ObjectBuilder, OneOf, Type},
    },
};

use crate::{compress::fixed::Fixed, error::Problem, query::QUERY};
pub use class::Class;
pub use describing::Describing;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Bookplate",
        description = "A library book manager: books, stores and the items on their shelves.\n\n\
            Lists are bare arrays, filtered by `column__operator=value`, and paged by the header `Link`. Operations name the \
            everyday filters as parameters; `x-filters` has the kind of every column by which the lists of a tag can be filtered, \
            and the operators of each kind, `eq` being the one without a name: `title=x`, `year__gt=1990`, \
            `store.name__icontains=x`. Filters nest in the body of a query. Rows have an `ETag`, on which changes can be based. \
            Every error has one body, whose `type` is the address of a page that says what to do.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    servers((url = "/", description = "The server that this document comes from")),
    components(schemas(Problem)),
    tags((name = "service", description = "The service itself"))
)]
struct Base;

/// The document of `routes`, as it is served and as `openapi.json` in the repository has it.
pub fn document(routes: fn(&mut Describing)) -> OpenApi {
    let mut describing = Describing::of(Base::openapi());
    routes(&mut describing);
    describing.finish()
}

/// The schema of what is this or that.
pub fn one_of(one: RefOr<Schema>, other: RefOr<Schema>) -> RefOr<Schema> {
    let mut either = OneOf::new();
    either.items = vec![one, other];
    RefOr::T(Schema::OneOf(either))
}

/// The schema of `null`.
pub fn null() -> RefOr<Schema> {
    let null = ObjectBuilder::new().schema_type(Type::Null).build();
    RefOr::T(Schema::Object(null))
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let operations = [
        (Method::GET, &mut item.get),
        (Method::PUT, &mut item.put),
        (Method::POST, &mut item.post),
        (Method::DELETE, &mut item.delete),
        (Method::PATCH, &mut item.patch),
    ];
    operations.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

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
            Made { text: Fixed::new(text.into()), paths: Paths::of(&document) }
        })
    }

    fn methods(&self, path: &str) -> Option<&[Method]> {
        self.made().paths.methods(path)
    }

    /// The refusal of a request whose path exists, but not for its method.
    pub fn refuse(&self, request: &HttpRequest) -> Option<Problem> {
        let methods = self.methods(request.path())?;
        let refused = !methods.contains(request.method());
        refused.then(|| Problem::method_not_allowed(request.method().as_str(), &list(methods)))
    }
}

/// Which methods each path of the document has.
struct Paths(Vec<(ResourceDef, Vec<Method>)>);

impl Paths {
    fn of(document: &OpenApi) -> Self {
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
            (ResourceDef::new(path.as_str()), methods)
        });
        let mut paths: Vec<_> = paths.collect();
        // A path without variables goes before `/{id}`, which would match it too.
        paths.sort_by_key(|(path, _)| path.pattern().is_some_and(|pattern| pattern.contains('{')));
        Self(paths)
    }

    fn methods(&self, path: &str) -> Option<&[Method]> {
        let (_, methods) = self.0.iter().find(|(definition, _)| definition.is_match(path))?;
        Some(methods)
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
    match contract.methods(request.path()) {
        // The only method of the document without a handler.
        Some(methods) => {
            Ok(HttpResponse::NoContent().insert_header((ALLOW, list(methods))).finish())
        }
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
