//! The operations that count the rows of a list by their values and suggest values, and their schemas.

use service::query::{Facet, Kind, MOST_FACET_VALUES};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Content, Ref, RefOr, Required, Response, Schema,
        path::{Operation, OperationBuilder},
        request_body::RequestBodyBuilder,
        schema::{ArrayBuilder, Object, ObjectBuilder, Type},
    },
};

use super::{
    filters::{capitalised, closed},
    parameters::{self, number, search, value},
};
use crate::{
    autocomplete::{self, SuggestionOut},
    facets,
    projection::{Representation, null, one_of},
};

type Named = (String, RefOr<Schema>);
type Located = (String, Operation);

/// The operations of a noun with their paths, by parameters and by a body; and the schemas that they refer to.
pub fn describe<T: Representation>() -> Option<([Located; 2], Vec<Named>)> {
    let resource = T::resource();
    let (one, many) = resource.noun;
    let (noun, path) = (capitalised(one), facets::path::<T>());
    let kinds: Vec<(&Facet, Kind)> =
        resource.facets.iter().filter_map(|facet| Some((facet, facet.kind(resource)?))).collect();
    if kinds.is_empty() {
        return None;
    }
    let operation = |id: String, summary: String| {
        let content = Content::new(Some(Ref::from_schema_name(format!("{noun}Facets"))));
        let mut response = Response::new("The values of each facet, the most frequent first");
        response.content.insert("application/json".to_owned(), RefOr::T(content));
        OperationBuilder::new()
            .operation_id(Some(id))
            .tag(many)
            .summary(Some(summary))
            .response("200", response)
    };
    let what = format!("How many {many} have which values, of those that pass the filters");
    let summary = format!("{what}, which are those of the list.");
    let counts = operation(format!("count_{many}"), summary)
        .parameters(Some(parameters::of_facets::<T>()))
        .build();
    let body = Content::new(Some(Ref::from_schema_name(format!("{noun}FacetQuery"))));
    let body = RequestBodyBuilder::new()
        .content("application/json", body)
        .required(Some(Required::True))
        .build();
    let summary = format!("{what} of a body; `QUERY {path}` is the same.");
    let query = operation(format!("query_{one}_facets"), summary).request_body(Some(body)).build();

    let answer = kinds.iter().fold(ObjectBuilder::new(), |object, (facet, kind)| {
        object.property(facet.name, Ref::from_schema_name(tallies_name(*kind)))
    });
    let mut schemas: Vec<Named> = kinds.iter().map(|(_, kind)| tallies(*kind)).collect();
    schemas.push((format!("{noun}Facets"), RefOr::T(Schema::Object(answer.build()))));
    schemas.push((format!("{noun}FacetQuery"), closed(body_of::<T>(&noun))));
    Some(([(path.clone(), counts), (format!("{path}/query"), query)], schemas))
}

/// The operation that suggests values, with its path, and the schema of one.
pub fn describe_suggestions<T: Representation>() -> Option<(String, Operation, Named)> {
    let (_, many) = T::resource().noun;
    if !autocomplete::is_there::<T>() {
        return None;
    }
    let content = ArrayBuilder::new().items(Ref::from_schema_name(SuggestionOut::name()));
    let mut response = Response::new("Values that begin with the text, then those that contain it");
    response
        .content
        .insert("application/json".to_owned(), RefOr::T(Content::new(Some(content.build()))));
    let operation = OperationBuilder::new()
        .operation_id(Some(format!("autocomplete_{many}")))
        .tag(many)
        .summary(Some(format!(
            "What a search of {many} that is being typed may become; filters restrict it as those of a list."
        )))
        .parameters(Some(parameters::of_suggestions()))
        .response("200", response)
        .build();
    let schema = (SuggestionOut::name().into_owned(), SuggestionOut::schema());
    Some((autocomplete::path::<T>(), operation, schema))
}

fn body_of<T: Representation>(noun: &str) -> Object {
    ObjectBuilder::new()
        .property("facet", parameters::facets::<T>())
        .required("facet")
        .property("filter", Ref::from_schema_name(format!("{noun}Filter")))
        .property("q", search())
        .property("limit", number(1, MOST_FACET_VALUES))
        .build()
}

fn tallies_name(kind: Kind) -> String {
    let words = kind.name().split('-').map(capitalised);
    format!("{}Tallies", words.collect::<String>())
}

/// The values of a facet, each with its rows.
fn tallies(kind: Kind) -> Named {
    let shown = match kind {
        Kind::Code(_) => ObjectBuilder::new().schema_type(Type::String),
        kind => value(kind),
    };
    let tally = ObjectBuilder::new()
        .property("value", one_of(RefOr::T(Schema::Object(shown.build())), null()))
        .required("value")
        .property("count", number(1, u64::from(u32::MAX)))
        .required("count");
    let most = usize::try_from(MOST_FACET_VALUES).ok();
    let tallies = ArrayBuilder::new().items(tally).max_items(most).build();
    (tallies_name(kind), RefOr::T(Schema::Array(tallies)))
}
