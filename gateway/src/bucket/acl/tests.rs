use super::*;
use crate::errors::ErrorCode;
use crate::request::headers::Headers;

const MAIN: Account = Account(1);
const ALT: Account = Account(2);

fn find(named: &NamedGrantee) -> Option<Account> {
    match named {
        NamedGrantee::Id(id) => id.parse().ok().map(Account),
        NamedGrantee::Email(address) => (address == "alt@example.com").then_some(ALT),
        NamedGrantee::Group(_) => None,
    }
}

fn parties() -> Parties {
    Parties { owner: MAIN, bucket_owner: Some(MAIN) }
}

fn of_headers(headers: &[(&str, &str)]) -> crate::errors::Result<Acl> {
    let requested = RequestedAcl::of_headers(&Headers::from_iter(headers.iter().copied()))?;
    requested.resolve(parties(), find)
}

fn grant(grantee: Grantee, permission: Permission) -> Grant {
    Grant { grantee, permission }
}

#[test]
fn a_canned_acl_stands_for_grants() {
    let owner = full_control(ALT);
    let all = |permission| grant(Grantee::Group(Group::AllUsers), permission);
    let bucket_owner = |permission| grant(Grantee::Account(MAIN), permission);
    let log = |permission| grant(Grantee::Group(Group::LogDelivery), permission);
    let cases = [
        ("private", vec![owner]),
        ("public-read", vec![all(Permission::Read), owner]),
        ("public-read-write", vec![all(Permission::Read), all(Permission::Write), owner]),
        ("aws-exec-read", vec![owner]),
        (
            "authenticated-read",
            vec![grant(Grantee::Group(Group::AuthenticatedUsers), Permission::Read), owner],
        ),
        ("bucket-owner-read", vec![owner, bucket_owner(Permission::Read)]),
        ("bucket-owner-full-control", vec![owner, bucket_owner(Permission::FullControl)]),
        ("log-delivery-write", vec![log(Permission::Write), log(Permission::ReadAcp), owner]),
    ];
    for (name, grants) in cases {
        let acl = Canned::parse(name).unwrap().expand(Parties { owner: ALT, bucket_owner: Some(MAIN) });
        assert_eq!(acl.grants, grants, "{name}");
        assert_eq!(acl.is_public(), name.starts_with("public") || name == "authenticated-read", "{name}");
        let own = Canned::parse(name).unwrap().expand(parties());
        assert_eq!(own.is_private(MAIN), acl.is_private(ALT) || name.starts_with("bucket-owner"), "{name}");
    }
    let error = Canned::parse("public-ready").unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidArgument);
    assert_eq!(error.details[1], ("ArgumentValue", "public-ready".to_owned()));
}

#[test]
fn headers_grant() {
    let acl = of_headers(&[
        ("x-amz-grant-full-control", "emailAddress=\"alt@example.com\""),
        ("x-amz-grant-read", "id=2, uri=\"http://acs.amazonaws.com/groups/global/AllUsers\""),
    ]);
    let expected = [
        grant(Grantee::Account(ALT), Permission::Read),
        grant(Grantee::Group(Group::AllUsers), Permission::Read),
        grant(Grantee::Account(ALT), Permission::FullControl),
    ];
    assert_eq!(acl.unwrap().grants, expected);
    assert_eq!(of_headers(&[]).unwrap(), Acl::private(MAIN));
}

#[test]
fn each_wrong_header_has_its_code() {
    let many = "id=1,".repeat(101);
    let cases: [(&[(&str, &str)], ErrorCode); 8] = [
        (&[("x-amz-acl", "private"), ("x-amz-grant-read", "id=1")], ErrorCode::InvalidRequest),
        (&[("x-amz-acl", "x")], ErrorCode::InvalidArgument),
        (&[("x-amz-grant-read", "1")], ErrorCode::InvalidArgument),
        (&[("x-amz-grant-read", "name=1")], ErrorCode::InvalidArgument),
        (&[("x-amz-grant-read", "id=nobody")], ErrorCode::InvalidArgument),
        (&[("x-amz-grant-read", "uri=\"http://x\"")], ErrorCode::InvalidArgument),
        (&[("x-amz-grant-read", "emailAddress=x@example.com")], ErrorCode::UnresolvableGrantByEmailAddress),
        (&[("x-amz-grant-read", &many)], ErrorCode::MalformedACLError),
    ];
    for (headers, code) in cases {
        assert_eq!(of_headers(headers).unwrap_err().code, code, "{headers:?}");
    }
}

fn of_document(xml: &str) -> crate::errors::Result<Acl> {
    RequestedAcl::of_request(&Headers::default(), xml.as_bytes())?.resolve(parties(), find)
}

fn policy(owner: &str, grants: &str) -> String {
    format!(
        "<AccessControlPolicy><Owner><ID>{owner}</ID></Owner><AccessControlList>{grants}\
         </AccessControlList></AccessControlPolicy>"
    )
}

fn element(kind: &str, grantee: &str, permission: &str) -> String {
    format!(
        "<Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"{kind}\">{grantee}\
         </Grantee><Permission>{permission}</Permission></Grant>"
    )
}

