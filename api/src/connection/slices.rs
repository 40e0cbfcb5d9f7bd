//! A body in slices: the sender or compressor copies a little at a time.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use actix_web::{
    body::{BodySize, MessageBody},
    web::Bytes,
};
use pin_project_lite::pin_project;

use super::load::{Load, Unread};
use crate::fitted::SLICE;

pin_project! {
    /// The body.
    pub struct Slices<B> {
        #[pin]
        body: B,
        load: Option<Arc<Load>>,
        // The rest of the bytes that the body returned last.
        rest: Bytes,
        // Counts them, unless another response shares them.
        unread: Option<Unread>,
    }
}

impl<B> Slices<B> {
    /// Of a body; its bytes in memory are counted if there is a `load`.
    pub fn of(body: B, load: Option<Arc<Load>>) -> Self {
        Self { body, load, rest: Bytes::new(), unread: None }
    }
}

impl<B: MessageBody> MessageBody for Slices<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.project();
        if this.rest.is_empty() {
            *this.unread = None;
            match ready!(this.body.poll_next(cx)) {
                Some(Ok(bytes)) if bytes.len() > SLICE => *this.rest = bytes,
                small => return Poll::Ready(small),
            }
            let load = this.load.as_ref().filter(|_| this.rest.is_unique());
            *this.unread = load.map(|load| load.unread(this.rest.len()));
        }
        let slice = this.rest.split_to(this.rest.len().min(SLICE));
        Poll::Ready(Some(Ok(slice)))
    }
}
