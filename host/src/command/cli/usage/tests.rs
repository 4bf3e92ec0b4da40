use serde_json::json;

use super::*;

#[test]
fn usage_is_a_table() {
    let answer = json!({ "usage": [
        { "account": "123456789012", "buckets": 1, "objects": 12, "bytes": 3456, "bytes_max": 10_000 },
        { "account": "123456789012", "bucket": "photos", "objects": 12, "bytes": 3456 },
    ] });
    assert_eq!(
        render(&answer),
        "ACCOUNT       BUCKET  OBJECTS  BYTES  OBJECTS MAX  BYTES MAX\n\
         123456789012  (all)        12   3456                   10000\n\
         123456789012  photos       12   3456\n"
    );
}
