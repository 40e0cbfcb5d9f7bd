//! A streamed response that is compressed while it is sent, by one of a few encoders: each takes memory for as long as its
//! client reads.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use actix_web::{
    body::{BodySize, MessageBody},
    web::Bytes,
};
use pin_project_lite::pin_project;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::coding::{Coding, Encoder};
use crate::{
    connection::{load::Load, slices::Slices},
    error::Problem,
};

/// Slices that are compressed before other connections of the thread have their turn.
const TURN: u32 = 4;

/// The places of encoders. A brotli encoder takes a few times the memory of a gzip encoder.
pub struct Places {
    brotli: Arc<Semaphore>,
    deflate: Arc<Semaphore>,
    /// For responses that are in memory as a whole.
    threads: Arc<Semaphore>,
}

impl Places {
    /// For the given number of brotli encoders, and four times as many of gzip and deflate.
    pub fn new(encoders: usize) -> Self {
        Self {
            brotli: Arc::new(Semaphore::new(encoders)),
            deflate: Arc::new(Semaphore::new(4 * encoders)),
            threads: Arc::new(Semaphore::new(encoders.max(1))),
        }
    }

    /// Waits for the place of an encoder that does not wait for its client.
    pub async fn thread(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let place = Arc::clone(&self.threads).acquire_owned().await;
        place.map_err(|_| Problem::internal())
    }

    /// A place for an encoder, if one is free.
    pub fn take(&self, coding: Coding) -> Option<OwnedSemaphorePermit> {
        let places = match coding {
            Coding::Brotli => &self.brotli,
            Coding::Gzip | Coding::Deflate => &self.deflate,
        };
        Arc::clone(places).try_acquire_owned().ok()
    }
}

pin_project! {
    /// The compressed body.
    pub struct Encoded<B> {
        #[pin]
        slices: Slices<B>,
        encoder: Option<Encoder>,
        // Whether something was written since the last flush.
        is_dirty: bool,
        turn: u32,
        _place: OwnedSemaphorePermit,
    }
}

impl<B> Encoded<B> {
    pub fn new(
        body: B,
        load: Option<Arc<Load>>,
        (coding, place): (Coding, OwnedSemaphorePermit),
    ) -> Self {
        Self {
            slices: Slices::of(body, load),
            encoder: Some(Encoder::new(coding)),
            is_dirty: false,
            turn: TURN,
            _place: place,
        }
    }
}

impl<B: MessageBody> MessageBody for Encoded<B> {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let mut this = self.project();
        loop {
            let Some(encoder) = this.encoder.as_mut() else { return Poll::Ready(None) };
            let Some(turn) = this.turn.checked_sub(1) else {
                *this.turn = TURN;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            };
            let encoded = match this.slices.as_mut().poll_next(cx) {
                Poll::Ready(Some(slice)) => {
                    *this.turn = turn;
                    *this.is_dirty = true;
                    slice.map_err(Into::into).and_then(|slice| Ok(encoder.write(&slice)?))
                }
                Poll::Ready(None) => {
                    let rest = this.encoder.take().map(Encoder::finish).transpose();
                    return Poll::Ready(rest.map_err(Into::into).transpose());
                }
                // The client does not wait for what is already available.
                Poll::Pending if *this.is_dirty => {
                    *this.is_dirty = false;
                    encoder.flush().map_err(Into::into)
                }
                Poll::Pending => return Poll::Pending,
            };
            if let Err(error) = encoded {
                return Poll::Ready(Some(Err(error)));
            }
            let encoded = encoder.take();
            if !encoded.is_empty() {
                return Poll::Ready(Some(Ok(encoded)));
            }
        }
    }
}
