//! The gateway's settings, read once for each instance.

use std::cell::OnceCell;
use std::rc::Rc;

use gateway::operations::addressing::Domains;
use sdk::bindings::gateway::portcullis::gateway::stages;

/// What the operator set.
pub(crate) struct Settings {
    /// The base domains of virtual-hosted-style addresses.
    pub(crate) domains: Domains,
    /// Whether the operator added any stage.
    pub(crate) has_added_stages: bool,
    /// Whether the query of a GET may name a webhook that transforms what it reads (`lambdaArn`).
    pub(crate) takes_lambda_arn: bool,
}

impl Settings {
    /// Whether a host is a website endpoint: `bucket.s3-website.region.domain`.
    pub(crate) fn is_website(&self, host: &str) -> bool {
        !self.domains.is_empty() && host.contains(".s3-website.")
    }
}

thread_local! {
    static SETTINGS: OnceCell<Rc<Settings>> = const { OnceCell::new() };
}

/// The settings of this instance.
pub(crate) fn settings() -> Rc<Settings> {
    SETTINGS.with(|settings| settings.get_or_init(|| Rc::new(read())).clone())
}

fn read() -> Settings {
    Settings {
        domains: sdk::settings::domains(),
        has_added_stages: stages::configured(),
        takes_lambda_arn: sdk::settings::get("minio_lambda_arn").is_some_and(|word| word == "on"),
    }
}
