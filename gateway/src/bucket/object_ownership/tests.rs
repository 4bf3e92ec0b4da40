use super::*;

const OWNER: Account = Account(1);
const WRITER: Account = Account(2);

fn requested(name: &str, value: &str) -> RequestedAcl {
    RequestedAcl::of_headers(&Headers::from_iter([(name, value)])).unwrap()
}

fn find(named: &crate::bucket::acl::NamedGrantee) -> Option<Account> {
    match named {
        crate::bucket::acl::NamedGrantee::Id(id) => id.parse().ok().map(Account),
        _ => None,
    }
}

#[test]
fn a_setting_is_read_back_as_written() {
    for ownership in ObjectOwnership::ALL {
        assert_eq!(ObjectOwnership::parse_document(ownership.document().as_bytes()), Ok(ownership));
        assert_eq!(ObjectOwnership::parse(ownership.name()), Some(ownership));
    }
    for xml in [
        "",
        "<OwnershipControls/>",
        "<OwnershipControls><Rule/></OwnershipControls>",
        "<OwnershipControls><Rule><ObjectOwnership>Me</ObjectOwnership></Rule></OwnershipControls>",
        "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule><Rule/>\
         </OwnershipControls>",
    ] {
        let code = ObjectOwnership::parse_document(xml.as_bytes()).unwrap_err().code;
        assert_eq!(code, ErrorCode::MalformedXML, "{xml}");
    }
}

#[test]
fn the_setting_decides_who_owns_what_others_write() {
    let given = requested("x-amz-acl", "bucket-owner-full-control");
    let cases = [
        (ObjectOwnership::BucketOwnerEnforced, &RequestedAcl::Default, OWNER),
        (ObjectOwnership::BucketOwnerPreferred, &RequestedAcl::Default, WRITER),
        (ObjectOwnership::BucketOwnerPreferred, &given, OWNER),
        (ObjectOwnership::ObjectWriter, &given, WRITER),
    ];
    for (ownership, requested, expected) in cases {
        assert_eq!(ownership.owner_of_new(requested, WRITER, OWNER), expected, "{ownership:?}");
    }
}

#[test]
fn a_bucket_that_is_asked_to_be_private_has_acls() {
    let (enforced, preferred) = (ObjectOwnership::BucketOwnerEnforced, ObjectOwnership::BucketOwnerPreferred);
    let private = requested("x-amz-acl", "private");
    let others = [
        RequestedAcl::Default,
        requested("x-amz-acl", "bucket-owner-full-control"),
        requested("x-amz-grant-full-control", "id=1"),
    ];
    assert_eq!(enforced.of_new_bucket(None, &private), preferred);
    assert_eq!(enforced.of_new_bucket(Some(enforced), &private), enforced);
    for other in &others {
        assert_eq!(enforced.of_new_bucket(None, other), enforced);
    }
    for default in ObjectOwnership::ALL {
        assert_eq!(
            default.of_new_bucket(Some(ObjectOwnership::ObjectWriter), &private).name(),
            "ObjectWriter"
        );
    }
    assert_eq!(ObjectOwnership::ObjectWriter.of_new_bucket(None, &private).name(), "ObjectWriter");
}

#[test]
fn what_the_owner_writes_may_say_that_it_is_private() {
    let check = |value, writer| {
        let requested = requested("x-amz-acl", value);
        let enforced = ObjectOwnership::BucketOwnerEnforced;
        enforced.check_new_object_acl(&requested, writer, OWNER, find).map_err(|error| error.code)
    };
    let refused = Err(ErrorCode::AccessControlListNotSupported);
    assert_eq!(check("private", OWNER), Ok(()));
    assert_eq!(check("private", WRITER), refused);
    for other in ["public-read", "authenticated-read", "bucket-owner-read", "aws-exec-read"] {
        assert_eq!(check(other, OWNER), refused, "{other}");
    }
    assert_eq!(check("bucket-owner-full-control", WRITER), Ok(()));
}

#[test]
fn disabled_acls_can_only_be_what_they_are() {
    let check = |name, value| {
        let enforced = ObjectOwnership::BucketOwnerEnforced;
        enforced.check_object_acl(&requested(name, value), OWNER, find).map_err(|error| error.code)
    };
    let refused = Err(ErrorCode::AccessControlListNotSupported);
    assert_eq!(check("x-amz-acl", "bucket-owner-full-control"), Ok(()));
    assert_eq!(check("x-amz-grant-full-control", "id=1"), Ok(()));
    assert_eq!(check("x-amz-acl", "private"), refused);
    assert_eq!(check("x-amz-acl", "public-read"), refused);
    assert_eq!(check("x-amz-grant-read", "id=1"), refused);
    assert_eq!(check("x-amz-grant-full-control", "id=2"), refused);
    let writer = ObjectOwnership::ObjectWriter;
    assert_eq!(writer.check_object_acl(&requested("x-amz-acl", "public-read"), OWNER, find), Ok(()));
}
