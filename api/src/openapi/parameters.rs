//! What the OpenAPI document says of parameters; those of lists come from the filter schema that carries them out.

use serde_json::Value;
use service::{
    FilterSchema, Kind, LONGEST_VALUE, MAX_LIMIT, MOST_KEYS, MOST_VALUES, Operator,
    Parameter as Filter,
    query::{MOST_FACET_VALUES, MOST_FACETS, MOST_SUGGESTIONS},
};
use utoipa::openapi::{
    RefOr, Required, Schema,
    path::{Parameter, ParameterBuilder, ParameterIn},
    schema::{ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type},
};

use crate::{
    change::DRY_RUN,
    projection::{HIGHLIGHT, Representation, members},
};

/// The highest number that every reader of JSON takes for exactly this one.
const MOST_ROWS: u64 = (1 << 53) - 1;

/// Filters that are parameters of one operation, so that a client in a language without named arguments can be used too. The
/// others are in the vocabulary.
const MOST_FILTERS: usize = 31;

/// The parameters of a list.
pub fn of_list<T: Representation>() -> Vec<Parameter> {
    let mut parameters = filters(T::resource().schema());
    parameters.extend(of_page::<T>());
    parameters
}

/// The parameters of a list as a file: every row that the filters match, in any order.
pub fn of_export<T: Representation>() -> Vec<Parameter> {
    let mut parameters = filters(T::resource().schema());
    parameters.push(sort(T::resource().schema()));
    let flag = text(None).enum_values(Some(["true", "false"]));
    parameters.push(parameter("bom", "a byte order mark for Excel; only for `csv`", flag));
    let delimiters = text(None).enum_values(Some([",", ";", "|", "tab"]));
    parameters.push(parameter("delimiter", "the delimiter; only for `csv`", delimiters));
    parameters
}

/// The parameters of a count of rows by their values. The filters are those of the list, and in the body of a query.
pub fn of_facets<T: Representation>() -> Vec<Parameter> {
    let facet = list("facet", "what to count the rows by", facets::<T>());
    let limit = number(1, MOST_FACET_VALUES);
    vec![
        ParameterBuilder::from(facet).required(Required::True).build(),
        parameter("q", "words that are all found in the row", search()),
        parameter("limit", "values of each facet; 100 when absent", limit),
    ]
}

/// The parameters of suggestions.
pub fn of_suggestions() -> Vec<Parameter> {
    let typed = text(Some(100)).pattern(Some(r"^[^\x00]*$"));
    let q = parameter("q", "what was typed, in any case", typed);
    vec![
        ParameterBuilder::from(q).required(Required::True).build(),
        parameter("limit", "suggestions; 10 when absent", number(1, MOST_SUGGESTIONS)),
    ]
}

/// What rows can be counted by.
pub fn facets<T: Representation>() -> ArrayBuilder {
    let facets = T::resource().facets.iter().map(|facet| facet.name.to_owned());
    names(facets.collect()).max_items(Some(MOST_FACETS)).unique_items(true)
}

/// The parameters that say what of a row is shown.
pub fn of_row<T: Representation>() -> Vec<Parameter> {
    let mut parameters = vec![list("fields", "the members to show", fields::<T>())];
    // A list of no names fits no client.
    if !T::INCLUDES.is_empty() {
        parameters.push(list("include", "what to add to each row", includes::<T>()));
    }
    parameters
}

/// The parameters of a change of many rows.
pub fn of_many<T: Representation>() -> Vec<Parameter> {
    let mut parameters = filters(T::resource().schema());
    let confirm = ParameterBuilder::from(parameter(
        "confirm",
        "the number of rows that match; when it is another one, nothing is changed, and the answer tells it",
        number(0, MOST_ROWS),
    ));
    parameters.push(confirm.required(Required::True).build());
    parameters.push(parameter(
        "all",
        "`true`: every row is meant; only where there is no filter",
        text(None).enum_values(Some(["true"])),
    ));
    parameters.push(dry_run());
    parameters
}

/// Whether a change is only tried.
pub fn dry_run() -> Parameter {
    parameter(
        DRY_RUN,
        "`true`: only try it, with everything that the database checks; nothing is stored",
        ObjectBuilder::new().schema_type(Type::Boolean),
    )
}

/// The parameters that select rows: the everyday filters, and the search.
fn filters(schema: &FilterSchema) -> Vec<Parameter> {
    let mut filters: Vec<Parameter> = everyday(schema).iter().map(filter).collect();
    if !schema.searched.is_empty() {
        filters.push(parameter(
            "q",
            "words that are all found in the row, without regard to case, accents, apostrophes and dashes; the best row first",
            search(),
        ));
    }
    filters
}

/// The words of a search.
pub fn search() -> ObjectBuilder {
    text(Some(LONGEST_VALUE)).pattern(Some(r"^\s*(?:[^\s\x00]+\s+){0,19}[^\s\x00]*$"))
}

