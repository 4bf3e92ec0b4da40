//! The stage's settings, read once for each instance.

use std::cell::OnceCell;
use std::rc::Rc;

use gateway::operations::addressing::Domains;

/// Which requests may be signed by Signature Version 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version2 {
    /// None.
    Off,
    /// URLs and forms, as in S3: boto3 and aws-cli make them so by default.
    Presigned,
    /// Headers as well, for clients that know no other version.
    On,
}

impl Version2 {
    /// Reads the setting. Any unknown value means [`Version2::Off`].
    fn parse(value: &str) -> Version2 {
        match value.trim() {
            "on" => Version2::On,
            "presigned" => Version2::Presigned,
            _ => Version2::Off,
        }
    }

    /// Whether a request may be signed by Version 2: `authorization` is its header `Authorization`.
    pub(crate) fn takes(self, authorization: Option<&str>) -> bool {
        match self {
            Version2::Off => false,
            Version2::Presigned => authorization.is_none_or(str::is_empty),
            Version2::On => true,
        }
    }
}

/// What the operator set.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Signature Version 2.
    pub(crate) version2: Version2,
    /// The base domains of virtual-hosted-style addresses. Version 2 signs the bucket, which may
    /// stand in the host.
    pub(crate) domains: Domains,
}

thread_local! {
    static SETTINGS: OnceCell<Rc<Settings>> = const { OnceCell::new() };
}

/// The settings of this instance.
pub(crate) fn settings() -> Rc<Settings> {
    SETTINGS.with(|settings| settings.get_or_init(|| Rc::new(read())).clone())
}

fn read() -> Settings {
    let version2 = sdk::settings::get("sigv2").unwrap_or_default();
    Settings { version2: Version2::parse(&version2), domains: sdk::settings::domains() }
}
