//! The end of a response to HEAD: a body that would be streamed is neither read nor does it hold the connection.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    Error,
    body::{BodySize, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::Method,
    middleware::Next,
    web::Bytes,
};

/// A body of unknown length that is at its end.
pub struct Ended;

impl MessageBody for Ended {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(None)
    }
}

/// The outermost middleware: a stream that answers HEAD ends at once, with the headers that it would have.
pub async fn end_streams<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, Ended>>, Error> {
    let is_head = request.method() == Method::HEAD;
    let answer = next.call(request).await?;
    Ok(answer.map_body(|_, body| match body.size() {
        BodySize::Stream if is_head => EitherBody::right(Ended),
        BodySize::Stream | BodySize::Sized(_) | BodySize::None => EitherBody::left(body),
    }))
}
