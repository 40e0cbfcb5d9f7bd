//! What the help of the verbs that people use daily ends with.

pub const MIGRATE: &str = "\
Examples:
  migrate -m \"Add pages to book\"
  migrate --empty --models book,author -m \"Split names\"
  migrate --rename book.writer:author --apply
  migrate --sql";

pub const UPGRADE: &str = "\
Examples:
  upgrade            all of them
  upgrade +1         the next one
  upgrade --plan     what would happen
  upgrade --tx all   all of them or none
  upgrade --sql | psql URL
  upgrade base:head --sql > schema.sql";

pub const DOWNGRADE: &str = "\
Examples:
  downgrade          the newest one
  downgrade -2 --plan
  downgrade m20260901";

pub const SEED: &str = "\
Examples:
  seed                         what is for each environment
  seed --env dev --plan        what would run
  seed roles --again           also when it ran as it is";

pub const SQUASH: &str = "\
Examples:
  squash base:m20260901 -m \"Begin\"     all up to that one, both included
  squash m20260801:m20260901 --data keep";

pub const STAMP: &str = "\
Examples:
  stamp head --verify          a database that has the schema already
  stamp base                   nothing is applied";

pub const CHECK: &str = "\
Examples:
  check              in a deployment
  check --offline    in CI, without a database";

pub const DIFF: &str = "\
Examples:
  diff                         database and models
  diff db head                 has somebody changed the database?
  diff old.sql new.sql --sql   the script from one to the other
  diff db other.sql --apply";
