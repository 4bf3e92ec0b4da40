//! A world in memory for tests: a call, what is stored, and a list of all that was read.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use sdk::bindings::guest::portcullis::gateway::calls::Endpoint;
use sdk::{
    AccessPoint, Decision, Form, Identity, IdentityKind, NamedObject, NeededAccess, ObjectLambda, Owner,
    Principal, SentHead, Session, Signature, Target,
};

use self::access_points::{AccessPointAccess, ObjectLambdaRules};
use self::functions::FunctionAccess;
use self::identities::{OwnPolicies, Source};
use self::master_keys::MasterKey;
use self::resources::{BucketAccess, ObjectAccess};

/// What other stages and the host answer.
#[derive(Default)]
pub(crate) struct World {
    /// Buckets by their names.
    pub(crate) buckets: BTreeMap<String, BucketAccess>,
    /// Texts of the policies of buckets.
    pub(crate) bucket_policies: BTreeMap<String, String>,
    /// Access points by their names.
    pub(crate) access_points: BTreeMap<String, AccessPointAccess>,
    /// Texts of their policies, by the names.
    pub(crate) access_point_policies: BTreeMap<String, String>,
    /// Object Lambda access points by their names, and texts of their policies.
    pub(crate) object_lambdas: BTreeMap<String, ObjectLambdaRules>,
    pub(crate) object_lambda_policies: BTreeMap<String, String>,
    /// Functions by their ARNs, and texts of their policies.
    pub(crate) functions: BTreeMap<String, FunctionAccess>,
    pub(crate) function_policies: BTreeMap<String, String>,
    /// Objects by their keys, in every bucket.
    pub(crate) objects: BTreeMap<String, ObjectAccess>,
    /// The account that began every upload.
    pub(crate) initiator: Option<String>,
    /// What users and roles may, by their ids; an error where that cannot be read.
    pub(crate) permissions: BTreeMap<String, Result<OwnPolicies, ()>>,
    /// Managed policies by their ARNs.
    pub(crate) managed: BTreeMap<String, Source>,
    /// Trust policies by the ARNs of roles.
    pub(crate) trusts: BTreeMap<String, Source>,
    /// Texts of policies by their ids.
    pub(crate) texts: BTreeMap<String, String>,
    /// Master keys by their names.
    pub(crate) keys: BTreeMap<String, MasterKey>,
    /// Texts of the policies of master keys, by the ARNs of the keys.
    pub(crate) key_policies: BTreeMap<String, String>,
    /// Explanations of denials.
    pub(crate) explained: Vec<String>,
    /// What was read, behind its source: `storage: bucket photos`.
    questions: Vec<String>,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
}

/// Changes what there is.
pub(crate) fn change<T>(change: impl FnOnce(&mut World) -> T) -> T {
    WORLD.with_borrow_mut(change)
}

/// What was read since the last call of this function.
pub(crate) fn questions() -> Vec<String> {
    change(|world| std::mem::take(&mut world.questions))
}

fn ask<T>(question: String, answer: impl FnOnce(&World) -> T) -> T {
    change(|world| {
        world.questions.push(question);
        answer(world)
    })
}

/// A call, with the facts that other stages set.
#[derive(Debug)]
pub(crate) struct Call {
    /// `GET /photos/cat.jpg?versionId=1\n`, and the headers.
    pub(crate) head: String,
    pub(crate) target: Target,
    pub(crate) principal: Principal,
    pub(crate) session: Option<Session>,
    pub(crate) signature: Option<Signature>,
    pub(crate) form: Option<Form>,
    pub(crate) owner: Option<Owner>,
    pub(crate) needed_access: Option<NeededAccess>,
    pub(crate) named: Vec<NamedObject>,
    pub(crate) access_point: Option<AccessPoint>,
    pub(crate) source_access_point: Option<AccessPoint>,
    pub(crate) object_lambda: Option<ObjectLambda>,
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) endpoint_policy: Option<String>,
    /// The facts that are set here.
    pub(crate) decision: Cell<Option<Decision>>,
    pub(crate) refused: RefCell<Vec<u32>>,
}

