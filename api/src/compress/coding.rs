//! The content codings, and their encoders.

use std::{io::Write, mem};

use actix_web::{
    http::header::{AcceptEncoding, ContentEncoding, Encoding, HeaderValue},
    web::Bytes,
};
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};

/// The window of brotli, as a power of two: an encoder takes a multiple of it in memory.
const WINDOW: u32 = 16;
/// The quality of brotli: about the cost of gzip at its fastest.
const QUALITY: u32 = 3;
/// Input size of one step of the brotli encoder.
const BUFFER: usize = 16 << 10;

/// A coding that compresses responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    Brotli,
    Gzip,
    Deflate,
}

impl Coding {
    pub const ALL: [Self; 3] = [Self::Brotli, Self::Gzip, Self::Deflate];

    /// The coding that a client prefers, or none; an error for a client that accepts neither one of these nor identity.
    pub fn chosen(accepted: Option<AcceptEncoding>) -> Result<Option<Self>, ()> {
        let Some(accepted) = accepted else { return Ok(None) };
        let known =
            [Encoding::identity(), Encoding::brotli(), Encoding::gzip(), Encoding::deflate()];
        match accepted.negotiate(known.iter()).ok_or(())? {
            Encoding::Known(ContentEncoding::Brotli) => Ok(Some(Self::Brotli)),
            Encoding::Known(ContentEncoding::Gzip) => Ok(Some(Self::Gzip)),
            Encoding::Known(ContentEncoding::Deflate) => Ok(Some(Self::Deflate)),
            Encoding::Known(_) | Encoding::Unknown(_) => Ok(None),
        }
    }

    /// The value of `Content-Encoding`.
    pub fn name(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        })
    }

    /// Compressed with a higher quality than by [`Encoder::new`] if that takes no more memory, for bytes that are compressed once. Slow.
    pub fn fixed(self, bytes: &[u8]) -> std::io::Result<Bytes> {
        let mut encoder = match self {
            Self::Brotli => Encoder::new(self),
            Self::Gzip => Encoder::Gzip(GzEncoder::new(Vec::new(), Compression::best())),
            Self::Deflate => Encoder::Deflate(ZlibEncoder::new(Vec::new(), Compression::best())),
        };
        encoder.write(bytes)?;
        encoder.finish()
    }
}

/// Compresses bytes, one part at a time.
pub enum Encoder {
    Brotli(Box<brotli::CompressorWriter<Vec<u8>>>),
    Gzip(GzEncoder<Vec<u8>>),
    Deflate(ZlibEncoder<Vec<u8>>),
}

impl Encoder {
    pub fn new(coding: Coding) -> Self {
        match coding {
            Coding::Brotli => {
                let encoder = brotli::CompressorWriter::new(Vec::new(), BUFFER, QUALITY, WINDOW);
                Self::Brotli(Box::new(encoder))
            }
            Coding::Gzip => Self::Gzip(GzEncoder::new(Vec::new(), Compression::fast())),
            Coding::Deflate => Self::Deflate(ZlibEncoder::new(Vec::new(), Compression::fast())),
        }
    }

    pub fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Brotli(encoder) => encoder.write_all(bytes),
            Self::Gzip(encoder) => encoder.write_all(bytes),
            Self::Deflate(encoder) => encoder.write_all(bytes),
        }
    }

    /// Flushes everything that was written.
    pub fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Brotli(encoder) => encoder.flush(),
            Self::Gzip(encoder) => encoder.flush(),
            Self::Deflate(encoder) => encoder.flush(),
        }
    }

    /// The output since the last call.
    pub fn take(&mut self) -> Bytes {
        Bytes::from(mem::take(match self {
            Self::Brotli(encoder) => encoder.get_mut(),
            Self::Gzip(encoder) => encoder.get_mut(),
            Self::Deflate(encoder) => encoder.get_mut(),
        }))
    }

    /// The rest of the output.
    pub fn finish(self) -> std::io::Result<Bytes> {
        Ok(Bytes::from(match self {
            // Its end is written when the encoder is finished.
            Self::Brotli(encoder) => encoder.into_inner(),
            Self::Gzip(encoder) => encoder.finish()?,
            Self::Deflate(encoder) => encoder.finish()?,
        }))
    }
}
