//! Second factors over HTTP: a code opens a session, protects versions, and is good for one call
//! only.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tests::bodies::md5;
use tests::client::{Client, value};
use tests::http::{Request, Response};
use tests::server::Server;
use tests::sign::Credentials;
use tests::totp::{self, Device};

use crate::iam::{call, credentials, element, ok};

/// A device that somebody has, and the step of the next code that was not used.
pub(crate) struct Phone {
    device: Device,
    next: u64,
}

impl Phone {
    /// Makes a device, and gives it to whom `user` names: a parameter, or nothing for whoever asks.
    /// It is enabled by codes of the past, so that some that count are left.
    pub(crate) fn new(admin: &mut Client, name: &str, user: &str) -> Phone {
        let made = ok(admin, &format!("CreateVirtualMFADevice&VirtualMFADeviceName={name}"));
        let device = Device::new(&element(&made, "SerialNumber"), &element(&made, "Base32StringSeed"));
        let picture = BASE64.decode(element(&made, "QRCodePNG")).unwrap();
        assert!(picture.starts_with(b"\x89PNG"));
        let first = totp::now() - 4;
        let (one, two) = (device.code(first), device.code(first + 1));
        let serial_number = &device.serial_number;
        ok(
            admin,
            &format!(
                "EnableMFADevice&SerialNumber={serial_number}&AuthenticationCode1={one}&AuthenticationCode2={two}{user}"
            ),
        );
        Phone { device, next: first + 2 }
    }

    fn code(&mut self) -> String {
        self.next += 1;
        self.device.code(self.next - 1)
    }

    /// Another code, that is wrong.
    fn wrong(&self) -> String {
        let right: Vec<String> = (0..12).map(|ahead| self.device.code(totp::now() - 6 + ahead)).collect();
        (0..100).map(|number| format!("{number:06}")).find(|code| !right.contains(code)).unwrap()
    }

    /// What goes into `x-amz-mfa`.
    pub(crate) fn header(&mut self) -> String {
        let code = self.code();
        format!("{} {code}", self.device.serial_number)
    }
}

fn code_of(response: &Response) -> (u16, String) {
    (response.status, if response.status < 300 { String::new() } else { response.code() })
}

/// The code of an error document of STS and IAM.
fn refused(response: &Response) -> (u16, String) {
    (response.status, element(&response.text(), "Code"))
}

fn denied() -> (u16, String) {
    (403, "AccessDenied".to_owned())
}

fn policy(effect: &str, action: &str, more: &str) -> String {
    let text = format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":{{\"Effect\":\"{effect}\",\"Action\":\"{action}\"{more}}}}}"
    );
    value(&text)
}

const WITH_MFA: &str = ",\"Condition\":{\"Bool\":{\"aws:MultiFactorAuthPresent\":\"true\"}}";

/// A user with an access key and a device.
fn alice(server: &Server) -> (Client, Credentials, Phone) {
    let mut main = server.client();
    ok(&mut main, "CreateUser&UserName=alice");
    let key = credentials(&ok(&mut main, "CreateAccessKey&UserName=alice"));
    let phone = Phone::new(&mut main, "phone", "&UserName=alice");
    (server.client_as(key), key, phone)
}

/// Who signs with temporary credentials.
struct Session {
    client: Client,
    token: String,
}

impl Session {
    fn new(server: &Server, document: &str) -> Session {
        let client = server.client_as(credentials(document));
        Session { client, token: element(document, "SessionToken") }
    }

    fn send(&mut self, request: Request) -> Response {
        self.client.send(request.header("x-amz-security-token", &self.token))
    }
}

