//! What the operator set. Each instance reads it once.

use std::cell::OnceCell;

thread_local! {
    static OVER_HTTP: OnceCell<bool> = const { OnceCell::new() };
    static REGION: OnceCell<String> = const { OnceCell::new() };
}

/// The region of the deployment.
pub(crate) fn region() -> String {
    REGION.with(|region| region.get_or_init(sdk::settings::region).clone())
}

/// Whether customer keys are taken over an open connection: behind a proxy that ends TLS, or for
/// tests.
pub(crate) fn takes_keys_over_http() -> bool {
    let read = || sdk::settings::get("sse_c_over_http").is_some_and(|text| text == "allow");
    OVER_HTTP.with(|over_http| *over_http.get_or_init(read))
}
