//! Calls against an index in memory.

use gateway::errors::{ErrorCode, Result};
use sdk::bindings::iam::exports::portcullis::gateway::identities::{Guest as _, OwnPolicies};
use sdk::{Identity, IdentityKind};

use crate::form::Form;
use crate::index::memory;
use crate::records::Kind;
use crate::request::Request;
use crate::{Iam, actions, rows, tables};

pub(crate) const ACCOUNT: &str = "000000000001";
pub(crate) const ALLOW: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22\
                     %3A%22s3%3A*%22%2C%22Resource%22%3A%22*%22%7D%7D";
pub(crate) const TRUST: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22\
                     %3A%22sts%3AAssumeRole%22%2C%22Principal%22%3A%7B%22AWS%22%3A%22*%22%7D%7D%7D";

/// A call of the root user.
pub(crate) fn request(form: &str) -> Result<Request> {
    let form = Form::parse(&format!("{form}&Version=2010-05-08"), "")?;
    Ok(Request {
        operation: &actions::find(&form)?.0,
        form,
        principal: Identity {
            kind: IdentityKind::Root,
            account: ACCOUNT.to_owned(),
            canonical_id: String::new(),
            display_name: String::new(),
            user: String::new(),
            unique_id: ACCOUNT.to_owned(),
            arn: format!("arn:aws:iam::{ACCOUNT}:root"),
            access_key_id: "root".to_owned(),
        },
        session: None,
        has_second_factor: false,
        needed_access: None,
        now_ms: 1_369_353_600_000,
        request_id: "R1".to_owned(),
    })
}

/// The document that a call is answered with.
fn call(form: &str) -> Result<String> {
    let request = request(form)?;
    let (_, handle) = actions::find(&request.form)?;
    let reply = handle(&request)?;
    assert!(memory::commit(reply.changes.into_batch()), "{form}");
    Ok(request.document(reply.result))
}

pub(crate) fn ok(form: &str) -> String {
    call(form).unwrap_or_else(|error| panic!("{form}: {error}"))
}

pub(crate) fn fails(form: &str, code: ErrorCode) {
    assert_eq!(call(form).unwrap_err().code, code, "{form}");
}

/// What a user or a role may, as far as it can be read.
fn own(id: impl Into<String>) -> Option<OwnPolicies> {
    Iam::permissions(id.into()).unwrap()
}

pub(crate) fn id_of(kind: Kind, name: &str) -> String {
    rows::entity(ACCOUNT, kind, name).unwrap().record.id
}

#[test]
fn a_user_is_made_shown_renamed_and_deleted() {
    let made = ok("Action=CreateUser&UserName=Alice&Path=/cats/&Tags.member.1.Key=a&Tags.member.1.Value=b");
    assert!(made.contains("<Arn>arn:aws:iam::000000000001:user/cats/Alice</Arn>"), "{made}");
    assert!(made.contains("<CreateDate>2013-05-24T00:00:00Z</CreateDate>"), "{made}");
    assert!(made.ends_with(
        "</CreateUserResult><ResponseMetadata><RequestId>R1</RequestId></ResponseMetadata></CreateUserResponse>"
    ));
    fails("Action=CreateUser&UserName=ALICE", ErrorCode::EntityAlreadyExists);
    let id = id_of(Kind::User, "alice");
    assert!(id.starts_with("AIDA") && id.len() == 21, "{id}");
    ok("Action=UpdateUser&UserName=alice&NewUserName=Bob&NewPath=/");
    fails("Action=GetUser&UserName=alice", ErrorCode::NoSuchEntity);
    assert_eq!(id_of(Kind::User, "bob"), id);
    assert_eq!(rows::by_id(&id).unwrap().unwrap().1.record.name, "Bob");
    ok("Action=DeleteUser&UserName=bob");
    assert_eq!(memory::count(), 0);
    assert!(rows::by_id(&id).unwrap().is_none());
}

#[test]
fn names_that_are_none_are_refused() {
    for form in [
        "Action=CreateUser",
        "Action=CreateUser&UserName=a%20b",
        "Action=CreateUser&UserName=a%2Fb",
        "Action=CreateUser&UserName=a%00b",
        "Action=CreateUser&UserName=a&Path=nowhere",
        "Action=ListUsers&MaxItems=0",
        "Action=ListUsers&MaxItems=1001",
        "Action=ListUsers&MaxItems=many",
        &format!("Action=CreateUser&UserName={}", "a".repeat(65)),
    ] {
        fails(form, ErrorCode::ValidationError);
    }
    fails("Action=Nothing", ErrorCode::InvalidAction);
    fails("Actions=CreateUser", ErrorCode::MissingAction);
    // STS is another service, with another version.
    fails("Action=AssumeRole", ErrorCode::InvalidAction);
}