/// The time at which every call arrives.
pub(crate) const NOW_MS: u64 = 1_369_353_600_000;

impl Call {
    pub(crate) fn head(&self) -> SentHead {
        SentHead { id: 1, received_ms: NOW_MS, content_length: None, timed: false, text: self.head.clone() }
    }

    pub(crate) fn target(&self) -> Target {
        self.target.clone()
    }

    pub(crate) fn principal(&self) -> Principal {
        self.principal.clone()
    }

    pub(crate) fn session(&self) -> Option<Session> {
        self.session.clone()
    }

    pub(crate) fn signature(&self) -> Option<Signature> {
        self.signature
    }

    pub(crate) fn form(&self) -> Option<Form> {
        self.form.clone()
    }

    pub(crate) fn owner(&self) -> Option<Owner> {
        self.owner.clone()
    }

    /// As the host answers.
    pub(crate) fn is_owners_alone(&self) -> bool {
        match (&self.principal, &self.owner) {
            (Principal::Authenticated(Identity { kind: IdentityKind::Root, account, .. }), Some(owner)) => {
                let by = self.access_point.as_ref();
                *account == owner.account
                    && !owner.guarded
                    && by.is_none_or(|point| point.account == *account && !point.guarded)
                    && self.object_lambda.as_ref().is_none_or(|own| own.account == *account && !own.guarded)
            }
            _ => false,
        }
    }

    pub(crate) fn needed_access(&self) -> Option<NeededAccess> {
        self.needed_access.clone()
    }

    pub(crate) fn named(&self) -> Vec<NamedObject> {
        self.named.clone()
    }

    pub(crate) fn access_point(&self) -> Option<AccessPoint> {
        self.access_point.clone()
    }

    pub(crate) fn source_access_point(&self) -> Option<AccessPoint> {
        self.source_access_point.clone()
    }

    pub(crate) fn object_lambda(&self) -> Option<ObjectLambda> {
        self.object_lambda.clone()
    }

    pub(crate) fn endpoint(&self) -> Option<Endpoint> {
        self.endpoint.clone()
    }

    pub(crate) fn endpoint_policy(&self) -> Option<String> {
        self.endpoint_policy.clone()
    }

    pub(crate) fn source_ip(&self) -> String {
        "192.0.2.7".to_owned()
    }

    pub(crate) fn tls_version(&self) -> Option<String> {
        None
    }

    pub(crate) fn set_decision(&self, decision: Decision) {
        assert!(self.decision.replace(Some(decision)).is_none(), "a fact is set once");
    }

    pub(crate) fn set_refused(&self, positions: &[u32]) {
        self.refused.replace(positions.to_vec());
    }
}

/// `storage`.
pub(crate) mod resources {
    use super::ask;
    pub(crate) use sdk::bindings::policy::portcullis::gateway::resources::{BucketAccess, ObjectAccess};

    pub(crate) fn bucket(name: &str) -> Option<BucketAccess> {
        ask(format!("storage: bucket {name}"), |world| world.buckets.get(name).cloned())
    }

    pub(crate) fn bucket_policy(name: &str) -> Option<String> {
        ask(format!("storage: policy of {name}"), |world| world.bucket_policies.get(name).cloned())
    }

    pub(crate) fn object(bucket: &str, key: &str, version_id: Option<&str>) -> Option<ObjectAccess> {
        let version = version_id.map(|id| format!(" {id}")).unwrap_or_default();
        ask(format!("storage: object {bucket}/{key}{version}"), |world| world.objects.get(key).cloned())
    }

    pub(crate) fn object_tags(bucket: &str, key: &str, _version_id: Option<&str>) -> Vec<(String, String)> {
        ask(format!("storage: tags of {bucket}/{key}"), |_| Vec::new())
    }

    pub(crate) fn bucket_tags(bucket: &str) -> Vec<(String, String)> {
        ask(format!("storage: tags of {bucket}"), |_| Vec::new())
    }

    pub(crate) fn upload_headers(bucket: &str, key: &str, upload_id: &str) -> Vec<(String, String)> {
        ask(format!("storage: headers of {bucket}/{key} {upload_id}"), |_| Vec::new())
    }

