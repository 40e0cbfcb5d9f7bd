//! The OpenAPI document, generated from the handlers, and what follows from it: which methods a path has.
//!
//! Handlers say what is theirs alone; what follows from what an operation is, [`responses`] and [`bodies`] add to all.

mod bodies;
mod responses;
mod shared;

use std::sync::{Arc, OnceLock};

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
        OpenApi, RefOr, Required, Schema,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem},
        schema::{ObjectBuilder, SchemaType, Type},
    },
};
use utoipa_actix_web::{AppExt, service_config::ServiceConfig};

use crate::{compress::fixed::Fixed, error::Problem};
use responses::Described;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Bookplate",
        description = "A library book manager: books, stores and the items on their shelves.\n\n\
            Lists are bare arrays, filtered by `column__operator=value`, and paged by the header `Link`. Rows have an `ETag`, \
            on which changes can be based. Whatever goes wrong has one body, whose `type` is the address of a page that says \
            what to do.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    servers((url = "/", description = "The server that this document comes from")),
    components(schemas(Problem)),
    tags(
        (name = "books", description = "The catalogue"),
        (name = "stores", description = "Stores; deleting one deletes its items"),
        (name = "items", description = "Items on the shelves of stores"),
        (name = "imports", description = "Files of books, imported as jobs, and taken back as a whole"),
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
        if let Some(patch) = &mut item.patch {
            // One handler serves both methods, and each operation has an id of its own.
            let id = patch.operation_id.take().map(|id| id.replacen("update", "patch", 1));
            patch.operation_id = id;
        }
        for (method, operation) in operations(item) {
            let parameters = match method {
                Method::GET => of_list(path),
                Method::PATCH | Method::DELETE => of_many(path),
                _ => Vec::new(),
            };
            let shows_pages = parameters.iter().any(|parameter| parameter.name == "limit");
            add_parameters(operation, parameters, &method);
            bodies::describe(&method, operation, shows_pages);
            responses::describe(&Described { path, method, shows_pages }, operation);
        }
    }
    if let Some(components) = &mut document.components {
        bodies::describe_all(components);
        responses::describe_all(components);
    }
    shared::share(&mut document);
    document
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

/// Adds what a list can be asked, and `If-None-Match` where an answer has a tag. What is absent is absent and not `null`.
fn add_parameters(operation: &mut Operation, parameters: Vec<Parameter>, method: &Method) {
    let shows_pages = parameters.iter().any(|parameter| parameter.name == "limit");
    let tagged = shows_pages || operation.responses.responses.contains_key("304");
    let described = operation.parameters.get_or_insert_default();
    described.extend(parameters.into_iter().map(Into::into));
    if *method == Method::GET && tagged {
        described.push(unseen().into());
    }
    for parameter in described {
        if let RefOr::T(Parameter { schema: Some(RefOr::T(Schema::Object(object))), .. }) =
            parameter
            && let SchemaType::Array(types) = &object.schema_type
            && let Some(first) = types.first()
        {
            object.schema_type = SchemaType::Type(first.clone());
        }
    }
}

fn unseen() -> Parameter {
    ParameterBuilder::new()
        .name("If-None-Match")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("the `ETag` of what the client has: it is not sent again while it is so"))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
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
