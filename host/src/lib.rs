//! The host of Portcullis: runs the pipeline, lends it capabilities, moves bytes. It knows HTTP, Wasm and files, not S3.
