use std::collections::BTreeMap;

use gateway::identity::account::Account;
use gateway::request::query::Query;

use super::{BucketPage, Input, list};
use crate::listing::source::{self, Source};
use crate::records::{BucketRow, Record, Versioning};

struct Buckets(BTreeMap<Vec<u8>, Vec<u8>>);

impl Source for Buckets {
    fn page(&self, _: &str, start: &[u8], end: &[u8], limit: u32) -> source::Page {
        let mut page = source::Page::default();
        for (key, value) in self.0.range(start.to_vec()..end.to_vec()).take(limit.min(3) as usize) {
            page.push(key, value, 0);
        }
        page
    }
}

fn row(owner: u64, region: &str) -> BucketRow {
    BucketRow {
        id: 1,
        owner: Account(owner),
        created_ms: 1_369_353_600_000,
        region: region.to_owned(),
        versioning: Versioning::Unversioned,
        ..BucketRow::default()
    }
}

fn buckets() -> Buckets {
    let mut rows = BTreeMap::new();
    for (name, owner, region) in [
        ("alpha", 1, "us-east-1"),
        ("beta", 2, "us-east-1"),
        ("beta-2", 1, "eu-west-1"),
        ("gamma", 1, "us-east-1"),
        ("zeta", 1, "us-east-1"),
    ] {
        rows.insert(name.as_bytes().to_vec(), row(owner, region).encode().unwrap());
    }
    Buckets(rows)
}

fn names(query: &str) -> (Vec<String>, bool) {
    let query = Query::parse(query).unwrap();
    let BucketPage { buckets, truncated } =
        list(&buckets(), Account(1), &Input::parse(&query).unwrap()).unwrap();
    (buckets.into_iter().map(|(name, _)| name).collect(), truncated)
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn an_account_sees_its_own_buckets() {
    assert_eq!(names(""), (owned(&["alpha", "beta-2", "gamma", "zeta"]), false));
    assert_eq!(names("prefix=beta"), (owned(&["beta-2"]), false));
    assert_eq!(names("bucket-region=us-east-1"), (owned(&["alpha", "gamma", "zeta"]), false));
    assert_eq!(names("max-buckets=4"), (owned(&["alpha", "beta-2", "gamma", "zeta"]), false));
}

#[test]
fn pages_go_on_behind_the_last_bucket() {
    let mut input = Input { limit: 1, ..Input::default() };
    let mut seen = Vec::new();
    loop {
        let page = list(&buckets(), Account(1), &input).unwrap();
        seen.extend(page.buckets.into_iter().map(|(name, _)| name));
        if !page.truncated {
            break;
        }
        input.after = seen.last().unwrap().clone();
    }
    assert_eq!(seen, owned(&["alpha", "beta-2", "gamma", "zeta"]));
}
