//! Cached responses must equal fresh ones: every cacheable response of every test is requested again.

use super::{App, Reply};

impl App {
    /// A response that may be a cached one has to equal a fresh read, unless there is a write meanwhile.
    pub(super) fn expect_as_read(&self, path: &str, headers: &[(&str, &str)]) {
        let read = [headers, &[("cache-control", "no-cache")]].concat();
        // It was requested once; on the second request it is cached.
        let asked = [&read, headers, headers, &read];
        let asked = asked.map(|headers| self.request("GET", path).ask(headers, b""));
        let [Ok(before), Ok(_), Ok(given), Ok(after)] = asked.map(|answer| {
            answer.map(|(Reply { status, mut headers, .. }, body)| {
                // Specific to a response, and the framing of its body.
                for name in ["x-request-id", "date", "content-length", "transfer-encoding"] {
                    headers.remove(name);
                }
                (status, headers, body)
            })
        }) else {
            return;
        };
        if before == after {
            assert!(given == before, "{path}: {given:?} was cached, {before:?} is read");
        }
    }
}