#[test]
fn pages_hold_every_user_once() {
    for number in 0..7 {
        ok(&format!("Action=CreateUser&UserName=user{number}"));
    }
    let (mut seen, mut marker) = (Vec::new(), String::new());
    loop {
        let page = ok(&format!("Action=ListUsers&MaxItems=3&Marker={marker}"));
        seen.extend(page.split("<UserName>").skip(1).map(|part| part[..5].to_owned()));
        match page.split_once("<Marker>") {
            Some((_, rest)) => marker = rest.split('<').next().unwrap().to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, ["user0", "user1", "user2", "user3", "user4", "user5", "user6"]);
}

#[test]
fn policies_are_told_to_those_who_decide() {
    ok("Action=CreateUser&UserName=alice");
    ok("Action=CreateGroup&GroupName=cats");
    ok("Action=AddUserToGroup&GroupName=cats&UserName=alice");
    ok(&format!("Action=PutUserPolicy&UserName=alice&PolicyName=own&PolicyDocument={ALLOW}"));
    ok(&format!("Action=PutGroupPolicy&GroupName=cats&PolicyName=its&PolicyDocument={ALLOW}"));
    ok(&format!("Action=CreatePolicy&PolicyName=shared&PolicyDocument={ALLOW}"));
    let arn = "arn:aws:iam::000000000001:policy/shared";
    ok(&format!("Action=AttachUserPolicy&UserName=alice&PolicyArn={arn}"));
    let id = id_of(Kind::User, "alice");
    let labels = || {
        let policies = own(id.clone()).unwrap().policies;
        policies.into_iter().map(|source| source.label).collect::<Vec<_>>()
    };
    assert_eq!(labels(), ["alice/own", arn, "cats/its"]);
    for source in own(id.clone()).unwrap().policies {
        assert!(Iam::text(source.id).unwrap().contains("s3:*"));
    }
    // Another text has another id.
    let before = own(id.clone()).unwrap().policies.remove(0).id;
    ok(&format!("Action=PutUserPolicy&UserName=alice&PolicyName=own&PolicyDocument={ALLOW}"));
    assert_ne!(own(id.clone()).unwrap().policies.remove(0).id, before);
    fails(&format!("Action=DeletePolicy&PolicyArn={arn}"), ErrorCode::DeleteConflict);
    ok(&format!("Action=DetachUserPolicy&UserName=alice&PolicyArn={arn}"));
    ok(&format!("Action=DeletePolicy&PolicyArn={arn}"));
    fails("Action=DeleteGroup&GroupName=cats", ErrorCode::DeleteConflict);
    ok("Action=RemoveUserFromGroup&GroupName=cats&UserName=alice");
    assert_eq!(labels(), ["alice/own"]);
    fails("Action=DeleteUser&UserName=alice", ErrorCode::DeleteConflict);
    ok("Action=DeleteUserPolicy&UserName=alice&PolicyName=own");
    ok("Action=DeleteUser&UserName=alice");
    assert!(own(id).is_none());
}

#[test]
fn a_user_of_the_configuration_keeps_all_rights_that_nothing_denies() {
    fails("Action=DeleteUser&UserName=configured", ErrorCode::UnmodifiableEntity);
    fails("Action=CreateUser&UserName=CONFIGURED", ErrorCode::EntityAlreadyExists);
    assert!(own("AIDACONFIGURED".to_owned()).is_none());
    ok(&format!("Action=PutUserPolicy&UserName=configured&PolicyName=own&PolicyDocument={ALLOW}"));
    let own = own("AIDACONFIGURED".to_owned()).unwrap();
    assert_eq!(own.policies[0].label, "arn:aws:iam::aws:policy/AdministratorAccess");
    assert_eq!(own.policies.len(), 2);
}

#[test]
fn an_access_key_signs_while_it_is_active_and_its_user_exists() {
    ok("Action=CreateUser&UserName=alice");
    let made = ok("Action=CreateAccessKey&UserName=alice");
    let id = made.split("<AccessKeyId>").nth(1).unwrap()[..20].to_owned();
    assert!(made.contains("<SecretAccessKey>secret</SecretAccessKey>"));
    let key = Iam::key(id.clone()).unwrap();
    assert_eq!((key.user.as_str(), key.arn.as_str()), ("alice", "arn:aws:iam::000000000001:user/alice"));
    assert!(!ok("Action=ListAccessKeys&UserName=alice").contains("secret"));
    ok(&format!("Action=UpdateAccessKey&UserName=alice&AccessKeyId={id}&Status=Inactive"));
    assert!(Iam::key(id.clone()).is_none());
    ok(&format!("Action=UpdateAccessKey&UserName=alice&AccessKeyId={id}&Status=Active"));
    ok("Action=CreateAccessKey&UserName=alice");
    fails("Action=CreateAccessKey&UserName=alice", ErrorCode::LimitExceeded);
    // Without a name, the keys are those of the principal: the root user.
    fails(&format!("Action=DeleteAccessKey&AccessKeyId={id}"), ErrorCode::NoSuchEntity);
    ok(&format!("Action=DeleteAccessKey&UserName=alice&AccessKeyId={id}"));
    assert!(Iam::key(id).is_none());
}

#[test]
fn a_role_says_whom_it_trusts() {
    ok(&format!("Action=CreateRole&RoleName=reader&Path=/cats/&AssumeRolePolicyDocument={TRUST}"));
    fails(
        &format!("Action=CreateRole&RoleName=other&AssumeRolePolicyDocument={ALLOW}"),
        ErrorCode::MalformedPolicyDocument,
    );
    let trust = Iam::trust("arn:aws:iam::000000000001:role/cats/reader".to_owned()).unwrap();
    assert!(Iam::text(trust.id).unwrap().contains("sts:AssumeRole"));
    for arn in
        ["arn:aws:iam::000000000001:role/reader", "arn:aws:iam::000000000002:role/cats/reader", "reader"]
    {
        assert!(Iam::trust(arn.to_owned()).is_none(), "{arn}");
    }
}

#[test]
fn a_call_needs_its_action_on_its_arn() {
    ok("Action=CreateUser&UserName=alice&Path=/cats/");
    let arn = format!("arn:aws:iam::{ACCOUNT}:");
    let cases = [
        ("Action=CreateUser&UserName=bob", "iam:CreateUser", "user/bob"),
        ("Action=GetUser&UserName=ALICE", "iam:GetUser", "user/cats/alice"),
        ("Action=GetUser", "iam:GetUser", "root"),
        ("Action=ListRoles", "iam:ListRoles", "role/"),
        ("Action=GetPolicy&PolicyArn=arn:aws:iam::000000000001:policy/p", "iam:GetPolicy", "policy/p"),
    ];
    for (form, action, resource) in cases {
        let needed = actions::needed_access::needed_access(&request(form).unwrap()).unwrap();
        assert_eq!((needed.actions, needed.arn), (vec![action.to_owned()], format!("{arn}{resource}")));
    }
}

#[test]
fn the_tables_are_told_apart_by_their_names() {
    let mut names = tables::ALL.to_vec();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), tables::ALL.len());
    assert!(names.iter().all(|name| name.starts_with("iam-")));
    for (at, (own, _)) in actions::ROWS.iter().enumerate() {
        let mut before = actions::ROWS[..at].iter();
        let is_twice = before.any(|(other, _)| other.name == own.name && other.service == own.service);
        assert!(!is_twice, "{} is there twice", own.name);
    }
}

