//! An answer that never changes: it is compressed once in each coding, when somebody asks for that.

use std::sync::Arc;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder,
    http::header::{AcceptEncoding, CONTENT_ENCODING},
    web::{self, Bytes},
};
use tokio::sync::OnceCell;

use super::{IDENTITY, SMALLEST, coding::Coding};
use crate::{error::Problem, vary};

/// The answer, in every coding that was asked for.
pub struct Fixed {
    plain: Bytes,
    /// None where no coding would make it smaller.
    encoded: Option<[OnceCell<Bytes>; Coding::ALL.len()]>,
}

impl Fixed {
    /// A text, which is compressed unless it is short.
    pub fn new(plain: Bytes) -> Arc<Self> {
        let is_large = plain.len() as u64 >= SMALLEST;
        Arc::new(Self { plain, encoded: is_large.then(Default::default) })
    }

    /// What is compressed by itself, such as a picture.
    pub fn as_it_is(plain: Bytes) -> Arc<Self> {
        Arc::new(Self { plain, encoded: None })
    }

    /// Ends `response` with it, in the coding that the client likes best.
    ///
    /// # Errors
    /// For a client that takes none, which was refused already.
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

    async fn encoded(&self, coding: Coding, cell: &OnceCell<Bytes>) -> Result<Bytes, Problem> {
        let encoded = cell.get_or_try_init(|| async {
            let plain = self.plain.clone();
            let encoded = web::block(move || coding.fixed(&plain)).await;
            encoded.map_err(|_| Problem::internal())?.map_err(|_| Problem::internal())
        });
        encoded.await.cloned()
    }
}