#[test]
fn a_document_is_read_back_as_written() {
    let acl = Acl {
        grants: vec![
            grant(Grantee::Group(Group::AllUsers), Permission::Read),
            grant(Grantee::Group(Group::LogDelivery), Permission::Write),
            grant(Grantee::Account(ALT), Permission::ReadAcp),
            grant(Grantee::Account(MAIN), Permission::WriteAcp),
            grant(Grantee::Account(MAIN), Permission::FullControl),
        ],
    };
    let name = |account: Account| PrintedAccount {
        id: account.0.to_string(),
        display_name: if account == MAIN { "main & co".to_owned() } else { String::new() },
    };
    let xml = document(MAIN, &acl, name);
    assert_eq!(of_document(&xml).unwrap(), acl);
    assert!(xml.contains("<Owner><ID>1</ID><DisplayName>main &amp; co</DisplayName></Owner>"), "{xml}");
    assert!(xml.contains("xsi:type=\"CanonicalUser\"><ID>2</ID></Grantee><Permission>READ_ACP</Permission>"));
}

#[test]
fn a_document_names_grantees_in_three_ways() {
    let grants = [
        element("CanonicalUser", "<ID>2</ID><DisplayName>x</DisplayName>", "READ"),
        element("AmazonCustomerByEmail", "<EmailAddress>alt@example.com</EmailAddress>", "WRITE"),
        element("Group", "<URI>http://acs.amazonaws.com/groups/s3/LogDelivery</URI>", "READ_ACP"),
    ];
    let expected = [
        grant(Grantee::Account(ALT), Permission::Read),
        grant(Grantee::Account(ALT), Permission::Write),
        grant(Grantee::Group(Group::LogDelivery), Permission::ReadAcp),
    ];
    assert_eq!(of_document(&policy("1", &grants.concat())).unwrap().grants, expected);
    assert_eq!(of_document(&policy("1", "")).unwrap().grants, []);
}

#[test]
fn each_wrong_document_has_its_code() {
    let many = element("CanonicalUser", "<ID>1</ID>", "READ").repeat(101);
    let cases = [
        ("<AccessControlPolicy/>".to_owned(), ErrorCode::MalformedACLError),
        ("<Other/>".to_owned(), ErrorCode::MalformedACLError),
        ("x".to_owned(), ErrorCode::MalformedACLError),
        (policy("1", "<Grant/>"), ErrorCode::MalformedACLError),
        (policy("1", &element("CanonicalUser", "<ID>1</ID>", "DANCE")), ErrorCode::MalformedACLError),
        (policy("1", &element("Nobody", "<ID>1</ID>", "READ")), ErrorCode::MalformedACLError),
        (policy("1", &many), ErrorCode::MalformedACLError),
        (policy("1", &element("CanonicalUser", "<ID>x</ID>", "READ")), ErrorCode::InvalidArgument),
        (policy("1", &element("Group", "<URI>x</URI>", "READ")), ErrorCode::InvalidArgument),
        (
            policy("1", &element("AmazonCustomerByEmail", "<EmailAddress>x</EmailAddress>", "READ")),
            ErrorCode::UnresolvableGrantByEmailAddress,
        ),
        (policy("2", ""), ErrorCode::AccessDenied),
        (String::new(), ErrorCode::MissingSecurityHeader),
    ];
    for (xml, code) in cases {
        assert_eq!(of_document(&xml).unwrap_err().code, code, "{xml}");
    }
    let headers = Headers::from_iter([("x-amz-acl", "private")]);
    let both = RequestedAcl::of_request(&headers, policy("1", "").as_bytes()).unwrap_err();
    assert_eq!(both.code, ErrorCode::UnexpectedContent);
}

#[test]
fn a_grant_permits_what_it_says_to_whom_it_says() {
    let acl = |grantee, permission| Acl { grants: vec![grant(grantee, permission)] };
    let all = acl(Grantee::Group(Group::AllUsers), Permission::Read);
    let signed = acl(Grantee::Group(Group::AuthenticatedUsers), Permission::Read);
    let alt = acl(Grantee::Account(ALT), Permission::FullControl);
    let check = |acl: &Acl, account, wanted, public, expected| {
        assert_eq!(acl.grant_to(account, wanted, public), expected, "{acl:?} {account:?} {wanted:?}");
    };
    let (count, ignored) = (PublicGrants::Count, PublicGrants::Ignored);
    check(&all, None, Permission::Read, count, AclGrant::Everyone);
    check(&all, Some(ALT), Permission::Read, count, AclGrant::Everyone);
    check(&all, None, Permission::Write, count, AclGrant::None);
    check(&all, None, Permission::Read, ignored, AclGrant::None);
    check(&signed, None, Permission::Read, count, AclGrant::None);
    check(&signed, Some(ALT), Permission::Read, count, AclGrant::Everyone);
    check(&signed, Some(ALT), Permission::Read, ignored, AclGrant::None);
    // A grant to the canonical id of `anonymous`, also as the owner, is as public as a grant to a
    // group.
    let nobodys = Acl::private(Account::ANONYMOUS);
    check(&nobodys, None, Permission::Read, count, AclGrant::Everyone);
    for permission in Permission::ALL {
        check(&nobodys, None, permission, ignored, AclGrant::None);
    }
    let named = acl(Grantee::Account(Account::ANONYMOUS), Permission::Read);
    check(&named, None, Permission::Read, ignored, AclGrant::None);
    for own in [&nobodys, &named] {
        assert!(own.is_public() && own.is_public_beside(MAIN));
    }
    assert!(!nobodys.is_public_beside(Account::ANONYMOUS) && named.is_public_beside(Account::ANONYMOUS));
    check(&Acl::private(Account::ANONYMOUS), Some(ALT), Permission::Read, count, AclGrant::None);
    for permission in Permission::ALL {
        check(&alt, Some(ALT), permission, ignored, AclGrant::Account);
        check(&alt, Some(MAIN), permission, count, AclGrant::None);
        check(&alt, None, permission, count, AclGrant::None);
    }
}
