use super::*;
use crate::pipeline::webhooks::input::presigned;
use crate::pipeline::webhooks::waiting::{ID_LETTERS_COUNT, Secrets};

fn config(text: &str) -> Config {
    let webhook = toml::from_str(text).unwrap();
    Config { webhooks: vec![webhook], ..Config::default() }
}

fn refused(text: &str) -> String {
    Webhooks::new(&config(text)).unwrap_err().to_string()
}

#[test]
fn a_webhook_has_an_address_and_a_token_that_can_be_sent() {
    let url = "name = \"a\"\nurl = \"http://10.0.0.7:8080/f\"\n";
    let webhooks = Webhooks::new(&config(&format!("{url}kind = \"minio\""))).unwrap();
    assert_eq!(webhooks.names(), "minio/a");
    assert!(!webhooks.has_waiting());
    for url in ["10.0.0.7", "ftp://10.0.0.7/", "http://u:p@10.0.0.7/", "http:///a", ""] {
        let refused = refused(&format!("name = \"a\"\nurl = \"{url}\""));
        assert!(refused.contains("webhooks[0]: url"), "{refused}");
    }
    for token in ["", "a b c", "a\\nb: c d", "schlüssel"] {
        let refused = refused(&format!("{url}token = \"{token}\""));
        assert!(refused.contains("token") && !refused.contains("schl"), "{refused}");
    }
}

#[test]
fn a_token_alone_is_a_bearer_token() {
    let value = |text: &str| authorization(&Secret::new(text)).unwrap();
    assert_eq!(value("abc").reveal(), "Bearer abc");
    assert_eq!(value("Basic YTpi").reveal(), "Basic YTpi");
}

#[test]
fn secrets_are_drawn_anew_for_each_call() {
    let (one, other) = (Secrets::draw().unwrap(), Secrets::draw().unwrap());
    assert_eq!(one.id.len(), ID_LETTERS_COUNT);
    assert!(one.token.starts_with(&one.id) && one.token.len() > 64);
    assert!(one.id != other.id && one.token != other.token && one.signature != other.signature);
    assert!(!one.token.contains(&one.signature));
}

#[test]
fn the_url_has_the_form_of_a_presigned_one() {
    assert_eq!(
        presigned("/cat.jpg?versionId=1", "PCIN1", "ab", "20130524T000000Z", "us-east-1", 61),
        "/cat.jpg?versionId=1&X-Amz-Algorithm=AWS4-HMAC-SHA256\
         &X-Amz-Credential=PCIN1%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
         &X-Amz-Date=20130524T000000Z&X-Amz-Expires=61&X-Amz-SignedHeaders=host&X-Amz-Signature=ab"
    );
    assert!(presigned("/", "i", "s", "20130524T000000Z", "r", 1).starts_with("/?X-Amz-Algorithm="));
}

#[test]
fn a_queue_has_an_end() {
    let queue = AtomicUsize::new(0);
    let first = Queued::join(&queue, 1);
    assert!(first.is_some());
    assert!(Queued::join(&queue, 1).is_none());
    drop(first);
    assert_eq!(queue.load(Ordering::Relaxed), 0);
    assert!(Queued::join(&queue, 1).is_some());
}
