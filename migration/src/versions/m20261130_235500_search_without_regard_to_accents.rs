//! Search without regard to accents.
//!
//! Follows `m20261130_235336_import_rows_of_any_noun`. Written by hand: no entity has an index of trigrams.
//!
//! What is searched is folded: accents and apostrophes are left out, a dash is a space or nothing, `ß` is `ss`. SQLite has no
//! function for that, and its tokenizer has one since version 3.45 only, which would keep the `sqlite3` of Debian 12 from writing.
//! So a view folds letter by letter with a table of letters, and the index is filled from it. PostgreSQL has a function.
//!
//! More columns are searched now. Few rows have them, so on PostgreSQL they share an index of the rows that have one.

use sea_revise::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// What letters are folded to. Comparisons on SQLite ignore the case of ASCII letters, and its index that of all.
#[rustfmt::skip]
const LETTERS: [(&str, &str); 131] = [
    ("", "'`\u{ad}´\u{2b9}\u{2bb}\u{2bc}‘’\u{2032}\u{ff07}"), ("-", "-\u{2010}\u{2011}\u{2012}–—\u{2015}\u{2212}\u{ff0d}"),
    ("<", "≮"), ("=", "≠"), (">", "≯"), ("a", "ÀÁÂÃÄÅàáâãäåĀāĂăĄąǍǎǞǟǠǡǺǻȀȁȂȃȦȧḀḁẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặ\u{212b}"),
    ("ae", "ÆæǢǣǼǽ"), ("b", "ḂḃḄḅḆḇ"), ("c", "ÇçĆćĈĉĊċČčḈḉ"), ("d", "ÐðĎďĐđḊḋḌḍḎḏḐḑḒḓ"),
    ("e", "ÈÉÊËèéêëĒēĔĕĖėĘęĚěȄȅȆȇȨȩḔḕḖḗḘḙḚḛḜḝẸẹẺẻẼẽẾếỀềỂểỄễỆệ"), ("f", "Ḟḟ"), ("g", "ĜĝĞğĠġĢģǦǧǴǵḠḡ"),
    ("h", "ĤĥĦħȞȟḢḣḤḥḦḧḨḩḪḫẖ"), ("i", "ÌÍÎÏìíîïĨĩĪīĬĭĮįİıǏǐȈȉȊȋḬḭḮḯỈỉỊị"), ("j", "Ĵĵǰ"), ("k", "ĶķǨǩḰḱḲḳḴḵ\u{212a}"),
    ("l", "ĹĺĻļĽľŁłḶḷḸḹḺḻḼḽ"), ("m", "ḾḿṀṁṂṃ"), ("n", "ÑñŃńŅņŇňǸǹṄṅṆṇṈṉṊṋ"),
    ("o", "ÒÓÔÕÖØòóôõöøŌōŎŏŐőƠơǑǒǪǫǬǭǾǿȌȍȎȏȪȫȬȭȮȯȰȱṌṍṎṏṐṑṒṓỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợ"), ("oe", "Œœ"), ("p", "ṔṕṖṗ"),
    ("r", "ŔŕŖŗŘřȐȑȒȓṘṙṚṛṜṝṞṟ"), ("s", "ŚśŜŝŞşŠšȘșṠṡṢṣṤṥṦṧṨṩſẛ"), ("ss", "ßẞ"), ("t", "ŢţŤťŦŧȚțṪṫṬṭṮṯṰṱẗ"), ("th", "Þþ"),
    ("u", "ÙÚÛÜùúûüŨũŪūŬŭŮůŰűŲųƯưǓǔǕǖǗǘǙǚǛǜȔȕȖȗṲṳṴṵṶṷṸṹṺṻỤụỦủỨứỪừỬửỮữỰự"), ("v", "ṼṽṾṿ"), ("w", "ŴŵẀẁẂẃẄẅẆẇẈẉẘ"),
    ("x", "ẊẋẌẍ"), ("y", "ÝýÿŶŷŸȲȳẎẏẙỲỳỴỵỶỷỸỹ"), ("z", "ŹźŻżŽžẐẑẒẓẔẕ"), ("¨", "΅῁῭΅"), ("Ʒ", "Ǯ"), ("ʒ", "ǯ"),
    ("Α", "ΆἈἉἊἋἌἍἎἏᾈᾉᾊᾋᾌᾍᾎᾏᾸᾹᾺΆᾼ"), ("Ε", "ΈἘἙἚἛἜἝῈΈ"), ("Η", "ΉἨἩἪἫἬἭἮἯᾘᾙᾚᾛᾜᾝᾞᾟῊΉῌ"), ("Ι", "ΊΪἸἹἺἻἼἽἾἿῘῙῚΊ"),
    ("Ο", "ΌὈὉὊὋὌὍῸΌ"), ("Ρ", "Ῥ"), ("Υ", "ΎΫὙὛὝὟῨῩῪΎ"), ("Ω", "ΏὨὩὪὫὬὭὮὯᾨᾩᾪᾫᾬᾭᾮᾯῺΏῼ\u{2126}"),
    ("α", "άἀἁἂἃἄἅἆἇὰάᾀᾁᾂᾃᾄᾅᾆᾇᾰᾱᾲᾳᾴᾶᾷ"), ("ε", "έἐἑἒἓἔἕὲέ"), ("η", "ήἠἡἢἣἤἥἦἧὴήᾐᾑᾒᾓᾔᾕᾖᾗῂῃῄῆῇ"), ("ι", "ΐίϊἰἱἲἳἴἵἶἷὶίῐῑῒΐῖῗ"),
    ("ο", "όὀὁὂὃὄὅὸό"), ("ρ", "ῤῥ"), ("σ", "ς"), ("υ", "ΰϋύὐὑὒὓὔὕὖὗὺύῠῡῢΰῦῧ"), ("ω", "ώὠὡὢὣὤὥὦὧὼώᾠᾡᾢᾣᾤᾥᾦᾧῲῳῴῶῷ"),
    ("ϒ", "ϓϔ"), ("І", "Ї"), ("А", "ӐӒ"), ("Г", "Ѓ"), ("Е", "ЀЁӖ"), ("Ж", "ӁӜ"), ("З", "Ӟ"), ("И", "ЍЙӢӤ"), ("К", "Ќ"),
    ("О", "Ӧ"), ("У", "ЎӮӰӲ"), ("Ч", "Ӵ"), ("Ы", "Ӹ"), ("Э", "Ӭ"), ("а", "ӑӓ"), ("г", "ѓ"), ("е", "ѐёӗ"), ("ж", "ӂӝ"),
    ("з", "ӟ"), ("и", "йѝӣӥ"), ("к", "ќ"), ("о", "ӧ"), ("у", "ўӯӱӳ"), ("ч", "ӵ"), ("ы", "ӹ"), ("э", "ӭ"), ("і", "ї"),
    ("Ѵ", "Ѷ"), ("ѵ", "ѷ"), ("Ә", "Ӛ"), ("ә", "ӛ"), ("Ө", "Ӫ"), ("ө", "ӫ"), ("᾿", "῍῎῏"), ("῾", "῝῞῟"), ("←", "↚"),
    ("→", "↛"), ("↔", "↮"), ("⇐", "⇍"), ("⇒", "⇏"), ("⇔", "⇎"), ("∃", "∄"), ("∈", "∉"), ("∋", "∌"), ("∣", "∤"), ("∥", "∦"),
    ("∼", "≁"), ("≃", "≄"), ("≅", "≇"), ("≈", "≉"), ("≍", "≭"), ("≡", "≢"), ("≤", "≰"), ("≥", "≱"), ("≲", "≴"), ("≳", "≵"),
    ("≶", "≸"), ("≷", "≹"), ("≺", "⊀"), ("≻", "⊁"), ("≼", "⋠"), ("≽", "⋡"), ("⊂", "⊄"), ("⊃", "⊅"), ("⊆", "⊈"), ("⊇", "⊉"),
    ("⊑", "⋢"), ("⊒", "⋣"), ("⊢", "⊬"), ("⊨", "⊭"), ("⊩", "⊮"), ("⊫", "⊯"), ("⊲", "⋪"), ("⊳", "⋫"), ("⊴", "⋬"), ("⊵", "⋭"),
    ("⫝", "\u{2adc}"),
];

