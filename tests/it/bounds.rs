//! Every bound for input in the OpenAPI document, tested on both sides: the document and the checks agree.

use serde_json::{Value, json};

use crate::support::{App, Database};

/// A value on the bound, and one beyond it.
type Sides = (Value, Value);

fn sides(member: &Value) -> Vec<Sides> {
    let mut sides = Vec::new();
    let number = |name: &str| member[name].as_f64();
    let as_written = |number: f64| match member["type"].to_string().contains("integer") {
        #[expect(clippy::cast_possible_truncation, reason = "bounds of i32")]
        true => json!(number as i64),
        false => json!(number),
    };
    let step = if member["multipleOf"].is_null() { 1.0 } else { 0.01 };
    if let Some(least) = number("minimum") {
        sides.push((as_written(least), as_written(least - step)));
    }
    if let Some(most) = number("maximum") {
        sides.push((as_written(most), as_written(most + step)));
    }
    if !member["multipleOf"].is_null() {
        sides.push((json!(0.01), json!(0.001)));
    }
    let text = |length: u64| json!("x".repeat(usize::try_from(length).unwrap()));
    if let Some(shortest) = member["minLength"].as_u64() {
        sides.push((text(shortest), text(shortest - 1)));
    }
    if let Some(longest) = member["maxLength"].as_u64() {
        sides.push((text(longest), text(longest + 1)));
    }
    match member["format"].as_str() {
        Some("isbn") => sides.push((json!("0-13-235088-2"), json!("0-13-235088"))),
        Some("language-tag") => sides.push((json!("pt_br"), json!("Portuguese"))),
        // A line of text.
        None if !member["pattern"].is_null() => {
            sides.extend([(json!("a b"), json!(" ")), (json!("ä"), json!("a\u{7}b"))])
        }
        _ => {}
    }
    sides
}

fn nullable(member: &Value) -> bool {
    member["type"].as_array().is_some_and(|types| types.contains(&json!("null")))
}

/// The target of a reference, or the value itself.
pub fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
        None => schema,
    }
}

const BOUNDS: [&str; 7] =
    ["minimum", "maximum", "minLength", "maxLength", "pattern", "multipleOf", "format"];

#[test]
fn every_bound_of_a_member_is_the_one_that_is_checked() {
    let database = Database::sqlite();
    let app = App::new(&database);
    let document = app.get("/api/openapi.json").expect(200);
    app.post("/api/stores", json!({"name": "a"})).expect(201);
    app.post("/api/books", json!({"title": "a", "author": "b"})).expect(201);
    app.post("/api/items", json!({"name": "a", "price": 1, "store_id": 1})).expect(201);
    let mut tried = 0;
    for (noun, path, whole) in [
        ("Book", "/api/books", json!({"title": "a", "author": "b"})),
        ("Store", "/api/stores", json!({"name": "a"})),
        ("Item", "/api/items", json!({"name": "a", "price": 1, "store_id": 1})),
    ] {
        let members = document["components"]["schemas"][format!("New{noun}")]["properties"]
            .as_object()
            .unwrap();
        let changes = &document["components"]["schemas"][format!("{noun}Changes")]["properties"];
        let send = |member: &str, value: &Value| {
            let mut new = whole.clone();
            new[member] = value.clone();
            let added = app.post(path, new);
            let changed = app.put(&format!("{path}/1"), json!({member: value}));
            (
                added.status,
                changed.status,
                format!("{member} = {value}: {} {}", added.body, changed.body),
            )
        };
        for (member, schema) in members {
            let schema = resolved(&document, schema);
            let change = resolved(&document, &changes[member]);
            for bound in BOUNDS {
                assert_eq!(schema[bound], change[bound], "{bound} of {member}");
            }
            let cleared = send(member, &Value::Null);
            // A status has a default, but no value to clear it with.
            let expected = if nullable(schema) { (201, 200) } else { (400, 400) };
            assert_eq!((cleared.0, cleared.1), expected, "{}", cleared.2);
            for (within, beyond) in sides(schema) {
                let (accepted, refused) = (send(member, &within), send(member, &beyond));
                if member == "isbn" {
                    // Of one book only, but sufficient for all.
                    assert!(!accepted.2.contains("bad-isbn"), "{}", accepted.2);
                } else {
                    assert_eq!((accepted.0, accepted.1), (201, 200), "{}", accepted.2);
                }
                assert_eq!((refused.0, refused.1), (400, 400), "{}", refused.2);
                tried += 2;
            }
        }
    }
    assert!(tried > 40, "{tried}");
}

