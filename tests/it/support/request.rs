//! A request to a server, with its headers and its body.

use super::{App, Reply};

/// A request that is not sent yet.
pub struct Request<'a> {
    pub(super) app: &'a App,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
}

impl Request<'_> {
    pub fn send(&self, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let Self { app, method, path } = self;
        self.try_send(headers, body)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}\n{}", app.log()))
    }

    pub fn try_send(&self, headers: &[(&str, &str)], body: &[u8]) -> Result<Reply, ureq::Error> {
        let (reply, bytes) = self.exchange(headers, body)?;
        let body = String::from_utf8(bytes).expect("the body is a text");
        Ok(Reply { body, ..reply })
    }

    /// Sends it; where the answer may be kept, the answer is compared with that of a server that keeps none.
    pub(super) fn exchange(
        &self,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<(Reply, Vec<u8>), ureq::Error> {
        let answer = self.ask(headers, body)?;
        if self.method == "GET" && answer.0.headers.contains_key("etag") {
            self.app.expect_as_read(self.path, headers);
        }
        Ok(answer)
    }

    pub(super) fn ask(
        &self,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<(Reply, Vec<u8>), ureq::Error> {
        let mut request = ureq::http::Request::builder()
            .method(self.method)
            .uri(format!("http://{}{}", self.app.address, self.path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut answer = self.app.agent.run(request.body(body).expect("a request"))?;
        let headers = answer.headers().iter();
        let headers = headers
            .map(|(name, value)| {
                (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let status = answer.status().as_u16();
        let bytes = answer.body_mut().with_config().limit(1 << 30).read_to_vec()?;
        Ok((Reply { status, headers, body: String::new() }, bytes))
    }
}
