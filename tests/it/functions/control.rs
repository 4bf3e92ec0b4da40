//! Functions, versions, aliases, policies and tags: what is made, shown, changed and deleted.

use serde_json::json;
use tests::http::Request;
use tests::server::Server;

use super::{OWN, PATH, call, create, creation, expect, refused};

#[test]
fn a_function_is_deployed_shown_published_and_deleted() {
    let mut server = Server::start();
    let mut main = server.client();
    let made = create(&mut main, "redact");
    let arn = format!("arn:aws:lambda:us-east-1:{OWN}:function:redact");
    assert_eq!((&made["FunctionArn"], &made["Version"]), (&json!(arn), &json!("$LATEST")), "{made}");
    assert_eq!((&made["State"], &made["Timeout"]), (&json!("Active"), &json!(5)));
    // A secret is not shown, in any answer.
    assert_eq!(made["Environment"]["Variables"]["TOKEN"], "***");
    let shown = expect(&mut main, &format!("GET {PATH}/redact"), None, 200);
    assert_eq!(shown["Configuration"]["CodeSha256"], made["CodeSha256"]);
    refused(
        &mut main,
        &format!("POST {PATH}"),
        Some(&creation("redact")),
        409,
        "ResourceConflictException",
        "exist",
    );
    refused(
        &mut main,
        &format!("GET {PATH}/none"),
        None,
        404,
        "ResourceNotFoundException",
        "Function not found",
    );

    // Versions are numbers that stay; without a change there is no new one.
    let first = expect(&mut main, &format!("POST {PATH}/redact/versions"), Some(&json!({})), 201);
    assert_eq!((&first["Version"], &first["FunctionArn"]), (&json!("1"), &json!(format!("{arn}:1"))));
    let again = expect(&mut main, &format!("POST {PATH}/redact/versions"), Some(&json!({})), 201);
    assert_eq!(again["Version"], "1");
    let configuration = json!({ "Description": "better", "Timeout": 6 });
    expect(&mut main, &format!("PUT {PATH}/redact/configuration"), Some(&configuration), 200);
    let second = expect(&mut main, &format!("POST {PATH}/redact/versions"), Some(&json!({})), 201);
    assert_eq!((&second["Version"], &second["Timeout"]), (&json!("2"), &json!(6)));
    let kept = expect(&mut main, &format!("GET {PATH}/redact/configuration?Qualifier=1"), None, 200);
    assert_eq!(kept["Timeout"], 5);
    let versions = expect(&mut main, &format!("GET {PATH}/redact/versions?MaxItems=2"), None, 200);
    assert_eq!(versions["Versions"].as_array().unwrap().len(), 2);
    assert_eq!(versions["NextMarker"], "1");
    let rest = expect(&mut main, &format!("GET {PATH}/redact/versions?Marker=1"), None, 200);
    assert_eq!(rest["Versions"][0]["Version"], "2");

    // What is stored outlives the process, and a check of the folder counts every reference.
    server.kill();
    let checked = server.check().unwrap();
    assert!(checked.contains("clean") && checked.contains("0 problems"), "{checked}");
    server.start_again();
    let mut main = server.client();
    let listed = expect(&mut main, &format!("GET {PATH}/"), None, 200);
    assert_eq!(listed["Functions"][0]["FunctionName"], "redact");

    expect(&mut main, &format!("DELETE {PATH}/redact?Qualifier=1"), None, 204);
    refused(
        &mut main,
        &format!("GET {PATH}/redact?Qualifier=1"),
        None,
        404,
        "ResourceNotFoundException",
        ":1",
    );
    expect(&mut main, &format!("DELETE {PATH}/redact"), None, 204);
    let account = expect(&mut main, "GET /2016-08-19/account-settings", None, 200);
    assert_eq!(account["AccountUsage"], json!({ "FunctionCount": 0, "TotalCodeSize": 0 }));
    server.kill();
    let checked = server.check().unwrap();
    assert!(checked.contains(" 0 blobs of 0 bytes"), "{checked}");
}

#[test]
fn aliases_point_to_versions_that_are_not_deleted_meanwhile() {
    let server = Server::start();
    let mut main = server.client();
    create(&mut main, "redact");
    expect(&mut main, &format!("POST {PATH}/redact/versions"), Some(&json!({})), 201);
    let alias = json!({ "Name": "live", "FunctionVersion": "1" });
    let made = expect(&mut main, &format!("POST {PATH}/redact/aliases"), Some(&alias), 201);
    assert_eq!(made["AliasArn"], format!("arn:aws:lambda:us-east-1:{OWN}:function:redact:live"));
    refused(
        &mut main,
        &format!("POST {PATH}/redact/aliases"),
        Some(&alias),
        409,
        "ResourceConflictException",
        "live",
    );
    let missing = json!({ "Name": "next", "FunctionVersion": "9" });
    refused(
        &mut main,
        &format!("POST {PATH}/redact/aliases"),
        Some(&missing),
        404,
        "ResourceNotFoundException",
        ":9",
    );
    let number = json!({ "Name": "17", "FunctionVersion": "1" });
    refused(
        &mut main,
        &format!("POST {PATH}/redact/aliases"),
        Some(&number),
        400,
        "InvalidParameterValueException",
        "Name",
    );
    refused(
        &mut main,
        &format!("DELETE {PATH}/redact?Qualifier=1"),
        None,
        409,
        "ResourceConflictException",
        "live",
    );
    let shown = expect(&mut main, &format!("GET {PATH}/redact?Qualifier=live"), None, 200);
    assert_eq!(shown["Configuration"]["Version"], "1");
    let moved = json!({ "FunctionVersion": "$LATEST", "RevisionId": made["RevisionId"] });
    expect(&mut main, &format!("PUT {PATH}/redact/aliases/live"), Some(&moved), 200);
    refused(
        &mut main,
        &format!("PUT {PATH}/redact/aliases/live"),
        Some(&moved),
        412,
        "PreconditionFailedException",
        "RevisionId",
    );
    let listed = expect(&mut main, &format!("GET {PATH}/redact/aliases"), None, 200);
    assert_eq!(listed["Aliases"][0]["FunctionVersion"], "$LATEST");
    expect(&mut main, &format!("DELETE {PATH}/redact?Qualifier=1"), None, 204);
    expect(&mut main, &format!("DELETE {PATH}/redact/aliases/live"), None, 204);
    refused(
        &mut main,
        &format!("GET {PATH}/redact/aliases/live"),
        None,
        404,
        "ResourceNotFoundException",
        "live",
    );
}

