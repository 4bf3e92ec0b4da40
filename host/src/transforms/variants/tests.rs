use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyExt as _;

use super::{Spooled, VARIANT_BYTES_BESIDES, Variant, Variants};
use crate::transforms::body::ReplyBody;
use crate::transforms::reply::ReplyHead;

fn head() -> ReplyHead {
    ReplyHead { status: 200, headers: Vec::new(), metadata: None }
}

async fn variant(variants: &Variants, text: &str) -> Arc<Variant> {
    let body = ReplyBody::whole(Bytes::copy_from_slice(text.as_bytes()));
    match variants.spool(head(), body, 1 << 20, "111122223333").await.unwrap() {
        Spooled::Whole(variant) => variant,
        Spooled::TooLong(..) => panic!("{text}"),
    }
}

async fn text(variant: &Variant) -> String {
    let (body, before) = variant.body_from(0);
    assert_eq!(before, 0);
    String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn a_variant_is_kept_until_its_object_changes() {
    let folder = tempfile::tempdir().unwrap();
    let variants = Variants::new(folder.path().to_owned(), 1 << 20);
    let key = [1; 32];
    assert!(variants.get(&key).is_none());
    variants.keep(key, ("photos", "cat"), variant(&variants, "small cat").await);
    assert_eq!(text(&variants.get(&key).unwrap()).await, "small cat");
    variants.forget("photos", "dog");
    assert!(variants.get(&key).is_some());
    variants.forget("photos", "cat");
    assert!(variants.get(&key).is_none());
    assert_eq!((variants.figures().count, variants.figures().bytes), (0, 0));
}

#[tokio::test]
async fn the_one_that_was_not_used_for_longest_goes_first() {
    let folder = tempfile::tempdir().unwrap();
    let variants = Variants::new(folder.path().to_owned(), 2 * (VARIANT_BYTES_BESIDES + 10));
    for number in 1..=3 {
        variants.keep([number; 32], ("b", "k"), variant(&variants, "0123456789").await);
        // The first one is used all the time.
        assert!(variants.get(&[1; 32]).is_some());
    }
    assert!(variants.get(&[2; 32]).is_none());
    assert!(variants.get(&[3; 32]).is_some());
}

#[tokio::test]
async fn one_makes_what_several_ask_for() {
    let folder = tempfile::tempdir().unwrap();
    let variants = Arc::new(Variants::new(folder.path().to_owned(), 1 << 20));
    let key = [7; 32];
    let lead = variants.lead(&key).await.unwrap().unwrap_err();
    let waits = tokio::spawn({
        let variants = Arc::clone(&variants);
        async move { variants.lead(&key).await.unwrap().map(|variant| variant.length()).map_err(drop) }
    });
    tokio::task::yield_now().await;
    assert!(!waits.is_finished());
    variants.keep(key, ("b", "k"), variant(&variants, "made once").await);
    drop(lead);
    assert_eq!(waits.await.unwrap(), Ok(9));
    assert_eq!((variants.figures().hits, variants.figures().misses), (1, 1));
}
