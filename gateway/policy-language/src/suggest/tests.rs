use super::*;

#[test]
fn the_nearest_name_is_found_where_one_is_near() {
    let names = ["s3:GetObject", "s3:PutObject", "s3:GetObjectAcl", "s3:ListBucket"];
    let check = |written: &str, expected: Option<&str>| {
        assert_eq!(nearest(written, names.iter().copied()), expected, "{written}");
    };
    check("s3:GetObjekt", Some("s3:GetObject"));
    check("s3:getobejct", Some("s3:GetObject"));
    check("s3:ListBuckets", Some("s3:ListBucket"));
    check("s3:ListObjects", None);
    check("s3:", None);
    check("", None);
    check(&"s3:GetObject".repeat(20), None);
}
