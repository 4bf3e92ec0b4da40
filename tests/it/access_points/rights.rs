//! Who may do what by an access point: both it and the bucket have to allow.

use std::fmt::Write as _;

use serde_json::Value;

use super::*;
use tests::server::free_ports;
use tests::workspace;

const NO_POLICY: &str = "";
const EVERYBODY: &str = "\"*\"";
const THEM: &str = "{\"AWS\":\"000000000002\"}";

fn allow(resources: &str) -> String {
    format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":{resources}}}]}}"
    )
}

/// Rows: the policy of the access point, and that of the bucket. Columns: who reads an object by
/// the access point. The same by the bucket's own name stands behind it, to see what the access
/// point makes of it.
#[test]
fn the_matrix_is_as_written() {
    let (server, mut main, alias) = with_reports(UNBLOCKED);
    let delegated = "{\"StringEquals\":{\"s3:DataAccessPointAccount\":\"000000000001\"}}";
    let mut who = [
        ("root", server.client()),
        ("bucket-user", user(&server, "bucket-user", &allow("\"arn:aws:s3:::photos/*\""))),
        ("point-user", user(&server, "point-user", &allow(&format!("\"{ARN}/object/*\"")))),
        ("no-user", user(&server, "no-user", &allow("\"arn:aws:s3:::other/*\""))),
        ("other", server.client_as(ALT)),
        ("anonymous", server.anonymous()),
    ];
    let mut matrix = String::new();
    for (point_name, point) in [
        ("no policy", NO_POLICY.to_owned()),
        ("allows all", by_point("Allow", EVERYBODY)),
        ("allows other", by_point("Allow", THEM)),
        ("denies all", by_point("Deny", EVERYBODY)),
    ] {
        match point.as_str() {
            NO_POLICY => main.send(control("DELETE", "accesspoint/reports/policy", OWN)),
            point => put_policy(&mut main, "reports", point),
        };
        for (bucket_name, bucket) in [
            ("no policy", NO_POLICY.to_owned()),
            ("allows all", of_bucket("Allow", EVERYBODY, "{}")),
            ("delegates", of_bucket("Allow", EVERYBODY, delegated)),
            ("denies all", of_bucket("Deny", EVERYBODY, "{}")),
        ] {
            match bucket.as_str() {
                NO_POLICY => drop(main.call("DELETE", "/photos?policy")),
                bucket => put_bucket_policy(&mut main, bucket),
            }
            let _ = write!(matrix, "{point_name} / {bucket_name}:");
            for (name, client) in &mut who {
                let by_point = client.call("GET", &format!("/{alias}/cat.jpg")).status == 200;
                let direct = client.call("GET", "/photos/cat.jpg").status == 200;
                let word = match (by_point, direct) {
                    (true, true) => "both",
                    (true, false) => "point",
                    (false, true) => "bucket",
                    (false, false) => "-",
                };
                let _ = write!(matrix, " {name}={word}");
            }
            matrix.push('\n');
        }
    }
    let path = workspace::tests().join("it/access_points/matrix.txt");
    if workspace::blessing() {
        std::fs::write(&path, &matrix).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(matrix, written, "BLESS=1 writes {}", path.display());
}

#[test]
fn a_bucket_of_another_account_is_reached_when_it_delegates() {
    let server = server();
    let (mut main, mut other) = (server.client(), server.other_client());
    main.put("/photos", "");
    main.put("/photos/cat.jpg", "a picture of a cat");
    let account = format!("<BucketAccountId>{OWN}</BucketAccountId>");
    let alias = create(&mut other, "theirs", OTHER, &account);
    let target = format!("/{alias}/cat.jpg");
    check(&other.call("GET", &target), 403, "AccessDenied");
    // The owner of the bucket has nothing to say about the access point of another account.
    check(&main.call("GET", &target), 403, "AccessDenied");
    let delegated = "{\"StringEquals\":{\"s3:DataAccessPointAccount\":\"000000000002\"}}";
    put_bucket_policy(&mut main, &of_bucket("Allow", EVERYBODY, delegated));
    assert_eq!(other.get(&target).text(), "a picture of a cat");
    check(&other.call("GET", "/photos/cat.jpg"), 403, "AccessDenied");
    check(&main.call("GET", &target), 403, "AccessDenied");
    check(&server.anonymous().call("GET", &target), 403, "AccessDenied");
}

#[test]
fn conditions_see_the_access_point() {
    let (server, mut main, alias) =
        with_reports("<Tags><Tag><Key>team</Key><Value>blue</Value></Tag></Tags>");
    let mut main_reads = |condition: &str| {
        put_bucket_policy(&mut main, &of_bucket("Deny", EVERYBODY, condition));
        [format!("/{alias}/cat.jpg"), "/photos/cat.jpg".to_owned()]
            .map(|target| server.client().call("GET", &target).status)
    };
    let point = "\"arn:aws:s3:us-east-1:000000000001:accesspoint/re*\"";
    assert_eq!(
        main_reads(&format!("{{\"StringNotLike\":{{\"s3:DataAccessPointArn\":{point}}}}}")),
        [200, 403]
    );
    assert_eq!(main_reads(&format!("{{\"ArnLike\":{{\"s3:DataAccessPointArn\":{point}}}}}")), [403, 200]);
    for (condition, expected) in [
        ("{\"StringEquals\":{\"s3:AccessPointNetworkOrigin\":\"Internet\"}}", [403, 200]),
        ("{\"StringEquals\":{\"s3:AccessPointNetworkOrigin\":\"VPC\"}}", [200, 200]),
        ("{\"StringEquals\":{\"s3:AccessPointTag/team\":\"blue\"}}", [403, 200]),
        ("{\"StringEquals\":{\"aws:ResourceTag/team\":\"blue\"}}", [200, 200]),
        ("{\"Null\":{\"s3:DataAccessPointAccount\":\"true\"}}", [200, 403]),
        ("{\"StringEquals\":{\"aws:ResourceAccount\":\"000000000001\"}}", [403, 403]),
    ] {
        assert_eq!(main_reads(condition), expected, "{condition}");
    }
    // The access point's own policy sees its own tags.
    assert_eq!(server.client().call("DELETE", "/photos?policy").status, 204);
    let deny = policy(
        "Deny",
        EVERYBODY,
        "\"s3:GetObject\"",
        &[&format!("{ARN}/object/*")],
        "{\"StringEquals\":{\"aws:ResourceTag/team\":\"blue\"}}",
    );
    assert_eq!(put_policy(&mut server.client(), "reports", &deny).status, 200);
    check(&server.client().call("GET", &format!("/{alias}/cat.jpg")), 403, "AccessDenied");
    assert_eq!(server.client().call("GET", "/photos/cat.jpg").status, 200);
}

#[test]
fn what_is_copied_is_decided_by_the_access_point_of_the_source() {
    let (server, mut main, alias) = with_reports("");
    main.put("/other", "");
    let deny = policy("Deny", EVERYBODY, "\"s3:GetObject\"", &[&format!("{ARN}/object/*")], "{}");
    assert_eq!(put_policy(&mut main, "reports", &deny).status, 200);
    let copy = |source: &str| {
        let request = Request::new("PUT", "/other/copy").header("x-amz-copy-source", source);
        server.client().send(request).status
    };
    assert_eq!(copy("photos/cat.jpg"), 200);
    assert_eq!(copy(&format!("{alias}/cat.jpg")), 403);
    assert_eq!(copy(&format!("{ARN}/object/cat.jpg")), 403);
    // A condition on the source compares the bucket, however it is named.
    assert_eq!(main.send(control("DELETE", "accesspoint/reports/policy", OWN)).status, 204);
    let only = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:PutObject\",\
        \"Resource\":\"arn:aws:s3:::other/*\",\"Condition\":{\"StringLike\":{\"s3:x-amz-copy-source\":\"photos/*\"}}}]}";
    assert_eq!(main.send(Request::new("PUT", "/other?policy").body(only)).status, 204);
    assert_eq!(copy(&format!("{alias}/cat.jpg")), 403);
}

#[test]
fn deletions_of_many_are_decided_at_both_levels() {
    let (server, mut main, alias) = with_reports("");
    main.put("/photos/dog.jpg", "a picture of a dog");
    let mut alice = user(&server, "alice", &allow("\"arn:aws:s3:::photos/*\""));
    let deny = policy("Deny", EVERYBODY, "\"s3:DeleteObject\"", &[&format!("{ARN}/object/cat*")], "{}");
    assert_eq!(put_policy(&mut main, "reports", &deny).status, 200);
    let named = "<Delete><Object><Key>cat.jpg</Key></Object><Object><Key>dog.jpg</Key></Object></Delete>";
    let sum = Request::new("POST", &format!("/{alias}?delete"))
        .header("x-amz-checksum-sha256", &{
            use base64::Engine as _;
            let digest = tests::sign::sha256_hex(named.as_bytes());
            let bytes: Vec<u8> =
                (0..32).map(|at| u8::from_str_radix(&digest[2 * at..2 * at + 2], 16).unwrap()).collect();
            base64::engine::general_purpose::STANDARD.encode(bytes)
        })
        .body(named);
    let text = alice.send(sum).text();
    assert!(text.contains("<Deleted><Key>dog.jpg</Key>"), "{text}");
    assert!(text.contains("<Error><Key>cat.jpg</Key><Code>AccessDenied</Code>"), "{text}");
}

#[test]
fn block_public_access_of_either_counts() {
    let (server, mut main, alias) = with_reports("");
    let open = create(&mut main, "open", OWN, UNBLOCKED);
    put_bucket_policy(&mut main, &of_bucket("Allow", EVERYBODY, "{}"));
    let public = by_point("Allow", EVERYBODY).replace("reports", "open");
    assert_eq!(put_policy(&mut main, "open", &public).status, 200);
    let target = format!("/{open}/cat.jpg");
    let mut nobody = server.anonymous();
    assert_eq!(nobody.get(&target).text(), "a picture of a cat");
    // A public ACL counts, but not by an access point that ignores it, nor can it be set by one.
    let with_acl = |target: &str| Request::new("PUT", target).header("x-amz-acl", "public-read");
    check(&main.send(with_acl(&format!("/{alias}/cat.jpg?acl"))), 403, "AccessDenied");
    check(&main.send(with_acl(&format!("/{alias}/new.jpg"))), 403, "AccessDenied");
    assert_eq!(main.send(with_acl(&format!("/{open}/cat.jpg?acl"))).status, 200);
    // The bucket's own restriction holds for public policies of its access points.
    let block = "<PublicAccessBlockConfiguration><RestrictPublicBuckets>true</RestrictPublicBuckets>\
        </PublicAccessBlockConfiguration>";
    let digest = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(tests::bodies::md5(block.as_bytes()))
    };
    let request = Request::new("PUT", "/photos?publicAccessBlock").header("content-md5", &digest).body(block);
    assert_eq!(main.send(request).status, 200);
    check(&nobody.call("GET", &target), 403, "AccessDenied");
    assert_eq!(main.get(&target).text(), "a picture of a cat");
}

