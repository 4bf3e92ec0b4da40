use gateway::identity::account::Account;

use super::*;
use crate::records::{BucketRow, Record as _};

#[test]
fn the_owner_of_a_bucket_is_twelve_digits() {
    for (number, expected) in [(111_122_223_333, "111122223333"), (7, "000000000007")] {
        let row =
            BucketRow { owner: Account(number), region: "us-east-1".to_owned(), ..BucketRow::default() };
        let value = row.encode().unwrap();
        assert_eq!(owner_of(tables::BUCKETS, &value).unwrap(), expected);
        assert!(owner_of(tables::OBJECTS, &value).is_err());
    }
    assert!(owner_of(tables::BUCKETS, b"").is_err());
    assert!(owner_of(tables::BUCKETS, &[255, 1, 2]).is_err());
}
