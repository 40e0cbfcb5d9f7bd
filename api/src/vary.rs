//! `Vary`: the request headers that a response depends on, each once.

use actix_web::http::header::{HeaderMap, HeaderValue, VARY};

/// Adds a header name, and combines all of them into one line.
pub fn on(headers: &mut HeaderMap, name: &str) {
    let lines: Vec<&str> = headers.get_all(VARY).filter_map(|line| line.to_str().ok()).collect();
    if let [line] = lines.as_slice()
        && line.split(", ").any(|known| known == name)
    {
        return;
    }
    let mut names: Vec<&str> = Vec::new();
    let known = lines.iter().flat_map(|line| line.split(','));
    for name in known.map(str::trim).chain([name]) {
        if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            names.push(name);
        }
    }
    if let Ok(line) = HeaderValue::from_str(&names.join(", ")) {
        headers.insert(VARY, line);
    }
}
