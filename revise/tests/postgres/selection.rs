//! Tables that are left alone by a name or a pattern, with all that belongs to them.

use cluster::Cluster;
use sea_revise::{Revise, Target, project::generate::GenerateOptions};

use super::pair::Pair;

const OWN: &str = "CREATE TABLE book (id int);";

/// A table of another program with one of everything that may belong to it.
const LEGACY: &str = "CREATE TABLE legacy_log (id serial PRIMARY KEY, a int, b text); CREATE POLICY p ON legacy_log USING (a > 0);
    COMMENT ON POLICY p ON legacy_log IS 'p'; CREATE RULE r AS ON DELETE TO legacy_log DO INSTEAD NOTHING;
        ALTER TABLE legacy_log DISABLE RULE r;
    CREATE STATISTICS st ON a, b FROM legacy_log; CREATE INDEX i ON legacy_log (a); COMMENT ON INDEX i IS 'i';
        ALTER INDEX i SET (fillfactor = 70);
    ALTER TABLE legacy_log SET (fillfactor = 70), CLUSTER ON i, ALTER b SET STORAGE EXTERNAL, REPLICA IDENTITY FULL;
    CREATE VIEW legacy_view AS SELECT a FROM legacy_log; CREATE RULE s AS ON DELETE TO legacy_view DO INSTEAD NOTHING;
    COMMENT ON COLUMN legacy_view.a IS 'a'; CREATE TABLE legacy_parts (a int) PARTITION BY LIST (a)";

fn without(patterns: &[&str]) -> GenerateOptions {
    let exclude = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
    GenerateOptions { exclude, ..GenerateOptions::default() }
}

#[tokio::test]
async fn an_excluded_table_is_left_alone_with_all_that_belongs_to_it() {
    let Some(cluster) = Cluster::get() else { return };
    let pair = Pair::of(cluster, [OWN, &format!("{OWN} {LEGACY}")]).await;
    let revise = Revise::of(Vec::new);
    let [one, other] = &pair.sides;
    for sides in [(one, other), (other, one)] {
        let compared = revise.compare(&Target::Memory, sides, &without(&["legacy_*"])).await;
        let difference = compared.expect("they are compared").difference;
        assert_eq!((difference.operations, difference.by_hand), (Vec::new(), Vec::new()));
    }
}

#[tokio::test]
async fn a_name_that_no_table_has_is_refused_with_the_nearest_one() {
    let Some(cluster) = Cluster::get() else { return };
    let pair = Pair::of(cluster, [OWN, &format!("{OWN} {LEGACY}")]).await;
    let revise = Revise::of(Vec::new);
    let sides = (&pair.sides[0], &pair.sides[1]);
    for (pattern, near) in
        [("boook", "book"), ("legcy_p*", "legacy_parts"), ("legacy_lag", "legacy_log")]
    {
        let compared =
            revise.compare(&Target::Memory, sides, &without(&["legacy_*", pattern])).await;
        let error = compared.err().expect("there is none");
        assert_eq!(error.exit_code(), 2, "{error}");
        let said =
            format!("`--exclude {pattern}` names no table and no view: the nearest is `{near}`");
        assert_eq!(error.to_string(), said);
    }
}
