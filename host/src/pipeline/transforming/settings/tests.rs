use super::*;

const ARN: &str = "arn:aws:lambda:us-east-1:111122223333:function:redact";

#[test]
fn a_version_is_not_part_of_what_secrets_are_sealed_for() {
    assert_eq!(unqualified(ARN), ARN);
    assert_eq!(unqualified(&format!("{ARN}:3")), ARN);
    assert_eq!(unqualified("none"), "none");
}

#[test]
fn secrets_open_for_their_function_and_name_alone() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(folder.path()).unwrap();
    let sealed = BASE64.encode(vault.seal_secret(ARN, "TOKEN", "hush").unwrap());
    let read = |arn: &str, name: &str| {
        let text = format!(
            r#"{{"grants":["clock"],"limits":{{"time_ms_max":5}},"secrets":{{"{name}":"{sealed}"}}}}"#
        );
        read(&text, arn, &vault)
    };
    let (grants, limits) = read(&format!("{ARN}:7"), "TOKEN").unwrap();
    assert_eq!(grants.secrets.unwrap()["TOKEN"].reveal(), "hush");
    assert!(grants.clock && limits.time_max.as_millis() == 5);
    assert!(read(&format!("{ARN}-2"), "TOKEN").is_err());
    assert!(read(ARN, "OTHER").is_err());
}

#[test]
fn settings_that_cannot_be_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(folder.path()).unwrap();
    let why = |text: &str| format!("{:#}", read(text, ARN, &vault).unwrap_err());
    assert!(why(r#"{"grants":["everything"]}"#).contains("nothing called `everything`"));
    assert!(why(r#"{"limits":{"cpu_ms_max":0}}"#).contains("cpu_ms_max = 0"));
    assert!(why(r#"{"limits":{"colour":1}}"#).contains("its settings"));
    assert!(read("", ARN, &vault).is_ok());
}
