//! The id of the current request, and the headers that every response carries.

use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, CROSS_ORIGIN_RESOURCE_POLICY, HeaderMap, HeaderName, HeaderValue,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};

/// The header that contains a request's id, in requests and responses.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static ID: String;
}

/// The id of the current request; empty outside of one.
pub fn id() -> String {
    ID.try_with(Clone::clone).unwrap_or_default()
}

/// Runs `work` as a request with a new id.
pub fn with_new_id<T>(work: impl FnOnce() -> T) -> T {
    ID.sync_scope(new_id(), work)
}

/// Runs `work` as the request with this id, or with a new one.
pub async fn scope<T>(given: Option<String>, work: impl Future<Output = T>) -> T {
    ID.scope(given.unwrap_or_else(new_id), work).await
}

/// Headers of every response. Nothing may be loaded or framed, unless a page sets its own policy.
pub fn set_security_headers(headers: &mut HeaderMap, id: &str) {
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (REFERRER_POLICY, "no-referrer"),
        (CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
    ] {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}

/// Unique among the processes that write to one log: the process, its start, and a count.
fn new_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    static START: std::sync::LazyLock<u64> = std::sync::LazyLock::new(|| {
        let start = chrono::Utc::now().timestamp_micros().unsigned_abs();
        start ^ (u64::from(std::process::id()) << 40)
    });
    format!("{:x}-{:x}", *START, COUNT.fetch_add(1, Ordering::Relaxed))
}
