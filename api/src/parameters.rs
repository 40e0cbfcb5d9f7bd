//! What the OpenAPI document says of the parameters of lists, from the same vocabulary that carries them out.

use service::{
    Book, Item, Kind, MAX_LIMIT, Operator, Parameter as Filter, Store, Vocabulary, books, items,
    stores,
};
use utoipa::openapi::{
    Required,
    path::{Parameter, ParameterBuilder, ParameterIn},
    schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type},
};

use crate::shape::{Listed, members};

/// The parameters of the list at a path, or of the row; none where there is neither.
pub fn of_list(path: &str) -> Vec<Parameter> {
    let (vocabulary, shape, searches) = match path {
        "/api/books" | "/api/exports/books.{format}" => {
            (books::vocabulary(), of_shape::<Book>(), true)
        }
        "/api/books/search" => (books::vocabulary(), of_shape::<Book>(), false),
        "/api/stores" => (stores::vocabulary(), of_shape::<Store>(), true),
        "/api/items" | "/api/stores/{id}/items" | "/api/books/{id}/items" => {
            (items::vocabulary(), of_shape::<Item>(), true)
        }
        "/api/books/{id}" | "/api/books/isbn/{isbn}" => return of_shape::<Book>(),
        "/api/stores/{id}" => return of_shape::<Store>(),
        "/api/items/{id}" => return of_shape::<Item>(),
        _ => return Vec::new(),
    };
    let exports = path.starts_with("/api/exports/");
    let mut parameters = if searches { filters(vocabulary) } else { Vec::new() };
    let of_page = of_page(vocabulary, shape).into_iter();
    parameters.extend(of_page.filter(|parameter| !exports || parameter.name == "sort"));
    parameters
}

/// The parameters that say what of a row is shown.
fn of_shape<T: Listed>() -> Vec<Parameter> {
    let members = members::<T::Out<'_>>().join(", ");
    let fields = format!("the members to show, with commas between: {members}");
    let includes = T::INCLUDES.join(", ");
    let include = format!("what to add to each row, with commas between: {includes}");
    vec![parameter("fields", &fields, text(None)), parameter("include", &include, text(None))]
}

/// The parameters of a change of many rows of the collection at a path; none where there is none.
pub fn of_many(path: &str) -> Vec<Parameter> {
    let vocabulary = match path {
        "/api/books" => books::vocabulary(),
        "/api/stores" => stores::vocabulary(),
        "/api/items" => items::vocabulary(),
        _ => return Vec::new(),
    };
    let mut parameters = filters(vocabulary);
    let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
    let confirm = ParameterBuilder::from(parameter(
        "confirm",
        "the number of rows that match; when it is another one, nothing is changed, and the answer tells it",
        number,
    ));
    parameters.push(confirm.required(Required::True).build());
    parameters.push(parameter(
        "all",
        "`true`: every row is meant; only where there is no filter",
        text(None).enum_values(Some(["true"])),
    ));
    parameters
}

/// Everything that says which rows are meant.
fn filters(vocabulary: &Vocabulary) -> Vec<Parameter> {
    let mut filters: Vec<Parameter> = vocabulary.parameters().iter().map(filter).collect();
    filters.push(parameter(
        "q",
        "words that are all found in the row, in any case and each as it is written; the best row first",
        text(Some(1000)),
    ));
    filters
}

fn of_page(vocabulary: &Vocabulary, shape: Vec<Parameter>) -> Vec<Parameter> {
    let columns: Vec<&str> = vocabulary.fields.iter().map(|field| field.name).collect();
    let number = |least, most| {
        ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(least)).maximum(Some(most))
    };
    let sort = format!(
        "columns with commas between, each with `-` before it to begin with the greatest; rows without a value come last, and the \
         id decides between equals. Columns: {}",
        columns.join(", ")
    );
    let mut parameters = vec![parameter("sort", &sort, text(None))];
    parameters.extend(shape);
    parameters.extend([
        parameter(
            "limit",
            "rows of the page; without it as many as the server is set to, 10000 where nobody said",
            number(1, MAX_LIMIT),
        ),
        parameter(
            "cursor",
            "where the page begins, from the `Link` header of another page",
            text(None),
        ),
        parameter("offset", "rows to pass over, instead of `cursor`", number(0, 0x7fff_ffff)),
        parameter(
            "count",
            "`exact`: tell in `X-Total-Count` how many rows pass the filters",
            text(None).enum_values(Some(["exact", "none"])),
        ),
    ]);
    parameters
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

fn text(longest: Option<usize>) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).max_length(longest)
}

fn filter(filter: &Filter) -> Parameter {
    parameter(&filter.name, meaning(filter.operator), schema(filter))
}

fn meaning(operator: Operator) -> &'static str {
    match operator {
        Operator::Equals => "is this value",
        Operator::Ne => "is another value, or none",
        Operator::In => {
            "is one of these values, with commas between; one with a comma in double quotes"
        }
        Operator::Notin => "is none of these values, with commas between, or has no value",
        Operator::Gt => "is greater",
        Operator::Gte => "is greater or the same",
        Operator::Lt => "is less",
        Operator::Lte => "is less or the same",
        Operator::Between => "is between these two values, with a comma between, or one of them",
        Operator::Contains => "contains this text",
        Operator::Icontains => "contains this text, in any case",
        Operator::Startswith => "begins with this text",
        Operator::Istartswith => "begins with this text, in any case",
        Operator::Endswith => "ends with this text",
        Operator::Isnull => "has no value",
    }
}

fn schema(filter: &Filter) -> ObjectBuilder {
    let object = |of| ObjectBuilder::new().schema_type(of);
    let formatted = |of, format| object(of).format(Some(SchemaFormat::KnownFormat(format)));
    match (filter.operator, filter.kind) {
        (Operator::Isnull, _) | (_, Kind::Boolean) => object(Type::Boolean),
        (Operator::In | Operator::Notin | Operator::Between, _) | (_, Kind::Isbn) => {
            text(Some(1000))
        }
        (_, Kind::Text) => text(Some(1000)),
        (_, Kind::Integer) => formatted(Type::Integer, KnownFormat::Int32),
        (_, Kind::BigInteger) => formatted(Type::Integer, KnownFormat::Int64),
        (_, Kind::Double | Kind::Decimal) => object(Type::Number),
        (_, Kind::Date) => formatted(Type::String, KnownFormat::Date),
        (_, Kind::Moment) => formatted(Type::String, KnownFormat::DateTime),
    }
}
