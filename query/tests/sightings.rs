//! The example, over HTTP: a stranger's entity on both databases.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what a test calls may panic as the test itself does"
)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use cluster::Cluster;
use serde_json::{Value, json};

struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(url: &str) -> Self {
        let test = std::env::current_exe().unwrap();
        let program: PathBuf =
            [test.parent().unwrap().parent().unwrap(), "examples/sightings".as_ref()]
                .iter()
                .collect();
        let mut process = Command::new(program)
            .args([url, "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address =
            line.trim().strip_prefix("listening on [").unwrap().strip_suffix(']').unwrap();
        Self { address: address.to_owned(), process }
    }

    fn ask(&self, method: &str, target: &str, body: &Value) -> (u16, String) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} /sightings{target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    fn list(&self, query: &str) -> Value {
        let (status, body) = self.ask("GET", query, &Value::Null);
        assert_eq!(status, 200, "{query}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// The species that a query finds, in its order.
    fn species(&self, query: &str) -> Vec<String> {
        let page = self.list(query);
        let rows = page["rows"].as_array().unwrap().iter();
        rows.map(|row| row["species"].as_str().unwrap().to_owned()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn is_served(url: &str) {
    let server = Server::start(url);
    for (species, place, number) in [
        ("Snowy Owl", "Hill", 2),
        ("Tawny Owl", "Wood", 1),
        ("Wren", "Wood", 5),
        ("Robin", "Hill", 2),
    ] {
        let new = json!({"species": species, "place": place, "number": number, "seen_at": "2026-11-30T06:30:00Z"});
        let (status, body) = server.ask("POST", "", &new);
        assert_eq!(status, 201, "{body}");
    }
    for (query, found) in [
        ("?species__icontains=owl&sort=-number", vec!["Snowy Owl", "Tawny Owl"]),
        ("?number__between=2,5&place=Hill&sort=species", vec!["Robin", "Snowy Owl"]),
        ("?q=wood%20wren", vec!["Wren"]),
        ("?seen_at__gte=2026-12-01T00:00:00Z", vec![]),
        ("?species__in=Wren,Robin&sort=-species", vec!["Wren", "Robin"]),
    ] {
        assert_eq!(server.species(query), found, "{query}");
    }

    let first = server.list("?sort=species&limit=3&count=exact");
    assert_eq!((&first["total"], first["rows"].as_array().unwrap().len()), (&json!(4), 3));
    let cursor = first["next"]["cursor"].as_str().unwrap();
    assert_eq!(server.species(&format!("?sort=species&limit=3&cursor={cursor}")), ["Wren"]);

    let (status, body) = server.ask("GET", "?specie=Wren", &Value::Null);
    assert!(
        status == 400 && body.contains("`specie`") && body.contains("species"),
        "{status}: {body}"
    );
    let (status, body) = server.ask("DELETE", "?place=Hill&confirm=3", &Value::Null);
    assert!(status == 409 && body.contains("confirm=2"), "{status}: {body}");
    let (status, body) = server.ask("DELETE", "?place=Hill&confirm=2", &Value::Null);
    assert_eq!((status, body.as_str()), (200, r#"{"deleted":2}"#));
    assert_eq!(server.species("?sort=species"), ["Tawny Owl", "Wren"]);
}

#[test]
fn an_entity_that_no_other_crate_knows_is_served_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    is_served(&format!("sqlite:///{}", folder.path().join("sightings.db").display()));
}

#[tokio::test]
async fn an_entity_that_no_other_crate_knows_is_served_on_postgres() {
    let Some(cluster) = Cluster::get() else { return };
    let name = cluster.create_database().await;
    is_served(&cluster.url(&name));
}
