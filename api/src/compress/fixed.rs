//! A constant response: it is compressed once in each coding, on the first request for it.

use std::sync::Arc;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder,
    http::header::{AcceptEncoding, CONTENT_ENCODING},
    rt,
    web::{self, Bytes},
};
use tokio::sync::OnceCell;

use super::{IDENTITY, SMALLEST, coding::Coding};
use crate::{error::Problem, vary};

/// The response, in every coding that was requested.
pub struct Fixed {
    plain: Bytes,
    /// None if no coding makes it smaller.
    encoded: Option<[Arc<OnceCell<Bytes>>; Coding::ALL.len()]>,
}

impl Fixed {
    /// A text, which is compressed unless it is short.
    pub fn new(plain: Bytes) -> Arc<Self> {
        let is_large = plain.len() as u64 >= SMALLEST;
        Arc::new(Self { plain, encoded: is_large.then(Default::default) })
    }

    /// Data in a format that is already compressed, such as an image.
    pub fn as_it_is(plain: Bytes) -> Arc<Self> {
        Arc::new(Self { plain, encoded: None })
    }

    /// Ends `response` with it, in the coding that the client prefers.
    ///
    /// # Errors
    /// For a client that accepts none, which was refused already.
    pub async fn answer(
        &self,
        request: &HttpRequest,
        mut response: HttpResponseBuilder,
    ) -> Result<HttpResponse, Problem> {
        let Some(encoded) = &self.encoded else {
            let response = response.insert_header((CONTENT_ENCODING, IDENTITY));
            return Ok(response.body(self.plain.clone()));
        };
        let coding = Coding::chosen(request.get_header::<AcceptEncoding>());
        let coding = coding.map_err(|()| super::refusal())?;
        let cell = Coding::ALL.iter().zip(encoded).find(|(known, _)| Some(**known) == coding);
        let mut response = match cell {
            Some((coding, cell)) => {
                let encoded = self.encoded(*coding, cell).await?;
                response.insert_header((CONTENT_ENCODING, coding.name())).body(encoded)
            }
            None => response.insert_header((CONTENT_ENCODING, IDENTITY)).body(self.plain.clone()),
        };
        vary::on(response.headers_mut(), "Accept-Encoding");
        Ok(response)
    }

    async fn encoded(&self, coding: Coding, cell: &Arc<OnceCell<Bytes>>) -> Result<Bytes, Problem> {
        if let Some(encoded) = cell.get() {
            return Ok(encoded.clone());
        }
        let (plain, cell) = (self.plain.clone(), Arc::clone(cell));
        // A separate task outlives a request that is dropped. Otherwise the next request would start again while the encoder of
        // the first one is still running, and so on.
        let encoding = rt::spawn(async move {
            let encoded = cell.get_or_try_init(|| async {
                let encoded = web::block(move || coding.fixed(&plain)).await;
                encoded.map_err(|_| Problem::internal())?.map_err(|_| Problem::internal())
            });
            encoded.await.cloned()
        });
        encoding.await.map_err(|_| Problem::internal())?
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use actix_web::{http::header::ACCEPT_ENCODING, test::TestRequest};
    use futures_util::FutureExt;

    use super::*;

    #[actix_web::test]
    async fn it_is_compressed_once_although_who_asked_first_gave_up() {
        let fixed = Fixed::new("a text that is long enough ".repeat(10_000).into());
        let request = TestRequest::get().insert_header((ACCEPT_ENCODING, "br")).to_http_request();
        let ask = || fixed.answer(&request, HttpResponse::Ok());
        assert!(ask().now_or_never().is_none(), "it takes a while");
        let [brotli, gzip, _] = fixed.encoded.as_ref().unwrap();
        let encoded = async {
            while brotli.get().is_none() {
                rt::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), encoded).await.unwrap();
        let answer = ask().now_or_never().expect("it is there").unwrap();
        assert_eq!(answer.headers().get(CONTENT_ENCODING).unwrap(), "br");
        assert!(gzip.get().is_none());
    }
}
