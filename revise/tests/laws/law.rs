//! The laws, for one pair.

use sea_orm::{DbBackend, DbErr};
use sea_revise::{
    diff::{DiffOptions, DiffScope, Difference, diff},
    operation::{Operation, manifest::Manifest, reverse::reverse},
    postgres,
    project::render,
    revision::Revision,
    schema::{Schema, TableName},
    sqlite,
};

use super::{
    essence::{come_back, difference, essence},
    firing,
    guests::{Guests, Way},
    objects::{self, Object},
    pair::Pair,
    place::{Ground, Place},
    rows::{Kept, Rows},
};

/// A law that does not hold.
#[derive(Clone, Debug)]
pub struct Violation {
    pub law: &'static str,
    pub detail: String,
}

/// What happened on the way.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome {
    pub pairs: u64,
    pub rows: u64,
    /// Pairs whose rows were in the way, which was found before anything changed.
    pub refused: u64,
    /// Pairs whose rows were in the way, which only the database found.
    pub failed: u64,
    pub operations: u64,
    /// Pairs whose triggers or views were in the way, which was said with their names.
    pub held: u64,
    /// Rows that triggers wrote and views showed.
    pub fired: u64,
}

impl std::iter::Sum for Outcome {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            pairs: sum.pairs + one.pairs,
            rows: sum.rows + one.rows,
            refused: sum.refused + one.refused,
            failed: sum.failed + one.failed,
            operations: sum.operations + one.operations,
            held: sum.held + one.held,
            fired: sum.fired + one.fired,
        })
    }
}

type Law<T> = Result<T, Violation>;

fn broken(law: &'static str, detail: impl ToString) -> Violation {
    Violation { law, detail: detail.to_string() }
}

fn expect(law: &'static str, holds: bool, detail: impl FnOnce() -> String) -> Law<()> {
    if holds { Ok(()) } else { Err(broken(law, detail())) }
}

/// One pair on its way through the laws.
pub struct Trial<'a> {
    ground: &'a Ground,
    pair: &'a Pair,
    outcome: Outcome,
    guests: Guests,
}

/// Holds a pair to the laws.
pub async fn check(ground: &Ground, pair: &Pair) -> Law<Outcome> {
    let outcome = Outcome { pairs: 1, ..Outcome::default() };
    let mut trial = Trial { ground, pair, outcome, guests: Guests::default() };
    trial.run().await?;
    Ok(trial.outcome)
}

