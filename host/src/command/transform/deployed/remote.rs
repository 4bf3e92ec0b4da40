//! The APIs of a server, as every client calls them: over HTTP, signed by Signature Version 4.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use ureq::Agent;
use ureq::http::Request;

use crate::config::{self, Config};
use crate::hex;
use crate::keys::accounts::root_credentials;
use crate::keys::signing::derive;
use crate::secret::Secret;
use crate::telemetry::access::Moment;

/// The names under which tools of AWS find credentials and a server.
const VARIABLES: [&str; 4] =
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"];
/// How the paths of functions begin.
pub(in crate::command::transform) const FUNCTIONS: &str = "/2015-03-31/functions";
/// The compiler may take half a minute for what is deployed.
const TIME_MAX: Duration = Duration::from_secs(180);
/// Bytes of an answer.
const ANSWER_BYTES_MAX: u64 = 16 << 20;

/// The path of a function.
pub(in crate::command::transform) fn of(name: &str) -> String {
    format!("{FUNCTIONS}/{name}")
}

/// A server, and who asks it.
pub(in crate::command::transform) struct Remote {
    /// `http://127.0.0.1:9000`
    endpoint: String,
    host: String,
    access_key: String,
    secret_key: Secret,
    token: Option<String>,
    region: String,
    agent: Agent,
}

/// What a server answers.
pub(in crate::command::transform) struct RemoteReply {
    /// The status.
    pub(in crate::command::transform) status: u16,
    /// The value of `x-amzn-errortype`, for errors of functions.
    pub(in crate::command::transform) kind: String,
    /// The document.
    pub(in crate::command::transform) text: String,
}

