//! The classes of operations on rows, and what follows from them: parameters, answers and their bodies.

use utoipa::{
    ToSchema,
    openapi::{
        Content, Ref, RefOr, Response, Schema,
        path::{Operation, Parameter},
        schema::Array,
    },
};

use super::parameters::{self, dry_run, header, id};
use crate::{
    bulk::{ChangedOut, DeletedOut},
    change::Message,
    projection::Representation,
};

/// What an operation does with the rows of a noun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Shows a page of the rows that filters match.
    List,
    /// The same with parameters of its own instead of filters.
    Search,
    /// The same with a body instead of parameters.
    Query,
    /// Streams every row that filters match.
    Export,
    /// Shows a row.
    Find,
    /// Adds rows.
    Create,
    /// Changes a row.
    Update,
    /// Changes a row, or adds it where there is none.
    Put,
    /// Deletes a row.
    Delete,
    /// Changes every row that filters match.
    UpdateMany,
    /// Deletes every row that filters match.
    DeleteMany,
}

/// Components that the classes refer to.
pub fn schemas() -> Vec<(String, RefOr<Schema>)> {
    fn named<T: ToSchema>() -> (String, RefOr<Schema>) {
        (T::name().into_owned(), T::schema())
    }
    vec![named::<Message>(), named::<ChangedOut>(), named::<DeletedOut>()]
}

impl Class {
    /// Whether the answer is a page of rows.
    pub fn shows_pages(self) -> bool {
        matches!(self, Self::List | Self::Search | Self::Query)
    }

    /// Describes an operation of this class on the rows of `T`.
    pub fn describe<T: Representation>(self, path: &str, operation: &mut Operation) {
        let (one, many) = T::resource().noun;
        operation.tags = Some(vec![many.to_owned()]);
        let own = operation.parameters.take().unwrap_or_default();
        let is_own = |name: &str| {
            own.iter().any(|known| matches!(known, RefOr::T(known) if known.name == name))
        };
        let id = path.contains("{id}").then(|| id(one));
        let of_class = self.parameters::<T>();
        // What the handler itself says of a parameter counts.
        let add = |parameters: Vec<Parameter>| {
            parameters.into_iter().filter(|added| !is_own(&added.name)).map(RefOr::T)
        };
        let before: Vec<RefOr<Parameter>> = add(id.into_iter().collect()).collect();
        let after: Vec<RefOr<Parameter>> = add(of_class).collect();
        operation.parameters = Some([before, own, after].concat());
        for (status, description, body) in self.answers::<T>(one, many) {
            let responses = &mut operation.responses.responses;
            responses.entry(status.to_owned()).or_insert_with(|| answer(description, body));
        }
    }

    fn parameters<T: Representation>(self) -> Vec<Parameter> {
        let based = |what| header("If-Match", what);
        match self {
            Self::List => parameters::of_list::<T>(),
            Self::Search => parameters::of_page::<T>(),
            Self::Query => parameters::of_address(),
            Self::Export => parameters::of_export::<T>(),
            Self::Find => parameters::of_row::<T>(),
            Self::Create => vec![dry_run(), parameters::idempotency_key()],
            Self::Update | Self::Put => {
                vec![dry_run(), based("the `ETag` that the change is based on")]
            }
            Self::Delete => vec![dry_run(), based("the `ETag` of what is to be deleted")],
            Self::UpdateMany | Self::DeleteMany => parameters::of_many::<T>(),
        }
    }

    fn answers<T: Representation>(
        self,
        one: &str,
        many: &str,
    ) -> Vec<(&'static str, String, Option<RefOr<Schema>>)> {
        let refer = |name: &str| RefOr::Ref(Ref::from_schema_name(name));
        let row = || Some(refer(&T::Out::name()));
        let page = || Some(RefOr::T(Array::new(refer(&T::Out::name())).into()));
        let other = |done: &str| format!("Another number of {many} matches, and none was {done}");
        let out_of_date = "The version is out of date".to_owned();
        match self {
            Self::List | Self::Search | Self::Query => vec![("200", "A page".to_owned(), page())],
            Self::Export => Vec::new(),
            Self::Find => vec![("200", format!("The {one}"), row()), ("304", String::new(), None)],
            Self::Create => vec![
                ("200", format!("The {one} as it would be stored"), row()),
                ("201", format!("The stored {one}"), row()),
            ],
            Self::Update => {
                vec![("200", format!("The {one} as it is now"), row()), ("412", out_of_date, None)]
            }
            Self::Put => vec![
                ("200", format!("The {one} as it is now"), row()),
                ("201", format!("The {one}, which is new"), row()),
                ("412", "It was changed since, or exists already".to_owned(), None),
            ],
            Self::Delete => vec![
                ("200", "It is deleted".to_owned(), Some(refer(&Message::name()))),
                ("412", "It was changed since".to_owned(), None),
            ],
            Self::UpdateMany => vec![
                ("200", "They are changed".to_owned(), Some(refer(&ChangedOut::name()))),
                ("412", other("changed"), None),
            ],
            Self::DeleteMany => vec![
                ("200", "They are deleted".to_owned(), Some(refer(&DeletedOut::name()))),
                ("412", other("deleted"), None),
            ],
        }
    }
}

fn answer(description: String, body: Option<RefOr<Schema>>) -> RefOr<Response> {
    let mut response = Response::new(description);
    if let Some(body) = body {
        let content = Content::new(Some(body));
        response.content.insert("application/json".to_owned(), RefOr::T(content));
    }
    response.into()
}
