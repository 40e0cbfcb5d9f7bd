//! A real browser shows pages of other sites that try everything a page can do: the catalogue stays unchanged. And the server's
//! own page works.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
};

use serde_json::json;

use crate::support::{App, Browser, Database, Program};

const CSV: &str = "title,author,isbn\nOWNED,evil,9780132350884\n";

/// The actions of a page, with `HERE` as a placeholder for the server. Each attempt may fail in any way; only the server is checked.
const PAGE: &str = r#"<!doctype html><meta charset="utf-8"><title>evil</title><body><script>
const here = "http://HERE";
const csv = "title,author,isbn\nOWNED,evil,9780132350884\n";
const multipart = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n' + csv +
  '\r\n--b\r\nContent-Disposition: form-data; name="on_duplicate"\r\n\r\nupdate\r\n--b--\r\n';
const asForm = () => {
  const form = new FormData();
  form.append("file", new Blob([csv]), "a.csv");
  form.append("on_duplicate", "update");
  return form;
};
const imports = here + "/api/imports", query = imports + "?format=csv&on_duplicate=update", undo = imports + "/1/undo";

function fetches() {
  const all = [];
  const send = (address, options) => all.push(fetch(address, options));
  for (const mode of ["no-cors", "cors"]) for (const credentials of ["include", "omit"]) {
    for (const kind of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", ""]) {
      const headers = kind ? {"content-type": kind} : {};
      const body = kind.startsWith("multipart") ? multipart : csv;
      send(query, {method: "POST", mode, credentials, headers, body});
      send(imports, {method: "POST", mode, credentials, headers, body, keepalive: true});
      send(here + "/api/books", {method: "POST", mode, credentials, headers, body: '{"title":"OWNED","author":"evil"}'});
    }
    send(imports, {method: "POST", mode, credentials, body: asForm()});
    send(query, {method: "POST", mode, credentials, body: new Blob([csv])});
    send(undo, {method: "POST", mode, credentials});
    send(undo, {method: "POST", mode, credentials, referrerPolicy: "no-referrer"});
    send(here + "/api/books", {mode, credentials});
  }
  send(here + "/api/books/1", {method: "DELETE"});
  send(here + "/api/books?all=true&confirm=1", {method: "DELETE"});
  send(here + "/api/books/1", {method: "PUT", headers: {"content-type": "application/json"}, body: '{"title":"OWNED"}'});
  send(query, {method: "POST", headers: {"content-type": "text/csv"}, body: csv});
  return all;
}

function beacons() {
  navigator.sendBeacon(undo);
  navigator.sendBeacon(imports, asForm());
  for (const type of ["text/plain", "application/x-www-form-urlencoded", ""]) navigator.sendBeacon(query, new Blob([csv], {type}));
}

function loads() {
  for (const path of ["/api/imports/1/undo", "/api/books", "/docs", "/api/exports/books.csv"]) {
    for (const name of ["img", "script", "iframe", "embed"]) {
      const element = document.createElement(name);
      element.src = here + path;
      document.body.append(element);
    }
  }
}

// In a frame, in a new window, and from a page without an origin.
function forms(done) {
  let frames = 0;
  for (const enctype of ["multipart/form-data", "application/x-www-form-urlencoded", "text/plain"]) {
    for (const [action, fields] of [[imports, {file: csv, on_duplicate: "update", format: "csv"}], [undo, {}]]) {
      for (const target of ["frame", "_blank"]) {
        const form = document.createElement("form");
        Object.assign(form, {action, enctype, method: "POST", target});
        for (const [name, value] of Object.entries(fields)) {
          const field = document.createElement("textarea");
          Object.assign(field, {name, value});
          form.append(field);
        }
        document.body.append(form);
        if (target === "frame") {
          const frame = document.createElement("iframe");
          form.target = frame.name = "frame" + frames++;
          document.body.append(frame);
          done.push(new Promise(resolve => {
            frame.onload = () => { frame.onload = resolve; form.submit(); setTimeout(resolve, 4000); };
          }));
        } else form.submit();
      }
    }
  }
  const sandbox = document.createElement("iframe");
  sandbox.sandbox = "allow-scripts allow-forms";
  sandbox.srcdoc = `<form action="${undo}" method="POST"></form><script>document.forms[0].submit()<` + "/script>";
  document.body.append(sandbox);
}

