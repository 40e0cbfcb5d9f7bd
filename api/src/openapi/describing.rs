//! Puts the document together from the handlers that are registered.

use std::collections::BTreeMap;

use actix_web::{dev::HttpServiceFactory, http::Method};
use serde_json::json;
use service::Noun;
use utoipa::{
    OpenApi as _, PartialSchema as _, ToSchema,
    openapi::{
        OpenApi, RefOr, Schema,
        extensions::Extensions,
        path::{HttpMethod, Operation, Parameter, PathItem, Paths},
        schema::SchemaType,
        tag::Tag,
    },
};
use utoipa_actix_web::OpenApiFactory;

use super::{
    bodies,
    class::{self, Class},
    components::{self, operations},
    facets, filters,
    parameters::{if_none_match, operators as operators_of_kinds, vocabulary},
    responses::{self, Described},
};
use crate::{
    error::Problem,
    format::Format,
    projection::{Include, Representation},
    routes::Routes,
};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Bookplate",
        description = "A library book manager: books, stores and the items on their shelves.\n\n\
            Lists are bare arrays, filtered by `column__operator=value`, and paged by the header `Link`. Operations name the \
            everyday filters as parameters; `x-filters` has the kind of every column by which the lists of a tag can be filtered, \
            and the operators of each kind, `eq` being the one without a name: `title=x`, `year__gt=1990`, \
            `store.name__icontains=x`. A column that is named several times equals one of the values; a day instead of a timestamp is \
            all of it, in UTC. Filters nest in the body of a query. Rows have an `ETag`, on which changes can be based. \
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

/// An operation on rows.
struct OfRows {
    class: Class,
    /// What one of them is called.
    one: &'static str,
    /// In which formats a list has them.
    formats: Vec<Format>,
}

impl OfRows {
    fn new<T: Representation>(class: Class) -> Self {
        let formats = match class.shows_pages() {
            true => Format::of_rows(T::HAS_RECORDS).collect(),
            false => Vec::new(),
        };
        Self { class, one: T::resource().noun.0, formats }
    }
}

/// The document while handlers are registered.
#[derive(Default)]
pub struct Describing {
    document: OpenApi,
    schemas: Vec<(String, RefOr<Schema>)>,
    /// The operations on rows, by path and method.
    classes: BTreeMap<(String, String), OfRows>,
    /// What can be included in a row, by the name of its schema.
    includes: BTreeMap<String, &'static [Include]>,
    /// What the lists of a noun can be filtered by.
    filters: serde_json::Map<String, serde_json::Value>,
}

impl Describing {
    /// Begins with what no handler says.
    fn of(document: OpenApi) -> Self {
        Self { document, ..Self::default() }
    }

    fn take(&mut self, paths: Paths, handler: &impl OpenApiFactory) {
        self.document.paths.merge(paths);
        handler.schemas(&mut self.schemas);
    }

    /// The whole document.
    fn finish(self) -> OpenApi {
        let Self { mut document, mut schemas, classes, includes, filters } = self;
        schemas.extend(class::schemas());
        let components = document.components.get_or_insert_default();
        components.schemas.extend(schemas);
        bodies::describe_all(components, &includes);
        responses::describe_all(components);
        for (path, item) in &mut document.paths.paths {
            if let Some(patch) = &mut item.patch {
                // One handler serves both methods, and each operation has an id of its own.
                let id = patch.operation_id.take().map(|id| id.replacen("update", "patch", 1));
                patch.operation_id = id;
            }
            for (method, operation) in operations(item) {
                let of_rows = classes.get(&(path.clone(), method.to_string()));
                let formats = of_rows.map_or(&[][..], |of_rows| &of_rows.formats);
                let shows_pages = !formats.is_empty();
                let created = of_rows.filter(|of_rows| of_rows.class == Class::Create);
                let created = created.map(|of_rows| of_rows.one);
                complete_parameters(operation, shows_pages, &method);
                if created.is_some() {
                    bodies::leave_out_owner(path, operation, components);
                }
                bodies::describe(&method, operation, formats, components);
                let described = Described { path, method, shows_pages, created };
                responses::describe(&described, operation);
            }
        }
        bodies::drop_examples(components);
        // One extension: utoipa writes several in any order.
        let filters = json!({"columns": filters, "operators": operators_of_kinds()});
        document.extensions = Some(Extensions::builder().add("x-filters", filters).build());
        components::share_parameters(&mut document);
        document
    }
}

impl Routes for Describing {
    fn service<H: HttpServiceFactory + OpenApiFactory + 'static>(
        &mut self,
        handler: H,
    ) -> &mut Self {
        self.take(handler.paths(), &handler);
        self
    }

    fn undescribed<H: HttpServiceFactory + 'static>(&mut self, _: H) -> &mut Self {
        self
    }

    fn query<T: Noun + Representation>(&mut self) -> &mut Self {
        let (path, operation, schemas) = filters::describe::<T>();
        self.schemas.extend(schemas);
        let of_rows = OfRows::new::<T>(Class::Query);
        self.classes.insert((path.clone(), Method::POST.to_string()), of_rows);
        let item = PathItem::new(HttpMethod::Post, operation);
        self.document.paths.paths.insert(path, item);
        if let Some((path, operation, schema)) = facets::describe_suggestions::<T>() {
            self.schemas.push(schema);
            let item = PathItem::new(HttpMethod::Get, operation);
            self.document.paths.paths.insert(path, item);
        }
        if let Some(([counts, query], schemas)) = facets::describe::<T>() {
            self.schemas.extend(schemas);
            for ((path, operation), method) in
                [(counts, HttpMethod::Get), (query, HttpMethod::Post)]
            {
                self.document.paths.paths.insert(path, PathItem::new(method, operation));
            }
        }
        self
    }

    fn operation<T, H>(&mut self, class: Class, handler: H) -> &mut Self
    where
        T: Representation,
        H: HttpServiceFactory + OpenApiFactory + 'static,
    {
        let (_, many) = T::resource().noun;
        let mut paths = handler.paths();
        for (path, item) in &mut paths.paths {
            for (method, operation) in operations(item) {
                class.describe::<T>(path, operation);
                let of_rows = OfRows::new::<T>(class);
                self.classes.insert((path.clone(), method.to_string()), of_rows);
            }
        }
        self.take(paths, &handler);
        let out = T::Out::name().into_owned();
        if self.includes.insert(out.clone(), T::INCLUDES).is_none() {
            self.filters.insert(many.to_owned(), vocabulary(T::resource().schema()));
            T::Out::schemas(&mut self.schemas);
            self.schemas.push((out, T::Out::schema()));
            let tags = self.document.tags.get_or_insert_default();
            let mut tag = Tag::new(many);
            tag.description = Some(T::ABOUT.to_owned());
            tags.push(tag);
        }
        self
    }
}

/// Adds `If-None-Match` where an answer has a tag. What is absent is absent and not `null`.
fn complete_parameters(operation: &mut Operation, shows_pages: bool, method: &Method) {
    let tagged = shows_pages || operation.responses.responses.contains_key("304");
    let described = operation.parameters.get_or_insert_default();
    if *method == Method::GET && tagged {
        described.push(if_none_match().into());
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