#[test]
fn one_of_a_network_is_reached_by_an_endpoint_of_it_only() {
    let [port, inside, elsewhere] = free_ports();
    let named = |port: u16, id: &str, network: &str, more: &str| {
        format!(
            "[[listeners]]\naddress = \"127.0.0.1:{port}\"\nendpoint = \"{id}\"\nvpc = \"{network}\"\n{more}\n"
        )
    };
    let both = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:*\",\
        \"Resource\":[\"arn:aws:s3:::photos*\",\"arn:aws:s3:us-east-1:000000000001:accesspoint/reports*\"]}]}";
    let listeners =
        named(inside, "vpce-1", "vpc-1", "policy = \"both.json\"") + &named(elsewhere, "vpce-2", "vpc-2", "");
    let server = Server::start_configured(port, &listeners, &[("both.json", both)]);
    let mut main = server.client();
    main.put("/photos", "");
    main.put("/photos/cat.jpg", "a picture of a cat");
    main.put("/other", "");
    let network = "<VpcConfiguration><VpcId>vpc-1</VpcId></VpcConfiguration>";
    let alias = create(&mut main, "reports", OWN, network);
    let secret = create(&mut main, "secret", OWN, "");
    let shown = main.send(control("GET", "accesspoint/reports", OWN)).text();
    assert_eq!(
        (element(&shown, "NetworkOrigin").as_str(), element(&shown, "VpcId").as_str()),
        ("VPC", "vpc-1")
    );
    let target = format!("/{alias}/cat.jpg");
    let mut through = Client::new(inside, Some(MAIN));
    assert_eq!(through.get(&target).text(), "a picture of a cat");
    for client in [&mut main, &mut Client::new(elsewhere, Some(MAIN))] {
        let denied = client.call("GET", &target);
        check(&denied, 403, "AccessDenied");
        let copy =
            Request::new("PUT", "/other/copy").header("x-amz-copy-source", &format!("{alias}/cat.jpg"));
        check(&client.send(copy), 403, "AccessDenied");
        assert_eq!(client.get("/photos/cat.jpg").text(), "a picture of a cat");
    }
    let denied = main.call("GET", &target);
    let reason = explained(&server, &denied)["reason"].to_string();
    assert!(reason.contains("is reached from the network vpc-1 only"), "{reason}");
    // The policy of an endpoint has to allow the access point, too.
    check(&through.call("GET", &format!("/{secret}/cat.jpg")), 403, "AccessDenied");
    let by = "{\"StringEquals\":{\"s3:AccessPointNetworkOrigin\":\"VPC\"}}";
    put_bucket_policy(&mut main, &of_bucket("Deny", EVERYBODY, by));
    check(&through.call("GET", &target), 403, "AccessDenied");
}

