//! Which entry of the list each migration of a program is. Names come from `name()` in both, as far as the files say it.

use super::Listed;

/// The migrations of a program and the entries of the list, side by side.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Assigned {
    /// For each entry the place of its migration in the program.
    pub migrations: Vec<Option<usize>>,
    /// How many of them are certain, because the name is in the file.
    pub certain: usize,
}

impl Assigned {
    /// The entry of a migration of the program.
    pub fn entry(&self, migration: usize) -> Option<usize> {
        self.migrations.iter().position(|place| *place == Some(migration))
    }
}

/// Finds the entry of each migration that a program has: by its name, by that of the module, and then in turn, where files do
/// not say a name.
pub(crate) fn assign(known: &[String], listed: &[Listed]) -> Assigned {
    let mut assigned = Assigned { migrations: vec![None; listed.len()], certain: 0 };
    let mut left: Vec<usize> = (0..known.len()).collect();
    for by_module in [false, true] {
        let fits = |one: &Listed, name: &str| match (&one.name, by_module) {
            (Some(own), false) => own == name,
            (None, true) => one.module.as_deref() == Some(name),
            (Some(_), true) | (None, false) => false,
        };
        left.retain(|place| {
            let Some(name) = known.get(*place) else { return false };
            let mut entries = assigned.migrations.iter_mut().zip(listed);
            let entry = entries.find(|(taken, one)| taken.is_none() && fits(one, name));
            if let Some((taken, one)) = entry {
                *taken = Some(*place);
                assigned.certain += usize::from(one.file.is_some());
                return false;
            }
            true
        });
    }
    let open = |one: &Listed, taken: &Option<usize>| taken.is_none() && one.name.is_none();
    let entries = || assigned.migrations.iter().zip(listed);
    let needed = entries().filter(|(taken, one)| open(one, taken) && !one.is_conditional).count();
    // Where there are enough of them, a condition has left out the others.
    let with_conditional = needed < left.len();
    let mut left = left.into_iter();
    for (taken, one) in assigned.migrations.iter_mut().zip(listed) {
        if open(one, taken) && (with_conditional || !one.is_conditional) {
            *taken = left.next();
        }
    }
    assigned
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `name@module`, with a question mark for a conditional one.
    fn listed(entry: &str) -> Listed {
        let (name, module) = entry.trim_end_matches('?').split_once('@').unwrap();
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let (name, module, file) = (text(name), text(module), Some("m.rs".into()));
        Listed { name, module, file, is_conditional: entry.ends_with('?') }
    }

    #[test]
    fn a_migration_is_found_by_its_name_and_else_in_turn() {
        for (known, entries, expected) in [
            ("a b", "a@m1 b@m2", "0 1"),
            ("b a", "a@m1 b@m2", "1 0"),
            ("m1 x", "@m1 @m2", "0 1"),
            ("x m1", "@ @m1", "0 1"),
            ("a", "a@m1 @m2", "0 -"),
            ("a z", "a@m1 b@m2", "0 -"),
            ("x y", "@m1 @m2? @m3", "0 - 1"),
            ("x y z", "@m1 @m2? @m3", "0 1 2"),
            ("", "a@m1?", "-"),
        ] {
            let known = known.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            let entries = entries.split(' ').map(listed).collect::<Vec<_>>();
            let found = assign(&known, &entries).migrations;
            let shown = found.iter().map(|place| place.map_or("-".to_owned(), |at| at.to_string()));
            assert_eq!(shown.collect::<Vec<_>>().join(" "), expected, "{known:?}");
        }
    }
}
