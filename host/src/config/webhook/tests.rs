use super::*;

fn entry(text: &str) -> WebhookEntry {
    toml::from_str(&format!("name = \"a\"\nurl = \"http://10.0.0.7/\"\n{text}")).unwrap()
}

#[test]
fn a_webhook_has_defaults() {
    let webhook = entry("");
    assert_eq!((webhook.kind, webhook.time_ms_max, webhook.calls_max), (WebhookKind::Aws, 60_000, 64));
    assert_eq!(webhook.secret().unwrap(), None);
    assert_eq!(entry("kind = \"minio\"").kind, WebhookKind::Minio);
    assert_eq!(entry("token = \"hunter2\"").secret().unwrap().unwrap().reveal(), "hunter2");
    assert!(!format!("{:?}", entry("token = \"hunter2\"")).contains("hunter2"));
}

#[test]
fn a_webhook_that_means_nothing_is_refused() {
    for (text, why) in [
        ("time_ms_max = 0", "time_ms_max"),
        ("time_ms_max = 900001", "time_ms_max"),
        ("calls_max = 0", "calls_max"),
        ("server_url = \"10.0.0.7\"", "server_url"),
        ("server_url = \"http://10.0.0.7/a\"", "server_url"),
        ("server_url = \"http://u@10.0.0.7\"", "server_url"),
    ] {
        let refused = entry(text).check().unwrap_err();
        assert!(refused.starts_with(why), "{text}: {refused}");
    }
    let mut named = entry("");
    named.name = "a/b".to_owned();
    assert!(named.check().is_err());
    assert!(entry("server_url = \"https://s3.test:9000\"").check().is_ok());
    assert!(entry("token = \"a\"\ntoken_file = \"b\"").secret().is_err());
}

#[test]
fn names_are_given_once() {
    let twice = Config { webhooks: vec![entry(""), entry("")], ..Config::default() };
    assert!(twice.check_webhooks().unwrap_err().to_string().contains("already"));
}