/// What is not folded or replaced, in the order of frequency: SQLite skips a run of these at once.
const PLAIN: &str = "etaoinshrdlucmfwypvbgkjqxz ETAOINSHRDLUCMFWYPVBGKJQXZ0123456789.,:;!?()&/*+<=>@[]^_{|}~#$%-\"\\";
/// All that is folded but ASCII, as a class of `GLOB` without the letters that some alphabets consist of.
const FOLDED: &str = "[\u{ad}-\u{233}\u{2b9}-\u{2bc}\u{300}-\u{390}\u{3aa}-\u{3b0}\u{3c2}\u{3ca}-\u{3d4}\u{400}-\u{40e}\u{419}\
                      \u{439}\u{450}-\u{477}\u{4c1}-\u{4f9}\u{1e00}-\u{1fff}\u{2010}-\u{2019}\u{2032}\u{2126}-\u{212b}\u{219a}-\u{2adc}\
                      \u{ff07}-\u{ff0d}]";
/// The columns of books that are searched, the weightiest first; the first two are never NULL.
const COLUMNS: [&str; 6] = ["title", "author", "subtitle", "series", "publisher", "description"];

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The table of letters.
fn letters() -> String {
    let group = |(base, letters): &(&str, &str)| format!("({}, {})", quoted(base), quoted(letters));
    let groups: Vec<String> = LETTERS.iter().map(group).collect();
    format!(
        "CREATE TABLE search_letters (letter TEXT NOT NULL PRIMARY KEY, base TEXT NOT NULL) WITHOUT ROWID;
WITH RECURSIVE groups (base, letters) AS (VALUES {}), each (base, letter, others) AS (
    SELECT base, substr(letters, 1, 1), substr(letters, 2) FROM groups
    UNION ALL SELECT base, substr(others, 1, 1), substr(others, 2) FROM each WHERE others <> ''
)
INSERT INTO search_letters (letter, base) SELECT letter, base FROM each;
WITH RECURSIVE marks (mark) AS (SELECT 768 UNION ALL SELECT mark + 1 FROM marks WHERE mark < 879)
INSERT INTO search_letters (letter, base) SELECT char(mark), '' FROM marks;",
        groups.join(", ")
    )
}

