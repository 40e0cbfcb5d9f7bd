//! What the server keeps must not be told from what it reads: every answer of every test that may be kept is asked for again.

use super::{App, Reply};

impl App {
    /// An answer that may be one that was kept has to be what a read finds, unless somebody stores something meanwhile. What is
    /// added and deleted between two reads is in neither of them, so one difference may be a coincidence; three are none.
    pub(super) fn expect_as_read(&self, path: &str, headers: &[(&str, &str)]) {
        let differences: Vec<String> =
            (0..3).map_while(|_| self.difference(path, headers)).collect();
        assert!(differences.len() < 3, "{path}: {}", differences[0]);
    }

    /// How a kept answer differs from what was read before and after it; `None` where it does not, or what is read changed.
    fn difference(&self, path: &str, headers: &[(&str, &str)]) -> Option<String> {
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
            return None;
        };
        (before == after && given != before)
            .then(|| format!("{given:?} was kept, {before:?} is read"))
    }
}
