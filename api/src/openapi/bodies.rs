//! What the OpenAPI document says of bodies beyond the types that they are read into: arrays, the rows of lists, patterns of
//! texts, media types and examples.

use std::collections::BTreeMap;

use actix_web::http::Method;
use serde_json::{Value, json};
use service::{
    ISBN_PATTERN, LANGUAGE_PATTERN, LINE_PATTERN, TEXT_PATTERN,
    subjects::{LONGEST as LONGEST_SUBJECT, PATTERN as SUBJECT_PATTERN},
};
use utoipa::openapi::{
    Components, Ref, RefOr, Schema,
    content::Content,
    example::ExampleBuilder,
    path::Operation,
    schema::{AdditionalProperties, Array, ArrayItems, Object, SchemaFormat, Type},
};

use super::responses::has_parameter;
use crate::{
    format::Format,
    projection::{HIGHLIGHT, Include, one_of},
};

const JSON: &str = "application/json";
const MERGE_PATCH: &str = "application/merge-patch+json";

/// Completes the schemas, and adds those of the rows of lists.
pub fn describe_all(components: &mut Components, includes: &BTreeMap<String, &[Include]>) {
    for (name, schema) in &mut components.schemas {
        if is_input(name) {
            let RefOr::T(Schema::Object(object)) = schema else { continue };
            object.properties.iter_mut().for_each(|(member, schema)| written(member, schema));
        } else if name.ends_with("Form") {
            let RefOr::T(Schema::Object(object)) = schema else { continue };
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
    }
    changes_of_many(components);
    for (out, included) in includes {
        row(components, out, included);
    }
}

/// Takes the examples of bodies out of the schemas again: they stand where the bodies are described.
pub fn drop_examples(components: &mut Components) {
    for (name, schema) in &mut components.schemas {
        if let (true, RefOr::T(Schema::Object(object))) = (is_input(name), schema) {
            object.example = None;
        }
    }
}

fn is_input(name: &str) -> bool {
    name.starts_with("New") || name.ends_with("Changes")
}

/// A member as it is sent: texts are lines, except for codes and descriptions.
fn written(member: &str, schema: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::Array(array)) = schema
        && let ArrayItems::RefOrSchema(each) = &mut array.items
        && let RefOr::T(Schema::Object(name)) = &mut **each
    {
        name.min_length = Some(1);
        name.max_length = Some(LONGEST_SUBJECT);
        name.pattern = Some(SUBJECT_PATTERN.to_owned());
    }
    let RefOr::T(Schema::Object(object)) = schema else { return };
    if member == "isbn" {
        object.pattern = Some(ISBN_PATTERN.to_owned());
        object.format = Some(SchemaFormat::Custom("isbn".to_owned()));
    } else if member == "language" {
        object.pattern = Some(LANGUAGE_PATTERN.to_owned());
        object.format = Some(SchemaFormat::Custom("language-tag".to_owned()));
    } else if object.min_length.is_some() {
        let pattern = if member == "description" { TEXT_PATTERN } else { LINE_PATTERN };
        object.pattern = Some(pattern.to_owned());
    }
}

/// A row as it is shown: the members of the noun, of which `fields` may leave some, and what `include` adds.
fn row(components: &mut Components, out: &str, included: &[Include]) {
    let Some(noun) = out.strip_suffix("Out") else { return };
    let Some(RefOr::T(Schema::Object(shown))) = components.schemas.get(out) else { return };
    let mut row = shown.clone();
    row.required.clear();
    row.description = Some(format!(
        "A {} as it is shown: the members that `fields` names, or all of them, and what `include` adds.",
        noun.to_lowercase()
    ));
    let included = included.iter().map(|include| (include.name.to_owned(), (include.schema)()));
    row.properties.extend(included);
    let mut marked = Object::with_type(Type::Object);
    let text = RefOr::T(Schema::Object(Object::with_type(Type::String)));
    marked.additional_properties = Some(Box::new(AdditionalProperties::RefOr(text)));
    row.properties.insert(HIGHLIGHT.to_owned(), RefOr::T(Schema::Object(marked)));
    components.schemas.insert(format!("{noun}Row"), RefOr::T(Schema::Object(row)));
}

/// What is changed in many rows at once: nothing that each row has for itself.
fn changes_of_many(components: &mut Components) {
    let mut of_many = Vec::new();
    for (name, schema) in &components.schemas {
        let (Some(noun), RefOr::T(Schema::Object(changes))) =
            (name.strip_suffix("Changes"), schema)
        else {
            continue;
        };
        let mut changes = changes.clone();
        for own in ["id", "version", "created_at", "updated_at", "subjects"] {
            changes.properties.shift_remove(own);
        }
        of_many.push((format!("{noun}sChanges"), RefOr::T(Schema::Object(changes))));
    }
    components.schemas.extend(of_many);
}

