//! THE FUNCTION OPERATIONS TABLE: every operation of Lambda that is known here, its request, its
//! action and the limit of its document.

use super::test_event::EVENT_BYTES_MAX;
use super::{CODE_BYTES_MAX, DOCUMENT_BYTES_MAX};
use crate::errors::{ErrorCode, Result, S3Error};
use crate::request::url_encoding::decode_path;

macro_rules! function_operations {
    ($($name:ident $method:literal $path:literal $action:literal $limit:expr;)+) => {
        /// An operation of Lambda, by its API name.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[expect(missing_docs, reason = "AWS documents each under its name")]
        pub enum FunctionOperation { $($name),+ }

        impl FunctionOperation {
            /// Every operation, in the order of the table.
            pub const ALL: &'static [FunctionOperation] = &[$(FunctionOperation::$name),+];

            /// The API name: `CreateFunction`.
            pub fn name(self) -> &'static str {
                match self { $(FunctionOperation::$name => stringify!($name)),+ }
            }

            /// Method and path of its requests, the action that it takes, and the most bytes of its
            /// document.
            fn row(self) -> (&'static str, &'static str, &'static str, u64) {
                match self { $(FunctionOperation::$name => ($method, $path, $action, $limit)),+ }
            }
        }
    };
}

#[rustfmt::skip]
function_operations! {
    CreateFunction                 "POST"   "/2015-03-31/functions"                              "lambda:CreateFunction"                 CODE_BYTES_MAX;
    ListFunctions                  "GET"    "/2015-03-31/functions"                              "lambda:ListFunctions"                  0;
    GetFunction                    "GET"    "/2015-03-31/functions/{}"                           "lambda:GetFunction"                    0;
    DeleteFunction                 "DELETE" "/2015-03-31/functions/{}"                           "lambda:DeleteFunction"                 0;
    UpdateFunctionCode             "PUT"    "/2015-03-31/functions/{}/code"                      "lambda:UpdateFunctionCode"             CODE_BYTES_MAX;
    GetFunctionConfiguration       "GET"    "/2015-03-31/functions/{}/configuration"             "lambda:GetFunctionConfiguration"       0;
    UpdateFunctionConfiguration    "PUT"    "/2015-03-31/functions/{}/configuration"             "lambda:UpdateFunctionConfiguration"    DOCUMENT_BYTES_MAX;
    PublishVersion                 "POST"   "/2015-03-31/functions/{}/versions"                  "lambda:PublishVersion"                 DOCUMENT_BYTES_MAX;
    ListVersionsByFunction         "GET"    "/2015-03-31/functions/{}/versions"                  "lambda:ListVersionsByFunction"         0;
    CreateAlias                    "POST"   "/2015-03-31/functions/{}/aliases"                   "lambda:CreateAlias"                    DOCUMENT_BYTES_MAX;
    ListAliases                    "GET"    "/2015-03-31/functions/{}/aliases"                   "lambda:ListAliases"                    0;
    GetAlias                       "GET"    "/2015-03-31/functions/{}/aliases/{}"                "lambda:GetAlias"                       0;
    UpdateAlias                    "PUT"    "/2015-03-31/functions/{}/aliases/{}"                "lambda:UpdateAlias"                    DOCUMENT_BYTES_MAX;
    DeleteAlias                    "DELETE" "/2015-03-31/functions/{}/aliases/{}"                "lambda:DeleteAlias"                    0;
    AddPermission                  "POST"   "/2015-03-31/functions/{}/policy"                    "lambda:AddPermission"                  DOCUMENT_BYTES_MAX;
    GetPolicy                      "GET"    "/2015-03-31/functions/{}/policy"                    "lambda:GetPolicy"                      0;
    RemovePermission               "DELETE" "/2015-03-31/functions/{}/policy/{}"                 "lambda:RemovePermission"               0;
    Invoke                         "POST"   "/2015-03-31/functions/{}/invocations"               "lambda:InvokeFunction"                 EVENT_BYTES_MAX;
    PutFunctionConcurrency         "PUT"    "/2017-10-31/functions/{}/concurrency"               "lambda:PutFunctionConcurrency"         DOCUMENT_BYTES_MAX;
    DeleteFunctionConcurrency      "DELETE" "/2017-10-31/functions/{}/concurrency"               "lambda:DeleteFunctionConcurrency"      0;
    GetFunctionConcurrency         "GET"    "/2019-09-30/functions/{}/concurrency"               "lambda:GetFunctionConcurrency"         0;
    ListTags                       "GET"    "/2017-03-31/tags/{}"                                "lambda:ListTags"                       0;
    TagResource                    "POST"   "/2017-03-31/tags/{}"                                "lambda:TagResource"                    DOCUMENT_BYTES_MAX;
    UntagResource                  "DELETE" "/2017-03-31/tags/{}"                                "lambda:UntagResource"                  0;
    GetAccountSettings             "GET"    "/2016-08-19/account-settings"                       "lambda:GetAccountSettings"             0;
    ListEventSourceMappings        "GET"    "/2015-03-31/event-source-mappings"                  "lambda:ListEventSourceMappings"        0;
    GetFunctionCodeSigningConfig   "GET"    "/2020-06-30/functions/{}/code-signing-config"       "lambda:GetFunctionCodeSigningConfig"   0;
    GetFunctionEventInvokeConfig   "GET"    "/2019-09-25/functions/{}/event-invoke-config"       "lambda:GetFunctionEventInvokeConfig"   0;
    ListFunctionEventInvokeConfigs "GET"    "/2019-09-25/functions/{}/event-invoke-config/list"  "lambda:ListFunctionEventInvokeConfigs" 0;
    ListProvisionedConcurrencyConfigs "GET" "/2019-09-30/functions/{}/provisioned-concurrency"   "lambda:ListProvisionedConcurrencyConfigs" 0;
    GetFunctionUrlConfig           "GET"    "/2021-10-31/functions/{}/url"                       "lambda:GetFunctionUrlConfig"           0;
    GetRuntimeManagementConfig     "GET"    "/2021-07-20/functions/{}/runtime-management-config" "lambda:GetRuntimeManagementConfig"     0;
    GetFunctionRecursionConfig     "GET"    "/2024-08-31/functions/{}/recursion-config"          "lambda:GetFunctionRecursionConfig"     0;
}

