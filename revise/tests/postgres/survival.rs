//! What uses a column or an enum outlives its change, whole: definition, owner, privileges, comments, and what hangs on it.

use sea_orm::ConnectionTrait;
use sea_revise::{operation::Plan, postgres::statements, schema::Type};

use super::setup::{self, database, dump, rows, run, schema};

const ROLES: &str =
    "DO $$BEGIN CREATE ROLE reader; EXCEPTION WHEN duplicate_object OR unique_violation THEN END$$;
    DO $$BEGIN CREATE ROLE boss; EXCEPTION WHEN duplicate_object OR unique_violation THEN END$$;
    CREATE SCHEMA other; GRANT ALL ON SCHEMA public, other TO boss;
    CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';";

/// One of everything that PostgreSQL refuses to change a type under.
const PRICES: &str = "CREATE TABLE audit (id integer); CREATE TABLE other.log (id integer);
    CREATE TABLE book (id serial PRIMARY KEY, price numeric(8,2), title text DEFAULT 'x');
    INSERT INTO book (price) VALUES (1.5), (2.5), (2.5); GRANT SELECT ON book TO boss;
    CREATE TABLE old_book () INHERITS (book);
    CREATE VIEW old AS SELECT price FROM old_book;
    CREATE VIEW dear WITH (security_barrier, check_option=local) AS SELECT id, price, title FROM book WHERE price > 1;
    ALTER VIEW dear ALTER title SET DEFAULT 'none'; ALTER VIEW dear OWNER TO boss;
    COMMENT ON VIEW dear IS 'it''s dear; really'; COMMENT ON COLUMN dear.price IS 'the price';
    GRANT SELECT ON dear TO reader WITH GRANT OPTION; GRANT UPDATE (price) ON dear TO PUBLIC;
    REVOKE DELETE ON dear FROM boss;
    CREATE VIEW other.dearest WITH (security_invoker) AS SELECT * FROM dear WHERE price > 2;
    GRANT SELECT ON other.dearest TO boss;
    CREATE TRIGGER instead INSTEAD OF INSERT ON other.dearest FOR EACH ROW EXECUTE FUNCTION quiet();
    COMMENT ON TRIGGER instead ON other.dearest IS 'in its stead';
    CREATE RULE nothing AS ON DELETE TO dear DO INSTEAD NOTHING; COMMENT ON RULE nothing ON dear IS 'a rule';
    CREATE MATERIALIZED VIEW kept WITH (fillfactor=70) AS SELECT price, count(*) AS n FROM other.dearest GROUP BY 1;
    CREATE UNIQUE INDEX kept_price ON kept (price); COMMENT ON INDEX kept_price IS 'an index';
    CREATE INDEX kept_n ON kept (n) WHERE n > 1; ALTER MATERIALIZED VIEW kept CLUSTER ON kept_price;
    GRANT SELECT ON kept TO reader; ALTER MATERIALIZED VIEW kept OWNER TO boss;
    CREATE MATERIALIZED VIEW empty AS SELECT price FROM kept WITH NO DATA;
    ALTER TABLE book ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON book AS RESTRICTIVE FOR UPDATE TO reader, boss USING (price > 0) WITH CHECK (price > 1);
    CREATE POLICY anybody ON book USING (true); COMMENT ON POLICY own ON book IS 'a policy';
    CREATE RULE log AS ON UPDATE TO book WHERE new.price > 100 DO ALSO INSERT INTO other.log VALUES (1);
    CREATE RULE elsewhere AS ON INSERT TO audit DO ALSO UPDATE book SET price = 3;
    CREATE TRIGGER quiet BEFORE UPDATE OF price ON book FOR EACH ROW WHEN (new.price > 1) EXECUTE FUNCTION quiet();
    ALTER TABLE book DISABLE TRIGGER quiet;
    CREATE FUNCTION total(a numeric DEFAULT 1) RETURNS numeric STABLE BEGIN ATOMIC SELECT sum(price) + a FROM dear; END;
    CREATE FUNCTION listed() RETURNS TABLE (p numeric, q text) BEGIN ATOMIC SELECT price, title FROM other.dearest; END;
    CREATE PROCEDURE change() BEGIN ATOMIC UPDATE book SET price = 1; END;
    COMMENT ON FUNCTION total IS 'a function'; REVOKE ALL ON FUNCTION total FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION total TO reader;
    CREATE VIEW totals AS SELECT total() AS t, (SELECT max(price) FROM dear) AS m;
    CREATE MATERIALIZED VIEW kept_total AS SELECT total() AS t FROM dear LIMIT 1;
    CREATE STATISTICS both_of_them ON price, title FROM book;
    CREATE PUBLICATION prices FOR TABLE ONLY book (id, price) WHERE (id > 3);
    ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader";

