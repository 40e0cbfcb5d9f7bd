//! Parameters that several operations have stand once in the OpenAPI document, and are referred to.

use std::collections::{BTreeMap, BTreeSet};

use utoipa::openapi::{
    Components, OpenApi, Ref, RefOr,
    path::{Operation, Parameter, ParameterIn, PathItem},
};

/// Moves the parameters of queries that stand in more than one operation, alike in all, into the components.
pub fn share(document: &mut OpenApi) {
    let mut known: BTreeMap<String, (usize, BTreeSet<String>, Parameter)> = BTreeMap::new();
    for item in document.paths.paths.values_mut() {
        for parameter in
            operations(item).filter_map(|operation| operation.parameters.as_ref()).flatten()
        {
            let RefOr::T(parameter) = parameter else { continue };
            let entry = known.entry(parameter.name.clone());
            let (count, texts, _) =
                entry.or_insert_with(|| (0, BTreeSet::new(), parameter.clone()));
            *count += 1;
            texts.insert(serde_json::to_string(parameter).unwrap_or_default());
        }
    }
    known.retain(|_, (count, texts, parameter)| {
        *count > 1 && texts.len() == 1 && parameter.parameter_in == ParameterIn::Query
    });
    for item in document.paths.paths.values_mut() {
        for parameter in
            operations(item).filter_map(|operation| operation.parameters.as_mut()).flatten()
        {
            let RefOr::T(Parameter { name, .. }) = parameter else { continue };
            if known.contains_key(name) {
                *parameter = RefOr::Ref(Ref::new(format!("#/components/parameters/{name}")));
            }
        }
    }
    let components = document.components.get_or_insert_with(Components::new);
    components
        .parameters
        .extend(known.into_iter().map(|(name, (_, _, parameter))| (name, RefOr::T(parameter))));
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    super::operations(item).map(|(_, operation)| operation)
}
