//! The OpenAPI document, generated from the handlers, and what follows from it: which methods a path has.

use actix_web::{
    App, HttpRequest, HttpResponse,
    dev::ResourceDef,
    get,
    http::{Method, header::ALLOW},
    web::Data,
};
use utoipa::{
    OpenApi as _,
    openapi::{
        ContentBuilder, OpenApi, Ref, RefOr, ResponseBuilder,
        path::{Operation, Parameter, PathItem},
        schema::{ObjectBuilder, Type},
    },
};
use utoipa_actix_web::{AppExt, service_config::ServiceConfig};

use crate::{error::Problem, format::Format};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Bookplate",
        description = "A library book manager: books, stores and the items on their shelves.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    components(schemas(Problem)),
    tags(
        (name = "books", description = "The catalogue"),
        (name = "stores", description = "Stores; deleting one deletes its items"),
        (name = "items", description = "Items on the shelves of stores"),
        (name = "service", description = "The service itself"),
    )
)]
struct Base;

/// The document of `routes`, as it is served and as `openapi.json` in the repository has it. `of_list` knows the parameters of
/// the list at a path, and `of_many` those of a change of many of its rows.
pub fn document(
    routes: fn(&mut ServiceConfig),
    of_list: fn(&str) -> Vec<Parameter>,
    of_many: fn(&str) -> Vec<Parameter>,
) -> OpenApi {
    let app = App::new().into_utoipa_app().openapi(Base::openapi());
    let (_, mut document) = app.configure(routes).split_for_parts();
    for (path, item) in &mut document.paths.paths {
        for operation in operations(item) {
            let responses = &mut operation.responses.responses;
            for (status, response) in responses.iter_mut() {
                // What a handler says of a refusal is its sentence; the body is the same everywhere.
                if let (true, RefOr::T(response)) = (status.starts_with('4'), response) {
                    response.content.extend(problem().content);
                }
            }
            responses.insert("default".to_owned(), problem().into());
        }
        if let Some(patch) = &mut item.patch {
            // One handler serves both methods, and each operation has an id of its own.
            let id = patch.operation_id.take().map(|id| id.replacen("update", "patch", 1));
            patch.operation_id = id;
        }
        if let Some(list) = &mut item.get
            && of_list(path).iter().any(|parameter| parameter.name == "cursor")
        {
            describe_formats(list);
        }
        let described = [
            (&mut item.get, of_list(path)),
            (&mut item.patch, of_many(path)),
            (&mut item.delete, of_many(path)),
        ];
        for (operation, parameters) in described {
            if let Some(operation) = operation {
                let described = operation.parameters.get_or_insert_default();
                described.extend(parameters.into_iter().map(Into::into));
            }
        }
    }
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch]
        .into_iter()
        .flatten()
}

/// What a client can accept of a list beside JSON.
fn describe_formats(list: &mut Operation) {
    let text =
        || ContentBuilder::new().schema(Some(ObjectBuilder::new().schema_type(Type::String)));
    let responses = &mut list.responses.responses;
    if let Some(RefOr::T(rows)) = responses.get_mut("200") {
        for format in Format::ALL.into_iter().filter(|format| *format != Format::Json) {
            rows.content.insert(format.essence().to_owned(), text().build().into());
        }
    }
    let described = |text| ResponseBuilder::new().description(text).build().into();
    responses.insert("304".to_owned(), described("It is as the client has it"));
    let mut refusal = problem();
    "No format of a list is accepted".clone_into(&mut refusal.description);
    responses.insert("406".to_owned(), refusal.into());
}

fn problem() -> utoipa::openapi::Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new()
        .description("What is wrong, and the way out")
        .content("application/problem+json", content)
        .build()
}

/// Which methods each path of the document has.
pub struct Paths(Vec<(ResourceDef, Vec<Method>)>);

impl Paths {
    /// Of a document.
    pub fn of(document: &OpenApi) -> Self {
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

    /// The refusal of a request whose path exists, but not for its method.
    pub fn refuse(&self, request: &HttpRequest) -> Option<Problem> {
        let methods = self.methods(request.path())?;
        let refused = !methods.contains(request.method());
        refused.then(|| Problem::method_not_allowed(request.method().as_str(), &list(methods)))
    }
}

fn list(methods: &[Method]) -> String {
    methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ")
}

/// Everything that no handler took: another method of a known path, or no path at all.
pub async fn fallback(request: HttpRequest, paths: Data<Paths>) -> Result<HttpResponse, Problem> {
    if let Some(problem) = paths.refuse(&request) {
        return Err(problem);
    }
    match paths.methods(request.path()) {
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
pub async fn show_openapi(document: Data<OpenApi>) -> HttpResponse {
    HttpResponse::Ok().json(document.get_ref())
}