impl FunctionOperation {
    /// The action that it takes.
    pub fn action(self) -> &'static str {
        self.row().2
    }

    /// Its request, for people: `GET /2015-03-31/functions/name/aliases/name`
    pub fn request(self) -> String {
        let (method, path, ..) = self.row();
        format!("{method} {}", path.replace("{}", "name"))
    }

    /// The most bytes of its document; 0 where it has none.
    pub fn length_max(self) -> u64 {
        self.row().3
    }
}

/// An operation, and what its path names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FunctionRequest {
    /// The operation.
    pub operation: FunctionOperation,
    /// The function, or the ARN of the resource with tags; decoded.
    pub name: Option<String>,
    /// The alias, or the id of the statement; decoded.
    pub second: Option<String>,
}

/// Finds the operation of a request. `NotImplemented` where the table has none, `InvalidURI` for a
/// broken escape.
pub fn resolve(method: &str, path: &str) -> Result<FunctionRequest> {
    for &operation in FunctionOperation::ALL {
        let (own, pattern, ..) = operation.row();
        if own != method {
            continue;
        }
        if let Some([name, second]) = names_in(path, pattern) {
            let decode = |part: Option<&str>| -> Result<Option<String>> {
                Ok(part.map(decode_path).transpose()?.map(std::borrow::Cow::into_owned))
            };
            return Ok(FunctionRequest { operation, name: decode(name)?, second: decode(second)? });
        }
    }
    Err(S3Error::new(ErrorCode::NotImplemented).message("This operation of Lambda is not implemented."))
}

/// What stands in a path for the `{}` of a pattern. Clients end some paths with `/`.
fn names_in<'a>(path: &'a str, pattern: &str) -> Option<[Option<&'a str>; 2]> {
    let mut parts = path.strip_suffix('/').unwrap_or(path).split('/');
    let mut found = [None; 2];
    let mut slots = found.iter_mut();
    for expected in pattern.split('/') {
        let part = parts.next()?;
        match expected {
            "{}" if !part.is_empty() => *slots.next()? = Some(part),
            _ if part == expected => {}
            _ => return None,
        }
    }
    parts.next().is_none().then_some(found)
}
