//! An issuer of web identities: an HTTPS server with a discovery document and keys, and a hand that
//! signs tokens.
//!
//! Its certificate is of an authority that signs nothing else (`authority.pem`; its key was thrown
//! away), its RSA key is that of RFC 7515, A.2: neither is anybody's secret.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};
use tests::workspace;

/// A file beside this one.
pub(super) fn file(name: &str) -> PathBuf {
    workspace::tests().join("it").join("web_identity").join(name)
}

/// Something that signs.
pub(super) enum Signer {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
}

impl Signer {
    /// The RSA key.
    pub(super) fn rsa() -> Signer {
        let key = PrivatePkcs8KeyDer::from_pem_file(file("rsa-key.pem")).unwrap();
        Signer::Rsa(RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).unwrap())
    }

    /// A new key on P-256.
    pub(super) fn p256() -> Signer {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Signer::P256(EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap())
    }

    /// The key as it is published.
    pub(super) fn key(&self, id: &str) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Signer::Rsa(key) => {
                let public = PublicKeyComponents::<Vec<u8>>::from(key.public());
                json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": id, "n": text(&public.n), "e": text(&public.e)})
            }
            Signer::P256(key) => {
                let point = key.public_key().as_ref();
                json!({"kty": "EC", "crv": "P-256", "kid": id, "x": text(&point[1..33]), "y": text(&point[33..])})
            }
        }
    }

    /// A token.
    pub(super) fn sign(&self, id: &str, claims: &Value) -> String {
        let algorithm = match self {
            Signer::Rsa(_) => "RS256",
            Signer::P256(_) => "ES256",
        };
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed =
            format!("{}.{}", part(&json!({"alg": algorithm, "typ": "JWT", "kid": id})), part(claims));
        let random = SystemRandom::new();
        let signature = match self {
            Signer::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
                signature
            }
            Signer::P256(key) => key.sign(&random, signed.as_bytes()).unwrap().as_ref().to_vec(),
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// What the issuer answers, and what it was asked.
#[derive(Default)]
struct Book {
    keys: Vec<Value>,
    /// Instead of 200.
    status: Option<&'static str>,
    asked: Vec<String>,
}

/// A running issuer.
pub(super) struct Issuer {
    port: u16,
    book: Arc<Mutex<Book>>,
}

impl Issuer {
    /// Listens on a free port.
    pub(super) fn start() -> Issuer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let book = Arc::<Mutex<Book>>::default();
        let issuer = Issuer { port, book: Arc::clone(&book) };
        let certificates: Result<Vec<_>, _> =
            CertificateDer::pem_file_iter(file("issuer.pem")).unwrap().collect();
        let key = PrivateKeyDer::from_pem_file(file("issuer-key.pem")).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(certificates.unwrap(), key)
            .unwrap();
        let (config, url) = (Arc::new(config), issuer.url());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                // Who does not trust the certificate goes away.
                let _gone = answer(StreamOwned::new(connection, stream.unwrap()), &url, &book);
            }
        });
        issuer
    }

    /// Without a scheme: what ARNs and condition keys say.
    pub(super) fn name(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// `iss`
    pub(super) fn url(&self) -> String {
        format!("https://{}", self.name())
    }

    /// Publishes these keys and no others.
    pub(super) fn publish(&self, keys: &[Value]) {
        self.book.lock().unwrap().keys = keys.to_vec();
    }

    /// Answers with another status from now on.
    pub(super) fn answer_with(&self, status: Option<&'static str>) {
        self.book.lock().unwrap().status = status;
    }

    /// The paths that it was asked for.
    pub(super) fn asked(&self) -> Vec<String> {
        self.book.lock().unwrap().asked.clone()
    }

    /// Claims of a user of the client `app` that hold for ten minutes, and `more`.
    pub(super) fn claims(&self, subject: &str, more: &Value) -> Value {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let mut claims =
            json!({"iss": self.url(), "sub": subject, "aud": "app", "iat": now, "exp": now + 600});
        let own = claims.as_object_mut().unwrap();
        own.extend(more.as_object().unwrap().clone());
        claims
    }
}

fn answer(stream: impl Read + Write, url: &str, book: &Mutex<Book>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    while !line.trim_end().is_empty() {
        line.clear();
        reader.read_line(&mut line)?;
    }
    let mut book = book.lock().unwrap();
    let body = match path.as_str() {
        "/.well-known/openid-configuration" => {
            Some(json!({"issuer": url, "jwks_uri": format!("{url}/keys")}))
        }
        "/keys" => Some(json!({"keys": book.keys})),
        _ => None,
    };
    let status = book.status.unwrap_or(if body.is_some() { "200 OK" } else { "404 Not Found" });
    book.asked.push(path);
    let body = body.unwrap_or_default().to_string();
    let head = format!("HTTP/1.1 {status}\r\nlocation: {url}/keys\r\ncontent-length: {}\r\n\r\n", body.len());
    reader.get_mut().write_all(head.as_bytes())?;
    reader.get_mut().write_all(body.as_bytes())?;
    reader.get_mut().flush()
}
