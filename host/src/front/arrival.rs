//! Where the requests of a connection come from: from the other side of it, or from the clients of
//! a trusted proxy that is there.

use std::net::SocketAddr;
use std::sync::Arc;

use http::header::HOST;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{Uri, Version};

use crate::config::{Proxies, ProxyHeader};
use crate::front::forwarded::{self, Forwarded, Unclear};
use crate::front::health::Duty;
use crate::front::listener::Door;
use crate::pipeline::head;
use crate::pipeline::peer::Client;

/// See the module.
#[derive(Debug)]
pub(crate) struct Arrival {
    /// The other side of the connection.
    pub(crate) remote: SocketAddr,
    pub(crate) door: Door,
    pub(crate) introduced: Introduced,
}

/// Who says who the client is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Introduced {
    /// The other side of the connection is the client.
    Itself,
    /// The headers of each request, which a trusted proxy writes.
    ByHeaders(Arc<Proxies>),
    /// The PROXY protocol, once for all requests of the connection.
    AtOnce(Client),
    /// The PROXY protocol, which named no client: the proxy probes.
    Nobody,
}

impl Arrival {
    /// The client of a request. A trusted proxy may name the host that the client addressed: it
    /// then stands in the request as if the client had sent it here.
    ///
    /// # Errors
    /// What the proxy says cannot be read, so the client is not known.
    pub(crate) fn client(&self, parts: &mut Parts) -> Result<Client, Unclear> {
        match &self.introduced {
            Introduced::Itself => Ok(Client { address: self.remote, is_known: true, proxy: None, tls: None }),
            Introduced::AtOnce(client) => Ok(*client),
            Introduced::Nobody => Err(Unclear("the PROXY protocol names no client")),
            Introduced::ByHeaders(proxies) => self.client_of_headers(parts, proxies),
        }
    }

    fn client_of_headers(&self, parts: &mut Parts, proxies: &Proxies) -> Result<Client, Unclear> {
        let Forwarded { client, is_secure, host } = match proxies.header {
            ProxyHeader::XForwarded => forwarded::x_forwarded(&parts.headers, proxies)?,
            ProxyHeader::Forwarded => forwarded::forwarded(&parts.headers, proxies)?,
            // Such a connection is introduced at once.
            ProxyHeader::ProxyProtocol => Forwarded::default(),
        };
        if let Some(host) = host {
            parts.headers.insert(HOST, host);
            // A host in the target of the request would go before it.
            if parts.uri.authority().is_some() {
                let target = parts.uri.path_and_query().cloned();
                parts.uri = Uri::from(target.unwrap_or_else(|| PathAndQuery::from_static("/")));
            }
        }
        // Without the address of a client, the request may be the proxy's own, or that of anybody
        // for whom it sends without saying so. Its address must not open what is open to it.
        Ok(Client {
            address: client.unwrap_or(self.remote),
            is_known: client.is_some_and(|client| !proxies.trusts(client.ip())),
            proxy: Some(self.remote),
            tls: is_secure.unwrap_or_default().then_some(Client::TLS_UNKNOWN),
        })
    }

    /// What the listener is for, as far as this request is concerned. Metrics tell much about a
    /// server, and so do the details of probes. A listener that only this machine reaches is opened
    /// to others by a proxy on it, and by a page in a browser whose name was made to lead here (DNS
    /// rebinding). So they are neither for requests that came through a proxy, nor, there, for
    /// other hosts, nor for requests that have a header of which it is not known who adds it.
    pub(crate) fn duty(&self, parts: &Parts) -> Duty {
        let duty = self.door.duty;
        let path = parts.uri.path();
        let tells = path == "/metrics" || path.starts_with("/health") || path.starts_with("/minio/health");
        if !tells || !matches!(duty, Duty::RequestsAndAdmin | Duty::Admin) {
            return duty;
        }
        let is_itself = self.introduced == Introduced::Itself;
        // Many proxies speak HTTP/1.0 unless told otherwise, and add no header.
        let is_of_this_machine = || {
            is_itself
                && parts.version >= Version::HTTP_11
                && head::is_for_this_machine(parts)
                && forwarded::is_unaided(&parts.headers)
        };
        match duty {
            // Whoever trusts a proxy may scrape through it, by a listener that is for that.
            Duty::Admin if is_itself && forwarded::is_forwarded(&parts.headers) => Duty::Health,
            Duty::RequestsAndAdmin if !is_of_this_machine() => Duty::RequestsAndHealth,
            duty => duty,
        }
    }
}

#[cfg(test)]
mod tests;
