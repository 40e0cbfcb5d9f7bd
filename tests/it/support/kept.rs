//! What the server keeps must not be told from what it reads: every answer of every test that may be kept is asked for again.

use super::{App, Reply};

impl App {
    /// An answer that may be one that was kept has to be what a read finds, unless somebody stores something meanwhile.
    pub(super) fn expect_as_read(&self, path: &str, headers: &[(&str, &str)]) {
        let read = [headers, &[("cache-control", "no-cache")]].concat();
        // It was asked for once; what was asked for twice is kept.
        let asked = [&read, headers, headers, &read];
        let asked = asked.map(|headers| self.ask("GET", path, headers, b""));
        let [Ok(before), Ok(_), Ok(given), Ok(after)] = asked.map(|answer| {
            answer.map(|(Reply { status, mut headers, .. }, body)| {
                // An answer's own, and how its body was sent.
                for name in ["x-request-id", "date", "content-length", "transfer-encoding"] {
                    headers.remove(name);
                }
                (status, headers, body)
            })
        }) else {
            return;
        };
        if before == after {
            assert!(given == before, "{path}: {given:?} was kept, {before:?} is read");
        }
    }
}
