//! One row going out: what of it is shown, under which tag, and whether the client has it already.

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, http::header::CONTENT_TYPE};
use service::{Db, Error, FieldError, nearest};

use crate::{
    error::{Kind, Problem},
    etag::IfNoneMatch,
    format::Format,
    parameters::parameters,
    projection::{Projection, Representation},
};

/// What was asked of a row.
pub struct RowQuery {
    projection: Projection,
    seen: IfNoneMatch,
}

impl RowQuery {
    fn of(request: &HttpRequest) -> service::Result<Self> {
        let (projection, rest) = Projection::of(&parameters(request)?);
        let unknown = |(name, _): (String, String)| {
            let known = ["fields", "include"].map(str::to_owned).into_iter();
            let shown = service::shortened(&name, 40);
            let nearest = nearest(&name, known);
            let detail = format!("the parameter `{shown}` does not exist{nearest}");
            FieldError::parameter(&name, "unknown-parameter", detail)
        };
        let unknown: Vec<FieldError> = rest.into_iter().map(unknown).collect();
        if unknown.is_empty() {
            Ok(Self { projection, seen: IfNoneMatch::of(request) })
        } else {
            Err(Error::Invalid(unknown.into()))
        }
    }

    /// A row, whose own tag is `tag`. With other rows in it the tag is that of its bytes, because they change without it.
    ///
    /// # Errors
    /// For a name that the row does not have, and any database error.
    pub async fn answer<T: Representation>(
        &self,
        db: &Db,
        row: &T,
        tag: &str,
    ) -> service::Result<HttpResponse> {
        self.projection.check::<T>()?;
        if self.projection.reshapes().is_none() {
            return self.seen.row(tag, &T::Out::from(row));
        }
        let rows = std::slice::from_ref(row);
        let included = T::include(db, &self.projection, rows).await?;
        let members = self.projection.members(rows, included)?.pop().unwrap_or_default();
        if !self.projection.includes_any() {
            return self.seen.row(tag, &members);
        }
        let mut response = HttpResponse::Ok();
        response.insert_header((CONTENT_TYPE, "application/json"));
        Ok(self.seen.bytes(response, serde_json::to_vec(&members).map_err(Error::no_json)?))
    }
}

impl FromRequest for RowQuery {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(match Format::expect_json(request) {
            Ok(()) => Self::of(request).map_err(Problem::from),
            Err(why) => Err(Problem::new(Kind::NotAcceptable, why)),
        })
    }
}