/// A text as SQLite folds it. What is frequent is replaced; then each step of a recursion takes what is plain and the letter after it.
/// Long texts are cut, because a step costs more the more there is. The offset keeps SQLite from doing it all three times.
fn folded(x: &str) -> String {
    let plain = format!("{} || char(9, 10, 13)", quoted(PLAIN));
    let signs = [("''''", "''"), ("'`'", "''"), ("'’'", "''"), ("'–'", "'-'"), ("'—'", "'-'")];
    let replaced = signs
        .iter()
        .fold(x.to_owned(), |text, (sign, base)| format!("replace({text}, {sign}, {base})"));
    let has_letters =
        |x: &str| format!("length(CAST({x} AS BLOB)) > length({x}) AND {x} GLOB '*{FOLDED}*'");
    format!(
        "CASE WHEN instr({x}, '-') OR instr({x}, '''') OR instr({x}, '`') OR ({}) THEN (
    SELECT replace(z, '-', ' ') || CASE WHEN instr(z, '-') THEN char(10) || replace(z, '-', '') ELSE '' END
    FROM (SELECT CASE WHEN {} THEN (
        WITH RECURSIVE parts (n, part, others) AS (
            SELECT 1, substr(y, 1, 200), substr(y, 201)
            UNION ALL SELECT n + 1, substr(others, 1, 200), substr(others, 201) FROM parts WHERE others <> ''
        ), steps (n, done, rest, tail) AS (
            SELECT n, '', part, ltrim(part, {plain}) FROM parts
            UNION ALL
            SELECT n, done || substr(rest, 1, length(rest) - length(tail))
                || coalesce((SELECT base FROM search_letters WHERE letter = substr(tail, 1, 1)), substr(tail, 1, 1)),
                substr(tail, 2), ltrim(substr(tail, 2), {plain})
            FROM steps WHERE rest <> ''
        )
        SELECT group_concat(done, '') FROM (SELECT done FROM steps WHERE rest = '' ORDER BY n)
    ) ELSE y END AS z FROM (SELECT {replaced} AS y) LIMIT 1 OFFSET 0)
) ELSE {x} END",
        has_letters(x),
        has_letters("y")
    )
}

/// All columns of a row that are searched, folded, a line for each.
fn text(row: &str) -> String {
    let line = |column: &&str| format!("coalesce(char(10) || {row}.{column}, '')");
    let lines: Vec<String> = COLUMNS.iter().skip(1).map(line).collect();
    format!("(SELECT {} FROM (SELECT {row}.title || {} AS x))", folded("x"), lines.join(" || "))
}

