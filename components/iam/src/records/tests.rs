//! Rows of every table, byte by byte: every later release reads them, and writes the same bytes.
//!
//! `BLESS=1 cargo test -p iam rows` rewrites `tests/rows.txt` beside this file. Lines may be added.
//! A line that changes stands for rows that data folders hold and this release no longer reads.

use std::fmt::Debug;

use crate::index::memory::{self, code_of};
use crate::rows::new_entity;
use crate::tables;
use crate::tests::{ACCOUNT, ALLOW, TRUST, ok};

use serde::de::DeserializeOwned;

use super::*;

/// Rows by name, in the order in which they are written.
#[derive(Default)]
struct Rows(Vec<(String, Vec<u8>)>);

impl Rows {
    /// Adds the row of a record, from which the record is read back.
    fn add<T: Serialize + DeserializeOwned + PartialEq + Debug>(&mut self, name: &str, record: &T) {
        let value = encode(record).unwrap();
        assert_eq!(&decode::<T>(&value).unwrap(), record, "{name}");
        self.push(name.to_owned(), value);
    }

    fn push(&mut self, name: String, value: Vec<u8>) {
        assert!(self.0.iter().all(|(other, _)| *other != name), "{name} is there twice");
        self.0.push((name, value));
    }

    /// `name hex` lines; the hex of an empty value is `-`.
    fn print(&self) -> String {
        let hex = |value: &[u8]| if value.is_empty() { "-".to_owned() } else { gateway::hex::encode(value) };
        self.0.iter().map(|(name, value)| format!("{name} {}\n", hex(value))).collect()
    }
}

#[test]
fn all_rows_are_as_the_golden_file_says() {
    let mut rows = Rows::default();
    entities(&mut rows);
    policies(&mut rows);
    access_keys(&mut rows);
    providers(&mut rows);
    devices(&mut rows);
    written(&mut rows);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/records/tests/rows.txt");
    let came = rows.print();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &came).unwrap();
    }
    let held = std::fs::read_to_string(path).unwrap_or_default();
    for (came, held) in came.lines().zip(held.lines()) {
        assert_eq!(came, held);
    }
    assert_eq!(came.lines().count(), held.lines().count(), "BLESS=1 rewrites {path}");
}

fn texts(of: &[&str]) -> Vec<String> {
    of.iter().map(|text| (*text).to_owned()).collect()
}

fn text(of: &str) -> Option<String> {
    Some(of.to_owned())
}

fn tags() -> Tags {
    [("team", "blue"), ("empty", "")].map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec()
}

/// An entity without anything that need not be there.
fn entity(kind: Kind) -> Entity {
    let plain = new_entity(kind, "Alice".to_owned(), "/cats/".to_owned(), 1_369_353_600_000);
    Entity { id: "AIDA1".to_owned(), ..plain }
}

fn entities(rows: &mut Rows) {
    let mut add = |name: &str, change: &dyn Fn(&mut Entity)| {
        let mut record = entity(Kind::User);
        change(&mut record);
        rows.add(&format!("iam-entities/{name}"), &record);
    };
    for kind in [Kind::User, Kind::Group, Kind::Role] {
        add(&format!("kind-{kind:?}"), &|record| record.kind = kind);
    }
    add("tags", &|record| record.tags = tags());
    add("attached", &|record| record.attached = texts(&["arn:aws:iam::aws:policy/P", "arn:other"]));
    add("inline", &|record| record.inline = texts(&["First", "Second"]));
    add("boundary", &|record| record.boundary = text("arn:boundary"));
    add("groups", &|record| record.groups = texts(&["AGPA1", "AGPA2"]));
    add("trust", &|record| record.trust = text("{\"trust\":1}"));
    add("description", &|record| record.description = text("What it is for"));
    add("configured", &|record| record.is_configured = true);
    // Every field has a value of its own, so that no two change places unseen.
    let full = Entity {
        kind: Kind::Role,
        tags: tags(),
        attached: texts(&["arn:attached"]),
        inline: texts(&["inline"]),
        boundary: text("arn:boundary"),
        groups: texts(&["AGPA1"]),
        trust: text("trust"),
        description: text("description"),
        session_seconds_max: 43_200,
        is_configured: true,
        ..entity(Kind::Role)
    };
    rows.add("iam-entities/full", &full);
}