#[test]
fn a_session_with_a_code_may_what_takes_a_second_factor() {
    let server = Server::start();
    let mut main = server.client();
    main.put("/photos", "");
    main.put("/photos/cat.jpg", "a picture of a cat");
    let (mut alice, _, mut phone) = alice(&server);
    let allow = policy("Allow", "s3:GetObject", &format!(",\"Resource\":\"*\"{WITH_MFA}"));
    ok(&mut main, &format!("PutUserPolicy&UserName=alice&PolicyName=p&PolicyDocument={allow}"));
    let get = || Request::new("GET", "/photos/cat.jpg");
    assert_eq!(code_of(&alice.send(get())), denied());
    let plain = ok(&mut alice, "GetSessionToken&DurationSeconds=900");
    assert_eq!(code_of(&Session::new(&server, &plain).send(get())), denied());

    let serial_number = phone.device.serial_number.clone();
    let ask = |code: &str| format!("GetSessionToken&SerialNumber={serial_number}&TokenCode={code}");
    let code = phone.code();
    let made = ok(&mut alice, &ask(&code));
    let mut session = Session::new(&server, &made);
    assert_eq!(session.send(get()).status, 200);
    // The same code again, a wrong one, none, a device of nobody.
    for form in [
        ask(&code),
        ask(&phone.wrong()),
        ask("12345"),
        ask("").replace("&TokenCode=", ""),
        format!("GetSessionToken&TokenCode={}", phone.code()),
        ask(&phone.code()).replace("mfa/phone", "mfa/none"),
        ask(&phone.code()).replace("000000000001", "000000000002"),
    ] {
        let response = call(&mut alice, &form);
        assert_eq!(refused(&response), denied(), "{form}");
        assert!(response.text().contains("MultiFactorAuthentication failed"), "{}", response.text());
    }
    // The device is alice's, and nobody else's.
    let code = Phone { next: totp::now() + 1, ..phone }.code();
    assert_eq!(refused(&call(&mut main, &ask(&code))), denied());
    assert_eq!(call(&mut alice, &ask(&code)).status, 200);
    // A session that showed a code may use IAM, the other one may not.
    let get_user = || {
        Request::new("POST", "/")
            .header("content-type", "application/x-www-form-urlencoded")
            .body("Action=GetUser&Version=2010-05-08")
    };
    assert_eq!(refused(&session.send(get_user())), denied());
    let unknown = (403, "InvalidClientTokenId".to_owned());
    assert_eq!(refused(&Session::new(&server, &plain).send(get_user())), unknown);
}

#[test]
fn a_role_may_trust_only_those_who_show_a_code() {
    let server = Server::start();
    let mut main = server.client();
    main.put("/photos", "");
    main.put("/photos/cat.jpg", "a picture of a cat");
    let (mut alice, _, mut phone) = alice(&server);
    let arn = "arn:aws:iam::000000000001:user/alice";
    let trust = policy("Allow", "sts:AssumeRole", &format!(",\"Principal\":{{\"AWS\":\"{arn}\"}}{WITH_MFA}"));
    ok(&mut main, &format!("CreateRole&RoleName=reader&AssumeRolePolicyDocument={trust}"));
    let allow = policy("Allow", "s3:GetObject", &format!(",\"Resource\":\"*\"{WITH_MFA}"));
    ok(&mut main, &format!("PutRolePolicy&RoleName=reader&PolicyName=p&PolicyDocument={allow}"));
    let assume = "AssumeRole&RoleArn=arn:aws:iam::000000000001:role/reader&RoleSessionName=session";
    let response = call(&mut alice, assume);
    assert_eq!(refused(&response), denied());
    assert!(response.text().contains("is not authorized to perform: sts:AssumeRole"), "{}", response.text());
    let serial_number = phone.device.serial_number.clone();
    let with = |code: &str| format!("{assume}&SerialNumber={serial_number}&TokenCode={code}");
    assert_eq!(refused(&call(&mut alice, &with(&phone.wrong()))), denied());
    let made = ok(&mut alice, &with(&phone.code()));
    let mut session = Session::new(&server, &made);
    assert_eq!(session.send(Request::new("GET", "/photos/cat.jpg")).status, 200);
}

