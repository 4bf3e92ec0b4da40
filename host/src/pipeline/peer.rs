//! Where requests come from: the client, and the listener that it reached, which may stand for an
//! endpoint.
//!
//! The policy of an endpoint is only a text here. The component in the slot `policy` says at the
//! start whether it can be read, and decides by it later.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;

use crate::config::{self, Config, ConfigError};
use crate::pipeline::shares::Pass;

/// Where a request came from.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The client.
    pub client: Client,
    /// The listener's name.
    pub listener: Arc<str>,
    /// The endpoint that the listener stands for.
    pub endpoint: Option<Arc<Endpoint>>,
    /// The pass of the request.
    pub pass: Rc<Pass>,
    /// The id of the request, which its client is told.
    pub request_id: String,
}

/// The client of a request, and how it is connected: with this server, or with a trusted proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// The address that rates and shares count. The port is 0 where a proxy does not say it.
    pub address: SocketAddr,
    /// Whether that is the client's. Otherwise it is that of a trusted proxy, which does not say
    /// for whom it sends.
    pub is_known: bool,
    /// The trusted proxy that says so.
    pub proxy: Option<SocketAddr>,
    /// The version of TLS, or [`Client::TLS_UNKNOWN`]; `None` on an open connection.
    pub tls: Option<&'static str>,
}

impl Client {
    /// The version of a connection over TLS, where a proxy does not say it.
    pub const TLS_UNKNOWN: &'static str = "";

    /// Its address, where that is known. A socket of IPv6 shows clients of IPv4 as
    /// `::ffff:192.0.2.1`: policies name 192.0.2.1.
    pub fn known_address(&self) -> Option<IpAddr> {
        self.is_known.then(|| self.address.ip().to_canonical())
    }
}

/// The endpoint that a listener stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `vpce-0a1b2c3d`
    pub id: String,
    /// `vpc-1a2b3c4d`
    pub network: Option<String>,
    /// What it lets pass; without one, everything.
    pub policy: Option<EndpointPolicy>,
}

/// The policy of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointPolicy {
    /// Stands for the text as long as the process lives, so that stages can keep what they parsed.
    pub number: u64,
    /// The document.
    pub text: String,
}

impl Endpoint {
    /// The endpoints of a configuration, in the order of its listeners.
    ///
    /// # Errors
    /// A policy that is not a text of at most 128 KiB.
    pub fn load_all(config: &Config) -> Result<Vec<Arc<Endpoint>>, ConfigError> {
        let load = |(number, listener): (u64, &config::ListenerEntry)| {
            let place = config.place_of(&format!("listeners[{number}]"));
            let named = |ConfigError(why): ConfigError| ConfigError(format!("{place}endpoint {why}"));
            let policy = listener.policy.as_deref().map(config::read_policy).transpose().map_err(named)?;
            Ok(Arc::new(Endpoint {
                id: listener.endpoint.clone(),
                network: listener.vpc.clone(),
                policy: policy.map(|text| EndpointPolicy { number, text }),
            }))
        };
        (0..).zip(&config.listeners).map(load).collect()
    }
}
