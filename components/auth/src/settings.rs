//! The stage's settings, read once an instance.

use std::cell::OnceCell;
use std::rc::Rc;

/// Whether Signature Version 2 is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version2 {
    /// It is refused, as S3 does.
    Off,
    /// For clients that know nothing else.
    On,
}

/// What the operator set.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Signature Version 2.
    pub(crate) version2: Version2,
    /// The base domains of virtual-hosted-style addresses; what it signs holds the bucket of the host.
    pub(crate) domains: Vec<String>,
}

thread_local! {
    static SETTINGS: OnceCell<Rc<Settings>> = const { OnceCell::new() };
}

/// The settings of this instance.
pub(crate) fn settings() -> Rc<Settings> {
    SETTINGS.with(|settings| settings.get_or_init(|| Rc::new(read())).clone())
}

fn read() -> Settings {
    let is_on = sdk::settings::get("sigv2").is_some_and(|value| value.trim() == "on");
    let domains = sdk::settings::get("domains").unwrap_or_default();
    let domains = domains.split(',').map(str::trim).filter(|domain| !domain.is_empty());
    Settings {
        version2: if is_on { Version2::On } else { Version2::Off },
        domains: domains.map(str::to_owned).collect(),
    }
}
