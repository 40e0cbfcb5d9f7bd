//! The check that prevents pages of other origins from changing anything through a user's browser.
//!
//! A page of any origin can send a form, an upload or a request without a body without permission of the server, so the headers
//! that the browser adds are checked. Programs do not send them, and are not affected.

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

/// The headers that a browser adds about the page of a request. No page can set them.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses a request that may change something and comes from a page of another origin.
pub(crate) fn refuse(request: &ServiceRequest) -> Option<Problem> {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return None;
    }
    let one = |name: &HeaderName| {
        let mut lines = request.headers().get_all(name);
        let first = lines.next()?;
        // No browser sends two; a proxy in between might have chosen either one.
        Some(if lines.next().is_some() { None } else { first.to_str().ok() })
    };
    match one(&SEC_FETCH_SITE) {
        // Also with a proxy in front, where browsers know the service by another name than the one in `Host`.
        Some(Some("same-origin")) => return None,
        // A user action, such as a bookmark; a page may be involved all the same, and then has an origin.
        Some(Some("none")) | None => {}
        Some(site) => return Some(refusal("Sec-Fetch-Site", site.unwrap_or("not one word"))),
    }
    let origin = one(&ORIGIN)?;
    let is_own = origin.is_some_and(|origin| is_own(origin, request));
    (!is_own).then(|| refusal("Origin", origin.unwrap_or("not one origin")))
}

/// Whether an origin equals the requested address. The server itself speaks HTTP without encryption.
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