#[test]
fn wrong_codes_lock_a_device_until_it_is_synchronized() {
    let server = Server::start();
    let mut main = server.client();
    let (mut alice, _, mut phone) = alice(&server);
    let serial_number = phone.device.serial_number.clone();
    let mut ask = |code: &str| {
        call(&mut alice, &format!("GetSessionToken&SerialNumber={serial_number}&TokenCode={code}")).status
    };
    assert_eq!(ask(&phone.code()), 200);
    for _ in 0..5 {
        assert_eq!(ask(&phone.wrong()), 403);
    }
    assert_eq!(ask(&phone.code()), 403, "a right code, while the device is locked");
    assert!(server.log().contains("is locked for a while, after 5 wrong codes"), "{}", server.log_tail());
    let first = totp::now() + 1;
    let (one, two) = (phone.device.code(first), phone.device.code(first + 1));
    let resync = |one: &str, two: &str| {
        format!(
            "ResyncMFADevice&UserName=alice&SerialNumber={serial_number}&AuthenticationCode1={one}&AuthenticationCode2={two}"
        )
    };
    let invalid = (403, "InvalidAuthenticationCode".to_owned());
    assert_eq!(refused(&call(&mut main, &resync(&two, &one))), invalid);
    ok(&mut main, &resync(&one, &two));
    assert_eq!(refused(&call(&mut main, &resync(&one, &two))), invalid);
    assert_eq!(ask(&phone.device.code(first + 2)), 200);
}

#[test]
fn one_code_opens_one_session_whoever_is_first() {
    let mut server = Server::start();
    let (_, key, mut phone) = alice(&server);
    let serial_number = phone.device.serial_number.clone();
    let form = format!("GetSessionToken&SerialNumber={serial_number}&TokenCode={}", phone.code());
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let asking: Vec<_> =
            (0..8).map(|_| scope.spawn(|| call(&mut server.client_as(key), &form).status)).collect();
        asking.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 403).count(), 7, "{statuses:?}");
    // Nor does a crash bring it back.
    server.kill();
    server.start_again();
    assert_eq!(call(&mut server.client_as(key), &form).status, 403);
    let next = format!("GetSessionToken&SerialNumber={serial_number}&TokenCode={}", phone.code());
    assert_eq!(call(&mut server.client_as(key), &next).status, 200);
}

fn versioning(client: &mut Client, status: &str, mfa_delete: &str, header: Option<&str>) -> Response {
    let mfa_delete = match mfa_delete {
        "" => String::new(),
        state => format!("<MfaDelete>{state}</MfaDelete>"),
    };
    let document =
        format!("<VersioningConfiguration><Status>{status}</Status>{mfa_delete}</VersioningConfiguration>");
    let request = Request::new("PUT", "/photos?versioning")
        .header("content-md5", &BASE64.encode(md5(document.as_bytes())))
        .body(document);
    client.send(with(request, header))
}

fn with(request: Request, header: Option<&str>) -> Request {
    match header {
        Some(header) => request.header("x-amz-mfa", header),
        None => request,
    }
}

fn delete_objects(client: &mut Client, objects: &[(&str, Option<&str>)], header: Option<&str>) -> Response {
    let objects: String = objects
        .iter()
        .map(|(key, version)| {
            let version = version.map(|id| format!("<VersionId>{id}</VersionId>")).unwrap_or_default();
            format!("<Object><Key>{key}</Key>{version}</Object>")
        })
        .collect();
    let document = format!("<Delete>{objects}</Delete>");
    let request = Request::new("POST", "/photos?delete")
        .header("content-md5", &BASE64.encode(md5(document.as_bytes())))
        .body(document);
    client.send(with(request, header))
}

