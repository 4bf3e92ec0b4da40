//! The generated host bindings: the only place in the tree that generates them.

/// The type behind the contract's `call` resource. A handle's number is the slot of its call.
#[derive(Debug)]
pub struct CallHandle;

#[expect(missing_docs, reason = "generated code")]
mod generated {
    wasmtime::component::bindgen!({
        path: "../gateway/wit",
        world: "composed",
        with: { "portcullis:gateway/calls.call": crate::pipeline::bindings::CallHandle },
        imports: { default: trappable },
        require_store_data_send: false,
    });
}

#[expect(missing_docs, reason = "generated code")]
mod added {
    wasmtime::component::bindgen!({
        path: "../gateway/wit",
        world: "user-stage",
        with: {
            "portcullis:gateway/calls@0.1.0": super::generated::portcullis::gateway::calls,
            "portcullis:gateway/settings@0.1.0": super::generated::portcullis::gateway::settings,
        },
        imports: { default: trappable },
        require_store_data_send: false,
    });
}

#[expect(missing_docs, reason = "generated code")]
mod reader {
    wasmtime::component::bindgen!({
        path: "../gateway/wit",
        world: "row-reader",
        require_store_data_send: false,
    });
}

#[expect(missing_docs, reason = "generated code")]
mod code_reader {
    wasmtime::component::bindgen!({
        path: "../gateway/wit",
        world: "code-reader",
        require_store_data_send: false,
    });
}

#[expect(missing_docs, reason = "generated code")]
mod owners {
    wasmtime::component::bindgen!({
        path: "../gateway/wit",
        world: "owner-reader",
        require_store_data_send: false,
    });
}

#[expect(missing_docs, reason = "generated code")]
mod adviser {
    wasmtime::component::bindgen!({
        path: "../gateway/wit",
        world: "adviser",
        require_store_data_send: false,
    });
}

pub use added::portcullis::gateway::log;
pub use added::{UserStage, UserStagePre};
pub use adviser::exports::portcullis::gateway::advice;
pub use adviser::{Adviser, AdviserPre};
pub use code_reader::{CodeReader, CodeReaderPre};
pub use generated::portcullis::gateway::{
    calls, cursors, digests, index, keys, master_keys, quotas, random, seals, settings, stages, trace, vault,
};
pub use generated::{Composed as Pipeline, ComposedPre as PipelinePre};
pub use owners::OwnerReaderPre;
pub use reader::exports::portcullis::gateway::references;
pub use reader::{RowReader, RowReaderPre};
