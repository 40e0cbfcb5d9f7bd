//! A response of the server, and what every response has to satisfy.

use std::collections::BTreeMap;

use serde_json::Value;

/// A response, read completely.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Reply {
    /// The body as JSON; the status has to be the expected one.
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// Where the `Link` header leads to a neighbour of this page.
    pub fn link(&self, relation: &str) -> Option<String> {
        let end = format!(">; rel=\"{relation}\"");
        let links = self.headers.get("link")?;
        let found = links.split(", <").find_map(|link| link.strip_suffix(&end))?;
        Some(found.trim_start_matches('<').to_owned())
    }

    /// The `error` of a problem, whose other members have to agree with the response.
    pub fn expect_problem(self, status: u16) -> String {
        assert_eq!(
            self.headers.get("content-type").map(String::as_str),
            Some("application/problem+json"),
            "{self:?}"
        );
        let id = self.headers.get("x-request-id").cloned().unwrap_or_default();
        let problem = self.expect(status);
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["error"], problem["detail"], "{problem}");
        assert_eq!(problem["request_id"], id.as_str(), "{problem}");
        problem["error"].as_str().expect("a string").to_owned()
    }
}
