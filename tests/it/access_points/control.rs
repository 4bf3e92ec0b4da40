//! The operations that make, show, change and delete access points.

use super::*;

#[test]
fn an_access_point_is_made_shown_listed_and_deleted() {
    let (server, mut main, alias) =
        with_reports("<Tags><Tag><Key>team</Key><Value>blue</Value></Tag></Tags>");
    assert!(alias.starts_with("reports-") && alias.ends_with("-s3alias") && alias.len() <= 63, "{alias}");
    let shown = main.send(control("GET", "accesspoint/reports", OWN)).text();
    for (name, expected) in [
        ("Name", "reports"),
        ("Bucket", "photos"),
        ("NetworkOrigin", "Internet"),
        ("Alias", &alias),
        ("AccessPointArn", ARN),
        ("BucketAccountId", OWN),
        ("value", "s3-accesspoint.us-east-1.s3.test"),
    ] {
        assert_eq!(element(&shown, name), expected, "{shown}");
    }
    assert_eq!(shown.matches(">true<").count(), 4, "{shown}");
    // An ARN may stand in the place of the name, as SDKs put it there.
    let by_arn = control("GET", &format!("accesspoint/{}", tests::client::value(ARN)), OWN);
    assert_eq!(main.send(by_arn).text(), shown);

    // It is there after a restart, and the check of the folder finds nothing wrong.
    let mut server = server;
    server.kill();
    server.check().unwrap();
    server.start_again();
    let mut main = server.client();
    assert_eq!(main.send(control("GET", "accesspoint/reports", OWN)).text(), shown);
    assert_eq!(main.get(&format!("/{alias}/cat.jpg")).text(), "a picture of a cat");

    assert_eq!(main.send(control("DELETE", "accesspoint/reports", OWN)).status, 204);
    check(&main.send(control("GET", "accesspoint/reports", OWN)), 404, "NoSuchAccessPoint");
    check(&main.send(control("DELETE", "accesspoint/reports", OWN)), 404, "NoSuchAccessPoint");
    check(&main.call("GET", &format!("/{alias}/cat.jpg")), 404, "NoSuchBucket");
    // A new one of its name has another alias, and neither its policy nor its tags.
    let another = create(&mut main, "reports", OWN, "");
    assert_ne!(another, alias);
    check(&main.send(control("GET", "accesspoint/reports/policy", OWN)), 404, "NoSuchAccessPointPolicy");
}

