//! Whom the server is there for, and the check that keeps others out.

use std::net::IpAddr;

use actix_web::{
    dev::ServiceRequest,
    http::{Uri, header::HOST},
};

use crate::error::{Kind, Problem};

/// Whom the server is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// Programs of this machine. A page of another site that a browser shows here is kept out by the `Host` it names.
    Loopback,
    /// Everybody who reaches the address.
    Everybody,
}

impl Exposure {
    /// Refuses a request whose `Host` is another than this machine's own: a site that lets its own name point here
    /// (DNS rebinding) would otherwise read and write the library through somebody's browser.
    pub(crate) fn refuse(self, request: &ServiceRequest) -> Option<Problem> {
        if self == Self::Everybody {
            return None;
        }
        let host =
            request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let own = host.parse::<Uri>().is_ok_and(|uri| uri.host().is_some_and(is_this_machine));
        (!own).then(|| {
            let shown = service::shortened(host, 100);
            Problem::new(
                Kind::ForeignHost,
                format!("the host `{shown}` is not this machine; ask for localhost or 127.0.0.1"),
            )
        })
    }
}

/// `localhost` in any spelling, or an address of the loopback network.
fn is_this_machine(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
