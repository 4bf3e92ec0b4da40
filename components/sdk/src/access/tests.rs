use super::*;

#[test]
fn an_acl_is_the_same_there_and_back() {
    let grantees = [
        acl::Grantee::Account(Account(1)),
        acl::Grantee::Account(Account::ANONYMOUS),
        acl::Grantee::Group(acl::Group::AllUsers),
        acl::Grantee::Group(acl::Group::AuthenticatedUsers),
        acl::Grantee::Group(acl::Group::LogDelivery),
    ];
    let permissions = acl::Permission::ALL;
    let lines = grantees.into_iter().zip(permissions);
    let told =
        Acl { grants: lines.map(|(grantee, permission)| acl::Grant { grantee, permission }).collect() };
    assert_eq!(acl(&grants(&told)), told);
}

#[test]
fn a_grantee_that_is_no_account_is_granted_nothing() {
    let to = |account: &str| Grant {
        grantee: Grantee::Account(account.to_owned()),
        permission: access::Permission::Read,
    };
    let known = acl(&[to("nobody"), to("000000000001"), to("")]);
    let one = acl::Grantee::Account(Account(1));
    assert_eq!(known.grants, [acl::Grant { grantee: one, permission: acl::Permission::Read }]);
}

#[test]
fn each_switch_of_block_public_access_is_the_same_there_and_back() {
    for number in 0..16_u8 {
        let is_on = |bit: u8| number & (1 << bit) != 0;
        let block = PublicAccessBlock {
            block_public_acls: is_on(0),
            ignore_public_acls: is_on(1),
            block_public_policy: is_on(2),
            restrict_public_buckets: is_on(3),
        };
        let told = access::PublicAccessBlock::from(block);
        let switches = [
            told.block_public_acls,
            told.ignore_public_acls,
            told.block_public_policy,
            told.restrict_public_buckets,
        ];
        assert_eq!(switches, [0, 1, 2, 3].map(is_on));
        assert_eq!(PublicAccessBlock::from(told), block);
    }
}
