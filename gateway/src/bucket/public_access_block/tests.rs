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

#[test]
fn a_command_turns_off_one_switch_at_each_level_where_it_is_on() {
    let owner = Account::parse("111122223333").unwrap();
    let commands = |levels: BlockLevels, switch| levels.commands(switch, "photos", owner);
    let policy = BlockSwitch::BlockPublicPolicy;
    let access_point = PublicAccessBlock::default();
    let both = BlockLevels { bucket: PublicAccessBlock::ALL, account: PublicAccessBlock::ALL, access_point };
    let rest = "--public-access-block-configuration \
        BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=false,RestrictPublicBuckets=true";
    assert_eq!(
        commands(both, policy),
        [
            ("bucket", format!("aws s3api put-public-access-block --bucket photos {rest}")),
            ("account", format!("aws s3control put-public-access-block --account-id 111122223333 {rest}")),
        ]
    );
    let account = BlockLevels { bucket: PublicAccessBlock::default(), ..both };
    assert_eq!(commands(account, policy).iter().map(|(level, _)| *level).collect::<Vec<_>>(), ["account"]);
    assert_eq!(commands(BlockLevels::default(), policy), []);
}

#[test]
fn the_refusal_names_the_switch_to_the_owners_account_only() {
    let (action, resource) = ("s3:PutBucketPolicy", "arn:aws:s3:::photos");
    let told = blocked(
        Some("arn:aws:iam::111122223333:user/alice"),
        action,
        resource,
        BlockSwitch::BlockPublicPolicy,
    );
    assert_eq!(
        told.message.as_deref(),
        Some(
            "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: s3:PutBucketPolicy on resource: \
             \"arn:aws:s3:::photos\" because public policies are blocked by the BlockPublicPolicy block public access \
             setting."
        )
    );
    assert_eq!(
        blocked(None, action, resource, BlockSwitch::BlockPublicPolicy),
        ErrorCode::AccessDenied.into()
    );
}