fn policies(rows: &mut Rows) {
    rows.add("iam-inline/policy", &InlinePolicy { text: "{\"Statement\":[]}".to_owned() });
    rows.add("iam-policy-versions/version", &PolicyVersion { text: "{\"Statement\":[]}".to_owned() });
    let least = ManagedPolicy {
        id: "ANPA1".to_owned(),
        name: "Readers".to_owned(),
        path: "/cats/".to_owned(),
        description: None,
        created_ms: 1_369_353_600_000,
        updated_ms: 1_369_353_600_001,
        tags: Vec::new(),
        default_version: 2,
        latest_version: 300,
        versions: Vec::new(),
        attachments: 4,
        boundaries: 5,
    };
    rows.add("iam-policies/least", &least);
    let full = ManagedPolicy {
        description: text("What it is for"),
        tags: tags(),
        versions: vec![(2, 1_369_353_600_000), (300, 1_369_353_600_001)],
        attachments: u32::MAX,
        ..least
    };
    rows.add("iam-policies/full", &full);
}

fn access_keys(rows: &mut Rows) {
    for is_active in [false, true] {
        let record = AccessKey {
            account: ACCOUNT.to_owned(),
            holder: "AIDA1".to_owned(),
            is_active,
            created_ms: 1_369_353_600_000,
            sealed: vec![0, 0xFF, 7],
        };
        rows.add(&format!("iam-keys/active-{is_active}"), &record);
    }
}

fn providers(rows: &mut Rows) {
    let least = OidcProvider {
        url: "https://accounts.example.com".to_owned(),
        client_ids: Vec::new(),
        thumbprints: Vec::new(),
        created_ms: 1_369_353_600_000,
        tags: Vec::new(),
    };
    rows.add("iam-oidc/least", &least);
    let full = OidcProvider {
        client_ids: texts(&["one", "two"]),
        thumbprints: texts(&["0123456789abcdef0123456789abcdef01234567"]),
        tags: tags(),
        ..least
    };
    rows.add("iam-oidc/full", &full);
}

fn devices(rows: &mut Rows) {
    rows.add("iam-mfa/least", &MfaDevice::default());
    let full = MfaDevice {
        path: "/cats/".to_owned(),
        name: "Phone".to_owned(),
        created_ms: 1_369_353_600_000,
        tags: tags(),
        sealed: vec![0, 0xFF, 7],
        holder: text("AIDA1"),
        enabled_ms: 1_369_353_600_001,
        drift_steps: 3,
        used_step: u64::MAX,
        failures: 5,
        locked_until_ms: 1_369_353_600_002,
    };
    rows.add("iam-mfa/full", &full);
    rows.add("iam-mfa/behind", &MfaDevice { drift_steps: -3, ..full });
}

/// Rows as operations write them, with their keys: what the tables hold besides records.
fn written(rows: &mut Rows) {
    let policy = format!("arn:aws:iam::{ACCOUNT}:policy/cats/Readers");
    let tagged = "Tags.member.1.Key=team&Tags.member.1.Value=blue";
    let first = 1_369_353_600 / 30;
    let codes = format!("AuthenticationCode1={}&AuthenticationCode2={}", code_of(first), code_of(first + 1));
    for form in [
        format!(
            "CreatePolicy&PolicyName=Readers&Path=/cats/&Description=Why&PolicyDocument={ALLOW}&{tagged}"
        ),
        format!("CreatePolicyVersion&PolicyArn={policy}&PolicyDocument={ALLOW}&SetAsDefault=true"),
        format!("CreateUser&UserName=Alice&Path=/cats/&PermissionsBoundary={policy}&{tagged}"),
        "CreateGroup&GroupName=Cats&Path=/cats/".to_owned(),
        "AddUserToGroup&GroupName=Cats&UserName=Alice".to_owned(),
        format!(
            "CreateRole&RoleName=Night&Description=Why&MaxSessionDuration=7200&AssumeRolePolicyDocument={TRUST}"
        ),
        format!("AttachUserPolicy&UserName=Alice&PolicyArn={policy}"),
        format!("PutUserPolicy&UserName=Alice&PolicyName=Own&PolicyDocument={ALLOW}"),
        format!("PutUserPolicy&UserName=configured&PolicyName=Own&PolicyDocument={ALLOW}"),
        "CreateAccessKey&UserName=Alice".to_owned(),
        "CreateVirtualMFADevice&VirtualMFADeviceName=Phone&Path=/cats/".to_owned(),
        format!("EnableMFADevice&UserName=Alice&SerialNumber=arn:aws:iam::{ACCOUNT}:mfa/cats/Phone&{codes}"),
        "CreateAccountAlias&AccountAlias=felines".to_owned(),
        "CreateOpenIDConnectProvider&Url=https://accounts.example.com/a&ClientIDList.member.1=one".to_owned(),
    ] {
        ok(&format!("Action={form}"));
    }
    for table in tables::ALL {
        let of_table = memory::table(table);
        assert!(!of_table.is_empty(), "no operation above writes {table}");
        for (key, value) in of_table {
            rows.push(format!("written/{table}/{}", key.escape_ascii()), value);
        }
    }
}