/// The columns of a table that are searched, folded.
fn view(table: &str, columns: &[&str], text: &str) -> String {
    let column = |column: &&str| format!("{} AS {column}", folded(&format!("{table}.{column}")));
    let columns: Vec<String> = columns.iter().map(column).collect();
    format!("CREATE VIEW {table}_folded AS SELECT id, {}{text} FROM {table}", columns.join(", "))
}

/// The index with its triggers. New books wait until there are 128.
fn index() -> [String; 5] {
    let changed = COLUMNS.map(|column| format!("old.{column} IS NOT new.{column}")).join(" OR ");
    let columns = COLUMNS.join(", ");
    let delete = format!(
        "INSERT INTO books_search (books_search, rowid, text)
    SELECT 'delete', old.id, {}
    WHERE NOT EXISTS (SELECT 1 FROM books_unsearched WHERE id = old.id);",
        text("old")
    );
    let wait = "INSERT INTO books_unsearched (id)
    SELECT new.id WHERE NOT EXISTS (SELECT 1 FROM books_unsearched WHERE id = new.id);";
    [
        "CREATE VIRTUAL TABLE books_search USING fts5 (
    text, content='books_folded', content_rowid='id', tokenize='trigram', columnsize=0, detail=none
);
INSERT INTO books_search (books_search) VALUES ('rebuild');
DELETE FROM books_unsearched;"
            .to_owned(),
        format!("CREATE TRIGGER books_search_insert AFTER INSERT ON books BEGIN\n    {wait}\nEND"),
        format!(
            "CREATE TRIGGER books_search_update AFTER UPDATE OF id, {columns} ON books
WHEN old.id IS NOT new.id OR {changed} BEGIN
    {delete}
    DELETE FROM books_unsearched WHERE id = old.id AND old.id IS NOT new.id;
    {wait}
END"
        ),
        format!(
            "CREATE TRIGGER books_search_delete AFTER DELETE ON books BEGIN
    {delete}
    DELETE FROM books_unsearched WHERE id = old.id;
END"
        ),
        "CREATE TRIGGER books_unsearched_insert AFTER INSERT ON books_unsearched
WHEN (SELECT count(*) FROM books_unsearched) >= 128 BEGIN
    INSERT INTO books_search (rowid, text) SELECT id, text FROM books_unsearched JOIN books_folded USING (id);
    DELETE FROM books_unsearched;
END"
        .to_owned(),
    ]
}

const WITHOUT_INDEX: &str = "
DROP TRIGGER books_search_insert;
DROP TRIGGER books_search_update;
DROP TRIGGER books_search_delete;
DROP TRIGGER books_unsearched_insert;
DROP TABLE books_search";
const WITHOUT_VIEWS: &str = "
DROP VIEW books_folded;
DROP VIEW stores_folded;
DROP VIEW items_folded;
DROP TABLE search_letters";

/// The index of before.
const BEFORE: [&str; 5] = [
    "CREATE VIRTUAL TABLE books_search USING fts5 (
    title, author, content='books', content_rowid='id', tokenize='trigram', columnsize=0, detail=none
);
INSERT INTO books_search (books_search) VALUES ('rebuild');
DELETE FROM books_unsearched;",
    "CREATE TRIGGER books_search_insert AFTER INSERT ON books BEGIN
    INSERT INTO books_unsearched (id)
    SELECT new.id WHERE NOT EXISTS (SELECT 1 FROM books_unsearched WHERE id = new.id);
END",
    "CREATE TRIGGER books_search_update AFTER UPDATE OF id, title, author ON books
WHEN old.id IS NOT new.id OR old.title IS NOT new.title OR old.author IS NOT new.author BEGIN
    INSERT INTO books_search (books_search, rowid, title, author)
    SELECT 'delete', old.id, old.title, old.author
    WHERE NOT EXISTS (SELECT 1 FROM books_unsearched WHERE id = old.id);
    DELETE FROM books_unsearched WHERE id = old.id AND old.id IS NOT new.id;
    INSERT INTO books_unsearched (id)
    SELECT new.id WHERE NOT EXISTS (SELECT 1 FROM books_unsearched WHERE id = new.id);
END",
    "CREATE TRIGGER books_search_delete AFTER DELETE ON books BEGIN
    INSERT INTO books_search (books_search, rowid, title, author)
    SELECT 'delete', old.id, old.title, old.author
    WHERE NOT EXISTS (SELECT 1 FROM books_unsearched WHERE id = old.id);
    DELETE FROM books_unsearched WHERE id = old.id;
