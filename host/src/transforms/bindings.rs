//! The generated bindings of the contract of transforms: the only place that generates them.

#[expect(missing_docs, reason = "generated code")]
mod generated {
    wasmtime::component::bindgen!({
        path: "../gateway/transform-wit",
        world: "everything",
        imports: {
            "portcullis:transform/http.get": async | trappable,
            "portcullis:transform/objects.get": async | trappable,
            default: trappable,
        },
        exports: { default: async },
    });
}

pub use generated::exports::portcullis::transform as exports;
pub use generated::portcullis::transform::{clock, http, log, objects, random, scratch, secrets, types};