/// Carries a plan out in one transaction, and answers the error, after which nothing has changed.
async fn carry_out(db: &sea_orm::DatabaseConnection, plan: Plan) -> Result<(), String> {
    let before = schema(db).await;
    run(db, "BEGIN").await;
    for sql in statements(&before, &plan.operations).map_err(|error| error.to_string())? {
        if let Err(error) = db.execute_unprepared(&sql).await {
            run(db, "ROLLBACK").await;
            return Err(error.to_string());
        }
    }
    run(db, "COMMIT").await;
    Ok(())
}

#[tokio::test]
async fn everything_that_uses_a_column_outlives_a_change_of_its_type() {
    let db = database!(&format!("{ROLES} {PRICES}"));
    let before = dump(&db).await;
    let wider = Plan::new().alter_type("book", "price", Type::Decimal(Some((12, 3))));
    carry_out(&db, wider).await.expect("the type changes");
    let after = dump(&db).await;
    assert_eq!(after, before.replace("price numeric(8,2)", "price numeric(12,3)"));
    assert_eq!(rows(&db, "SELECT * FROM kept").await, [r#"{"price":2.500,"n":2}"#]);
    assert_eq!(rows(&db, "SELECT t FROM kept_total").await, [r#"{"t":7.500}"#]);
    assert_eq!(rows(&db, "SELECT total(0)").await, [r#"{"total":6.500}"#]);
}

#[tokio::test]
async fn a_column_that_was_renamed_before_is_known_by_its_new_name() {
    let db =
        database!("CREATE TABLE book (price integer); CREATE VIEW dear AS SELECT price FROM book");
    let plan = Plan::new()
        .rename_column("book", "price", "cost")
        .rename_table("book", "thing")
        .alter_type("thing", "cost", Type::BigInteger);
    carry_out(&db, plan).await.expect("the type changes");
    assert!(dump(&db).await.contains("thing.cost AS price"));
}

#[tokio::test]
async fn what_cannot_be_recreated_is_named() {
    let db = database!(
        "CREATE TABLE book (price integer, twice integer GENERATED ALWAYS AS (price * 2) STORED);
         CREATE VIEW dear AS SELECT price FROM book; CREATE TABLE rows_of_dear (one dear);
         CREATE TYPE mood AS ENUM ('a', 'b'); CREATE DOMAIN good AS mood CHECK (value <> 'b')"
    );
    let before = dump(&db).await;
    let wider = || Plan::new().alter_type("book", "price", Type::BigInteger);
    let error = carry_out(&db, wider()).await.expect_err("it is computed from");
    assert!(
        error.contains(
            "while `twice` is computed from it; put `.drop_generated(\"book\", \"twice\")` before"
        ),
        "{error}"
    );
    run(&db, "ROLLBACK").await;
    let plan = Plan::new().drop_column("book", "twice").with(wider().operations.remove(0));
    let error = carry_out(&db, plan).await.expect_err("a row of the view is somebody's column");
    assert!(
        error.contains("column `price` of `book` is used by what cannot be recreated"),
        "{error}"
    );
    assert!(error.contains("table rows_of_dear; drop that before"), "{error}");
    let error =
        carry_out(&db, Plan::new().rebuild_enum("mood", ["a"], [])).await.expect_err("a domain");
    assert!(
        error.contains("enum `mood` is used by what cannot be recreated")
            && error.contains("type good"),
        "{error}"
    );
    assert_eq!(dump(&db).await, before);
}

/// One of everything that knows an enum, inside and outside of what the model has.
const MOODS: &str = "CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy');
    COMMENT ON TYPE mood IS 'how one feels'; REVOKE ALL ON TYPE mood FROM PUBLIC; GRANT USAGE ON TYPE mood TO reader;
    CREATE TABLE feeling (mood mood PRIMARY KEY);
    CREATE TABLE person (id serial PRIMARY KEY, mood mood NOT NULL DEFAULT 'happy' CONSTRAINT known REFERENCES feeling,
        moods mood[] DEFAULT '{sad,\"it''s ok\"}', text text DEFAULT 'sad'::mood::text,
        CONSTRAINT never CHECK (mood <> 'sad' OR id > 0), EXCLUDE (id WITH =));
    COMMENT ON CONSTRAINT never ON person IS 'a check';
    CREATE TABLE visit (day date, mood mood DEFAULT 'sad') PARTITION BY RANGE (day);
    CREATE TABLE visit_2024 PARTITION OF visit FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    CREATE TABLE other.guest (mood mood DEFAULT 'sad', moods mood[]);
    CREATE INDEX one_sad ON person (id) WITH (fillfactor=90) WHERE mood = 'sad'; COMMENT ON INDEX one_sad IS 'an index';
    CREATE INDEX plain ON person (mood, id); CREATE INDEX texts ON person ((mood = 'happy'::mood));
    CREATE FUNCTION better(mood) RETURNS mood IMMUTABLE LANGUAGE sql AS 'SELECT ''happy''::mood';
    REVOKE ALL ON FUNCTION better FROM PUBLIC; GRANT EXECUTE ON FUNCTION better TO reader; ALTER FUNCTION better OWNER TO boss;
    COMMENT ON FUNCTION better IS 'a function';
    CREATE INDEX bettered ON person (better(mood));
    CREATE VIEW happy AS SELECT id, better(mood) AS better, moods FROM person WHERE mood = 'happy';
    GRANT SELECT ON happy TO reader; COMMENT ON VIEW happy IS 'a view';
    CREATE MATERIALIZED VIEW sad AS SELECT id, mood FROM person WHERE mood = 'sad'; CREATE INDEX sad_id ON sad (id);
    CREATE FUNCTION sad_ones() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM person WHERE mood = 'sad'; END;
    CREATE POLICY glad ON person USING (mood = 'happy'); CREATE POLICY elsewhere ON other.guest USING (mood <> 'sad');
    CREATE TRIGGER quiet BEFORE UPDATE OF mood ON person FOR EACH ROW WHEN (new.mood = 'sad') EXECUTE FUNCTION quiet();
    CREATE STATISTICS both_of_them ON mood, text FROM person;
    INSERT INTO feeling VALUES ('sad'), ('it''s ok'), ('happy');
    INSERT INTO visit VALUES ('2024-02-29', 'sad'); INSERT INTO other.guest VALUES ('sad', '{sad,happy}');
    INSERT INTO person (mood) VALUES ('sad'), ('happy')";

#[tokio::test]
async fn everything_that_knows_an_enum_outlives_its_being_made_anew() {
    let db = database!(&format!("{ROLES} {MOODS}"));
    let before = dump(&db).await;
    let reordered = Plan::new().rebuild_enum("mood", ["happy", "it's ok", "sad"], []);
    carry_out(&db, reordered).await.expect("the enum is made anew");
    let values = "    'sad',\n    'it''s ok',\n    'happy'\n";
    let (expected, turned) =
        (before.replace(values, "    'happy',\n    'it''s ok',\n    'sad'\n"), dump(&db).await);
    assert_eq!(turned, expected);
    let mapped =
        Plan::new().rebuild_enum("mood", ["happy", "it's ok", "x'sad"], [("sad", "x'sad")]);
    carry_out(&db, mapped).await.expect("a value becomes another one");
    let expected =
        expected.replace("    'sad'\n", "    'x''sad'\n").replace("'sad'::", "'x''sad'::");
    assert_eq!(dump(&db).await, expected.replace("{sad,", "{x''sad,"));
    assert_eq!(rows(&db, "SELECT * FROM sad").await, [r#"{"id":1,"mood":"x'sad"}"#]);
    assert_eq!(rows(&db, "SELECT mood FROM visit").await, [r#"{"mood":"x'sad"}"#]);
    assert_eq!(
        rows(&db, "SELECT * FROM other.guest").await,
        [r#"{"mood":"x'sad","moods":["x'sad","happy"]}"#]
    );
    assert_eq!(rows(&db, "SELECT sad_ones()").await, [r#"{"sad_ones":1}"#]);
}

#[tokio::test]
async fn what_names_a_computed_column_survives_its_change() {
    let db = database!(
        "CREATE TABLE p (a integer, g integer GENERATED ALWAYS AS (a * 2) STORED NOT NULL UNIQUE, CHECK (g > 0));
        COMMENT ON COLUMN p.g IS 'twice'; CREATE INDEX i ON p (g DESC, a) WHERE g > 1;
        CREATE VIEW v AS SELECT g FROM p; CREATE TABLE c (g integer REFERENCES p (g) ON DELETE CASCADE);
        INSERT INTO p VALUES (1), (2); INSERT INTO c VALUES (4)"
    );
    let values = [r#"{"g":3}"#, r#"{"g":4}"#];
    setup::carry_out(&db, Plan::new().set_generated("p", "g", "a + 2", true)).await;
    assert_eq!(rows(&db, "SELECT g FROM v ORDER BY 1").await, values);
    setup::carry_out(&db, Plan::new().drop_generated("p", "g")).await;
    assert_eq!(rows(&db, "SELECT g FROM v ORDER BY 1").await, values);
}

#[tokio::test]
async fn a_column_is_compared_otherwise_beside_its_view() {
    let db = database!(
        "CREATE TABLE t (a text UNIQUE, b varchar(9) COLLATE \"C\"); CREATE VIEW v AS SELECT a FROM t"
    );
    let plan = Plan::new().set_collation("t", "a", Some("C")).set_collation("t", "b", None);
    setup::carry_out(&db, plan).await;
}
