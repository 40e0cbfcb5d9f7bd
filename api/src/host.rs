//! Who may use the server, which host a request is for, and the check that refuses foreign host names.

use std::net::IpAddr;

use actix_web::{
    dev::ServiceRequest,
    http::{Method, header::HOST, uri},
};
use service::FieldError;

use crate::error::{Kind, Problem};

/// Who may use the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// Programs on this machine. A page of another site in a local browser is refused by the `Host` that it names.
    Loopback,
    /// Everybody who can reach the address.
    Everybody,
}

impl Exposure {
    /// Refuses a request with contradictory hosts; and on loopback one for another host than this machine: otherwise a site
    /// whose name resolves to this machine (DNS rebinding) could read and write the library through a user's browser.
    pub(crate) fn refuse(self, request: &ServiceRequest) -> Option<Problem> {
        let host = match asked(request) {
            Ok(host) => host,
            Err(error) => return Some(Problem::bad_request(error)),
        };
        let own = self == Self::Everybody || host.is_some_and(|host| is_this_machine(host.name));
        (!own).then(|| {
            let named = request.headers().get(HOST).and_then(|host| host.to_str().ok());
            let named = request.uri().authority().map(uri::Authority::as_str).or(named);
            let shown = service::shortened(named.unwrap_or_default(), 100);
            Problem::new(
                Kind::ForeignHost,
                format!("the host `{shown}` is not this machine; ask for localhost or 127.0.0.1"),
            )
        })
    }
}

/// A host and its port, as in `Host` or in a URL. Names that differ only in case are equal.
#[derive(Clone, Copy, Debug)]
pub struct Host<'a> {
    name: &'a str,
    port: u16,
}

impl PartialEq for Host<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.port == other.port && self.name.eq_ignore_ascii_case(other.name)
    }
}

impl<'a> Host<'a> {
    /// Parses `name` or `name:port`; `None` for anything else, and for user information before the name.
    pub fn read(written: &'a str, default_port: u16) -> Option<Self> {
        let end = match written.strip_prefix('[') {
            Some(_) => written.find(']')? + 1,
            None => written.find(':').unwrap_or(written.len()),
        };
        let (name, rest) = written.split_at_checked(end)?;
        let is_name = match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => !name.is_empty() && name.bytes().all(is_of_name),
        };
        let port = match rest.strip_prefix(':') {
            // Without a number it is the default port (RFC 3986, 3.2.3).
            Some("") => Some(default_port),
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok(),
            Some(_) => None,
            None => rest.is_empty().then_some(default_port),
        };
        is_name.then_some(Self { name, port: port? })
    }
}

/// The characters of a name (`reg-name` in RFC 3986, 3.2.2).
fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&byte)
}

/// The host that a request is for: that of its target if it has one (RFC 9112, 3.2.2), which `Host` must match, else that of
/// `Host`; `None` if neither names one.
///
/// # Errors
/// If they differ, or one of them is not a valid host.
pub(crate) fn asked(request: &ServiceRequest) -> Result<Option<Host<'_>>, FieldError> {
    let uri = request.uri();
    let (is_absolute, default_port) = match uri.scheme_str() {
        None => (false, 80),
        Some("http") => (true, 80),
        Some("https") => (true, 443),
        Some(_) => return Err(refusal("the scheme of the target is neither http nor https")),
    };
    let given = match request.headers().get(HOST).map(|host| host.to_str()) {
        None | Some(Ok("")) => None,
        Some(Ok(written)) => Some(Host::read(written, default_port).ok_or_else(|| {
            let shown = service::shortened(written, 100);
            refusal(&format!("`{shown}` is not a host, expected a name or `name:port`"))
        })?),
        Some(Err(_)) => return Err(refusal("Host has other characters than ASCII")),
    };
    let Some(target) = uri.authority() else { return Ok(given) };
    if !is_absolute && request.method() != Method::CONNECT {
        return Err(refusal("the target is no path; begin it with `/`"));
    }
    let shown = || service::shortened(target.as_str(), 100);
    let named = Host::read(target.as_str(), default_port)
        .ok_or_else(|| refusal(&format!("the target is for `{}`, which is not a host", shown())))?;
    match given {
        Some(given) if given != named => {
            let detail = format!("the target is for `{}`, and Host names another host", shown());
            Err(refusal(&detail))
        }
        _ => Ok(Some(named)),
    }
}

fn refusal(detail: &str) -> FieldError {
    FieldError::parameter("Host", "bad-host", detail)
}

/// `localhost` in any spelling, or an address of the loopback network.
fn is_this_machine(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::Host;

    #[test]
    fn a_host_is_a_name_and_perhaps_a_port() {
        for (written, expected) in [
            ("localhost", Some(("localhost", 80))),
            ("localhost:5000", Some(("localhost", 5000))),
            ("localhost:", Some(("localhost", 80))),
            ("localhost.", Some(("localhost.", 80))),
            ("[::1]", Some(("[::1]", 80))),
            ("[::1]:5000", Some(("[::1]", 5000))),
            ("127.0.0.1:65535", Some(("127.0.0.1", 65535))),
            ("", None),
            (":80", None),
            ("localhost:65536", None),
            ("localhost:+80", None),
            ("localhost:80:80", None),
            ("localhost:80/", None),
            ("user@localhost", None),
            ("a b", None),
            ("a\tb", None),
            ("bücher", None),
            ("[::1", None),
            ("[::1]x", None),
            ("[x]", None),
            ("::1", None),
            ("http://localhost", None),
        ] {
            let read = Host::read(written, 80).map(|host| (host.name, host.port));
            assert_eq!(read, expected, "{written}");
        }
    }
}