/// The columns of an order.
pub fn orders(schema: &FilterSchema) -> ArrayBuilder {
    let columns = schema.sortable().map(|(name, _)| name);
    let orders = columns.flat_map(|name| [name.clone(), format!("-{name}")]);
    names(orders.collect()).max_items(Some(MOST_KEYS))
}

/// The members of a row.
pub fn fields<T: Representation>() -> ArrayBuilder {
    names(members::<T::Out<'_>>())
}

/// What can be added to a row.
pub fn includes<T: Representation>() -> ArrayBuilder {
    names(T::INCLUDES.iter().map(|include| include.name.to_owned()).collect())
}

fn names(names: Vec<String>) -> ArrayBuilder {
    ArrayBuilder::new().items(text(None).enum_values(Some(names))).min_items(Some(1))
}

/// Whether rows are counted.
pub fn count() -> ObjectBuilder {
    text(None).enum_values(Some(["exact", "none"]))
}

/// Where a page begins.
pub fn cursor() -> ObjectBuilder {
    text(None).min_length(Some(1)).pattern(Some("^[A-Za-z0-9_-]+$"))
}

/// How many rows are passed over.
pub fn offset() -> ObjectBuilder {
    number(0, 0x7fff_ffff)
}

/// The filters that are parameters of the document, in the order of the columns: first the first one of each column, then the
/// second ones, as long as there are no more than [`MOST_FILTERS`]. The others are in [`vocabulary`].
fn everyday(schema: &FilterSchema) -> Vec<Filter> {
    let each = schema.fields.iter().map(|field| everyday_operators(field.name, field.kind));
    let mut each: Vec<Vec<Operator>> = each.collect();
    for (operators, field) in each.iter_mut().zip(&schema.fields) {
        operators.extend(field.nullable.then_some(Operator::Isnull));
    }
    let count = |round| each.iter().map(|operators| operators.len().min(round)).sum::<usize>();
    let rounds = (1..).take_while(|round| count(*round) > count(round - 1)).last().unwrap_or(0);
    let rounds = (0..=rounds).rev().find(|round| count(*round) <= MOST_FILTERS).unwrap_or(0);
    let fields = schema.fields.iter().zip(&each);
    let filters = fields.flat_map(|(field, operators)| {
        let operators = operators.iter().take(rounds);
        operators.map(|operator| Filter::new(field.name, *operator, field.kind))
    });
    filters.collect()
}

/// The operators that a column of this name and kind is mostly compared with.
fn everyday_operators(name: &str, kind: Kind) -> Vec<Operator> {
    use Operator::{Equals, Gte, Icontains, In, Lte, Startswith};
    match (name, kind) {
        ("version", _) => vec![],
        ("id", _) | (_, Kind::Code(_)) => vec![Equals, In],
        (_, Kind::Timestamp) => vec![Gte, Lte],
        (_, Kind::Text) => vec![Equals, Icontains, Startswith, In],
        (_, Kind::Boolean) => vec![Equals],
        _ => vec![Equals, Gte, Lte, In],
    }
}

/// Every column that a list can be filtered by, and the kind of its values.
pub fn vocabulary(schema: &FilterSchema) -> Value {
    let columns = schema.columns().map(|(name, field)| (name, field.kind.name().into()));
    Value::Object(columns.collect())
}

/// Every operator, by the kind of the values.
pub fn operators() -> Value {
    let names = |kind| Operator::of(kind).iter().map(|operator| operator.name());
    let kinds = Kind::ALL.into_iter().chain([service::isbn::KIND, service::language::KIND]);
    let all = kinds.map(|kind| (kind.name().to_owned(), names(kind).collect::<Vec<_>>().into()));
    Value::Object(all.collect())
}

/// The order of a list, by its columns.
fn sort(schema: &FilterSchema) -> Parameter {
    list(
        "sort",
        "columns, with `-` the greatest first; rows without a value last, equals by their ids",
        orders(schema).unique_items(true),
    )
}

/// The parameters that say where a page begins.
pub fn of_address() -> Vec<Parameter> {
    vec![
        parameter(
            "cursor",
            "where the page begins, from the `Link` header of another page",
            cursor(),
        ),
        parameter("offset", "rows to pass over, instead of `cursor`", offset()),
    ]
}

/// A whole number within bounds.
pub fn number(least: u64, most: u64) -> ObjectBuilder {
    #[expect(clippy::cast_precision_loss, reason = "bounds of rows are small")]
    let (least, most) = (least as f64, most as f64);
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(least)).maximum(Some(most))
}

/// The parameters of a list that say nothing about which rows it has.
pub fn of_page<T: Representation>() -> Vec<Parameter> {
    let mut parameters = vec![sort(T::resource().schema())];
    parameters.extend(of_row::<T>());
    parameters.push(parameter(
        HIGHLIGHT,
        "`true`: what `q` finds in each row, as HTML with `<mark>`; for at most 100 rows",
        ObjectBuilder::new().schema_type(Type::Boolean),
    ));
    parameters.push(parameter(
        "limit",
        "rows of the page; by default as many as the server is set to, 10000 if it is not",
        number(1, MAX_LIMIT),
    ));
    parameters.extend(of_address());
    parameters.push(parameter(
        "count",
        "`exact`: tell in `X-Total-Count` how many rows pass the filters",
        count(),
    ));
    parameters
}