#[test]
fn a_row_that_cannot_be_read_is_an_error() {
    use sdk::{Batch, Put};
    ok("Action=CreateUser&UserName=alice");
    ok(&format!("Action=PutUserPolicy&UserName=alice&PolicyName=p&PolicyDocument={ALLOW}"));
    let id = id_of(Kind::User, "alice");
    assert!(Iam::permissions(id.clone()).unwrap().is_some());
    assert!(Iam::permissions("AIDANOBODY".to_owned()).unwrap().is_none());
    let damaged = Batch {
        require: Vec::new(),
        put: vec![
            Put {
                table: tables::ENTITIES.to_owned(),
                key: tables::entity_key(ACCOUNT, Kind::User, "alice"),
                value: vec![0xFF; 3],
            },
            Put { table: tables::CHANGES.to_owned(), key: tables::CHANGES_KEY.to_vec(), value: Vec::new() },
        ],
        delete: Vec::new(),
        keep: Vec::new(),
        free: Vec::new(),
        usage: None,
        essential: false,
    };
    assert!(memory::commit(damaged));
    assert!(Iam::permissions(id).is_err());
}

#[test]
fn an_account_has_one_alias() {
    fails("Action=DeleteAccountAlias&AccountAlias=cats", ErrorCode::NoSuchEntity);
    ok("Action=CreateAccountAlias&AccountAlias=cats");
    ok("Action=CreateAccountAlias&AccountAlias=cats");
    ok("Action=CreateAccountAlias&AccountAlias=dogs");
    assert!(
        ok("Action=ListAccountAliases").contains("<AccountAliases><member>dogs</member></AccountAliases>")
    );
    // An alias that was given up is free for others. One that another account has is not.
    let mut other = request("Action=CreateAccountAlias&AccountAlias=cats").unwrap();
    "000000000002".clone_into(&mut other.principal.account);
    let (_, handle) = actions::find(&other.form).unwrap();
    assert!(memory::commit(handle(&other).unwrap().changes.into_batch()));
    fails("Action=CreateAccountAlias&AccountAlias=cats", ErrorCode::EntityAlreadyExists);
    fails("Action=DeleteAccountAlias&AccountAlias=cats", ErrorCode::NoSuchEntity);
    ok("Action=DeleteAccountAlias&AccountAlias=dogs");
    assert!(ok("Action=ListAccountAliases").contains("<AccountAliases></AccountAliases>"));
    for alias in ["ab", "-abc", "abc-", "a--b", "Cats", "cats!", &"a".repeat(64)] {
        fails(&format!("Action=CreateAccountAlias&AccountAlias={alias}"), ErrorCode::ValidationError);
    }
}

