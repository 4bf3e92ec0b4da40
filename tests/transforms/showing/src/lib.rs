//! A transform for tests: shows what it is told. It imports nothing that changes by itself.

wit_bindgen::generate!({
    path: "../../../gateway/transform-wit",
    inline: "
        package tests:showing;
        world all {
            import portcullis:transform/log@0.1.0;
            export portcullis:transform/get@0.1.0;
        }
    ",
    world: "tests:showing/all",
    generate_all,
});

use exports::portcullis::transform::get;
use portcullis::transform::types::{Context, Error, Head, Reply};

struct Showing;

impl get::Guest for Showing {
    fn transform(context: Context, _body: Vec<u8>) -> Result<Reply, Error> {
        let shown = format!("{context:?}").into_bytes();
        Ok(Reply { head: Head { status: 200, headers: vec![], metadata: None }, body: Some(shown) })
    }
}

export!(Showing);
