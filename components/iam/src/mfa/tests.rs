//! Devices made, given away and taken back, against an index in memory.

use gateway::errors::ErrorCode;

use crate::actions::needed_access::needed_access;
use crate::index::memory::{self, code_of};
use crate::tests::{fails, ok, request};

/// The step in which the calls of tests arrive.
const NOW: u64 = 1_369_353_600 / 30;
const PHONE: &str = "arn:aws:iam::000000000001:mfa/cats/Phone";

fn make() -> String {
    ok(
        "Action=CreateVirtualMFADevice&VirtualMFADeviceName=Phone&Path=/cats/&Tags.member.1.Key=a&Tags.member.1.Value=b",
    )
}

fn with_codes(action: &str, more: &str, first: u64) -> String {
    let (one, two) = (code_of(first), code_of(first + 1));
    format!("Action={action}&SerialNumber={PHONE}&AuthenticationCode1={one}&AuthenticationCode2={two}{more}")
}

#[test]
fn a_device_is_made_given_and_taken_back() {
    let made = make();
    assert!(made.contains(&format!("<SerialNumber>{PHONE}</SerialNumber>")), "{made}");
    // SEED
    assert!(made.contains("<Base32StringSeed>U0VFRA==</Base32StringSeed><QRCodePNG>iVBORw0KGgo"), "{made}");
    fails(
        "Action=CreateVirtualMFADevice&VirtualMFADeviceName=phone&Path=/CATS/",
        ErrorCode::EntityAlreadyExists,
    );
    ok("Action=CreateUser&UserName=alice");
    let alice = "&UserName=alice";
    for (codes, error) in [
        (with_codes("EnableMFADevice", alice, NOW - 7), ErrorCode::InvalidAuthenticationCode),
        (with_codes("EnableMFADevice", alice, NOW + 6), ErrorCode::InvalidAuthenticationCode),
        (with_codes("EnableMFADevice", "&UserName=bob", NOW), ErrorCode::NoSuchEntity),
        (with_codes("EnableMFADevice", alice, NOW).replace("cats", "dogs"), ErrorCode::NoSuchEntity),
        (with_codes("EnableMFADevice", alice, NOW).replace("Phone", "phone"), ErrorCode::NoSuchEntity),
        (with_codes("EnableMFADevice", alice, NOW).replace("Code1=", "Code1=1"), ErrorCode::ValidationError),
        (with_codes("ResyncMFADevice", alice, NOW), ErrorCode::NoSuchEntity),
        (format!("Action=DeactivateMFADevice&SerialNumber={PHONE}{alice}"), ErrorCode::NoSuchEntity),
        (format!("Action=GetMFADevice&SerialNumber={PHONE}{alice}"), ErrorCode::NoSuchEntity),
    ] {
        fails(&codes, error);
    }
    ok(&with_codes("EnableMFADevice", alice, NOW - 1));
    fails(&with_codes("EnableMFADevice", alice, NOW), ErrorCode::EntityAlreadyExists);
    assert!(ok("Action=ListMFADevices&UserName=alice").contains(PHONE));
    assert!(ok(&format!("Action=GetMFADevice&SerialNumber={PHONE}{alice}")).contains("<UserName>alice"));
    assert!(!ok("Action=ListMFADevices").contains(PHONE));
    assert!(ok("Action=ListVirtualMFADevices&AssignmentStatus=Assigned").contains("user/alice</Arn>"));
    assert!(!ok("Action=ListVirtualMFADevices&AssignmentStatus=Unassigned").contains(PHONE));
    fails("Action=ListVirtualMFADevices&AssignmentStatus=Lost", ErrorCode::ValidationError);
    fails(&format!("Action=DeleteVirtualMFADevice&SerialNumber={PHONE}"), ErrorCode::DeleteConflict);
    fails("Action=DeleteUser&UserName=alice", ErrorCode::DeleteConflict);
    // A code that was used does not set the clock again.
    fails(&with_codes("ResyncMFADevice", alice, NOW), ErrorCode::InvalidAuthenticationCode);
    ok(&with_codes("ResyncMFADevice", alice, NOW + 1));
    ok(&format!("Action=DeactivateMFADevice&SerialNumber={PHONE}{alice}"));
    // Nor does it after the device went to another user: the root user.
    fails(&with_codes("EnableMFADevice", "", NOW + 1), ErrorCode::InvalidAuthenticationCode);
    ok(&with_codes("EnableMFADevice", "&UserName=%3Croot_account%3E", NOW + 3));
    assert!(ok("Action=ListVirtualMFADevices").contains(":root</Arn>"));
    assert!(ok("Action=GetAccountSummary").contains("<key>AccountMFAEnabled</key><value>1</value>"));
    ok(&format!("Action=DeactivateMFADevice&SerialNumber={PHONE}"));
    ok(&format!("Action=DeleteVirtualMFADevice&SerialNumber={PHONE}"));
    ok("Action=DeleteUser&UserName=alice");
    assert_eq!(memory::count(), 0);
}

#[test]
fn a_device_has_tags() {
    make();
    let tags = || ok(&format!("Action=ListMFADeviceTags&SerialNumber={PHONE}"));
    assert!(tags().contains("<Key>a</Key><Value>b</Value>"));
    ok(&format!("Action=TagMFADevice&SerialNumber={PHONE}&Tags.member.1.Key=c&Tags.member.1.Value=d"));
    ok(&format!("Action=UntagMFADevice&SerialNumber={PHONE}&TagKeys.member.1=A"));
    assert!(tags().contains("<Tags><member><Key>c</Key><Value>d</Value></member></Tags>"), "{}", tags());
    let needed =
        needed_access(&request(&format!("Action=TagMFADevice&SerialNumber={PHONE}")).unwrap()).unwrap();
    assert_eq!((needed.actions, needed.arn), (vec!["iam:TagMFADevice".to_owned()], PHONE.to_owned()));
    assert!(needed.context.contains(&("aws:ResourceTag/c".to_owned(), vec!["d".to_owned()])));
}

#[test]
fn a_user_has_up_to_eight_devices() {
    ok("Action=CreateUser&UserName=alice");
    for number in 0..9 {
        ok(&format!("Action=CreateVirtualMFADevice&VirtualMFADeviceName=phone{number}"));
        let (one, two) = (code_of(NOW), code_of(NOW + 1));
        let form = format!(
            "Action=EnableMFADevice&SerialNumber=arn:aws:iam::000000000001:mfa/phone{number}&UserName=alice&\
             AuthenticationCode1={one}&AuthenticationCode2={two}"
        );
        match number {
            8 => fails(&form, ErrorCode::LimitExceeded),
            _ => drop(ok(&form)),
        }
    }
    assert_eq!(ok("Action=ListMFADevices&UserName=alice&MaxItems=8").matches("<member>").count(), 8);
    assert!(ok("Action=ListMFADevices&UserName=alice&MaxItems=7").contains("<Marker>/phone6</Marker>"));
}

#[test]
fn a_code_that_came_along_is_a_condition() {
    let mut request =
        request("Action=CreateUser&UserName=alice&Tags.member.1.Key=aws:MultiFactorAuthPresent&Tags.member.1.Value=true")
            .unwrap();
    let has = |request: &crate::request::Request| {
        let context = needed_access(request).unwrap().context;
        context.iter().any(|(key, _)| key == "aws:MultiFactorAuthPresent")
    };
    assert!(!has(&request));
    request.has_second_factor = true;
    assert!(has(&request));
}
