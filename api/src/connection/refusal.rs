//! The refusal of a request that is not handed over, as the bytes of a response.

use actix_web::{ResponseError, body::MessageBody, web::Bytes};

use crate::{error::Problem, request::LONGEST_URI, trace};

/// The address has no end within the longest head: the same response as for one that is only longer than an address may be.
pub fn uri_too_long() -> Bytes {
    trace::with_new_id(|| bytes(&Problem::uri_too_long(LONGEST_URI)))
}

fn bytes(problem: &Problem) -> Bytes {
    let (head, body) = problem.error_response().into_parts();
    let body = body.try_into_bytes().unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {}\r\nconnection: close\r\n", head.status()).into_bytes();
    for (name, value) in head.headers() {
        let line = [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"];
        bytes.extend(line.concat());
    }
    bytes.extend(format!("content-length: {}\r\n\r\n", body.len()).into_bytes());
    bytes.extend(body);
    bytes.into()
}
