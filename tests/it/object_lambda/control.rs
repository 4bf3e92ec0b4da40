//! The operations that make, show, configure and delete Object Lambda access points.

use super::*;

#[test]
fn one_is_made_shown_listed_and_deleted() {
    let (server, mut main, alias) = with_redacted(&["GetObject"]);
    assert!(alias.starts_with("redacted-") && alias.ends_with("--ol-s3") && alias.len() <= 63, "{alias}");
    let shown = main.send(own("GET", "/redacted")).text();
    for (name, expected) in [("Name", "redacted"), ("Value", &alias), ("Status", "READY")] {
        assert_eq!(element(&shown, name), expected, "{shown}");
    }
    assert_eq!(shown.matches(">true<").count(), 4, "{shown}");
    // An ARN may stand in the place of the name, as SDKs put it there.
    assert_eq!(main.send(own("GET", &format!("/{}", tests::client::value(ARN)))).text(), shown);
    check(
        &main.send(own("GET", &format!("/{}", tests::client::value(SUPPORTING)))),
        404,
        "NoSuchAccessPoint",
    );
    let listed = main.send(own("GET", "")).text();
    assert_eq!(element(&listed, "ObjectLambdaAccessPointArn"), ARN);
    assert_eq!((element(&listed, "Value"), element(&listed, "Status")), (alias.clone(), "READY".to_owned()));

    // It is there after a restart, and the check of the folder finds nothing wrong.
    let mut server = server;
    server.kill();
    server.check().unwrap();
    server.start_again();
    let mut main = server.client();
    assert_eq!(main.send(own("GET", "/redacted")).text(), shown);

    assert_eq!(main.send(own("DELETE", "/redacted")).status, 204);
    check(&main.send(own("GET", "/redacted")), 404, "NoSuchAccessPoint");
    check(&main.send(own("DELETE", "/redacted")), 404, "NoSuchAccessPoint");
    check(&main.call("GET", &format!("/{alias}/cat.jpg")), 404, "NoSuchBucket");
    // A new one of its name has another alias, and no policy.
    let another = create(&mut main, "redacted", &configuration(&["GetObject"], ""));
    assert_ne!(another, alias);
    check(&main.send(own("GET", "/redacted/policy")), 404, "NoSuchAccessPointPolicy");
}

