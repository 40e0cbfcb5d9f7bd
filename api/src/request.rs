//! The processing of every request: an id, HEAD as GET, the checks of host and origin, the log line, headers, and panic handling.

use std::{
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use actix_web::{
    Error,
    body::{BodySize, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        ConnectionType, Method, StatusCode, Version,
        header::{CONTENT_TYPE, HeaderValue},
    },
    middleware::Next,
    web::Data,
};
use futures_util::FutureExt;
use tokio::time::timeout;

use crate::{error::Problem, format, host::Exposure, origin, trace, vary};

/// Maximum length of a path and its query in bytes.
pub const LONGEST_URI: usize = 8 << 10;

/// How long a request that only reads may take.
const READ_DEADLINE: Duration = Duration::from_secs(9);

/// The outermost middleware.
pub async fn middleware<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    trace::scope(given_id(&request), answer(request, next)).await
}

async fn answer<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let begun = Instant::now();
    let (method, version) = (request.method().clone(), request.version());
    let path = request.path().to_owned();

    let too_long = request.uri().path_and_query().map_or(0, |uri| uri.as_str().len()) > LONGEST_URI;
    let refused = request.app_data::<Data<Exposure>>();
    let refused = refused.and_then(|exposure| exposure.refuse(&request));
    let refused = refused.or_else(|| origin::refuse(&request));
    if method == Method::HEAD {
        // Routed as GET; actix remembers the original method and sends no body.
        request.head_mut().method = Method::GET;
    }
    let answer = match refused {
        Some(problem) => Err(problem.into()),
        None if too_long => Err(Problem::uri_too_long(LONGEST_URI).into()),
        None => carry_out(next.call(request), &method).await,
    };
    let status = match &answer {
        Ok(response) => response.status(),
        Err(error) => {
            error.as_error::<Problem>().map_or(StatusCode::INTERNAL_SERVER_ERROR, Problem::status)
        }
    };
    let elapsed_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    log::info!(
        target: "bookplate::request",
        method = method.as_str(), path = path.as_str(), status = status.as_u16(), elapsed_us;
        "{method} {path} {}", status.as_u16()
    );
    answer.map(|mut response| {
        if version < Version::HTTP_11 && response.response().body().size() == BodySize::Stream {
            // actix would send chunks, which HTTP/1.0 does not support: there the end of the connection is the end of the body.
            let head = response.response_mut().head_mut();
            head.no_chunking(true);
            head.set_connection_type(ConnectionType::Close);
        }
        trace::set_security_headers(response.headers_mut(), &trace::id());
        let kind = response.headers().get(CONTENT_TYPE);
        if kind.is_some_and(|kind| kind == "application/problem+json") {
            let plain_json = format::wants_plain_json(response.request());
            let headers = response.headers_mut();
            vary::on(headers, "Accept");
            if plain_json {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            }
        }
        response
    })
}

/// Runs the handler, a read with a time limit, and catches its panic.
async fn carry_out<B>(
    handler: impl Future<Output = Result<ServiceResponse<B>, Error>>,
    method: &Method,
) -> Result<ServiceResponse<B>, Error> {
    // A change has its own deadline and continues after it. A read may be dropped: a database server that fell silent would
    // block it until the network gives up.
    let patience = if method.is_safe() { READ_DEADLINE } else { Duration::MAX };
    match timeout(patience, AssertUnwindSafe(handler).catch_unwind()).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => {
            log::error!("a handler panicked");
            Err(Problem::internal().into())
        }
        Err(_) => Err(Problem::slow_read(READ_DEADLINE).into()),
    }
}

/// The id from the client or a proxy, if it is fit for a log line.
fn given_id(request: &ServiceRequest) -> Option<String> {
    let given = request.headers().get(&trace::REQUEST_ID)?.to_str().ok()?;
    let fit = (1..=64).contains(&given.len())
        && given
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    fit.then(|| given.to_owned())
}

#[cfg(test)]
mod tests {
    use actix_web::{App, body::to_bytes, middleware::from_fn, test, web};

    use super::*;

    #[actix_web::test]
    async fn a_handler_that_panics_answers_500_with_the_usual_body_and_headers() {
        async fn panic() -> &'static str {
            panic!("on purpose")
        }
        let app = App::new().route("/panic", web::get().to(panic)).wrap(from_fn(middleware));
        let app = test::init_service(app).await;
        let request =
            test::TestRequest::get().uri("/panic").insert_header(("x-request-id", "trace"));
        let error = test::try_call_service(&app, request.to_request()).await.unwrap_err();
        let response = error.error_response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers().get("x-request-id").unwrap(), "trace");
        assert_eq!(response.headers().get("x-content-type-options").unwrap(), "nosniff");
        let body = to_bytes(response.into_body()).await.unwrap();
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&problem["status"], &problem["request_id"]), (&500.into(), &"trace".into()));
        assert!(!problem.to_string().contains("on purpose"), "{problem}");
    }
}
