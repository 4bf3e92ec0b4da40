use super::*;

fn lines(protection: &Protection, customer_md5: Option<&str>) -> String {
    let mut lines = String::new();
    push_headers(&mut lines, protection, customer_md5);
    lines
}

fn sse_kms(bucket_key: bool) -> Protection {
    let context = vec![("a".to_owned(), "1".to_owned())];
    Protection::SseKms(Box::new(SseKms { arn: "arn:k".to_owned(), context, bucket_key, wrapped: vec![1] }))
}

#[test]
fn what_protects_an_object_is_told() {
    assert_eq!(lines(&Protection::Unsaid, None), "");
    assert_eq!(lines(&Protection::SseS3, None), "x-amz-server-side-encryption: AES256\n");
    let customer = "x-amz-server-side-encryption-customer-algorithm: AES256\n\
                    x-amz-server-side-encryption-customer-key-md5: bWQ1\n";
    assert_eq!(lines(&Protection::SseC(vec![1]), Some("bWQ1")), customer);
    let kms = "x-amz-server-side-encryption: aws:kms\nx-amz-server-side-encryption-aws-kms-key-id: arn:k\n";
    assert_eq!(lines(&sse_kms(false), None), kms);
    let bucket_key = "x-amz-server-side-encryption-bucket-key-enabled: true\n";
    assert_eq!(lines(&sse_kms(true), None), format!("{kms}{bucket_key}"));
    let seal = Seal { key: Key::default(), protection: sse_kms(false) };
    let mut chosen = String::new();
    seal.push_chosen(&mut chosen);
    assert_eq!(chosen, format!("{kms}x-amz-server-side-encryption-context: eyJhIjoiMSJ9\n"));
}

#[test]
fn a_key_is_called_by_its_arn_or_its_id() {
    let arn = "arn:aws:kms:us-east-1:111122223333:key/photos";
    assert_eq!((key_name(arn, false), key_name(arn, true)), (arn, "photos"));
}

#[test]
fn the_etag_of_sealed_bytes_says_nothing_of_them() {
    crate::index::memory::clear();
    for protection in [Protection::Unsaid, Protection::SseS3] {
        assert_eq!(etag(&protection, [7; 16]), [7; 16]);
    }
    for protection in [Protection::SseC(vec![1]), sse_kms(false)] {
        let drawn = etag(&protection, [7; 16]);
        assert_ne!(drawn, [7; 16]);
        // The numbers that the index in memory draws follow from its sequence.
        crate::index::next_sequence();
        assert_ne!(drawn, etag(&protection, [7; 16]), "another one each time");
    }
}

#[test]
fn keys_are_bound_to_their_object() {
    let object = ObjectName { bucket: "photos", key: "a" };
    assert_eq!(object.sse_c_context(), b"arn:aws:s3:::photos/a");
    let own = [("x".to_owned(), "y".to_owned())];
    assert_eq!(object.sse_kms_context(&own, false), br#"{"aws:s3:arn":"arn:aws:s3:::photos/a","x":"y"}"#);
    assert_eq!(object.sse_kms_context(&[], true), br#"{"aws:s3:arn":"arn:aws:s3:::photos"}"#);
}

#[test]
fn only_a_part_under_a_customer_key_is_refused_where_its_bucket_has_come_to_block_sse_c() {
    let (open, closed) =
        (BucketEncryption::default(), BucketEncryption { blocks_sse_c: true, ..BucketEncryption::default() });
    let customer = Protection::SseC(vec![1]);
    assert!(!is_still_taken(&customer, &open, &closed));
    assert!(
        is_still_taken(&customer, &closed, &closed),
        "`encryption` decided that at the head of the request"
    );
    assert!(is_still_taken(&customer, &closed, &open));
    // The bucket's default for new objects does not matter: the part is under the key of its
    // upload.
    let other = BucketEncryption { bucket_key: true, ..closed };
    for protection in [Protection::Unsaid, Protection::SseS3, sse_kms(false)] {
        assert!(is_still_taken(&protection, &open, &other), "{protection:?}");
    }
}
