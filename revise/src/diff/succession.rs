//! Operations in an order in which each finds what it needs, and nothing goes that another one still needs. The phases are the
//! order where the catalog says nothing else: an operation comes earlier than its phase where one before it needs that.

use std::collections::{BTreeMap, BTreeSet};

use super::effect::{dropped, is_final, made};
use crate::{
    operation::{DefinitionKind, Operation},
    schema::{Node, Schema},
};

/// Puts operations into such an order. What needs each other in a circle stays as it was.
pub fn in_order(operations: Vec<Operation>, (before, after): (&Schema, &Schema)) -> Vec<Operation> {
    let mut succession = Succession {
        first: first(&operations, before, after),
        state: vec![State::Waiting; operations.len()],
        order: Vec::with_capacity(operations.len()),
    };
    for place in 0..operations.len() {
        succession.visit(place);
    }
    let mut left: Vec<Option<Operation>> = operations.into_iter().map(Some).collect();
    let take = |place: usize| left.get_mut(place).and_then(Option::take);
    succession.order.into_iter().filter_map(take).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Begun,
    Done,
}

struct Succession {
    /// What has to happen before each operation, by its place.
    first: BTreeMap<usize, BTreeSet<usize>>,
    state: Vec<State>,
    order: Vec<usize>,
}

impl Succession {
    fn visit(&mut self, start: usize) {
        let mut stack = vec![start];
        while let Some(place) = stack.last().copied() {
            let Some(state) = self.state.get_mut(place) else { return };
            let begins = *state == State::Waiting;
            if begins {
                *state = State::Begun;
            }
            let earlier = self.first.get(&place).filter(|_| begins).into_iter().flatten();
            let is_waiting = |one: &usize| self.state.get(*one) == Some(&State::Waiting);
            let waiting: Vec<usize> = earlier.copied().filter(is_waiting).collect();
            if !waiting.is_empty() {
                // The first of them is visited first.
                stack.extend(waiting.into_iter().rev());
                continue;
            }
            stack.pop();
            if self.state.get(place) == Some(&State::Begun) {
                self.order.push(place);
                self.state.get_mut(place).into_iter().for_each(|state| *state = State::Done);
            }
        }
    }
}

/// Who makes or drops what.
struct Actors {
    exactly: BTreeMap<Node, usize>,
    /// Tables and views, whose parts come and go with them.
    relations: BTreeMap<String, usize>,
}

impl Actors {
    fn find(&self, node: &Node) -> Option<usize> {
        let whole = || self.relations.get(node.relation()?);
        self.exactly.get(node).or_else(whole).copied()
    }
}

fn makers(operations: &[Operation], after: &Schema) -> Actors {
    let mut actors = Actors { exactly: BTreeMap::new(), relations: BTreeMap::new() };
    for (place, operation) in operations.iter().enumerate() {
        // Of several the last one: a default that is taken away may be set again.
        for node in made(operation, after) {
            actors.exactly.insert(node, place);
        }
        if let Operation::CreateTable { table: crate::schema::Table { name, .. } }
        | Operation::CreateObject { kind: DefinitionKind::View, table: name, .. } = operation
        {
            actors.relations.insert(name.name.clone(), place);
        }
    }
    actors
}

fn droppers(operations: &[Operation], before: &Schema) -> Actors {
    let mut actors = Actors { exactly: BTreeMap::new(), relations: BTreeMap::new() };
    for (place, operation) in operations.iter().enumerate() {
        for node in dropped(operation, before) {
            actors.exactly.entry(node).or_insert(place);
        }
        if let Operation::DropTable { table: name, .. }
        | Operation::DropObject { kind: DefinitionKind::View, table: name, .. } = operation
        {
            actors.relations.entry(name.name.clone()).or_insert(place);
        }
    }
    actors
}

fn first(
    operations: &[Operation],
    before: &Schema,
    after: &Schema,
) -> BTreeMap<usize, BTreeSet<usize>> {
    let (makers, droppers) = (makers(operations, after), droppers(operations, before));
    let mut first: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    let mut add = |later: usize, earlier: usize| {
        if later != earlier {
            first.entry(later).or_default().insert(earlier);
        }
    };
    // What needs others is made after them.
    for (place, other) in pairs(after, &makers) {
        add(place, other);
    }
    // What others need goes after them. One that is only changed has to wait for those that go.
    let ends = |place: usize| operations.get(place).is_some_and(is_final);
    for (place, other) in pairs(before, &droppers) {
        if ends(other) || ends(place) {
            add(other, place);
        }
    }
    // A name is free when what had it is gone.
    for (node, maker) in &makers.exactly {
        if let Some(dropper) = droppers.exactly.get(node).filter(|dropper| ends(**dropper)) {
            add(*maker, *dropper);
        }
    }
    // What is a part of another object comes after it.
    for (place, operation) in operations.iter().enumerate() {
        let Operation::CreateDatabaseObject { object, .. } = operation else { continue };
        let found = after.objects.iter().find(|found| found.object.name == object.name);
        let whole = found.and_then(|found| found.of.as_ref()).and_then(|of| makers.find(of));
        if let Some(whole) = whole {
            add(place, whole);
        }
    }
    first
}

/// Operations of which one is about what needs what the other one is about, also by way of what no operation is about.
fn pairs(schema: &Schema, actors: &Actors) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (node, _) in schema.needs.iter() {
        let Some(place) = actors.find(node) else { continue };
        let mut seen = BTreeSet::new();
        let mut next: Vec<&Node> = schema.needs.of(node).collect();
        while let Some(needed) = next.pop() {
            if !seen.insert(needed) {
                continue;
            }
            match actors.find(needed) {
                Some(other) => pairs.push((place, other)),
                None => next.extend(schema.needs.of(needed)),
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        operation::Plan,
        schema::{Column, Table, Type},
    };

    fn view(name: &str) -> Operation {
        let object = crate::schema::SqlDefinition { name: name.to_owned(), sql: String::new() };
        Operation::CreateObject { kind: DefinitionKind::View, table: name.into(), object }
    }

    #[test]
    fn what_is_needed_is_made_before_and_what_needs_goes_before() {
        let column = |name: &str| Column::new(name, Type::Integer);
        let mut after = Schema::default();
        let parts = [("a", "b"), ("b", "t")];
        for (one, other) in parts {
            after.needs.insert(Node::name(one), Node::name(other));
        }
        after.needs.insert(Node::part("default", "t", "x"), Node::name("late"));
        let mut operations = vec![view("a"), view("c"), view("b")];
        operations.extend(Plan::new().create_table(Table::new("t").column(column("x"))).operations);
        operations.push(view("late"));
        let sorted = in_order(operations.clone(), (&Schema::default(), &after));
        let order: Vec<usize> = sorted
            .iter()
            .filter_map(|one| operations.iter().position(|other| one == other))
            .collect();
        assert_eq!(order, [4, 3, 2, 0, 1]);
    }

    #[test]
    fn a_circle_loses_nothing() {
        let mut after = Schema::default();
        for (one, other) in [("a", "b"), ("b", "a")] {
            after.needs.insert(Node::name(one), Node::name(other));
        }
        let operations = vec![view("a"), view("b")];
        assert_eq!(in_order(operations, (&Schema::default(), &after)).len(), 2);
    }
}
