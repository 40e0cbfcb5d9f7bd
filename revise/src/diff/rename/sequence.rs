//! Renames that depend on each other: a name is free only after what had it was renamed, and in a circle never.

/// What is known of the names.
pub struct Names<'a, T> {
    /// Whether something is called so before.
    pub is_there: &'a dyn Fn(&T) -> bool,
    /// Whether migrations have renamed the first to the second.
    pub was_done: &'a dyn Fn(&T, &T) -> bool,
    /// A name that nothing has, made of another.
    pub between: &'a dyn Fn(&T) -> T,
}

/// The renames that are left to do, each when its name is free; a circle goes by a name in between.
pub fn sequence<T: Clone + PartialEq>(wanted: &[(T, T)], names: &Names<'_, T>) -> Vec<(T, T)> {
    let mut left = pending(wanted, names);
    let mut ordered = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let waits = |(_, to): &(T, T)| left.iter().any(|(from, _)| from == to);
        match left.iter().position(|rename| !waits(rename)) {
            Some(place) => ordered.push(left.remove(place)),
            None => {
                let Some((from, _)) = left.first_mut() else { break };
                let between = (names.between)(from);
                ordered.push((from.clone(), between.clone()));
                *from = between;
            }
        }
    }
    ordered
}

/// Whether a rename is part of a circle: whatever has its new name gets another one, and in the end something gets its old name.
pub fn is_in_circle<T: Clone + PartialEq>(wanted: &[(T, T)], rename: &(T, T)) -> bool {
    circle(wanted, rename).is_some()
}

/// The renames of a circle, beginning with this one.
fn circle<T: Clone + PartialEq>(wanted: &[(T, T)], rename: &(T, T)) -> Option<Vec<(T, T)>> {
    let mut found = vec![rename.clone()];
    loop {
        let (_, to) = found.last()?;
        if *to == rename.0 {
            return Some(found);
        }
        let next = wanted.iter().find(|(from, _)| from == to)?;
        if found.contains(next) {
            return None;
        }
        found.push(next.clone());
    }
}

/// Those that were not done before: the same command a second time has nothing left to do.
fn pending<T: Clone + PartialEq>(wanted: &[(T, T)], names: &Names<'_, T>) -> Vec<(T, T)> {
    let there = names.is_there;
    let mut done: Vec<&(T, T)> = Vec::new();
    loop {
        let newly = wanted.iter().find(|rename| {
            let (from, to) = rename;
            // What has the old name now has it by another rename of the list.
            let taken = there(from) && done.iter().any(|(_, other)| other == from);
            !done.contains(rename) && there(to) && (!there(from) || taken)
        });
        match newly {
            Some(rename) => done.push(rename),
            None => break,
        }
    }
    let was_done = |(from, to): &(T, T)| (names.was_done)(from, to);
    let turned =
        |rename: &(T, T)| circle(wanted, rename).is_some_and(|circle| circle.iter().all(was_done));
    let left = wanted.iter().filter(|rename| !done.contains(rename) && !turned(rename));
    left.cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(wanted: &[&str], there: &str, done: &[&str]) -> String {
        let pair = |text: &&str| {
            let (from, to) = text.split_once(':').unwrap();
            (from.to_owned(), to.to_owned())
        };
        let wanted: Vec<(String, String)> = wanted.iter().map(pair).collect();
        let done: Vec<(String, String)> = done.iter().map(pair).collect();
        let names = Names {
            is_there: &|name: &String| there.split(' ').any(|known| known == name),
            was_done: &|from: &String, to: &String| done.contains(&(from.clone(), to.clone())),
            between: &|name: &String| format!("{name}_"),
        };
        let ordered = sequence(&wanted, &names);
        ordered.iter().map(|(from, to)| format!("{from}:{to}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_name_is_free_when_it_is_given() {
        for (wanted, there, done, expected) in [
            (&["a:x", "b:y"][..], "a b", &[][..], "a:x b:y"),
            (&["a:b", "b:c"], "a b", &[], "b:c a:b"),
            (&["a:b", "b:c", "c:d"], "a b c", &[], "c:d b:c a:b"),
            (&["a:b", "b:a"], "a b", &[], "a:a_ b:a a_:b"),
            (&["a:b", "b:c", "c:a"], "a b c", &[], "a:a_ c:a b:c a_:b"),
            (&["a:b", "b:a", "c:d", "d:c"], "a b c d", &[], "a:a_ b:a a_:b c:c_ d:c c_:d"),
            // A second time.
            (&["a:x"], "x", &[], ""),
            (&["a:b", "b:c"], "b c", &[], ""),
            (&["a:b", "b:a"], "a b", &["a:b", "b:a"], ""),
            (&["a:b", "b:a"], "a b", &["a:b"], "a:a_ b:a a_:b"),
            // What cannot be is left to whoever carries it out.
            (&["a:b"], "a b", &[], "a:b"),
        ] {
            assert_eq!(ordered(wanted, there, done), expected, "{wanted:?}");
        }
    }
}