/// The explanation of an answer.
fn explained(server: &Server, answer: &Response) -> Value {
    let output = std::process::Command::new(workspace::binary())
        .args(["explain", "--json", "--data-dir", server.data().to_str().unwrap(), "--request-id"])
        .arg(answer.header("x-amz-request-id").unwrap())
        .env_remove("PORTCULLIS_BIN")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn an_explanation_names_the_level_and_the_policy() {
    let (server, mut main, alias) = with_reports("");
    let mut alice = user(&server, "alice", &allow("\"arn:aws:s3:::photos/*\""));
    let target = format!("/{alias}/cat.jpg");
    assert_eq!(put_policy(&mut main, "reports", &by_point("Deny", EVERYBODY)).status, 200);
    let document = explained(&server, &alice.call("GET", &target));
    assert_eq!(document["level"], "access point", "{document}");
    assert_eq!(document["resource"], format!("{ARN}/object/cat.jpg"));
    assert_eq!(document["reason"], "explicit deny in the resource policy reports, statement Only");
    assert_eq!(document["decided_by"]["policy"], "reports");
    assert_eq!(main.send(control("DELETE", "accesspoint/reports/policy", OWN)).status, 204);
    put_bucket_policy(&mut main, &of_bucket("Deny", EVERYBODY, "{}"));
    let document = explained(&server, &alice.call("GET", &target));
    assert_eq!((&document["level"], &document["decided_by"]["policy"]), (&"bucket".into(), &"photos".into()));
    assert_eq!(document["resource"], "arn:aws:s3:::photos/cat.jpg");
    let direct = explained(&server, &alice.call("GET", "/photos/cat.jpg"));
    assert_eq!(direct["level"], Value::Null);
    // An access point without a policy gives nothing to other accounts.
    let document = explained(&server, &server.client_as(ALT).call("GET", &target));
    assert_eq!(document["level"], "access point");
    assert!(document["considered"].to_string().contains("the access point has no policy"), "{document}");
}
