//! Calls of IAM and STS: their parameters are counted before anything is looked up among them.

use super::{Bounded, query_call, verdict};
use tests::sign::{self, Credentials};

fn members(list: &str, count: usize) -> String {
    (1..=count).map(|at| format!("&{list}.member.{at}.Key=k{at}&{list}.member.{at}.Value=v")).collect()
}

fn names(list: &str, count: usize) -> String {
    (1..=count).map(|at| format!("&{list}.member.{at}=s3:GetObject")).collect()
}

#[test]
fn a_form_of_very_many_parameters_is_refused_before_anybody_is_asked() {
    let bounded = Bounded::start();
    let refused = (400, "ValidationError".to_owned());
    let user = "Action=CreateUser&Version=2010-05-08&UserName=alice";
    let simulated = "Action=SimulateCustomPolicy&Version=2010-05-08&PolicyInputList.member.1=%7B%7D";
    let token = "Action=GetCallerIdentity&Version=2011-06-15";
    let web =
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=a&RoleSessionName=b&WebIdentityToken=c";
    let fill = "&a".repeat(190_000);
    for (form, wrong) in [
        (format!("{user}{fill}{}", members("Tags", 200)), "behind"),
        (format!("{user}{}{fill}", members("Tags", 200)), "before"),
        (format!("{simulated}{fill}{}", names("ActionNames", 200)), "simulated"),
        (format!("{token}{}", "&a=".repeat(130_000)), "values"),
        (format!("{token}{}", "&%61".repeat(100_000)), "escapes"),
        (format!("{web}{fill}"), "a token"),
        (format!("{user}{}", members("Tags", 3000)), "members"),
    ] {
        let nobody = Credentials { access_key_id: "NOBODY", ..sign::MAIN };
        for mut client in [bounded.server.client(), bounded.server.anonymous()] {
            let answer = client.send(query_call(form.clone()));
            assert_eq!(verdict(&answer), refused, "{wrong}: {}", answer.text());
        }
        let answer = bounded.server.client_as(nobody).send(query_call(form.clone()));
        assert_eq!(answer.status, 403, "{wrong}");
    }
    bounded.is_unharmed();
}

#[test]
fn empty_parameters_are_none_and_as_many_as_a_call_needs_are_taken() {
    let bounded = Bounded::start();
    let mut client = bounded.server.client();
    let user = "Action=CreateUser&Version=2010-05-08&UserName=alice";
    let many = format!("{user}{}{}", "&a".repeat(3900), members("Tags", 50));
    assert_eq!(client.send(query_call(many)).status, 200);
    let empty = format!("Action=GetCallerIdentity&Version=2011-06-15{}", "&".repeat(400_000));
    assert_eq!(client.send(query_call(empty)).status, 200);
    let tags = format!("{user}2{}", members("Tags", 200));
    assert_eq!(verdict(&client.send(query_call(tags))), (409, "LimitExceeded".into()));
    bounded.is_unharmed();
}