/// Tries the bounds of the filters that have an operator, and answers how many values those were.
fn try_filters(app: &App, document: &Value) -> usize {
    let mut tried = 0;
    for path in ["/api/books", "/api/stores", "/api/items"] {
        let status = |name: &str, value: &str| app.get(&format!("{path}?{name}={value}")).status;
        let filters =
            document["x-filters"]["columns"][path.trim_start_matches("/api/")].as_object().unwrap();
        for (column, kind) in filters.iter().filter(|(_, kind)| *kind != "isbn") {
            let one = match kind.as_str() {
                Some("timestamp") => "2026-01-01T00:00:00Z",
                Some("language") => "en",
                _ => "1",
            };
            for operator in ["in", "notin"] {
                let name = format!("{column}__{operator}");
                let values = |count: usize| vec![one; count].join(",");
                assert_eq!(
                    (status(&name, &values(100)), status(&name, &values(101))),
                    (200, 400),
                    "{name}"
                );
                tried += 2;
            }
            if kind == "text" {
                for operator in ["ne", "lt", "contains", "icontains", "istartswith", "endswith"] {
                    let (name, text) = (format!("{column}__{operator}"), "x".repeat(1000));
                    assert_eq!(
                        (status(&name, &text), status(&name, &format!("{text}x"))),
                        (200, 400),
                        "{name}"
                    );
                    tried += 2;
                }
            }
        }
    }
    tried
}

#[test]
fn every_bound_of_a_parameter_is_the_one_that_is_checked() {
    let database = Database::sqlite();
    let app = App::new(&database);
    let document = app.get("/api/openapi.json").expect(200);
    let mut tried = 0;
    for path in ["/api/books", "/api/stores", "/api/items"] {
        let parameters = document["paths"][path]["get"]["parameters"].as_array().unwrap();
        for parameter in parameters.iter().map(|parameter| resolved(&document, parameter)) {
            let (name, schema) = (parameter["name"].as_str().unwrap(), &parameter["schema"]);
            // The part between the slashes is not what is checked here.
            if parameter["in"] != "query" || name.contains("isbn") || name == "cursor" {
                continue;
            }
            let text = |value: &Value| match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let status = |value: &str| app.get(&format!("{path}?{name}={value}")).status;
            for (within, beyond) in sides(schema).iter().filter(|_| name != "q") {
                if schema["pattern"].is_null() {
                    assert_eq!(status(&text(within)), 200, "{name}={within}");
                    assert_eq!(status(&text(beyond)), 400, "{name}={beyond}");
                    tried += 2;
                }
            }
            if let Some(longest) = schema["maxLength"].as_u64() {
                let longest = usize::try_from(longest).unwrap();
                assert_eq!(
                    (status(&"x".repeat(longest)), status(&"x".repeat(longest + 1))),
                    (200, 400),
                    "{name}"
                );
                tried += 2;
            }
            if let (Some(most), false) =
                (schema["maxItems"].as_u64(), name == "sort" || name.ends_with("__between"))
            {
                let one = match name {
                    name if name.contains("ed_at") => "2026-01-01T00:00:00Z",
                    name if name.contains("language") => "en",
                    _ => "1",
                };
                let most = usize::try_from(most).unwrap();
                assert_eq!(status(&vec![one; most].join(",")), 200, "{name}");
                assert_eq!(status(&vec![one; most + 1].join(",")), 400, "{name}");
                tried += 2;
            }
        }
    }
    tried += try_filters(&app, &document);
    assert!(tried > 200, "{tried}");
}

#[test]
fn several_values_may_stand_in_one_parameter_or_each_in_one() {
    let database = Database::sqlite();
    let app = App::new(&database);
    for year in [1999, 2004, 2008] {
        app.post("/api/books", json!({"title": year.to_string(), "author": "b", "year": year}))
            .expect(201);
    }
    for (query, expected) in [
        ("year__in=1999,2008", vec![1999, 2008]),
        ("year__in=1999&year__in=2008", vec![1999, 2008]),
        ("year__notin=1999&year__notin=2008", vec![2004]),
        ("year__between=2000&year__between=2005", vec![2004]),
        ("sort=author&sort=-year", vec![2008, 2004, 1999]),
        // Other conditions combined.
        ("year__gt=1999&year__gt=2004", vec![2008]),
    ] {
        let books = app.get(&format!("/api/books?{query}")).expect(200);
        let years: Vec<i64> =
            books.as_array().unwrap().iter().map(|book| book["year"].as_i64().unwrap()).collect();
        assert_eq!(years, expected, "{query}");
    }
    app.get("/api/books?year__between=1&year__between=2&year__between=3").expect_problem(400);
    app.get("/api/books?sort=year&sort=-year").expect_problem(400);
}