impl Remote {
    /// The server of a configuration, or another one. The credentials are those of the environment,
    /// or else the root credentials in the data folder.
    ///
    /// # Errors
    /// There are no credentials, or no address.
    pub(in crate::command::transform) fn new(config: &Config, endpoint: Option<&str>) -> Result<Remote> {
        let environment = config::environment(&VARIABLES);
        let variable = |name: &str| environment.get(name).filter(|value| !value.is_empty()).cloned();
        let endpoint = match endpoint.map(str::to_owned).or_else(|| variable("AWS_ENDPOINT_URL")) {
            Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
            None => {
                let address =
                    config.listen.first().context("the configuration has no `listen`: --endpoint URL")?;
                let ip = address.ip();
                let ip = if ip.is_unspecified() { "127.0.0.1".to_owned() } else { ip.to_string() };
                let ip = if ip.contains(':') { format!("[{ip}]") } else { ip };
                format!("http://{ip}:{}", address.port())
            }
        };
        let Some((_, host)) = endpoint.split_once("://") else {
            bail!("{endpoint} is no URL: --endpoint http://HOST:PORT");
        };
        let given = variable("AWS_ACCESS_KEY_ID").zip(variable("AWS_SECRET_ACCESS_KEY"));
        let (access_key, secret_key, token) = match given {
            Some((access_key, secret_key)) => {
                (access_key, Secret::new(secret_key), variable("AWS_SESSION_TOKEN"))
            }
            None => {
                let found = root_credentials(&config.data_dir)?;
                let (access_key, secret_key) = found.with_context(|| {
                    format!(
                        "there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name the \
                         folder of a server that has made some (--data-dir; {} has none)",
                        config.data_dir.display()
                    )
                })?;
                (access_key, secret_key, None)
            }
        };
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(TIME_MAX))
            .build()
            .new_agent();
        let (host, region) = (host.to_owned(), config.region.clone());
        Ok(Remote { endpoint, host, access_key, secret_key, token, region, agent })
    }

    /// Where the server is.
    pub(in crate::command::transform) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The account of who asks.
    ///
    /// # Errors
    /// What the server refuses, in its words.
    pub(in crate::command::transform) fn account(&self) -> Result<String> {
        let body = "Action=GetCallerIdentity&Version=2011-06-15".to_owned();
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let answer = self.signed("sts", ("POST", "/"), str::to_owned, &headers, body)?;
        let account = element(&answer.text, "Account").map(str::to_owned);
        account.with_context(|| answer.words())
    }

    /// A call of the API of functions that must succeed; its document.
    ///
    /// # Errors
    /// What the server refuses, in its words.
    pub(in crate::command::transform) fn call(
        &self,
        method: &str,
        target: &str,
        body: Option<&Value>,
    ) -> Result<Value> {
        let answer = self.send(method, target, body)?;
        if answer.status >= 300 {
            bail!("{}", answer.words());
        }
        if answer.text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&answer.text).context("reading what the server answers")
    }

    /// A call of the API of functions.
    ///
    /// # Errors
    /// There is no answer.
    pub(in crate::command::transform) fn send(
        &self,
        method: &str,
        target: &str,
        body: Option<&Value>,
    ) -> Result<RemoteReply> {
        let body = body.map(Value::to_string).unwrap_or_default();
        self.signed(
            "lambda",
            (method, target),
            escaped_once_more,
            &[("content-type", "application/json")],
            body,
        )
    }

    /// A call of the API for the settings of an account (s3control) that must succeed; its
    /// document.
    ///
    /// # Errors
    /// What the server refuses, in its words.
    pub(in crate::command::transform) fn control(
        &self,
        account: &str,
        method: &str,
        path: &str,
        body: String,
    ) -> Result<String> {
        let digest = hex::text(&Sha256::digest(body.as_bytes()));
        let headers = [("x-amz-account-id", account), ("x-amz-content-sha256", digest.as_str())];
        let answer = self.signed("s3", (method, path), str::to_owned, &headers, body)?;
        if answer.status >= 300 {
            bail!("{}", answer.words());
        }
        Ok(answer.text)
    }

    /// A call of S3 about a bucket that must succeed; its document.
    ///
    /// # Errors
    /// What the server refuses, in its words.
    pub(in crate::command::transform) fn bucket(
        &self,
        method: &str,
        target: &str,
        body: String,
    ) -> Result<String> {
        let digest = hex::text(&Sha256::digest(body.as_bytes()));
        let headers = [("x-amz-content-sha256", digest.as_str())];
        let answer = self.signed("s3", (method, target), str::to_owned, &headers, body)?;
        if answer.status >= 300 {
            bail!("{}", answer.words());
        }
        Ok(answer.text)
    }

    fn signed(
        &self,
        service: &str,
        (method, target): (&str, &str),
        path_as_signed: fn(&str) -> String,
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<RemoteReply> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let now = Moment::of(SystemTime::now()).basic();
        let digest = hex::text(&Sha256::digest(body.as_bytes()));
        let mut request = Request::builder().method(method).uri(format!("{}{target}", self.endpoint));
        let (mut signed, mut names) = (String::new(), String::new());
        let of_s3: Vec<_> = headers.iter().filter(|(name, _)| name.starts_with("x-amz-")).collect();
        let _ = writeln!(signed, "host:{}", self.host);
        names.push_str("host");
        // In the order of their names, the date is behind those of S3.
        for (name, value) in of_s3 {
            let _ = writeln!(signed, "{name}:{value}");
            let _ = write!(names, ";{name}");
        }
        let _ = writeln!(signed, "x-amz-date:{now}");
        names.push_str(";x-amz-date");
        if let Some(token) = &self.token {
            let _ = writeln!(signed, "x-amz-security-token:{token}");
            names.push_str(";x-amz-security-token");
            request = request.header("x-amz-security-token", token);
        }
        let canonical = format!("{method}\n{}\n{query}\n{signed}\n{names}\n{digest}", path_as_signed(path));
        let day = now.get(..8).unwrap_or_default();
        let scope = format!("{day}/{}/{service}/aws4_request", self.region);
        let text =
            format!("AWS4-HMAC-SHA256\n{now}\n{scope}\n{}", hex::text(&Sha256::digest(canonical.as_bytes())));
        let signature = hex::text(&derive(self.secret_key.reveal(), &scope).mac(&text));
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            self.access_key
        );
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.header("x-amz-date", now).header("authorization", authorization).body(body)?;
        let mut answer =
            self.agent.run(request).with_context(|| format!("asking the server at {}", self.endpoint))?;
        let kind = answer.headers().get("x-amzn-errortype").and_then(|value| value.to_str().ok());
        let kind = kind.unwrap_or_default().to_owned();
        let status = answer.status().as_u16();
        let text = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string()?;
        Ok(RemoteReply { status, kind, text })
    }
}

impl RemoteReply {
    /// An error in the words of the server.
    pub(in crate::command::transform) fn words(&self) -> String {
        let document: Option<Value> = serde_json::from_str(&self.text).ok();
        let message = document.as_ref().and_then(|document| document.get("Message")).and_then(Value::as_str);
        if let (Some(code), Some(message)) = (element(&self.text, "Code"), element(&self.text, "Message")) {
            return format!("{code}: {message}");
        }
        match message {
            Some(message) => format!("{}: {message}", self.kind),
            None => format!("the server answers {}: {}", self.status, self.text),
        }
    }
}

/// Every service but S3 signs a path that is escaped once more.
fn escaped_once_more(path: &str) -> String {
    path.replace('%', "%25").replace(':', "%3A")
}

/// The text of the first element of a name in a document of s3control.
pub(in crate::command::transform) fn element<'a>(document: &'a str, name: &str) -> Option<&'a str> {
    let rest = document.split_once(&format!("<{name}>"))?.1;
    rest.split_once("</").map(|(text, _)| text)
}
