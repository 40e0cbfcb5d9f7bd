//! One request on a connection and its response: limits that neither the handlers nor actix-http enforce.
//!
//! A body that is not read to its end is held until the response is sent. So actix-http does not continue to read for as long as
//! the client likes, and closes the connection after the response. Responses are sent in slices, so that an unread one is not
//! copied completely into the buffer of the connection.

use std::{
    cell::RefCell,
    future::Future,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, ready},
};

use actix_http::{
    ConnectionType, Payload, Request, Response,
    body::{BodySize, MessageBody},
    error::PayloadError,
    header::{CONTENT_LENGTH, TRANSFER_ENCODING},
};
use actix_service::Service;
use actix_web::{
    Error,
    body::{BoxBody, EitherBody},
    web::Bytes,
};
use futures_util::Stream;

use pin_project_lite::pin_project;

use super::{
    Progress,
    framing::BodyLength,
    load::{Expected, Load},
    slices::Slices,
};

/// Slices that are sent before other connections of the thread have their turn.
const TURN: u32 = 8;

/// Makes `service` answer a request of a connection.
pub fn answer<S, B>(
    mut request: Request,
    service: &S,
    load: &Arc<Load>,
) -> impl Future<Output = Result<Response<Answer<EitherBody<B, BoxBody>>>, Error>> + use<S, B>
where
    S: Service<Request, Error = Error>,
    S::Response: Into<Response<B>>,
    B: MessageBody,
{
    let (load, expected) = (Arc::clone(load), load.expect());
    let progress = request.conn_data::<Rc<Progress>>().cloned();
    let held = hold(&mut request, progress.as_ref());
    let end = End { progress, _held: held, _expected: expected };
    let answer = service.call(request);
    async move {
        let mut response = match answer.await {
            Ok(response) => response.into().map_body(|_, body| EitherBody::left(body)),
            Err(error) => Response::from(error).map_body(|_, body| EitherBody::right(body)),
        };
        if load.is_closing() {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        Ok(response.map_body(|_, body| Answer {
            slices: Slices::of(body, Some(load)),
            turn: TURN,
            _end: end,
        }))
    }
}

/// The end of a request, when this is dropped.
struct End {
    progress: Option<Rc<Progress>>,
    _held: Option<Rc<Held>>,
    _expected: Expected,
}

impl Drop for End {
    fn drop(&mut self) {
        if let Some(progress) = &self.progress {
            progress.end();
        }
    }
}

/// Notifies the connection that a request begins, and holds its body.
fn hold(request: &mut Request, progress: Option<&Rc<Progress>>) -> Option<Rc<Held>> {
    let payload = request.take_payload();
    if matches!(payload, Payload::None) {
        if let Some(progress) = progress {
            progress.begin(BodyLength::Known(0));
        }
        return None;
    }
    if let Some(progress) = progress {
        progress.begin(body_length(request));
    }
    let held = Rc::new(Held { payload: RefCell::new(payload), progress: progress.cloned() });
    *request.payload() = Payload::Stream { payload: Box::pin(Reader(Rc::clone(&held))) };
    Some(held)
}

fn body_length(request: &Request) -> BodyLength {
    let headers = &request.head().headers;
    let length = headers.get(CONTENT_LENGTH).filter(|_| !headers.contains_key(TRANSFER_ENCODING));
    let length = length.and_then(|length| length.to_str().ok()?.trim().parse().ok());
    length.map_or(BodyLength::Chunked, BodyLength::Known)
}

/// The body of a request, until its response is sent.
struct Held {
    payload: RefCell<Payload>,
    progress: Option<Rc<Progress>>,
}

/// The reader of the body that the handler receives.
struct Reader(Rc<Held>);

impl Stream for Reader {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(Pin::new(&mut *self.0.payload.borrow_mut()).poll_next(cx));
        if item.is_none()
            && let Some(progress) = &self.0.progress
        {
            progress.end_chunks();
        }
        Poll::Ready(item)
    }
}

pin_project! {
    /// The body of a response, in slices. While it is sent the body of its request is held.
    pub struct Answer<B> {
        #[pin]
        slices: Slices<B>,
        // Slices until others have their turn.
        turn: u32,
        _end: End,
    }
}

impl<B: MessageBody> MessageBody for Answer<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.slices.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.project();
        let Some(turn) = this.turn.checked_sub(1) else {
            *this.turn = TURN;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        };
        *this.turn = turn;
        this.slices.poll_next(cx)
    }
}