#[test]
fn everything_of_an_account_is_told_page_by_page() {
    ok("Action=CreateUser&UserName=alice");
    ok("Action=CreateGroup&GroupName=cats");
    ok("Action=AddUserToGroup&GroupName=cats&UserName=alice");
    ok(&format!("Action=PutUserPolicy&UserName=alice&PolicyName=own&PolicyDocument={ALLOW}"));
    ok(&format!("Action=CreatePolicy&PolicyName=shared&PolicyDocument={ALLOW}"));
    ok("Action=AttachUserPolicy&UserName=alice&PolicyArn=arn:aws:iam::000000000001:policy/shared");
    ok(&format!("Action=CreateRole&RoleName=reader&AssumeRolePolicyDocument={TRUST}"));
    let all = ok("Action=GetAccountAuthorizationDetails");
    for part in [
        "<GroupList><member>cats</member></GroupList>",
        "<UserPolicyList><member><PolicyName>own</PolicyName><PolicyDocument>%7B",
        "<PolicyName>shared</PolicyName><PolicyArn>arn:aws:iam::000000000001:policy/shared</PolicyArn>",
        "<RoleName>reader</RoleName>",
        "<PolicyVersionList><member><Document>%7B",
        "<PolicyName>AdministratorAccess</PolicyName>",
        "<IsTruncated>false</IsTruncated>",
    ] {
        assert!(all.contains(part), "{part}: {all}");
    }
    let filtered =
        ok("Action=GetAccountAuthorizationDetails&Filter.member.1=Role&Filter.member.2=LocalManagedPolicy");
    assert!(
        filtered.contains("<UserDetailList></UserDetailList><GroupDetailList></GroupDetailList>"),
        "{filtered}"
    );
    assert!(
        !filtered.contains("AdministratorAccess") && filtered.contains("<PolicyName>shared"),
        "{filtered}"
    );
    fails("Action=GetAccountAuthorizationDetails&Filter.member.1=Cat", ErrorCode::ValidationError);
    let (mut names, mut marker, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = ok(&format!("Action=GetAccountAuthorizationDetails&MaxItems=2&Marker={marker}"));
        names.extend(page.split("<CreateDate>").skip(1).map(|_| ()));
        pages += 1;
        match page.split_once("<Marker>") {
            Some((_, rest)) => marker = rest.split('<').next().unwrap().to_owned(),
            None => break,
        }
    }
    // A user, a group, a role, seven policies; each policy says its date twice, that of its
    // version.
    assert_eq!((names.len(), pages), (3 + 2 * 7, 5));
}

#[test]
fn the_credential_report_has_a_line_for_everybody() {
    use base64::Engine as _;
    ok("Action=CreateUser&UserName=al,ice");
    ok("Action=CreateAccessKey&UserName=al,ice");
    assert!(ok("Action=GenerateCredentialReport").contains("<State>COMPLETE</State>"));
    let report = ok("Action=GetCredentialReport");
    let content = report.split("<Content>").nth(1).unwrap().split('<').next().unwrap();
    let csv = String::from_utf8(base64::engine::general_purpose::STANDARD.decode(content).unwrap()).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 3, "{csv}");
    assert_eq!(lines[0].split(',').count(), 22);
    assert!(lines[1].starts_with("<root_account>,arn:aws:iam::000000000001:root,"));
    assert_eq!(lines[1].split(',').count(), 22);
    assert!(lines[2].starts_with("\"al,ice\","), "{}", lines[2]);
    assert!(lines[2].contains(",true,2013-05-24T00:00:00Z,N/A,N/A,N/A,false,N/A,"), "{}", lines[2]);
}