window.attack = async () => {
  const done = [];
  beacons(); loads(); forms(done);
  // A fetch may wait for permission for ever.
  const sent = fetches();
  const all = Promise.all([Promise.allSettled(sent), ...done]);
  await Promise.race([all, new Promise(resolve => setTimeout(resolve, 8000))]);
  await new Promise(resolve => setTimeout(resolve, 500));
  return sent.length;
};
</script>"#;

/// Serves the page on a free port, for every path.
fn evil(here: &str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    let page = PAGE.replace("HERE", here);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let page = page.clone();
            std::thread::spawn(move || {
                let mut head = [0; 4096];
                drop(stream.read(&mut head));
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{page}",
                    page.len()
                );
                drop(stream.write_all(answer.as_bytes()));
            });
        }
    });
    address
}

/// A catalogue that an import created, so that there is something to undo.
fn catalogue(app: &App) {
    let kind = [("content-type", "text/csv")];
    let csv = "title,author,isbn\nClean Code,Robert C. Martin,9780132350884\n";
    app.request("POST", "/api/imports").send(&kind, csv.as_bytes()).expect(202);
    while app.get("/api/imports/1").expect(200)["state"] != "done" {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

fn state(app: &App) -> (String, String) {
    (app.get("/api/books").body, app.get("/api/imports").body)
}

#[test]
fn pages_of_other_sites_change_nothing_and_the_servers_own_page_does() {
    let databases = [(); 2].map(|()| Database::sqlite());
    let apps = [&[][..], &["--insecure-open"]];
    let apps: Vec<App> = databases
        .iter()
        .zip(apps)
        .map(|(database, arguments)| Program::new(database).serve(arguments))
        .collect();
    let places: Vec<_> = apps.iter().map(|app| (evil(&app.address), evil(&app.address))).collect();
    let publics: Vec<_> = places.iter().map(|(_, public)| format!("{public}=public")).collect();
    let Some(mut browser) = Browser::start(&[
        "--host-resolver-rules=MAP evil.example 127.0.0.1".to_owned(),
        format!("--ip-address-space-overrides={}", publics.join(",")),
    ]) else {
        return;
    };
    for (app, (evil, public)) in apps.iter().zip(places) {
        catalogue(app);
        let before = state(app);
        for origin in [
            format!("http://{evil}"),
            format!("http://localhost:{}", evil.port()),
            format!("http://evil.example:{}", evil.port()),
            format!("http://evil.example:{}", public.port()),
        ] {
            let refused = || {
                app.log()
                    .lines()
                    .filter(|line| line.contains("POST /api/imports") && line.contains(" 403 "))
                    .count()
            };
            let refused_before = refused();
            let tab = browser.open(&origin, "typeof attack === 'function'");
            let sent = browser.evaluate(&tab, "attack()");
            assert!(sent.as_u64() > Some(40), "{origin}: {sent}");
            assert_eq!(state(app), before, "{origin}");
            // The attempt did reach the server; how much of it depends on what this browser blocks itself.
            assert!(refused() >= refused_before + 3, "{origin}: {}", app.log());
        }
        expect_own_page(&mut browser, app);
    }
}

/// The server's own page may change what it likes.
fn expect_own_page(browser: &mut Browser, app: &App) {
    let own =
        browser.open(&format!("http://{}/docs", app.address), "document.readyState === 'complete'");
    let book = json!({"title": "a", "author": "b"}).to_string();
    for (method, path, kind, body, expected) in [
        ("POST", "/api/books", "application/json", book.as_str(), 201),
        ("POST", "/api/imports", "text/csv", CSV, 202),
        ("DELETE", "/api/books/2", "text/plain", "", 200),
    ] {
        let options = json!({"method": method, "headers": {"content-type": kind}, "body": body});
        let asked = format!("fetch('{path}', {options}).then(answer => answer.status)");
        assert_eq!(browser.evaluate(&own, &asked), expected, "{method} {path}");
    }
}