#[test]
fn versions_are_deleted_with_a_code_where_the_bucket_asks_for_one() {
    let server = Server::start();
    let mut main = server.client();
    main.put("/photos", "");
    let mut phone = Phone::new(&mut main, "root-account-mfa-device", "");
    let put = |key: &str| {
        let response = server.client().put(&format!("/photos/{key}"), "a picture");
        response.header("x-amz-version-id").map(str::to_owned)
    };
    // To switch it on takes a code already, and the header must be one.
    for header in [None, Some(format!("{} {}", phone.device.serial_number, phone.wrong()))] {
        let response = versioning(&mut main, "Enabled", "Enabled", header.as_deref());
        assert_eq!(code_of(&response), denied());
    }
    let malformed = versioning(&mut main, "Enabled", "Enabled", Some("123456"));
    assert_eq!(code_of(&malformed), (400, "InvalidArgument".to_owned()));
    let state = |main: &mut Client| main.get("/photos?versioning").text();
    assert!(!state(&mut main).contains("MfaDelete"));
    let header = phone.header();
    assert_eq!(versioning(&mut main, "Enabled", "Enabled", Some(&header)).status, 200);
    assert!(state(&mut main).contains("<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>"));

    let (cat, dog) = (put("cat").unwrap(), put("dog").unwrap());
    let delete = |client: &mut Client, target: &str, header: Option<&str>| {
        client.send(with(Request::new("DELETE", target), header))
    };
    let target = format!("/photos/cat?versionId={cat}");
    let response = delete(&mut main, &target, None);
    assert_eq!(code_of(&response), denied());
    assert!(response.text().contains("Mfa Authentication must be used for this request"));
    assert_eq!(code_of(&delete(&mut main, &target, Some(&header))), denied(), "a code that was used");
    // Hiding an object needs none, and neither does writing one; bringing it back does.
    let marker = delete(&mut main, "/photos/cat", None);
    assert_eq!(marker.status, 204);
    let marker = marker.header("x-amz-version-id").unwrap().to_owned();
    assert_eq!(code_of(&delete(&mut main, &format!("/photos/cat?versionId={marker}"), None)), denied());
    // Of many, none is deleted without.
    let many = [("dog", Some(dog.as_str())), ("bird", None)];
    put("bird");
    assert_eq!(code_of(&delete_objects(&mut main, &many, None)), denied());
    assert_eq!(main.call("GET", "/photos/bird").status, 200);
    let answer = delete_objects(&mut main, &many, Some(&phone.header()));
    assert!(answer.status == 200 && !answer.text().contains("<Error>"), "{}", answer.text());
    assert_eq!(main.call("GET", &format!("/photos/dog?versionId={dog}")).status, 404);
    assert_eq!(delete(&mut main, &target, Some(&phone.header())).status, 204);
    assert_eq!(main.call("GET", &target).status, 404);

    // So does the state itself.
    for (status, mfa_delete) in [("Suspended", ""), ("Enabled", "Disabled"), ("Enabled", "")] {
        assert_eq!(code_of(&versioning(&mut main, status, mfa_delete, None)), denied());
    }
    let mut second = Phone::new(&mut main, "second", "");
    assert_eq!(versioning(&mut main, "Suspended", "", Some(&second.header())).status, 200);
    assert!(state(&mut main).contains("<Status>Suspended</Status><MfaDelete>Enabled</MfaDelete>"));
    assert_eq!(versioning(&mut main, "Enabled", "Disabled", Some(&second.header())).status, 200);
    assert!(state(&mut main).contains("<Status>Enabled</Status><MfaDelete>Disabled</MfaDelete>"));
    assert_eq!(delete(&mut main, &format!("/photos/cat?versionId={marker}"), None).status, 204);
}

#[test]
fn only_the_root_user_of_the_owner_deletes_versions_then() {
    let server = Server::start();
    let mut main = server.client();
    main.put("/photos", "");
    let mut root_phone = Phone::new(&mut main, "root-account-mfa-device", "&UserName=%3Croot_account%3E");
    let header = root_phone.header();
    assert_eq!(versioning(&mut main, "Enabled", "Enabled", Some(&header)).status, 200);
    let put = main.put("/photos/cat", "a picture");
    let target = format!("/photos/cat?versionId={}", put.header("x-amz-version-id").unwrap());
    let (mut alice, _, mut phone) = alice(&server);
    ok(&mut main, "AttachUserPolicy&UserName=alice&PolicyArn=arn:aws:iam::aws:policy/AmazonS3FullAccess");
    // With a code of her own, with one of the root user's, with none.
    for header in [Some(phone.header()), Some(root_phone.header()), None] {
        let request = with(Request::new("DELETE", &target), header.as_deref());
        assert_eq!(code_of(&alice.send(request)), denied(), "{header:?}");
    }
    let response = versioning(&mut alice, "Suspended", "", Some(&phone.header()));
    assert!(response.text().contains("may only be performed by the bucket owner"), "{}", response.text());
    // Who signs nothing has no device.
    let request = with(Request::new("DELETE", &target), Some(&root_phone.header()));
    assert_eq!(code_of(&server.anonymous().send(request)), denied());
    // A session cannot bring a code along, says S3.
    let session = ok(&mut main, "GetSessionToken&DurationSeconds=900");
    let request = with(Request::new("DELETE", &target), Some("arn 123456"));
    let response = Session::new(&server, &session).send(request);
    assert_eq!(code_of(&response), (400, "InvalidRequest".to_owned()));
    let mut spare = Phone::new(&mut main, "spare", "");
    // An administrator cannot take the root user's device.
    ok(&mut main, "AttachUserPolicy&UserName=alice&PolicyArn=arn:aws:iam::aws:policy/IAMFullAccess");
    let take = format!(
        "DeactivateMFADevice&UserName=%3Croot_account%3E&SerialNumber={}",
        spare.device.serial_number
    );
    assert_eq!(call(&mut alice, &take).status, 400);
    let request = with(Request::new("DELETE", &target), Some(&spare.header()));
    assert_eq!(main.send(request).status, 204);
}

