use super::*;

#[test]
fn of_two_the_most_restrictive_wins() {
    let one = PublicAccessBlock { block_public_acls: true, ..PublicAccessBlock::default() };
    let other = PublicAccessBlock { restrict_public_buckets: true, ..PublicAccessBlock::default() };
    let both = PublicAccessBlock { block_public_acls: true, ..other };
    assert_eq!(one.together_with(other), both);
    assert_eq!(other.together_with(one), both);
    assert_eq!(one.together_with(PublicAccessBlock::default()), one);
    assert_eq!(PublicAccessBlock::ALL.together_with(one), PublicAccessBlock::ALL);
}

#[test]
fn the_document_of_an_account_has_a_namespace_of_its_own() {
    let document = PublicAccessBlock::ALL.account_document();
    assert!(document.contains("xmlns=\"http://awss3control.amazonaws.com/doc/2018-08-20/\""), "{document}");
    assert_eq!(PublicAccessBlock::parse_document(document.as_bytes()), Ok(PublicAccessBlock::ALL));
}

#[test]
fn the_switches_are_read_back_as_written() {
    for number in 0..16_u8 {
        let block = PublicAccessBlock {
            block_public_acls: number & 1 != 0,
            ignore_public_acls: number & 2 != 0,
            block_public_policy: number & 4 != 0,
            restrict_public_buckets: number & 8 != 0,
        };
        assert_eq!(PublicAccessBlock::parse_document(block.document().as_bytes()), Ok(block));
    }
    let some = "<PublicAccessBlockConfiguration><IgnorePublicAcls>TRUE</IgnorePublicAcls>\
        </PublicAccessBlockConfiguration>";
    let expected = PublicAccessBlock { ignore_public_acls: true, ..PublicAccessBlock::default() };
    assert_eq!(PublicAccessBlock::parse_document(some.as_bytes()), Ok(expected));
    for xml in [
        "",
        "<Block/>",
        "<PublicAccessBlockConfiguration><BlockPublicAcls>yes</BlockPublicAcls></PublicAccessBlockConfiguration>",
        "<PublicAccessBlockConfiguration><Block>true</Block></PublicAccessBlockConfiguration>",
    ] {
        assert_eq!(
            PublicAccessBlock::parse_document(xml.as_bytes()).unwrap_err().code,
            ErrorCode::MalformedXML,
            "{xml}"
        );
    }
}
