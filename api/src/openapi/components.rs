//! Parameters that several operations have are components of the OpenAPI document, which the operations refer to.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::Method;
use utoipa::openapi::{
    Components, OpenApi, Ref, RefOr,
    path::{Operation, Parameter, ParameterIn, PathItem},
};

/// The variants of the parameters of one name, by their texts: in how many operations each is, and the tags of these.
type Variants = BTreeMap<String, (usize, BTreeSet<String>)>;

/// Moves the parameters that more than one operation has into the components.
pub fn share_parameters(document: &mut OpenApi) {
    let mut names: BTreeMap<String, Variants> = BTreeMap::new();
    each_parameter(document, |tag, parameter| {
        let RefOr::T(parameter) = parameter else { return };
        let variants = names.entry(name(parameter)).or_default();
        let (count, tags) = variants.entry(text(parameter)).or_default();
        *count += 1;
        tags.insert(tag.to_owned());
    });
    let mut components = BTreeMap::new();
    each_parameter(document, |_, parameter| {
        let RefOr::T(inline) = parameter else { return };
        let Some(name) = component(inline, &names) else { return };
        let reference = Ref::new(format!("#/components/parameters/{name}"));
        let inline = std::mem::replace(parameter, RefOr::Ref(reference));
        components.insert(name, inline);
    });
    document.components.get_or_insert_with(Components::new).parameters.extend(components);
}

/// The name of the component that a parameter becomes: the most frequent variant of a name has that name, the others the tag of
/// their operations before it. `None` where that is not enough to tell them apart, and for a parameter of one operation.
fn component(parameter: &Parameter, names: &BTreeMap<String, Variants>) -> Option<String> {
    let (name, text) = (name(parameter), text(parameter));
    let variants = names.get(&name)?;
    let (count, tags) = variants.get(&text)?;
    if *count < 2 {
        return None;
    }
    let (most_frequent, _) = variants.iter().max_by_key(|(_, (count, _))| *count)?;
    if *most_frequent == text {
        return Some(name);
    }
    let tag = tags.first()?;
    let others = variants.iter().filter(|(other, _)| *other != most_frequent);
    let is_alone = others.filter(|(_, (_, tags))| tags.contains(tag)).count() == 1;
    is_alone.then(|| format!("{tag}.{name}"))
}

/// What a parameter is called among the components.
fn name(parameter: &Parameter) -> String {
    match parameter.parameter_in {
        ParameterIn::Path => format!("path.{}", parameter.name),
        _ => parameter.name.clone(),
    }
}

fn text(parameter: &Parameter) -> String {
    serde_json::to_string(parameter).unwrap_or_default()
}

/// Hands over each parameter, with the first tag of its operation.
fn each_parameter(document: &mut OpenApi, mut take: impl FnMut(&str, &mut RefOr<Parameter>)) {
    for item in document.paths.paths.values_mut() {
        for (_, operation) in operations(item) {
            let tag = operation.tags.iter().flatten().next().cloned().unwrap_or_default();
            operation.parameters.iter_mut().flatten().for_each(|parameter| take(&tag, parameter));
        }
    }
}

/// The operations of a path, each with its method.
pub fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let operations = [
        (Method::GET, &mut item.get),
        (Method::PUT, &mut item.put),
        (Method::POST, &mut item.post),
        (Method::DELETE, &mut item.delete),
        (Method::PATCH, &mut item.patch),
    ];
    operations.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}
