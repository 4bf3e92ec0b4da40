//! The generated guest bindings: the only place in the tree that generates them.
//!
//! `guest` holds what every stage may import; the other worlds add an export each and reuse its
//! types. A built component imports only what it uses (`tests/golden/worlds`).

#[expect(missing_docs, reason = "generated code")]
mod generated {
    pub mod guest {
        wit_bindgen::generate!({ path: "../../gateway/wit", world: "guest" });
    }

    /// One module per slot: the trait a stage implements, and the macro that exports it.
    macro_rules! world {
        ($module:ident, $world:tt, [$($interface:tt = $name:ident),*]) => {
            pub mod $module {
                wit_bindgen::generate!({
                    path: "../../gateway/wit",
                    world: $world,
                    with: { $($interface: crate::bindings::guest::portcullis::gateway::$name),* },
                    pub_export_macro: true,
                    default_bindings_module: "sdk::bindings::",
                });
            }
        };
    }

    world!(
        auth,
        "auth-stage",
        [
            "portcullis:gateway/calls@0.1.0" = calls,
            "portcullis:gateway/keys@0.1.0" = keys,
            "portcullis:gateway/digests@0.1.0" = digests,
            "portcullis:gateway/settings@0.1.0" = settings,
            "portcullis:gateway/trace@0.1.0" = trace
        ]
    );
    world!(
        policy,
        "policy-stage",
        [
            "portcullis:gateway/calls@0.1.0" = calls,
            "portcullis:gateway/access@0.1.0" = access,
            "portcullis:gateway/keys@0.1.0" = keys,
            "portcullis:gateway/master-keys@0.1.0" = master_keys,
            "portcullis:gateway/settings@0.1.0" = settings,
            "portcullis:gateway/trace@0.1.0" = trace
        ]
    );
    world!(
        cors,
        "cors-stage",
        ["portcullis:gateway/calls@0.1.0" = calls, "portcullis:gateway/index@0.1.0" = index]
    );
    world!(
        website,
        "website-stage",
        ["portcullis:gateway/calls@0.1.0" = calls, "portcullis:gateway/index@0.1.0" = index]
    );
    world!(
        transform,
        "transform-stage",
        [
            "portcullis:gateway/calls@0.1.0" = calls,
            "portcullis:gateway/index@0.1.0" = index,
            "portcullis:gateway/digests@0.1.0" = digests,
            "portcullis:gateway/settings@0.1.0" = settings
        ]
    );
    world!(
        encryption,
        "encryption-stage",
        [
            "portcullis:gateway/calls@0.1.0" = calls,
            "portcullis:gateway/digests@0.1.0" = digests,
            "portcullis:gateway/settings@0.1.0" = settings
        ]
    );
    world!(
        iam,
        "iam-stage",
        [
            "portcullis:gateway/calls@0.1.0" = calls,
            "portcullis:gateway/index@0.1.0" = index,
            "portcullis:gateway/keys@0.1.0" = keys,
            "portcullis:gateway/vault@0.1.0" = vault,
            "portcullis:gateway/random@0.1.0" = random,
            "portcullis:gateway/settings@0.1.0" = settings,
            "portcullis:gateway/trace@0.1.0" = trace
        ]
    );
    world!(
        storage,
        "storage-stage",
        [
            "portcullis:gateway/calls@0.1.0" = calls,
            "portcullis:gateway/access@0.1.0" = access,
            "portcullis:gateway/index@0.1.0" = index,
            "portcullis:gateway/keys@0.1.0" = keys,
            "portcullis:gateway/seals@0.1.0" = seals,
            "portcullis:gateway/digests@0.1.0" = digests,
            "portcullis:gateway/random@0.1.0" = random,
            "portcullis:gateway/settings@0.1.0" = settings,
            "portcullis:gateway/quotas@0.1.0" = quotas,
            "portcullis:gateway/trace@0.1.0" = trace
        ]
    );
    world!(
        access_points,
        "access-points-stage",
        [
            "portcullis:gateway/calls@0.1.0" = calls,
            "portcullis:gateway/access@0.1.0" = access,
            "portcullis:gateway/index@0.1.0" = index,
            "portcullis:gateway/digests@0.1.0" = digests,
            "portcullis:gateway/random@0.1.0" = random,
            "portcullis:gateway/settings@0.1.0" = settings,
            "portcullis:gateway/trace@0.1.0" = trace
        ]
    );
    world!(
        functions,
        "functions-stage",
        [
            "portcullis:gateway/calls@0.1.0" = calls,
            "portcullis:gateway/access@0.1.0" = access,
            "portcullis:gateway/index@0.1.0" = index,
            "portcullis:gateway/vault@0.1.0" = vault,
            "portcullis:gateway/digests@0.1.0" = digests,
            "portcullis:gateway/random@0.1.0" = random,
            "portcullis:gateway/settings@0.1.0" = settings,
            "portcullis:gateway/trace@0.1.0" = trace
        ]
    );
    world!(
        gateway,
        "gateway",
        [
            "portcullis:gateway/calls@0.1.0" = calls,
            "portcullis:gateway/access@0.1.0" = access,
            "portcullis:gateway/settings@0.1.0" = settings,
            "portcullis:gateway/trace@0.1.0" = trace
        ]
    );
}
pub use generated::*;
