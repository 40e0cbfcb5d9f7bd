//! The OpenAPI document: in sync with the code, and correct about paths and methods.

use std::path::Path;

use serde_json::Value;

use crate::{
    bounds::resolved,
    support::{App, Database, Program, Reply, on_both},
};

const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"];

#[test]
fn the_committed_document_is_the_one_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi.json");
    let committed = std::fs::read_to_string(path).expect("openapi.json is in the repository");
    let database = Database::sqlite();
    let printed = Program::new(&database).run(&["openapi"]).expect_success().stdout;
    assert!(
        committed == printed,
        "openapi.json is out of date; `cargo run -- openapi > openapi.json` updates it"
    );
}

/// A path with a value for each variable.
fn filled(template: &str) -> String {
    let path = [
        ("{id}", "1"),
        ("{isbn}", "9780132350884"),
        ("{format}", "csv"),
        ("{type}", "stale"),
        ("{file}", "swagger-ui.css"),
    ]
    .iter()
    .fold(template.to_owned(), |path, (name, value)| path.replace(name, value));
    assert!(!path.contains('{'), "{path}");
    path
}

on_both! {
    fn every_path_answers_its_methods_and_refuses_the_others_with_allow(database) {
        let app = App::new(&database);
        let document = app.get("/api/openapi.json").expect(200);
        let paths = document["paths"].as_object().unwrap();
        assert!(paths.len() >= 10, "{paths:?}");
        for (template, operations) in paths {
            let path = filled(template);
            let documented = |method: &str| operations.get(method.to_lowercase()).is_some();
            let mut allow: Vec<&str> = METHODS.into_iter().filter(|method| documented(method)).collect();
            if documented("GET") {
                allow.push("HEAD");
            }
            if paths.contains_key(&format!("{template}/query")) {
                allow.push("QUERY");
            }
            allow.push("OPTIONS");
            let sorted = |list: &str| {
                let mut methods: Vec<_> = list.split(", ").map(str::to_owned).collect();
                methods.sort();
                methods
            };
            let allow = sorted(&allow.join(", "));

            let options = app.request("OPTIONS", &path).send(&[], b"");
            assert_eq!((options.status, options.body.as_str()), (204, ""), "{path}");
            assert_eq!(sorted(&options.headers["allow"]), allow, "{path}");
            for method in METHODS {
                let reply = app.request(method, &path).send(&[], b"");
                if documented(method) {
                    assert_ne!(reply.status, 405, "{method} {path}");
                    let no_route = reply.body.contains("there is no `");
                    assert!(!no_route, "{method} {path}: {}", reply.body);
                } else {
                    let found = reply.headers.get("allow").unwrap_or_else(|| panic!("{method} {path}: {reply:?}"));
                    assert_eq!(sorted(found), allow, "{method} {path}");
                    reply.expect_problem(405);
                }
            }
        }
    }

    fn head_is_get_without_a_body(database) {
        let app = App::new(&database);
        app.post("/api/books", serde_json::json!({"title": "a", "author": "b"})).expect(201);
        app.post("/api/stores", serde_json::json!({"name": "a"})).expect(201);
        let document = app.get("/api/openapi.json").expect(200);
        let documented = document["paths"].as_object().unwrap().iter();
        let documented = documented.filter(|(_, operations)| !operations["get"].is_null());
        let mut paths: Vec<String> = documented.map(|(template, _)| filled(template)).collect();
        paths.extend(["/api/books/7", "/api/books/x", "/api/books?limit=0", "/nope"].map(str::to_owned));
        for path in paths {
            let [get, head] = ["GET", "HEAD"].map(|method| app.request(method, &path).send(&[], b""));
            assert_eq!((head.status, head.body.as_str()), (get.status, ""), "{path}");
            let headers = |reply: &Reply| {
                let mut headers = reply.headers.clone();
                headers.retain(|name, _| !["date", "x-request-id"].contains(&name.as_str()));
                if reply.status >= 400 {
                    // A problem has the id of its request, and not every id is of one length.
                    headers.remove("content-length");
                }
                headers
            };
            assert_eq!(headers(&head), headers(&get), "{path}");
        }
    }

    fn every_parameter_and_every_filter_of_the_document_works(database) {
        let app = App::new(&database);
        app.post("/api/stores", serde_json::json!({"name": "a"})).expect(201);
        app.post("/api/books", serde_json::json!({"title": "a", "author": "b"})).expect(201);
        let document = app.get("/api/openapi.json").expect(200);
        let value = |name: &str, kind: Option<&str>| match name {
            name if name.ends_with("__isnull") => "true",
            _ if kind == Some("timestamp") && name.ends_with("__between") => "2026-01-01T00:00:00Z,2026-01-02T00:00:00Z",
            _ if kind == Some("timestamp") => "2026-01-01T00:00:00Z",
            name if kind == Some("isbn") && name.ends_with("__between") => "0-13-235088-2,0-13-235088-2",
            _ if kind == Some("isbn") => "0-13-235088-2",
            _ if kind == Some("language") => "eng",
            "highlight" => "true&q=a&limit=9",
            _ if kind == Some("boolean") => "true",
            name if name.ends_with("__between") => "1,1",
            _ => "1",
        };
        let expect_200 = |path: &str, name: &str, value: &str| {
            let reply = app.get(&format!("{}?{name}={value}", path.replace("{id}", "1")));
            assert_eq!(reply.status, 200, "{path} {name}: {}", reply.body);
        };
        let mut tried = 0;
        let lists = ["/api/books", "/api/books/search", "/api/stores", "/api/items", "/api/imports"];
        for path in lists.into_iter().chain(["/api/stores/{id}/items", "/api/books/{id}/items"]) {
            let operation = &document["paths"][path]["get"];
            let filters = &document["x-filters"]["columns"][operation["tags"][0].as_str().unwrap()];
            let kind = |name: &str| filters[name.split("__").next().unwrap()].as_str();
            let parameters = operation["parameters"].as_array().unwrap();
            assert!((9..=40).contains(&parameters.len()), "{path}: {}", parameters.len());
            for parameter in parameters.iter().map(|parameter| resolved(&document, parameter)) {
                let name = parameter["name"].as_str().unwrap();
                match name {
                    _ if parameter["in"] != "query" => {}
                    "cursor" => {}
                    "include" => expect_200(path, name, parameter["schema"]["items"]["enum"][0].as_str().unwrap()),
                    "sort" | "fields" => expect_200(path, name, "id"),
                    "count" => expect_200(path, name, "exact"),
                    name => expect_200(path, name, value(name, kind(name))),
                }
            }
            for (column, kind) in filters.as_object().unwrap().iter().filter(|_| !path.ends_with("/search")) {
                for operator in document["x-filters"]["operators"][kind.as_str().unwrap()].as_array().unwrap() {
                    let operator = operator.as_str().unwrap();
                    let name = if operator == "eq" { column.clone() } else { format!("{column}__{operator}") };
                    expect_200(path, &name, value(&name, kind.as_str()));
                    tried += 1;
                }
            }
        }
        assert!(tried > 500, "{tried}");
    }
}

#[test]
fn the_document_fits_a_client() {
    let database = Database::sqlite();
    let printed = Program::new(&database).run(&["openapi"]).expect_success().stdout;
    let document: Value = serde_json::from_str(&printed).unwrap();
    let served = serde_json::to_string(&document).unwrap().len();
    let mut count = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        count += operations.as_object().unwrap().len();
        for (method, operation) in operations.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().map_or(0, Vec::len);
            assert!(parameters <= 40, "{method} {path} has {parameters} parameters");
        }
    }
    assert!(served <= 3_800 * count, "{served} bytes for {count} operations");
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    fn walk<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| match value {
                Value::String(reference) if name == "$ref" => found.push(reference),
                value => walk(value, found),
            }),
            Value::Array(values) => values.iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let database = Database::sqlite();
    let printed = Program::new(&database).run(&["openapi"]).expect_success().stdout;
    let document: Value = serde_json::from_str(&printed).unwrap();
    let mut references = Vec::new();
    walk(&document, &mut references);
    assert!(references.len() > 20);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}
