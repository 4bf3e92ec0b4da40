//! The managed policies that are part of the server: a few of those of AWS, under their ARNs.

use gateway::request::url_encoding;
use gateway::xml::XmlWriter;

use crate::names;

/// A policy that is part of the server.
#[derive(Debug)]
pub(crate) struct Predefined {
    /// Its name.
    pub(crate) name: &'static str,
    actions: &'static str,
}

/// All of them, by name.
pub(crate) const ALL: &[Predefined] = &[
    Predefined { name: "AdministratorAccess", actions: "\"*\"" },
    Predefined { name: "AmazonS3FullAccess", actions: "[\"s3:*\",\"s3-object-lambda:*\"]" },
    Predefined {
        name: "AmazonS3ReadOnlyAccess",
        actions: "[\"s3:Get*\",\"s3:List*\",\"s3:Describe*\",\"s3-object-lambda:Get*\",\"s3-object-lambda:List*\"]",
    },
    Predefined { name: "IAMFullAccess", actions: "\"iam:*\"" },
    Predefined {
        name: "IAMReadOnlyAccess",
        actions: "[\"iam:GenerateCredentialReport\",\"iam:GenerateServiceLastAccessedDetails\",\"iam:Get*\",\
                  \"iam:List*\",\"iam:SimulateCustomPolicy\",\"iam:SimulatePrincipalPolicy\"]",
    },
    Predefined {
        name: "ReadOnlyAccess",
        actions: "[\"s3:Get*\",\"s3:List*\",\"s3:Describe*\",\"iam:Get*\",\"iam:List*\",\"sts:GetAccessKeyInfo\",\
                  \"sts:GetCallerIdentity\",\"sts:GetSessionToken\"]",
    },
];

/// What their ARNs start with.
const ARN: &str = "arn:aws:iam::aws:policy/";

/// The policy with this ARN.
pub(crate) fn find(arn: &str) -> Option<&'static Predefined> {
    let name = arn.strip_prefix(ARN)?;
    ALL.iter().find(|policy| policy.name == name)
}

/// The ARN of a policy.
pub(crate) fn arn(policy: &Predefined) -> String {
    format!("{ARN}{}", policy.name)
}

/// The text of a policy.
pub(crate) fn text(policy: &Predefined) -> String {
    format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Action\":{},\"Resource\":\"*\"}}]}}",
        policy.actions
    )
}

/// What GetPolicy and ListPolicies print.
pub(crate) fn write(xml: &mut XmlWriter, policy: &Predefined) {
    xml.text("PolicyName", policy.name);
    xml.text("PolicyId", &id(policy));
    xml.text("Arn", &arn(policy));
    xml.text("Path", "/");
    xml.text("DefaultVersionId", "v1");
    xml.number("AttachmentCount", 0);
    xml.number("PermissionsBoundaryUsageCount", 0);
    xml.boolean("IsAttachable", true);
    xml.text("CreateDate", &names::date(0));
    xml.text("UpdateDate", &names::date(0));
}

/// What GetPolicyVersion and ListPolicyVersions print.
pub(crate) fn write_version(xml: &mut XmlWriter, policy: &Predefined) {
    xml.text("Document", &url_encoding::encoded(&text(policy)));
    xml.text("VersionId", "v1");
    xml.boolean("IsDefaultVersion", true);
    xml.text("CreateDate", &names::date(0));
}

/// `ANPA` and 17 letters that follow from the name.
fn id(policy: &Predefined) -> String {
    let letters =
        policy.name.bytes().filter(u8::is_ascii_alphabetic).map(|byte| char::from(byte.to_ascii_uppercase()));
    "ANPA".chars().chain(letters.chain(std::iter::repeat('A')).take(17)).collect()
}