    pub(crate) fn upload_initiator(bucket: &str, key: &str, upload_id: &str) -> Option<String> {
        ask(format!("storage: initiator of {bucket}/{key} {upload_id}"), |world| world.initiator.clone())
    }
}

/// `access-points`.
pub(crate) mod access_points {
    use super::ask;
    pub(crate) use sdk::bindings::policy::portcullis::gateway::access_points::{
        AccessPointAccess, ObjectLambdaRules,
    };

    pub(crate) fn object_lambda_access(account: &str, name: &str) -> Option<ObjectLambdaRules> {
        ask(format!("access points: Object Lambda {name} of {account}"), |world| {
            world.object_lambdas.get(name).copied()
        })
    }

    pub(crate) fn object_lambda_policy(account: &str, name: &str) -> Option<String> {
        ask(format!("access points: policy of Object Lambda {name} of {account}"), |world| {
            world.object_lambda_policies.get(name).cloned()
        })
    }

    pub(crate) fn access(account: &str, name: &str) -> Option<AccessPointAccess> {
        ask(format!("access points: {name} of {account}"), |world| world.access_points.get(name).cloned())
    }

    pub(crate) fn policy(account: &str, name: &str) -> Option<String> {
        ask(format!("access points: policy of {name} of {account}"), |world| {
            world.access_point_policies.get(name).cloned()
        })
    }
}

/// `functions`.
pub(crate) mod functions {
    use super::ask;
    pub(crate) use sdk::bindings::policy::portcullis::gateway::functions::FunctionAccess;

    pub(crate) fn access(arn: &str) -> Option<FunctionAccess> {
        ask(format!("functions: {arn}"), |world| world.functions.get(arn).cloned())
    }

    pub(crate) fn policy(arn: &str) -> Option<String> {
        ask(format!("functions: policy of {arn}"), |world| world.function_policies.get(arn).cloned())
    }
}

/// `iam`.
pub(crate) mod identities {
    use super::ask;
    pub(crate) use sdk::bindings::policy::portcullis::gateway::identities::{OwnPolicies, Source};

    pub(crate) fn permissions(unique_id: &str) -> Result<Option<OwnPolicies>, ()> {
        ask(format!("iam: permissions {unique_id}"), |world| {
            world.permissions.get(unique_id).cloned().transpose()
        })
    }

    pub(crate) fn managed(arn: &str, account: &str) -> Option<Source> {
        ask(format!("iam: managed {arn} {account}"), |world| world.managed.get(arn).cloned())
    }

    pub(crate) fn trust(role_arn: &str) -> Option<Source> {
        ask(format!("iam: trust {role_arn}"), |world| world.trusts.get(role_arn).cloned())
    }

    pub(crate) fn text(id: &str) -> Option<String> {
        ask(format!("iam: text {id}"), |world| world.texts.get(id).cloned())
    }
}

/// The host's master keys.
pub(crate) mod master_keys {
    use super::ask;
    pub(crate) use sdk::master_keys::MasterKey;

    pub(crate) fn find(account: &str, name: &str) -> Option<MasterKey> {
        ask(format!("host: key {name} of {account}"), |world| world.keys.get(name).cloned())
    }

    pub(crate) fn policy(arn: &str) -> Option<String> {
        ask(format!("host: policy of {arn}"), |world| world.key_policies.get(arn).cloned())
    }
}

/// The host's configuration.
pub(crate) mod settings {
    pub(crate) fn region() -> String {
        "us-east-1".to_owned()
    }
}

/// The host's explanations, of which it wants each.
pub(crate) mod trace {
    use super::{Call, NOW_MS, change};
    use sdk::trace::Circumstances;

    pub(crate) fn denied(call: &Call) -> Option<Circumstances> {
        Some(Circumstances {
            request_id: "R1".to_owned(),
            received_ms: NOW_MS,
            source_ip: call.source_ip(),
            target: Some(call.target()),
            principal: Some(call.principal()),
        })
    }

    pub(crate) fn explain(_call: &Call, text: &str) {
        change(|world| world.explained.push(text.to_owned()));
    }
}