/// A new row that belongs to the row of the path does not need to name it: `NewItemOfStore` has no `store_id`.
pub fn leave_out_owner(path: &str, operation: &mut Operation, components: &mut Components) {
    let owner = path.strip_prefix("/api/").and_then(|path| path.split_once("s/{id}/"));
    let Some((owner, _)) = owner else { return };
    let Some(RefOr::T(request)) = &mut operation.request_body else { return };
    let Some(RefOr::T(content)) = request.content.get_mut(JSON) else { return };
    let Some(name) = content.schema.as_ref().and_then(referred) else { return };
    let Some(RefOr::T(Schema::Object(row))) = components.schemas.get(&name) else { return };
    let (mut row, member) = (row.clone(), format!("{owner}_id"));
    row.properties.shift_remove(&member);
    row.required.retain(|name| *name != member);
    if let Some(Value::Object(example)) = &mut row.example {
        example.remove(&member);
    }
    let mut letters = owner.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    let name = format!("{name}Of{}", first.into_iter().chain(letters).collect::<String>());
    content.schema = Some(Ref::from_schema_name(&name).into());
    components.schemas.insert(name, RefOr::T(Schema::Object(row)));
}

/// Completes the bodies of an operation.
pub fn describe(
    method: &Method,
    operation: &mut Operation,
    formats: &[Format],
    components: &Components,
) {
    let shows_pages = !formats.is_empty();
    if (shows_pages || has_parameter(operation, "fields"))
        && let Some(content) = answer(operation, "200")
    {
        rows(content);
    }
    if shows_pages && let Some(RefOr::T(response)) = operation.responses.responses.get_mut("200") {
        for format in formats.iter().filter(|format| **format != Format::Json) {
            let text = Object::with_type(Type::String);
            let content = Content::new(Some(Schema::Object(text)));
            response.content.insert(format.essence().to_owned(), RefOr::T(content));
        }
    }
    if *method == Method::POST && operation.responses.responses.contains_key("201") {
        for status in ["200", "201"] {
            answer(operation, status).into_iter().for_each(several);
        }
    }
    stream(operation);
    let of_many = has_parameter(operation, "confirm");
    let Some(RefOr::T(request)) = &mut operation.request_body else { return };
    let Some(RefOr::T(content)) = request.content.get_mut(JSON) else { return };
    let Some(name) = content.schema.as_ref().and_then(referred) else { return };
    let example = example(components, &name).unwrap_or_default();
    if name.starts_with("New") {
        several(content);
        content.examples = examples([("one", example.clone()), ("several", json!([example]))]);
    } else if let Some(noun) = name.strip_suffix("Changes") {
        content.examples = examples([("one-member", example)]);
        if of_many {
            content.schema = Some(Ref::from_schema_name(format!("{noun}sChanges")).into());
        }
    }
    if *method == Method::PATCH {
        let content = Content::new(content.schema.clone());
        request.content.insert(MERGE_PATCH.to_owned(), RefOr::T(content));
    }
}

/// OpenAPI 3.1 has no words for the events of a stream, and a text is what readers of it expect each event to be.
fn stream(operation: &mut Operation) {
    let Some(RefOr::T(response)) = operation.responses.responses.get_mut("200") else { return };
    if let Some(RefOr::T(content)) = response.content.get_mut("text/event-stream") {
        content.schema = None;
    }
}

fn answer<'a>(operation: &'a mut Operation, status: &str) -> Option<&'a mut Content> {
    let Some(RefOr::T(response)) = operation.responses.responses.get_mut(status) else {
        return None;
    };
    match response.content.get_mut(JSON) {
        Some(RefOr::T(content)) => Some(content),
        _ => None,
    }
}

/// The name of the schema that is referred to.
fn referred(schema: &RefOr<Schema>) -> Option<String> {
    match schema {
        RefOr::Ref(reference) => Some(reference.ref_location.rsplit('/').next()?.to_owned()),
        RefOr::T(_) => None,
    }
}

/// `BookOut` becomes `BookRow`, also in an array.
fn rows(content: &mut Content) {
    let row = match &mut content.schema {
        Some(RefOr::T(Schema::Array(Array { items: ArrayItems::RefOrSchema(items), .. }))) => items,
        Some(one) => one,
        None => return,
    };
    if let RefOr::Ref(reference) = row
        && let Some(noun) = reference.ref_location.strip_suffix("Out")
    {
        reference.ref_location = format!("{noun}Row");
    }
}

/// The one that is described, or an array of such.
fn several(content: &mut Content) {
    let Some(one @ RefOr::Ref(_)) = content.schema.take() else { return };
    let many = RefOr::T(Schema::Array(Array::new(one.clone())));
    content.schema = Some(one_of(one, many));
}

fn examples<const N: usize>(
    named: [(&str, Value); N],
) -> BTreeMap<String, RefOr<utoipa::openapi::example::Example>> {
    let example = |(name, value): (&str, Value)| {
        (name.to_owned(), ExampleBuilder::new().value(Some(value)).into())
    };
    named.into_iter().map(example).collect()
}

/// The example of a schema.
fn example(components: &Components, name: &str) -> Option<Value> {
    match components.schemas.get(name)? {
        RefOr::T(Schema::Object(object)) => object.example.clone(),
        _ => None,
    }
}
