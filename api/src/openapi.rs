//! The OpenAPI document, generated from the handlers, and what follows from it: which methods a path has.

use actix_web::{
    App, HttpRequest, HttpResponse,
    dev::ResourceDef,
    get,
    http::{Method, header::ALLOW},
    web::Data,
};
use service::{Kind, MAX_LIMIT, Operator};
use utoipa::{
    OpenApi as _,
    openapi::{
        ContentBuilder, OpenApi, Ref, RefOr, Required, ResponseBuilder,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem},
        schema::{ObjectBuilder, Type},
    },
};
use utoipa_actix_web::{AppExt, service_config::ServiceConfig};

use crate::error::Problem;

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

/// The document of `routes`, as it is served and as `openapi.json` in the repository has it.
pub fn document(routes: fn(&mut ServiceConfig)) -> OpenApi {
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
        if let Some(list) = &mut item.get {
            let parameters = list.parameters.get_or_insert_default();
            parameters.extend(list_parameters(path).into_iter().map(Into::into));
        }
    }
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch]
        .into_iter()
        .flatten()
}

fn problem() -> utoipa::openapi::Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new()
        .description("What is wrong, and the way out")
        .content("application/problem+json", content)
        .build()
}

/// The filters of a list and the parameters of its pages, from the same tables that carry them out.
fn list_parameters(path: &str) -> Vec<Parameter> {
    let columns: Vec<(String, Operator, Kind)> = match path {
        "/api/books" => service::filter_parameters(service::books::FILTERS),
        "/api/stores" => service::filter_parameters(service::stores::FILTERS),
        "/api/items" | "/api/stores/{id}/items" => {
            service::filter_parameters(service::items::FILTERS)
        }
        "/api/books/search" => Vec::new(),
        _ => return Vec::new(),
    };
    let filters = columns
        .into_iter()
        .map(|(name, operator, kind)| parameter(&name, meaning(operator), schema(operator, kind)));
    let limit =
        ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(MAX_LIMIT));
    let cursor = ObjectBuilder::new().schema_type(Type::String);
    filters
        .chain([
            parameter("limit", "rows of the page", limit),
            parameter(
                "cursor",
                "where the page begins, from the `Link` header of the page before",
                cursor,
            ),
        ])
        .collect()
}

fn parameter(name: &str, description: &str, schema: ObjectBuilder) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema.build()))
        .build()
}

fn meaning(operator: Operator) -> &'static str {
    match operator {
        Operator::Equals => "is this value",
        Operator::Ne => "is another value, or none",
        Operator::Gt => "is greater",
        Operator::Gte => "is greater or the same",
        Operator::Lt => "is less",
        Operator::Lte => "is less or the same",
        Operator::Icontains => "contains this text, in any case",
        Operator::Isnull => "has no value",
    }
}

fn schema(operator: Operator, kind: Kind) -> ObjectBuilder {
    let written_as = match (operator, kind) {
        (Operator::Isnull, _) => Type::Boolean,
        (_, Kind::Text | Kind::Isbn) => Type::String,
        (_, Kind::Integer) => Type::Integer,
        (_, Kind::Money) => Type::Number,
    };
    ObjectBuilder::new().schema_type(written_as)
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