#[test]
fn lists_have_pages() {
    let (_server, mut main, _) = with_redacted(&["GetObject"]);
    for name in ["alpha", "beta", "gamma"] {
        create(&mut main, name, &configuration(&["GetObject"], ""));
    }
    let mut names = |query: &str| {
        let text = main.send(own("GET", query)).text();
        let names: Vec<String> =
            text.split("<Name>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect();
        (names, text.contains("<NextToken>").then(|| element(&text, "NextToken")))
    };
    assert_eq!(names("").0, ["alpha", "beta", "gamma", "redacted"]);
    let (first, token) = names("?maxResults=3");
    assert_eq!(first, ["alpha", "beta", "gamma"]);
    let (second, end) = names(&format!("?maxResults=3&nextToken={}", token.unwrap()));
    assert_eq!((second, end), (vec!["redacted".to_owned()], None));
}

#[test]
fn a_configuration_is_shown_and_replaced() {
    let (_server, mut main, _) = with_redacted(&["GetObject"]);
    let shown = |client: &mut Client| client.send(own("GET", "/redacted/configuration")).text();
    let first = shown(&mut main);
    for (name, expected) in [
        ("SupportingAccessPoint", SUPPORTING),
        ("CloudWatchMetricsEnabled", "false"),
        ("Action", "GetObject"),
        ("FunctionArn", FUNCTION),
        ("FunctionPayload", "{&quot;level&quot;:2}"),
    ] {
        assert_eq!(element(&first, name), expected, "{first}");
    }
    let more = "<CloudWatchMetricsEnabled>true</CloudWatchMetricsEnabled>\
        <AllowedFeatures><AllowedFeature>GetObject-Range</AllowedFeature></AllowedFeatures>";
    let longest = "a".repeat(128 << 10);
    let next = configuration(&["GetObject", "HeadObject"], more).replace("{&quot;level&quot;:2}", &longest);
    assert_eq!(configure(&mut main, &next).status, 200);
    let second = shown(&mut main);
    assert_eq!(second.matches("<Action>").count(), 2);
    assert_eq!(
        (element(&second, "AllowedFeature").as_str(), element(&second, "FunctionPayload")),
        ("GetObject-Range", longest)
    );
    // What is left out is gone.
    let last = next.replace(more, "");
    let without = last.split("<FunctionPayload>").next().unwrap().to_owned()
        + last.split("</FunctionPayload>").nth(1).unwrap();
    assert_eq!(configure(&mut main, &without).status, 200);
    let third = shown(&mut main);
    assert!(!third.contains("FunctionPayload") && !third.contains("<AllowedFeature>"), "{third:.400}");
    check(&configure(&mut main, "<Configuration/>"), 400, "MalformedXML");
    let missing = configured(&format!("{SUPPORTING}-2"), &["GetObject"], FUNCTION, "");
    check(&configure(&mut main, &missing), 404, "NoSuchAccessPoint");
    assert_eq!(shown(&mut main), third);
}

#[test]
fn what_cannot_be_made_is_refused() {
    let (server, mut main, _) = with_redacted(&["GetObject"]);
    let get = || configuration(&["GetObject"], "");
    let of = |supporting: &str, function: &str| configured(supporting, &["GetObject"], function, "");
    for (request, status, code) in [
        (creation("redacted", OWN, &get()), 409, "AccessPointAlreadyOwnedByYou"),
        (creation("ab", OWN, &get()), 400, "InvalidRequest"),
        (creation("a.b", OWN, &get()), 400, "InvalidRequest"),
        (creation(&"a".repeat(46), OWN, &get()), 400, "InvalidRequest"),
        (creation("another", OWN, ""), 400, "MalformedXML"),
        (creation("another", OWN, &configuration(&["PutObject"], "")), 400, "MalformedXML"),
        (creation("another", OWN, &configuration(&["GetObject", "GetObject"], "")), 400, "InvalidRequest"),
        (creation("another", OWN, &of(&format!("{SUPPORTING}-2"), FUNCTION)), 404, "NoSuchAccessPoint"),
        (creation("another", OWN, &of(ARN, FUNCTION)), 400, "InvalidRequest"),
        (creation("another", OWN, &of(&SUPPORTING.replace(OWN, OTHER), FUNCTION)), 400, "InvalidRequest"),
        (creation("another", OWN, &of(SUPPORTING, "redact")), 400, "InvalidRequest"),
        (creation("another", OWN, &of(SUPPORTING, &FUNCTION.replace(OWN, OTHER))), 400, "InvalidRequest"),
        (
            creation("another", OWN, &of(SUPPORTING, &FUNCTION.replace("us-east-1", "eu-west-1"))),
            400,
            "InvalidRequest",
        ),
        (
            creation("another", OWN, &get().replace("{&quot;level&quot;:2}", &"a".repeat((128 << 10) + 1))),
            400,
            "InvalidRequest",
        ),
        (own("PUT", "/another"), 400, "MissingRequestBodyError"),
        (control("GET", "accesspointforobjectlambda/redacted", OTHER), 403, "AccessDenied"),
        (own("GET", "/missing/configuration"), 404, "NoSuchAccessPoint"),
        (own("PUT", "/redacted/other"), 501, "NotImplemented"),
        (control("GET", &format!("tags/{ARN}"), OWN), 501, "NotImplemented"),
    ] {
        let target = request.target.clone();
        let answer = main.send(request);
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{target} {}", answer.text());
        assert!(answer.text().contains("<ErrorResponse"), "{}", answer.text());
    }
    check(&server.anonymous().send(own("GET", "")), 403, "AccessDenied");
    // An access point may have the same name, and a webhook is a target as well.
    let webhook = of(SUPPORTING, "arn:minio:s3-object-lambda::hook:webhook");
    create(&mut main, "reports", &webhook);
}

#[test]
fn users_need_to_be_allowed() {
    let (server, mut main, _) = with_redacted(&["GetObject"]);
    let allow = |actions: &str, resource: &str| {
        format!("{{\"Effect\":\"Allow\",\"Action\":{actions},\"Resource\":\"{resource}\"}}")
    };
    let actions = "[\"s3:GetAccessPointForObjectLambda\",\"s3:CreateAccessPointForObjectLambda\"]";
    let statement = allow(actions, "arn:aws:s3-object-lambda:*:*:accesspoint/re*");
    let mut alice = user(&server, "alice", &[&statement]);
    assert_eq!(alice.send(own("GET", "/redacted")).status, 200);
    assert_eq!(alice.send(creation("resized", OWN, &configuration(&["GetObject"], ""))).status, 200);
    let denied = alice.send(creation("others", OWN, &configuration(&["GetObject"], "")));
    check(&denied, 403, "AccessDenied");
    let told = "is not authorized to perform: s3:CreateAccessPointForObjectLambda on resource: \
        arn:aws:s3-object-lambda:us-east-1:000000000001:accesspoint/others";
    assert!(denied.text().contains(told), "{}", denied.text());
    for (method, path) in [
        ("GET", ""),
        ("DELETE", "/redacted"),
        ("GET", "/redacted/configuration"),
        ("GET", "/redacted/policy"),
        ("GET", "/redacted/policyStatus"),
        ("DELETE", "/redacted/policy"),
    ] {
        check(&alice.send(own(method, path)), 403, "AccessDenied");
    }
    check(&configure(&mut alice, &configuration(&["GetObject"], "")), 403, "AccessDenied");
    assert_eq!(main.send(own("DELETE", "/resized")).status, 204);
}

#[test]
fn a_policy_is_checked_kept_and_deleted() {
    let (_server, mut main, _) = with_redacted(&["GetObject"]);
    let path = "accesspointforobjectlambda/redacted";
    check(&main.send(own("GET", "/redacted/policy")), 404, "NoSuchAccessPointPolicy");
    check(&main.send(own("GET", "/redacted/policyStatus")), 404, "NoSuchAccessPointPolicy");
    let other = "{\"AWS\":\"000000000002\"}";
    let allowed = policy("Allow", other, "\"s3-object-lambda:GetObject\"", &[ARN], "{}");
    assert_eq!(put_policy(&mut main, path, &allowed).status, 200);
    let kept = element(&main.send(own("GET", "/redacted/policy")).text(), "Policy").replace("&quot;", "\"");
    assert_eq!(kept, allowed);
    let status = main.send(own("GET", "/redacted/policyStatus")).text();
    assert_eq!(element(&status, "IsPublic"), "false");
    // Public policies are always blocked.
    let public = policy("Allow", "\"*\"", "\"s3-object-lambda:GetObject\"", &[ARN], "{}");
    let refused = put_policy(&mut main, path, &public);
    check(&refused, 403, "AccessDenied");
    assert!(refused.text().contains("BlockPublicPolicy"), "{}", refused.text());
    for wrong in [
        "{",
        &policy("Allow", other, "\"s3:GetObject\"", &[ARN], "{}"),
        &policy("Allow", other, "\"s3-object-lambda:GetObject\"", &[SUPPORTING], "{}"),
        &policy("Allow", other, "\"s3-object-lambda:GetObject\"", &[&format!("{ARN}-2")], "{}"),
        &policy("Allow", other, "\"s3-object-lambda:NoSuchAction\"", &[ARN], "{}"),
    ] {
        check(&put_policy(&mut main, path, wrong), 400, "MalformedPolicy");
    }
    check(&put_policy(&mut main, "accesspointforobjectlambda/missing", &allowed), 404, "NoSuchAccessPoint");
    for _ in 0..2 {
        assert_eq!(main.send(own("DELETE", "/redacted/policy")).status, 204);
    }
    check(&main.send(own("GET", "/redacted/policy")), 404, "NoSuchAccessPointPolicy");
}

#[test]
fn what_lost_its_supporting_access_point_says_so() {
    let (_server, mut main, alias) = with_redacted(&["ListObjects"]);
    assert_eq!(main.get(&format!("/{alias}/cat.jpg")).text(), "a picture of a cat");
    assert_eq!(main.send(control("DELETE", "accesspoint/reports", OWN)).status, 204);
    let answer = main.call("GET", &format!("/{alias}/cat.jpg"));
    check(&answer, 404, "NoSuchAccessPoint");
    assert!(answer.text().contains("The access point that supports"), "{}", answer.text());
    // It is still there, and another one may take the place.
    assert_eq!(main.send(own("GET", "/redacted")).status, 200);
    let point = "<CreateAccessPointRequest><Bucket>photos</Bucket></CreateAccessPointRequest>";
    assert_eq!(main.send(control("PUT", "accesspoint/reports", OWN).body(point)).status, 200);
    assert_eq!(main.get(&format!("/{alias}/cat.jpg")).text(), "a picture of a cat");
}

#[test]
fn buckets_do_not_take_its_name_in_hosts_nor_does_it_take_theirs() {
    let (server, mut main, _) = with_redacted(&["GetObject"]);
    let mut other = server.other_client();
    check(&main.call("PUT", &format!("/redacted-{OWN}")), 409, "BucketAlreadyExists");
    check(&other.call("PUT", &format!("/redacted-{OWN}")), 409, "BucketAlreadyExists");
    main.put(&format!("/masked-{OWN}"), "");
    let answer = main.send(creation("masked", OWN, &configuration(&["GetObject"], "")));
    check(&answer, 400, "InvalidRequest");
    assert!(answer.text().contains("There is a bucket"), "{}", answer.text());
    // The name stays that of its account when it stands free.
    assert_eq!(main.send(own("DELETE", "/redacted")).status, 204);
    check(&other.call("PUT", &format!("/redacted-{OWN}")), 409, "BucketAlreadyExists");
    assert_eq!(main.call("DELETE", &format!("/masked-{OWN}")).status, 204);
    create(&mut main, "masked", &configuration(&["GetObject"], ""));
}
