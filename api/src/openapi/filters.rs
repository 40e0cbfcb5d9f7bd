//! The schemas of queries: the body of one, and the filters in it, by the kinds of the columns.

use service::{FilterSchema, Kind, MAX_LIMIT, MOST_VALUES, Operator};
use utoipa::openapi::{
    Content, Ref, RefOr, Required, Schema,
    path::{Operation, OperationBuilder},
    request_body::RequestBodyBuilder,
    schema::{AdditionalProperties, AnyOf, ArrayBuilder, Object, ObjectBuilder, Type},
};

use super::{
    class::Class,
    parameters::{count, cursor, fields, includes, number, offset, orders, search, several, value},
};
use crate::{
    projection::{HIGHLIGHT, Representation, null},
    query,
};

type Named = (String, RefOr<Schema>);

/// The operation that queries a noun, and the schemas that it refers to.
pub fn describe<T: Representation>() -> (String, Operation, Vec<Named>) {
    let (one, many) = T::resource().noun;
    let noun = capitalised(one);
    let schema = T::resource().schema();
    let path = query::path::<T>();
    let body = Content::new(Some(Ref::from_schema_name(format!("{noun}Query"))));
    let body = RequestBodyBuilder::new()
        .content("application/json", body)
        .required(Some(Required::True))
        .build();
    let mut operation = OperationBuilder::new()
        .operation_id(Some(format!("query_{many}")))
        .summary(Some(format!(
            "The {many} as the list, asked for by a body in which filters nest; `QUERY /api/{many}` is the same."
        )))
        .description(Some(format!(
            "Members of a filter are ANDed; 16 levels and 500 comparisons at most. Links to other pages, `{path}?cursor=…`, \
             take the same body."
        )))
        .request_body(Some(body))
        .build();
    Class::Query.describe::<T>(&path, &mut operation);
    // Of columns of one kind the schemas are the same.
    let mut schemas: Vec<Named> =
        schema.columns().map(|(_, field)| comparison(field.kind)).collect();
    let conditions = columns(schema).build();
    let nested = || Ref::from_schema_name(format!("{noun}Conditions"));
    let list = || ArrayBuilder::new().items(nested()).min_items(Some(1)).max_items(Some(3));
    let filter = columns(schema)
        .description(Some(format!("The {many} to list. Nested filters may nest again.")))
        .property("and", list())
        .property("or", list())
        .property("not", nested())
        .build();
    schemas.push((format!("{noun}Conditions"), closed(conditions)));
    schemas.push((format!("{noun}Filter"), closed(filter)));
    schemas.push((format!("{noun}Query"), closed(body_of::<T>(&noun))));
    (path, operation, schemas)
}

fn body_of<T: Representation>(noun: &str) -> Object {
    let mut body = ObjectBuilder::new()
        .property("filter", Ref::from_schema_name(format!("{noun}Filter")))
        .property("q", search())
        .property("sort", orders(T::resource().schema()))
        .property("fields", fields::<T>());
    if !T::INCLUDES.is_empty() {
        body = body.property("include", includes::<T>());
    }
    body.property(HIGHLIGHT, ObjectBuilder::new().schema_type(Type::Boolean))
        .property("limit", number(1, MAX_LIMIT))
        .property("cursor", cursor())
        .property("offset", offset())
        .property("count", count())
        .build()
}

fn columns(schema: &FilterSchema) -> ObjectBuilder {
    schema.columns().fold(ObjectBuilder::new(), |object, (name, field)| {
        object.property(name, Ref::from_schema_name(comparison_name(field.kind)))
    })
}

fn comparison_name(kind: Kind) -> String {
    let words = kind.name().split('-').map(capitalised);
    format!("{}Comparison", words.collect::<String>())
}

/// What a column of a kind is compared with: a value that it equals, no value, or operators.
fn comparison(kind: Kind) -> Named {
    let operators =
        Operator::of(kind).iter().fold(ObjectBuilder::new(), |object, operator| match operator {
            Operator::In | Operator::Notin => {
                object.property(operator.name(), several(value(kind), 1, MOST_VALUES))
            }
            Operator::Between => object.property(operator.name(), several(value(kind), 2, 2)),
            Operator::Isnull => {
                object.property(operator.name(), ObjectBuilder::new().schema_type(Type::Boolean))
            }
            _ => object.property(operator.name(), value(kind)),
        });
    let mut operators = operators.build();
    operators.min_properties = Some(1);
    operators.max_properties = Some(4);
    let mut any = AnyOf::new();
    any.items = vec![Schema::Object(value(kind).build()).into(), null(), closed(operators)];
    (comparison_name(kind), RefOr::T(Schema::AnyOf(any)))
}

/// An object without other members.
pub fn closed(mut object: Object) -> RefOr<Schema> {
    object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    RefOr::T(Schema::Object(object))
}

/// With a capital letter.
pub fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