#[test]
fn policies_tags_and_concurrency_are_kept() {
    let server = Server::start();
    let mut main = server.client();
    create(&mut main, "redact");
    let arn = format!("arn:aws:lambda:us-east-1:{OWN}:function:redact");
    let permission =
        json!({ "StatementId": "one", "Action": "lambda:InvokeFunction", "Principal": "000000000002" });
    let policy = format!("{PATH}/redact/policy");
    refused(&mut main, &format!("GET {policy}"), None, 404, "ResourceNotFoundException", "");
    let added = expect(&mut main, &format!("POST {policy}"), Some(&permission), 201);
    assert!(added["Statement"].as_str().unwrap().contains("arn:aws:iam::000000000002:root"), "{added}");
    refused(&mut main, &format!("POST {policy}"), Some(&permission), 409, "ResourceConflictException", "one");
    let shown = expect(&mut main, &format!("GET {policy}"), None, 200);
    assert!(shown["Policy"].as_str().unwrap().contains(&arn), "{shown}");
    expect(&mut main, &format!("DELETE {policy}/one"), None, 204);
    refused(&mut main, &format!("DELETE {policy}/one"), None, 404, "ResourceNotFoundException", "one");

    let tags = format!("/2017-03-31/tags/{}", tests::client::value(&arn));
    expect(
        &mut main,
        &format!("POST {tags}"),
        Some(&json!({ "Tags": { "team": "blue", "env": "test" } })),
        204,
    );
    expect(&mut main, &format!("DELETE {tags}?tagKeys=env"), None, 204);
    assert_eq!(expect(&mut main, &format!("GET {tags}"), None, 200)["Tags"], json!({ "team": "blue" }));

    let reserved = json!({ "ReservedConcurrentExecutions": 3 });
    expect(&mut main, "PUT /2017-10-31/functions/redact/concurrency", Some(&reserved), 200);
    assert_eq!(expect(&mut main, "GET /2019-09-30/functions/redact/concurrency", None, 200), reserved);
    let shown = expect(&mut main, &format!("GET {PATH}/redact"), None, 200);
    assert_eq!((&shown["Concurrency"], &shown["Tags"]), (&reserved, &json!({ "team": "blue" })));
    expect(&mut main, "DELETE /2017-10-31/functions/redact/concurrency", None, 204);

    // What the provider of Terraform reads of a function besides.
    expect(&mut main, "GET /2020-06-30/functions/redact/code-signing-config", None, 200);
    let none = "GET /2019-09-25/functions/redact/event-invoke-config";
    refused(&mut main, none, None, 404, "ResourceNotFoundException", "redact");
}

#[test]
fn who_may_not_is_refused_in_the_words_of_lambda() {
    let server = Server::start();
    let mut main = server.client();
    create(&mut main, "redact");
    // Another account has functions of its own, and none of this one.
    let mut other = server.other_client();
    refused(&mut other, &format!("GET {PATH}/redact"), None, 404, "ResourceNotFoundException", "");
    let arn = tests::client::value(&format!("arn:aws:lambda:us-east-1:{OWN}:function:redact"));
    refused(&mut other, &format!("GET {PATH}/{arn}"), None, 403, "AccessDeniedException", "");
    // The same path, signed for S3, names a bucket.
    let request = Request::new("GET", &format!("{PATH}/redact"));
    let signed = tests::sign::sign_for(
        request.header("host", &format!("127.0.0.1:{}", server.port())),
        &tests::sign::MAIN,
        tests::sign::Payload::Signed,
        tests::sign::now(),
        |_| "s3",
    );
    let answer = main.try_send_as_is(&signed).unwrap();
    assert_eq!((answer.status, answer.code().as_str()), (404, "NoSuchBucket"), "{}", answer.text());
    refused(&mut main, "PATCH /2015-03-31/functions/redact", None, 501, "NotImplemented", "");
    // A wrong signature.
    let mut wrong =
        server.client_as(tests::sign::Credentials { secret_access_key: "wrong", ..tests::sign::MAIN });
    let answer = call(&mut wrong, "GET", &format!("{PATH}/redact"), None);
    let kind = answer.header("x-amzn-errortype").unwrap_or_default();
    assert_eq!((answer.status, kind), (403, "InvalidSignatureException"), "{}", answer.text());
}