#[test]
fn lists_have_pages_and_a_filter() {
    let (_server, mut main, _) = with_reports("");
    main.put("/other", "");
    for name in ["alpha", "beta", "gamma"] {
        create(&mut main, name, OWN, "");
    }
    let of_other = "<CreateAccessPointRequest><Bucket>other</Bucket></CreateAccessPointRequest>".to_owned();
    assert_eq!(main.send(control("PUT", "accesspoint/delta", OWN).body(of_other)).status, 200);
    let mut names = |query: &str| {
        let text = main.send(control("GET", &format!("accesspoint{query}"), OWN)).text();
        let names: Vec<String> =
            text.split("<Name>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect();
        let token = text.contains("<NextToken>").then(|| element(&text, "NextToken"));
        (names, token)
    };
    assert_eq!(names("").0, ["alpha", "beta", "delta", "gamma", "reports"]);
    assert_eq!(names("?bucket=other").0, ["delta"]);
    let (first, token) = names("?bucket=photos&maxResults=3");
    assert_eq!(first, ["alpha", "beta", "gamma"]);
    let (second, end) = names(&format!("?bucket=photos&maxResults=3&nextToken={}", token.unwrap()));
    assert_eq!((second, end), (vec!["reports".to_owned()], None));
    assert_eq!(names("?bucket=missing").0, [""; 0]);
}

#[test]
fn what_cannot_be_made_is_refused() {
    let (server, mut main, _) = with_reports("");
    let mut other = server.other_client();
    other.put("/theirs", "");
    let of = |bucket: &str, more: &str| {
        format!("<CreateAccessPointRequest><Bucket>{bucket}</Bucket>{more}</CreateAccessPointRequest>")
    };
    let named = |name: &str, body: &str| control("PUT", &format!("accesspoint/{name}"), OWN).body(body);
    let account = format!("<BucketAccountId>{OTHER}</BucketAccountId>");
    for (request, status, code) in [
        (named("reports", &of("photos", "")), 409, "AccessPointAlreadyOwnedByYou"),
        (named("another", &of("missing", "")), 404, "NoSuchBucket"),
        (named("another", &of("theirs", "")), 403, "AccessDenied"),
        (named("another", &of("photos", &account)), 403, "AccessDenied"),
        (named("ab", &of("photos", "")), 400, "InvalidRequest"),
        (named("a.b.c", &of("photos", "")), 400, "InvalidRequest"),
        (named("a-s3alias", &of("photos", "")), 400, "InvalidRequest"),
        (named("another", "<Other/>"), 400, "MalformedXML"),
        (named("another", ""), 400, "MissingRequestBodyError"),
        (named("another", &of("photos", "<Scope/>")), 400, "InvalidRequest"),
        (control("GET", "accesspoint/reports/scope", OWN), 400, "InvalidRequest"),
        (control("DELETE", "accesspoint/missing/scope", OWN), 404, "NoSuchAccessPoint"),
        (control("GET", "accesspoint/reports", OTHER), 403, "AccessDenied"),
        (control("GET", "accesspoint/reports", "1"), 400, "InvalidRequest"),
        (
            named("another", &of("photos", "")).header("content-md5", "AAAAAAAAAAAAAAAAAAAAAA=="),
            400,
            "BadDigest",
        ),
    ] {
        let target = request.target.clone();
        let answer = main.send(request);
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{target} {}", answer.text());
        assert!(answer.text().contains("<ErrorResponse"), "{}", answer.text());
    }
    check(&server.anonymous().send(control("GET", "accesspoint", OWN)), 403, "AccessDenied");
    // A bucket of another account, with its account.
    let request = named("another", &of("theirs", &account));
    assert_eq!(main.send(request).status, 200);
    // Names are of an account: another one has its own.
    let own = control("PUT", "accesspoint/reports", OTHER).body(of("theirs", ""));
    assert_eq!(other.send(own).status, 200);
}

#[test]
fn users_need_to_be_allowed() {
    let (server, mut main, _) = with_reports("");
    let allow = |actions: &str, resource: &str| {
        format!(
            "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Action\":{actions},\"Resource\":\"{resource}\"}}]}}"
        )
    };
    let mut alice = user(
        &server,
        "alice",
        &allow("[\"s3:GetAccessPoint\",\"s3:CreateAccessPoint\"]", "arn:aws:s3:*:*:accesspoint/re*"),
    );
    assert_eq!(alice.send(control("GET", "accesspoint/reports", OWN)).status, 200);
    assert_eq!(alice.send(creation("reviews", OWN, "")).status, 200);
    let denied = alice.send(creation("others", OWN, ""));
    check(&denied, 403, "AccessDenied");
    let arn = "arn:aws:s3:us-east-1:000000000001:accesspoint/others";
    assert!(
        denied.text().contains(&format!(
            "User: arn:aws:iam::000000000001:user/alice is not authorized to perform: s3:CreateAccessPoint on resource: {arn}"
        )),
        "{}",
        denied.text()
    );
    // What the document says takes further actions.
    for more in [UNBLOCKED, "<Tags><Tag><Key>team</Key><Value>blue</Value></Tag></Tags>"] {
        check(&alice.send(creation("reviews-2", OWN, more)), 403, "AccessDenied");
    }
    for (method, path) in [
        ("GET", "accesspoint"),
        ("DELETE", "accesspoint/reports"),
        ("GET", "accesspoint/reports/policy"),
        ("GET", &format!("tags/{ARN}")),
    ] {
        check(&alice.send(control(method, path, OWN)), 403, "AccessDenied");
    }
    // Conditions see the tags of an access point.
    let tagged = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:DeleteAccessPoint\",\
         \"Resource\":\"*\",\"Condition\":{\"StringEquals\":{\"aws:ResourceTag/team\":\"blue\"}}}]}";
    let mut bob = user(&server, "bob", tagged);
    check(&bob.send(control("DELETE", "accesspoint/reports", OWN)), 403, "AccessDenied");
    let tags =
        "<TagResourceRequest><Tags><Tag><Key>team</Key><Value>blue</Value></Tag></Tags></TagResourceRequest>";
    assert_eq!(main.send(control("POST", &format!("tags/{ARN}"), OWN).body(tags)).status, 204);
    assert_eq!(bob.send(control("DELETE", "accesspoint/reports", OWN)).status, 204);
}

#[test]
fn conditions_see_the_tags_that_a_request_sets() {
    let (server, _, _) = with_reports("<Tags><Tag><Key>team</Key><Value>blue</Value></Tag></Tags>");
    let allow = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"s3:CreateAccessPoint\",\"s3:TagResource\"],\
         \"Resource\":\"*\",\"Condition\":{\"StringEquals\":{\"aws:RequestTag/team\":\"blue\"}}},{\"Effect\":\"Allow\",\
         \"Action\":\"s3:UntagResource\",\"Resource\":\"*\",\"Condition\":{\"ForAllValues:StringEquals\":{\"aws:TagKeys\":\"unit\"}}}]}";
    let mut alice = user(&server, "alice", allow);
    let tags = |value: &str| format!("<Tags><Tag><Key>team</Key><Value>{value}</Value></Tag></Tags>");
    assert_eq!(alice.send(creation("reviews", OWN, &tags("blue"))).status, 200);
    check(&alice.send(creation("drafts", OWN, &tags("red"))), 403, "AccessDenied");
    check(&alice.send(creation("drafts", OWN, "")), 403, "AccessDenied");
    let mut tag = |value: &str| {
        let body = format!("<TagResourceRequest>{}</TagResourceRequest>", tags(value));
        alice.send(control("POST", &format!("tags/{ARN}"), OWN).body(body)).status
    };
    assert_eq!((tag("blue"), tag("red")), (204, 403));
    let mut untag =
        |key: &str| alice.send(control("DELETE", &format!("tags/{ARN}?tagKeys={key}"), OWN)).status;
    assert_eq!((untag("unit"), untag("team")), (204, 403));
}

#[test]
fn a_policy_is_checked_kept_and_deleted() {
    let (_server, mut main, _) = with_reports("");
    let policy_path = "accesspoint/reports/policy";
    check(&main.send(control("GET", policy_path, OWN)), 404, "NoSuchAccessPointPolicy");
    check(
        &main.send(control("GET", "accesspoint/reports/policyStatus", OWN)),
        404,
        "NoSuchAccessPointPolicy",
    );
    let other = "{\"AWS\":\"000000000002\"}";
    let allowed = by_point("Allow", other);
    assert_eq!(put_policy(&mut main, "reports", &allowed).status, 200);
    let kept = element(&main.send(control("GET", policy_path, OWN)).text(), "Policy").replace("&quot;", "\"");
    assert_eq!(kept, allowed);
    let status = main.send(control("GET", "accesspoint/reports/policyStatus", OWN)).text();
    assert_eq!(element(&status, "IsPublic"), "false");
    // Public policies are blocked, and the client is told by what.
    let refused = put_policy(&mut main, "reports", &by_point("Allow", "\"*\""));
    check(&refused, 403, "AccessDenied");
    assert!(refused.text().contains("BlockPublicPolicy"), "{}", refused.text());
    for wrong in [
        "{",
        &policy("Allow", other, "\"s3:GetObject\"", &["arn:aws:s3:::photos/*"], "{}"),
        &policy("Allow", other, "\"s3:GetObject\"", &[&format!("{ARN}-2/object/*")], "{}"),
        &policy("Allow", other, "\"s3:GetObject\"", &[ARN], "{}"),
        &policy("Allow", other, "\"s3:NoSuchAction\"", &[ARN], "{}"),
    ] {
        check(&put_policy(&mut main, "reports", wrong), 400, "MalformedPolicy");
    }
    check(&put_policy(&mut main, "missing", &allowed), 404, "NoSuchAccessPoint");
    for _ in 0..2 {
        assert_eq!(main.send(control("DELETE", policy_path, OWN)).status, 204);
    }
    check(&main.send(control("GET", policy_path, OWN)), 404, "NoSuchAccessPointPolicy");
    create(&mut main, "open", OWN, UNBLOCKED);
    let public = by_point("Allow", "\"*\"").replace("reports", "open");
    assert_eq!(put_policy(&mut main, "open", &public).status, 200);
    let status = main.send(control("GET", "accesspoint/open/policyStatus", OWN)).text();
    assert_eq!(element(&status, "IsPublic"), "true");
}

#[test]
fn tags_are_added_and_removed() {
    let (_server, mut main, _) = with_reports("<Tags><Tag><Key>team</Key><Value>blue</Value></Tag></Tags>");
    let path = format!("tags/{}", ARN.replace(':', "%3A"));
    let tags = |client: &mut Client| client.send(control("GET", &path, OWN)).text();
    let added = "<TagResourceRequest><Tags><Tag><Key>team</Key><Value>red</Value></Tag>\
        <Tag><Key>a</Key><Value>1</Value></Tag></Tags></TagResourceRequest>";
    assert_eq!(main.send(control("POST", &path, OWN).body(added)).status, 204);
    let text = tags(&mut main);
    assert!(
        text.contains(
            "<Tags><Tag><Key>a</Key><Value>1</Value></Tag><Tag><Key>team</Key><Value>red</Value></Tag></Tags>"
        ),
        "{text}"
    );
    assert_eq!(main.send(control("DELETE", &format!("{path}?tagKeys=team&tagKeys=none"), OWN)).status, 204);
    assert_eq!(tags(&mut main).matches("<Key>").count(), 1);
    check(&main.send(control("GET", "tags/arn:aws:s3:::photos", OWN)), 501, "NotImplemented");
    let missing = ARN.replace("reports", "missing");
    check(&main.send(control("GET", &format!("tags/{missing}"), OWN)), 404, "NoSuchAccessPoint");
    let of_other = ARN.replace(OWN, OTHER);
    check(&main.send(control("GET", &format!("tags/{of_other}"), OWN)), 404, "NoSuchAccessPoint");
}

#[test]
fn a_bucket_with_access_points_is_not_deleted() {
    let (_server, mut main, _) = with_reports("");
    create(&mut main, "reviews", OWN, "");
    assert_eq!(main.call("DELETE", "/photos/cat.jpg").status, 204);
    for name in ["reports", "reviews"] {
        check(&main.call("DELETE", "/photos"), 400, "BucketHasAccessPointsAttached");
        assert_eq!(main.send(control("DELETE", &format!("accesspoint/{name}"), OWN)).status, 204);
    }
    assert_eq!(main.call("DELETE", "/photos").status, 204);
    check(&main.send(creation("reports", OWN, "")), 404, "NoSuchBucket");
}

#[test]
fn buckets_and_access_points_do_not_share_names_of_hosts() {
    let (server, mut main, _) = with_reports("");
    check(&main.call("PUT", &format!("/reports-{OWN}")), 409, "BucketAlreadyExists");
    check(&server.other_client().call("PUT", &format!("/reports-{OWN}")), 409, "BucketAlreadyExists");
    main.put(&format!("/reviews-{OWN}"), "");
    check(&main.send(creation("reviews", OWN, "")), 400, "InvalidRequest");
    assert_eq!(main.send(control("DELETE", "accesspoint/reports", OWN)).status, 204);
    // Clients go on sending to its host: another account does not get what they send.
    let taken = server.other_client().call("PUT", &format!("/reports-{OWN}"));
    check(&taken, 409, "BucketAlreadyExists");
    assert!(taken.text().contains("kept for that account"), "{}", taken.text());
    main.put(&format!("/reports-{OWN}"), "");
    // Digits that are no account's are anybody's.
    assert_eq!(server.other_client().call("PUT", "/logs-202411301200").status, 200);
    assert_eq!(server.other_client().call("PUT", &format!("/reports-{OTHER}")).status, 200);
    main.put(&format!("/reports-{OWN}/cat.jpg"), "another cat");
    let in_host = Request::new("GET", "/cat.jpg").header("host", &format!("reports-{OWN}.s3.test"));
    assert_eq!(main.send(in_host).text(), "another cat");
}