#[test]
fn devices_are_listed_and_kept_while_somebody_has_them() {
    let server = Server::start();
    let mut main = server.client();
    let (_, _, mut phone) = alice(&server);
    let serial_number = phone.device.serial_number.clone();
    let fails = |main: &mut Client, form: &str, status: u16, code: &str| {
        assert_eq!(refused(&call(main, form)), (status, code.to_owned()), "{form}");
    };
    fails(&mut main, "CreateVirtualMFADevice&VirtualMFADeviceName=PHONE", 409, "EntityAlreadyExists");
    fails(&mut main, "DeleteUser&UserName=alice", 409, "DeleteConflict");
    let delete = format!("DeleteVirtualMFADevice&SerialNumber={serial_number}");
    fails(&mut main, &delete, 409, "DeleteConflict");
    let enable = format!(
        "EnableMFADevice&SerialNumber={serial_number}&AuthenticationCode1={}&AuthenticationCode2={}",
        phone.code(),
        phone.code()
    );
    fails(&mut main, &enable, 409, "EntityAlreadyExists");
    assert!(ok(&mut main, "ListMFADevices&UserName=alice").contains(&serial_number));
    assert!(!ok(&mut main, "ListMFADevices").contains(&serial_number));
    let listed = ok(&mut main, "ListVirtualMFADevices&AssignmentStatus=Assigned");
    assert!(
        listed.contains("<UserName>alice</UserName>") && !listed.contains("Base32StringSeed"),
        "{listed}"
    );
    assert!(ok(&mut main, "GetAccountSummary").contains("<key>MFADevicesInUse</key><value>1</value>"));
    // Another account sees nothing of it.
    let mut other = server.client_as(Credentials {
        access_key_id: "ABCDEFGHIJKLMNOPQRST",
        secret_access_key: "abcdefghijklmnopqrstuvwxyzabcdefghijklmn",
    });
    assert!(!ok(&mut other, "ListVirtualMFADevices").contains("phone"));
    fails(&mut other, &delete, 404, "NoSuchEntity");
    ok(&mut main, &format!("DeactivateMFADevice&UserName=alice&SerialNumber={serial_number}"));
    assert!(!ok(&mut main, "ListMFADevices&UserName=alice").contains(&serial_number));
    ok(&mut main, &delete);
    fails(&mut main, &delete, 404, "NoSuchEntity");
}

#[test]
fn when_a_key_was_used_is_known_after_a_restart() {
    let mut server = Server::start();
    let mut main = server.client();
    ok(&mut main, "CreateUser&UserName=alice");
    let key = credentials(&ok(&mut main, "CreateAccessKey&UserName=alice"));
    let ask = format!("GetAccessKeyLastUsed&AccessKeyId={}", key.access_key_id);
    assert!(ok(&mut main, &ask).contains("<ServiceName>N/A</ServiceName>"));
    assert_eq!(server.client_as(key).call("GET", "/").status, 403);
    let used = element(&ok(&mut main, &ask), "LastUsedDate");
    server.terminate();
    assert!(server.wait(Duration::from_secs(30)).is_some(), "the server ends");
    server.start_again();
    let known = ok(&mut server.client(), &ask);
    assert_eq!(element(&known, "LastUsedDate"), used);
    assert_eq!(element(&known, "ServiceName"), "s3");
}