impl Trial<'_> {
    fn backend(&self) -> DbBackend {
        self.pair.backend
    }

    async fn run(&mut self) -> Law<()> {
        let (a, b) = self.pair.known();
        let (_, _, after) = self.create(&b).await?;
        self.equal_to_itself(&after)?;
        self.script(&after).await?;
        let (place, mut manifest, before) = self.create(&a).await?;
        let found = self.differ(&before, &after, &self.pair.options())?;
        self.outcome.operations = u64::try_from(found.operations.len()).unwrap_or_default();
        let up = found.operations;
        self.pure(&before, &after, &up)?;
        let down =
            reverse(&before, &up, self.backend()).map_err(|error| broken("L3 reverse", error))?;
        self.rendered(&up, &down.operations)?;
        self.model(&before, &after, &up)?;

        self.guests = Guests::enter(&place, self.pair).await;
        self.outcome.rows = place.seed(&before).await;
        let kept = Kept::new(self.pair, &up);
        let mut rows = Some(kept.before(&place).await);
        let stage = Stage { law: "L2 up", before: &before, operations: &up, way: Way::Up };
        self.carry_out(&place, &stage, &mut rows).await?;
        manifest.record(&mut before.clone(), &up, self.backend());
        let mut there = self.read(&place).await;
        manifest.refine(&mut there, self.backend());
        self.same("L2 b", &there, &after)?;
        if let Some(rows) = &rows {
            expect_rows("L4 rows up", rows, &kept.after(&place).await)?;
        }
        self.fire("L10 up", (&place, &there), &self.pair.objects.1).await?;
        let stage =
            Stage { law: "L3 down", before: &there, operations: &down.operations, way: Way::Down };
        self.carry_out(&place, &stage, &mut rows).await?;
        let mut back = self.read(&place).await;
        manifest.record(&mut there.clone(), &down.operations, self.backend());
        manifest.refine(&mut back, self.backend());
        self.same("L3 a", &back, &come_back(&before, &up))?;
        if let Some(rows) = &rows {
            expect_rows("L4 rows down", rows, &kept.before(&place).await)?;
        }
        self.fire("L10 down", (&place, &back), &self.pair.objects.0).await?;
        let stage = Stage { law: "L5 up", before: &back, operations: &up, way: Way::Up };
        self.carry_out(&place, &stage, &mut rows).await?;
        let mut again = self.read(&place).await;
        manifest.record(&mut back.clone(), &up, self.backend());
        manifest.refine(&mut again, self.backend());
        self.same("L5 b", &again, &there)?;
        if let Some(rows) = &rows {
            expect_rows("L4 rows up again", rows, &kept.after(&place).await)?;
        }
        Ok(())
    }

    /// Creates a schema by its operations, and reads it with the types that they wrote.
    async fn create(&self, wanted: &Schema) -> Law<(Place, Manifest, Schema)> {
        let place = self.ground.place().await;
        let operations = self
            .differ(&Schema::default(), wanted, &DiffOptions::whole(self.backend()))?
            .operations;
        place.apply(&operations).await.map_err(|error| broken("L2 create", error))?;
        let mut manifest = Manifest::default();
        manifest.record(&mut Schema::default(), &operations, self.backend());
        let mut schema = place.read().await;
        manifest.refine(&mut schema, self.backend());
        Ok((place, manifest, schema))
    }

    fn differ(&self, before: &Schema, after: &Schema, options: &DiffOptions) -> Law<Difference> {
        let found = diff(before, after, options).map_err(|error| broken("diff", error))?;
        expect("diff asks", found.questions.is_empty(), || format!("{:?}", found.questions))?;
        Ok(found)
    }

    fn equal_to_itself(&self, schema: &Schema) -> Law<()> {
        for scope in [DiffScope::Whole, DiffScope::Entities, DiffScope::Stated] {
            let options = DiffOptions { scope, ..DiffOptions::whole(self.backend()) };
            let found = self.differ(schema, schema, &options)?;
            expect("L1", found.operations.is_empty(), || render::plan(&found.operations))?;
        }
        Ok(())
    }

    /// Whether one schema is the other, by the difference and by the parts.
    fn same(&self, law: &'static str, found: &Schema, expected: &Schema) -> Law<()> {
        let left = self.differ(found, expected, &DiffOptions::whole(self.backend()))?.operations;
        expect(law, left.is_empty(), || format!("left: {}", render::plan(&left)))?;
        let left = difference(&essence(found, self.backend()), &essence(expected, self.backend()));
        left.map_or(Ok(()), |left| Err(broken(law, left)))
    }

    async fn script(&self, schema: &Schema) -> Law<()> {
        let script = match self.backend() {
            DbBackend::Sqlite => sqlite::create_script(schema),
            _ => postgres::create_script(schema),
        };
        let script = script.map_err(|error| broken("L8 script", error))?;
        let place = self.ground.place().await;
        place.run_all(&script).await.map_err(|error| broken("L8 script", error))?;
        let mut found = place.read().await;
        if self.backend() == DbBackend::Sqlite {
            found.enums.clone_from(&schema.enums);
        }
        self.same("L8 read", &found, schema)
    }

    fn statements(&self, before: &Schema, operations: &[Operation]) -> Law<Vec<String>> {
        let statements = match self.backend() {
            DbBackend::Postgres => postgres::statements(before, operations),
            _ => {
                let mut now = before.clone();
                let mut all = Vec::new();
                for segment in sqlite::segments(operations) {
                    let found = sqlite::script(&now, segment);
                    all.extend(found.map_err(|error| broken("L6 statements", error))?.statements);
                    now.apply_all(segment, DbBackend::Sqlite)
                        .map_err(|error| broken("L6 model", error))?;
                }
                Ok(all)
            }
        };
        statements.map_err(|error| broken("L6 statements", error))
    }

    fn pure(&self, before: &Schema, after: &Schema, up: &[Operation]) -> Law<()> {
        let again = self.differ(&before.clone(), &after.clone(), &self.pair.options())?.operations;
        expect("L6 diff", up == again, || "two runs differ".to_owned())?;
        let (one, other) = (self.statements(before, up)?, self.statements(&before.clone(), up)?);
        expect("L6 statements", one == other, || "two runs differ".to_owned())
    }

    fn rendered(&self, up: &[Operation], down: &[Operation]) -> Law<()> {
        let moment = chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let revision = Revision::new(moment, "random pair");
        let notes = ["a note".to_owned()];
        let draft = render::RevisionFile {
            revision: &revision,
            message: "random pair",
            after: None,
            up,
            down,
            notes: &notes,
            transaction: true,
        };
        let text = render::migration(&draft);
        expect("L7 same", text == render::migration(&draft), || text.clone())?;
        syn::parse_file(&text)
            .map(drop)
            .map_err(|error| broken("L7 syntax", format!("{error}\n{text}")))
    }

    /// What the model says of the operations is what was asked for.
    fn model(&self, before: &Schema, after: &Schema, up: &[Operation]) -> Law<()> {
        let mut model = before.clone();
        model.apply_all(up, self.backend()).map_err(|error| broken("L9 model", error))?;
        if self.backend() == DbBackend::Sqlite {
            model.enums.clone_from(&after.enums);
        }
        let left = difference(&essence(&model, self.backend()), &essence(after, self.backend()));
        left.map_or(Ok(()), |left| Err(broken("L9 model", left)))
    }

    /// What is there, without what plans know nothing of.
    async fn read(&self, place: &Place) -> Schema {
        let schema = place.read().await;
        if self.pair.guests { objects::without(&schema) } else { schema }
    }

    /// Whether triggers and views do what they are there for.
    async fn fire(
        &mut self,
        law: &'static str,
        (place, schema): (&Place, &Schema),
        known: &[Object],
    ) -> Law<()> {
        let all = if self.pair.guests { self.guests.all() } else { known };
        if !all.is_empty() {
            let fired = firing::fire(place, schema, all).await;
            self.outcome.fired += fired.map_err(|error| broken(law, error))?;
        }
        Ok(())
    }

    /// Carries operations out with the rows and guests that are there, or else without.
    async fn carry_out(
        &mut self,
        place: &Place,
        stage: &Stage<'_>,
        rows: &mut Option<Rows>,
    ) -> Law<()> {
        let Stage { law, before, operations, way } = *stage;
        let mut stand = standing(place, before).await;
        if self.backend() == DbBackend::Postgres && postgres::needs_own_transaction(operations) {
            // Each step looks at the rows when its turn comes, and those before it stay.
            place.empty(before).await;
            stand.clear();
            *rows = None;
            if !self.guests.lost(self.pair, way).is_empty() {
                self.guests.leave(place).await;
            }
        }
        while let Err(error) = place.apply(operations).await {
            let held = self.guests.are_named(self.pair, way, &error.to_string());
            if !held && stand.iter().all(|(_, rows, _)| rows.is_empty()) {
                return Err(broken(law, format!("{error}\nafter: {}", render::plan(operations))));
            }
            if std::env::var("LAWS_SHOW").is_ok() && (held || !is_refusal(&error)) {
                eprintln!("{law}: {error}\n");
            }
            self.undone(place, before, &stand).await?;
            if held {
                self.outcome.held += 1;
                self.guests.leave(place).await;
                continue;
            }
            *rows = None;
            if is_refusal(&error) {
                self.outcome.refused += 1;
            } else {
                self.outcome.failed += 1;
            }
            place.empty(before).await;
            stand.clear();
        }
        let followed = self.guests.follow(place, self.pair, way).await;
        followed.map_err(|error| broken("L10 guests", error))
    }

    /// A change that was refused has changed nothing.
    async fn undone(&self, place: &Place, before: &Schema, stand: &[Standing]) -> Law<()> {
        let left = self.read(place).await;
        let undone = difference(
            &essence(&left, self.backend()),
            &essence(&Schema { enums: left.enums.clone(), ..before.clone() }, self.backend()),
        );
        expect("L4 refusal", undone.is_none(), || undone.unwrap_or_default())?;
        for (table, rows, names) in stand {
            let found = place.rows(table, names).await;
            expect("L4 refusal", found == *rows, || format!("the rows of {table} changed"))?;
        }
        let there = self.guests.are_there(place).await;
        there.map_err(|error| broken("L4 refusal", error))
    }
}

/// A table with its rows, and the columns that were read.
type Standing = (TableName, Vec<Vec<Option<String>>>, Vec<String>);

/// All rows of all tables.
async fn standing(place: &Place, schema: &Schema) -> Vec<Standing> {
    let mut stand = Vec::new();
    for table in schema.tables.values() {
        let names: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        stand.push((table.name.clone(), place.rows(&table.name, &names).await, names));
    }
    stand
}

/// Operations on the way there and back, and the law that holds for them.
struct Stage<'a> {
    law: &'static str,
    before: &'a Schema,
    operations: &'a [Operation],
    way: Way,
}

/// Whether an error is one of ours that was found before anything changed.
fn is_refusal(error: &DbErr) -> bool {
    matches!(error, DbErr::Migration(text) if !text.contains("\nin: "))
}

fn expect_rows(law: &'static str, expected: &Rows, found: &Rows) -> Law<()> {
    for (table, rows) in expected {
        let now = found.get(table);
        expect(law, now == Some(rows), || format!("{table}: {now:?}\nexpected {rows:?}"))?;
    }
    Ok(())
}
