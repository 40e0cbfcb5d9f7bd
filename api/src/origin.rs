//! The check that keeps pages of other origins from changing anything through somebody's browser.
//!
//! A form, an upload or a request without a body needs no permission of the server to be sent from any page, so what the browser
//! says of the page decides. Programs say nothing, and are not concerned.

use actix_web::{
    dev::ServiceRequest,
    http::{
        Method,
        header::{HeaderName, ORIGIN},
    },
};

use crate::{
    error::{Kind, Problem},
    host::{self, Host},
};

/// What a browser says of the page that a request comes from. No page can write it.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses a request that may change something and comes from a page of another origin.
pub(crate) fn refuse(request: &ServiceRequest) -> Option<Problem> {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return None;
    }
    let one = |name: &HeaderName| {
        let mut lines = request.headers().get_all(name);
        let first = lines.next()?;
        // No browser sends two; whichever would be chosen, something between us may have chosen the other.
        Some(if lines.next().is_some() { None } else { first.to_str().ok() })
    };
    match one(&SEC_FETCH_SITE) {
        // Also behind a proxy by which the service has another name for its browsers than `Host` says.
        Some(Some("same-origin")) => return None,
        // The user's own doing, such as a bookmark; a page may have to do with it all the same, and then has an origin.
        Some(Some("none")) | None => {}
        Some(site) => return Some(refusal("Sec-Fetch-Site", site.unwrap_or("not one word"))),
    }
    let origin = one(&ORIGIN)?;
    let is_own = origin.is_some_and(|origin| is_own(origin, request));
    (!is_own).then(|| refusal("Origin", origin.unwrap_or("not one origin")))
}

/// Whether an origin is that of the address which was asked. The server itself speaks HTTP without encryption.
fn is_own(origin: &str, request: &ServiceRequest) -> bool {
    let Some((scheme, written)) = origin.split_once("://") else { return false };
    let page = Host::read(written, 80);
    scheme.eq_ignore_ascii_case("http")
        && page.is_some()
        && host::asked(request).is_ok_and(|asked| asked == page)
}

fn refusal(header: &str, value: &str) -> Problem {
    let value = service::shortened(value, 100);
    let detail = format!(
        "the request comes from a page of another origin (`{header}` is `{value}`), which may change nothing; send it from a page of \
         this service or from a program"
    );
    Problem::new(Kind::ForeignOrigin, detail)
}