END",
    "CREATE TRIGGER books_unsearched_insert AFTER INSERT ON books_unsearched
WHEN (SELECT count(*) FROM books_unsearched) >= 128 BEGIN
    INSERT INTO books_search (rowid, title, author)
    SELECT id, title, author FROM books_unsearched JOIN books USING (id);
    DELETE FROM books_unsearched;
END",
];

/// A text of ASCII alone has no accents. A function of SQL would be planned anew in each statement that calls it.
const FUNCTION: &str = r#"
CREATE FUNCTION search_fold(x text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF octet_length(x) > char_length(x) THEN
        x := normalize(regexp_replace(normalize(x, NFD), '[\u0300-\u036f]+', '', 'g'), NFC);
        x := translate(x, 'øØłŁđĐðÐħĦŧŦıſς‐‑‒–—―−－´ʹʻʼ‘’′＇' || chr(173), 'oOlLdDdDhHtTisσ--------');
        x := replace(replace(replace(replace(x, 'ß', 'ss'), 'ẞ', 'ss'), 'þ', 'th'), 'Þ', 'th');
        x := replace(replace(replace(replace(x, 'æ', 'ae'), 'Æ', 'ae'), 'œ', 'oe'), 'Œ', 'oe');
    END IF;
    x := lower(replace(replace(x, '''', ''), '`', '') COLLATE "C");
    IF strpos(x, '-') > 0 THEN
        x := replace(x, '-', ' ') || chr(10) || replace(x, '-', '');
    END IF;
    RETURN x;
END $$"#;

/// A column as PostgreSQL folds it, without the function for a text of ASCII without a dash.
fn plain_or_folded(x: &str) -> String {
    format!(
        "(CASE WHEN octet_length({x}) = char_length({x}) AND strpos({x}, '-') = 0
        THEN lower(replace(replace({x}, '''', ''), '`', '') COLLATE \"C\") ELSE search_fold({x}) END)"
    )
}

/// The indexes, divided by blocks where that can be. Each has a name, an expression and a condition.
fn postgres_indexes(each: &[[&str; 3]]) -> String {
    let all = |blocks: &str| {
        let index = |[name, of, rows]: &[&str; 3]| {
            let with = "WITH (gin_pending_list_limit = 128)";
            format!(
                "CREATE INDEX {name} ON books USING gin ({of} gin_trgm_ops{blocks}) {with}{rows};"
            )
        };
        each.iter().map(index).collect::<Vec<_>>().join("\n        ")
    };
    format!(
        "
DROP INDEX IF EXISTS books_search_title;
DROP INDEX IF EXISTS books_search_author;
DROP INDEX IF EXISTS books_search_others;
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'btree_gin') THEN
        {}
    ELSE
        {}
    END IF;
END $$",
        all(", (id >> 12)"),
        all("")
    )
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let line = |column: &&str| format!("coalesce({column} || chr(10), '')");
        let others: Vec<String> = COLUMNS.iter().skip(2).map(line).collect();
        let others = format!("search_fold(nullif({}, ''))", others.join(" || "));
        let indexes = postgres_indexes(&[
            ["books_search_title", &plain_or_folded("title"), ""],
            ["books_search_author", &plain_or_folded("author"), ""],
            ["books_search_others", &others, &format!(" WHERE {others} IS NOT NULL")],
        ]);
        let plan = Plan::new()
            .raw_sqlite(WITHOUT_INDEX)
            .raw_sqlite(&letters())
            .raw_sqlite(&view("books", &COLUMNS, &format!(", {} AS text", text("books"))))
            .raw_sqlite(&view("stores", &["name"], ""))
            .raw_sqlite(&view("items", &["name"], ""));
        let plan = index().iter().fold(plan, |plan, part| plan.raw_sqlite(part));
        plan.raw_postgres(FUNCTION).raw_postgres(&indexes).apply(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let indexes = postgres_indexes(&[
            ["books_search_title", "title", ""],
            ["books_search_author", "author", ""],
        ]);
        let plan = Plan::new().raw_sqlite(WITHOUT_INDEX).raw_sqlite(WITHOUT_VIEWS);
        let plan = BEFORE.into_iter().fold(plan, Plan::raw_sqlite).raw_postgres(&indexes);
        plan.raw_postgres("DROP FUNCTION search_fold(text)").apply(manager).await
    }
}
