//! Whom a request is addressed to: one host, named as HTTP asks.
//!
//! Signatures cover the host, and addressing looks at it. A request of which two readers could see different hosts is
//! nobody's to serve (<https://www.rfc-editor.org/rfc/rfc9112.html#section-3.2>).

use http::header::{CONTENT_LENGTH, HOST};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Uri, Version};

/// Whether a request says clearly whom it is addressed to, and once how long its body is: exactly one `Host` in HTTP/1.1, at most one in
/// HTTP/1.0, and an authority or a `Host` in HTTP/2. None of them may be empty, or anything but a host and a port.
pub(crate) fn is_clear(parts: &Parts) -> bool {
    let mut hosts = parts.headers.get_all(HOST).iter();
    let (host, second) = (hosts.next(), hosts.next());
    let needs_host = match parts.version {
        Version::HTTP_09 | Version::HTTP_10 => false,
        Version::HTTP_11 => true,
        _ => parts.uri.authority().is_none(),
    };
    second.is_none()
        && (host.is_some() || !needs_host)
        && host.is_none_or(|host| is_host(host.as_bytes()))
        && parts.uri.authority().is_none_or(|authority| is_host(authority.as_str().as_bytes()))
        && parts.headers.get_all(CONTENT_LENGTH).iter().nth(1).is_none()
}

/// A host, and a port if there is one.
fn is_host(text: &[u8]) -> bool {
    // Who has a name or a password for a URL says so elsewhere, and a comma is how two values become one.
    if text.is_empty() || text.iter().any(|byte| matches!(byte, b'@' | b',' | b'/' | b'?' | b'#')) {
        return false;
    }
    let Ok(authority) = Authority::try_from(text) else { return false };
    let port = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
    let digits = port.strip_prefix(':').unwrap_or_default();
    !authority.host().is_empty()
        && (port.is_empty() || port.starts_with(':'))
        && digits.bytes().all(|digit| digit.is_ascii_digit())
        && (digits.is_empty() || digits.parse::<u16>().is_ok())
}

/// Writes the host that counts where everybody looks for it: what the target of a request says goes before `Host`
/// (<https://www.rfc-editor.org/rfc/rfc9112.html#section-3.2.2>). HTTP/2 names it nowhere else, as a rule.
pub(crate) fn settle(uri: &Uri, headers: &mut HeaderMap) {
    if let Some(authority) = uri.authority()
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        headers.insert(HOST, host);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn parts(version: Version, target: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().version(version).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_request_names_one_host() {
        let (old, usual, new) = (Version::HTTP_10, Version::HTTP_11, Version::HTTP_2);
        let one = &[("host", "h:9000")][..];
        let two = &[("host", "h"), ("host", "h")][..];
        for (version, target, headers, expected) in [
            (usual, "/a", one, true),
            (usual, "/a", &[], false),
            (usual, "/a", two, false),
            (usual, "http://h/a", &[], false),
            (usual, "http://other/a", one, true),
            (usual, "http://u:p@h/a", one, false),
            (old, "/a", &[], true),
            (old, "/a", one, true),
            (old, "/a", two, false),
            (new, "http://h/a", &[], true),
            (new, "http://h/a", one, true),
            (new, "http://h/a", two, false),
            (new, "http://u@h/a", &[], false),
            (new, "/a", &[], false),
            (usual, "/a", &[("host", "h"), ("content-length", "1"), ("content-length", "1")], false),
        ] {
            assert_eq!(
                is_clear(&parts(version, target, headers)),
                expected,
                "{version:?} {target} {headers:?}"
            );
        }
    }

    #[test]
    fn a_host_is_a_name_or_an_address_with_a_port_or_without() {
        for host in
            ["h", "h:", "h:9000", "127.0.0.1:1", "[::1]", "[::1]:9000", "a_b.s3.example.com", "EXAMPLE.com."]
        {
            assert!(is_clear(&parts(Version::HTTP_11, "/", &[("host", host)])), "{host}");
        }
        for host in [
            "",
            " ",
            ":80",
            "u@h",
            "u:p@h",
            "h/",
            "h?",
            "h#",
            "h,h",
            "h h",
            "h:x",
            "h:-1",
            "h:65536",
            "h:1:2",
            "[::1",
            "a\\b",
            "caf\u{e9}",
            "a<b",
            "\"h\"",
            "http://h",
        ] {
            assert!(!is_clear(&parts(Version::HTTP_11, "/", &[("host", host)])), "{host}");
        }
    }

    #[test]
    fn the_authority_counts() {
        let mut request = parts(Version::HTTP_2, "http://one:9000/a", &[("host", "two")]);
        settle(&request.uri, &mut request.headers);
        assert_eq!(request.headers.get_all(HOST).iter().collect::<Vec<_>>(), ["one:9000"]);
        let mut request = parts(Version::HTTP_11, "/a", &[("host", "two")]);
        settle(&request.uri, &mut request.headers);
        assert_eq!(request.headers["host"], "two");
    }
}