/// The id of a row in the path.
pub fn id(noun: &str) -> Parameter {
    let id = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
        .minimum(Some(1));
    let parameter = ParameterBuilder::from(parameter("id", &format!("The {noun}'s id"), id));
    parameter.parameter_in(ParameterIn::Path).required(Required::True).build()
}

/// A header of the request.
pub fn header(name: &str, description: &str) -> Parameter {
    ParameterBuilder::from(parameter(name, description, text(None)))
        .parameter_in(ParameterIn::Header)
        .build()
}

/// `If-None-Match`.
pub fn if_none_match() -> Parameter {
    header(
        "If-None-Match",
        "the `ETag` of what the client has: it is not sent again while it is so",
    )
}

/// `Idempotency-Key`.
pub fn idempotency_key() -> Parameter {
    let key = text(Some(255)).min_length(Some(1)).pattern(Some("^[!-~]+$"));
    ParameterBuilder::from(parameter(
        "Idempotency-Key",
        "a key of one's own; the same request with it gets the first answer for a day, and adds nothing",
        key,
    ))
    .parameter_in(ParameterIn::Header)
    .build()
}

fn parameter(name: &str, description: &str, schema: impl Into<RefOr<Schema>>) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

/// Values with commas between; or the parameter several times, which is the same.
fn list(name: &str, description: &str, values: ArrayBuilder) -> Parameter {
    let parameter = ParameterBuilder::from(parameter(name, description, values));
    parameter.explode(Some(false)).build()
}

/// An array of `least` to `most` values.
pub fn several(value: ObjectBuilder, least: usize, most: usize) -> ArrayBuilder {
    ArrayBuilder::new().items(value).min_items(Some(least)).max_items(Some(most))
}

fn text(longest: Option<usize>) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).max_length(longest)
}

/// A text that is looked for.
fn sought() -> ObjectBuilder {
    text(Some(LONGEST_VALUE)).pattern(Some(r"^[^\x00]*$"))
}

fn filter(filter: &Filter) -> Parameter {
    let (name, meaning) = (&filter.name, meaning(filter.operator));
    match filter.operator {
        Operator::In | Operator::Notin => {
            list(name, meaning, several(one_of_several(filter.kind), 1, MOST_VALUES))
        }
        Operator::Between => list(name, meaning, several(one_of_several(filter.kind), 2, 2)),
        Operator::Isnull => {
            parameter(name, meaning, ObjectBuilder::new().schema_type(Type::Boolean))
        }
        _ => parameter(name, meaning, value(filter.kind)),
    }
}

fn meaning(operator: Operator) -> &'static str {
    match operator {
        Operator::Equals => "equals",
        Operator::Ne => "is another value, or none",
        Operator::In => "one of these; commas need double quotes",
        Operator::Notin => "is none of these values, or has no value",
        Operator::Gt => "is greater",
        Operator::Gte => "at least",
        Operator::Lt => "is less",
        Operator::Lte => "at most",
        Operator::Between => "is between these two values, or one of them",
        Operator::Contains => "contains this",
        Operator::Icontains => "contains this in any case",
        Operator::Startswith => "begins with this",
        Operator::Istartswith => "begins with this in any case",
        Operator::Endswith => "ends with this",
        Operator::Matches => "has, without regard to case, accents, apostrophes and dashes",
        Operator::Isnull => "has no value",
    }
}

/// A value between commas.
fn one_of_several(kind: Kind) -> ObjectBuilder {
    match kind {
        Kind::Text => value(kind).pattern(Some(r#"^(?:"(?:[^"\x00]|"")*"|[^",\x00][^,\x00]*)?$"#)),
        _ => value(kind),
    }
}

pub fn value(kind: Kind) -> ObjectBuilder {
    let object = |of| ObjectBuilder::new().schema_type(of);
    let formatted = |of, format| object(of).format(Some(SchemaFormat::KnownFormat(format)));
    match kind {
        Kind::Text => sought(),
        Kind::Code(code) => text(None)
            .format(Some(SchemaFormat::Custom(code.name.to_owned())))
            .pattern(Some(code.pattern)),
        Kind::Boolean => object(Type::Boolean),
        Kind::Integer => formatted(Type::Integer, KnownFormat::Int32)
            .minimum(Some(i32::MIN))
            .maximum(Some(i32::MAX)),
        Kind::BigInteger => formatted(Type::Integer, KnownFormat::Int64),
        Kind::Double => object(Type::Number),
        Kind::Decimal(highest) => {
            let highest = f64::try_from(highest).ok();
            object(Type::Number).minimum(highest.map(|highest| -highest)).maximum(highest)
        }
        Kind::Date => formatted(Type::String, KnownFormat::Date),
        Kind::Timestamp => formatted(Type::String, KnownFormat::DateTime),
    }
}
