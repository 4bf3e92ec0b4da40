//! A request as the operations see it: what it is about, and what its document says.

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::operations::functions::input::{
    AliasInput, ConcurrencyInput, FunctionInput, LongText, PublishInput, TagsInput,
};
use gateway::operations::functions::names::{self, FunctionName, is_name, is_qualifier};
use gateway::operations::functions::statements::PermissionInput;
use gateway::operations::functions::table::{FunctionOperation, FunctionRequest, resolve};
use gateway::operations::functions::{self, invalid};
use gateway::request::query::Query;
use sdk::{Call, Head, NeededAccess, PackageSource, Principal, settings, trace};

use crate::changes::no_such;
use crate::records::{Function, Row, Version};
use crate::rows;
use crate::shown::Which;

/// A request about functions.
#[derive(Debug)]
pub(crate) struct Request {
    /// What is asked for.
    pub(crate) operation: FunctionOperation,
    /// The account of the principal, to which the function belongs: 12 digits.
    pub(crate) account: String,
    /// The name of the function; empty where the request is about all.
    pub(crate) name: String,
    /// What stands behind the name: a version or an alias.
    pub(crate) qualifier: Option<String>,
    /// The alias, or the id of the statement.
    pub(crate) second: String,
    /// The region of the server.
    pub(crate) region: String,
    /// The query.
    pub(crate) query: Query,
    /// What the document says.
    pub(crate) input: Input,
    /// When the request arrived, in milliseconds since 1970.
    pub(crate) now_ms: u64,
    /// The id of the request.
    pub(crate) request_id: String,
}

/// What the document of a request says.
#[derive(Debug)]
pub(crate) enum Input {
    /// Nothing.
    None,
    /// With the package, where there is one.
    Function(Box<FunctionInput>, Option<PackageSource>),
    Publish(PublishInput),
    Alias(AliasInput),
    Permission(PermissionInput),
    Tags(TagsInput),
    Concurrency(ConcurrencyInput),
    /// A test event.
    Event,
}

impl Request {
    /// Reads a request, and says which access it needs. Errors as of [`Request::read`].
    pub(crate) async fn plan(call: &Call) -> Result<(Request, NeededAccess)> {
        let request = Request::read(call)?;
        trace::named(call, request.operation.name());
        let needed = request.needed_access()?;
        Ok((request, needed))
    }

    /// Reads a request. `NotImplemented` for an unknown operation, `AccessDenied` where it names a
    /// function of another account, `InvalidParameterValueException`,
    /// `InvalidRequestContentException`.
    fn read(call: &Call) -> Result<Request> {
        let (head, _) = Head::read(call);
        let FunctionRequest { operation, name, second } = resolve(&head.method, &head.path)?;
        let query = Query::parse(&head.query)?;
        let Principal::Authenticated(identity) = call.principal() else {
            return Err(ErrorCode::MissingAuthenticationToken.into());
        };
        let document = call.received().unwrap_or_default();
        let input = read_input(operation, document)?;
        let given = match (&input, operation) {
            (Input::Function(input, _), FunctionOperation::CreateFunction) => {
                Some(input.function_name.clone().ok_or_else(|| invalid("FunctionName is missing."))?)
            }
            _ => name,
        };
        let mut request = Request {
            operation,
            account: identity.account,
            name: String::new(),
            qualifier: None,
            second: second.unwrap_or_default(),
            region: settings::region(),
            query,
            input,
            now_ms: head.received_ms,
            request_id: call.request_id(),
        };
        if let Some(given) = given {
            request.name_it(&given)?;
        }
        Ok(request)
    }

    /// Takes over which function is named, and what stands behind its name.
    fn name_it(&mut self, given: &str) -> Result<()> {
        let FunctionName { region, account, name, qualifier } = FunctionName::parse(given)?;
        if account.is_some_and(|account| account != self.account) {
            return Err(ErrorCode::AccessDenied.into());
        }
        if region.is_some_and(|region| region != self.region) {
            return Err(no_such(given));
        }
        if !is_name(&name) {
            return Err(invalid("FunctionName is not valid."));
        }
        let asked = self.query.get_non_empty("Qualifier");
        if let (Some(own), Some(asked)) = (qualifier.as_deref(), asked)
            && own != asked
        {
            return Err(invalid(
                "The derived qualifier from the function name does not match the specified qualifier.",
            ));
        }
        if asked.is_some_and(|asked| !is_qualifier(asked)) {
            return Err(invalid(
                "1 validation error detected: Value at 'qualifier' failed to satisfy constraint: Member must satisfy \
                 regular expression pattern: (|[a-zA-Z0-9$_-]+)",
            ));
        }
        self.qualifier = asked.map(str::to_owned).or(qualifier);
        self.name = name;
        Ok(())
    }

    /// The access that the request needs.
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html>
    pub(crate) fn needed_access(&self) -> Result<NeededAccess> {
        let mut actions = vec![self.operation.action().to_owned()];
        let mut context = Vec::new();
        let tags: Vec<(String, String)> = match &self.input {
            Input::Function(input, _) => input.tags.clone().unwrap_or_default().into_iter().collect(),
            Input::Tags(input) => input.tags.clone().into_iter().collect(),
            _ => Vec::new(),
        };
        if !tags.is_empty() {
            if self.operation != FunctionOperation::TagResource {
                actions.push(FunctionOperation::TagResource.action().to_owned());
            }
            context.push(("aws:TagKeys".to_owned(), tags.iter().map(|(key, _)| key.clone()).collect()));
        }
        context.extend(tags.into_iter().map(|(key, value)| (format!("aws:RequestTag/{key}"), vec![value])));
        let row = if self.name.is_empty() { None } else { rows::function(&self.account, &self.name)? };
        let own = row.map(|row| row.record.tags).unwrap_or_default();
        context.extend(own.into_iter().map(|(key, value)| (format!("aws:ResourceTag/{key}"), vec![value])));
        let arn = if self.name.is_empty() { "*".to_owned() } else { self.qualified_arn() };
        Ok(NeededAccess { actions, arn, owner: self.account.clone(), context, provider: None })
    }

    /// The ARN of the function.
    pub(crate) fn arn(&self) -> String {
        names::arn(&self.region, &self.account, &self.name)
    }

    /// The ARN with what stands behind the name, if anything does.
    pub(crate) fn qualified_arn(&self) -> String {
        self.qualifier.as_ref().map_or_else(|| self.arn(), |own| format!("{}:{own}", self.arn()))
    }

    /// Which version is shown.
    pub(crate) fn which<'a>(&'a self, qualifier: Option<&'a str>, number: u64) -> Which<'a> {
        Which { region: &self.region, account: &self.account, name: &self.name, qualifier, number }
    }

    /// The function. `ResourceNotFoundException`
    pub(crate) fn function(&self) -> Result<Row<Function>> {
        rows::function(&self.account, &self.name)?.ok_or_else(|| no_such(&self.arn()))
    }

    /// The version that the request names. `ResourceNotFoundException`
    pub(crate) fn version(&self, function: &Row<Function>) -> Result<(u64, Version)> {
        let found = rows::qualified(&self.account, &self.name, function, self.qualifier.as_deref())?;
        found.ok_or_else(|| no_such(&self.qualified_arn()))
    }

    /// Refuses a version or an alias where the request has to be about the function.
    /// `InvalidParameterValueException`
    pub(crate) fn unqualified(&self) -> Result<()> {
        match self.qualifier.as_deref() {
            None | Some(names::LATEST) => Ok(()),
            Some(_) => {
                Err(invalid("This operation is about a function, and not about a version or an alias."))
            }
        }
    }

    /// The document of a function, and its package.
    pub(crate) fn function_input(&mut self) -> Result<(Box<FunctionInput>, Option<PackageSource>)> {
        match std::mem::replace(&mut self.input, Input::None) {
            Input::Function(input, package) => Ok((input, package)),
            _ => Err(S3Error::from(ErrorCode::InternalError)),
        }
    }

    /// Where a page of a list begins, and how many it may show.
    pub(crate) fn page(&self, most: usize) -> Result<(String, usize)> {
        let max = match self.query.get_non_empty("MaxItems") {
            None => most,
            Some(text) => {
                let number: Option<usize> = text.parse().ok().filter(|number| (1..=10_000).contains(number));
                number.ok_or_else(|| invalid("MaxItems must be between 1 and 10000."))?.min(most)
            }
        };
        let marker = self.query.get_non_empty("Marker").unwrap_or_default().to_owned();
        if !marker.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
            return Err(invalid("Marker is not valid."));
        }
        Ok((marker, max))
    }
}

fn read_input(operation: FunctionOperation, document: Vec<u8>) -> Result<Input> {
    use FunctionOperation as Of;
    Ok(match operation {
        Of::CreateFunction | Of::UpdateFunctionCode | Of::UpdateFunctionConfiguration => {
            let mut input: Box<FunctionInput> = Box::new(functions::parse(&document)?);
            input.check()?;
            let code = match operation {
                Of::CreateFunction => {
                    Some(input.code.take().ok_or_else(|| invalid("Code is missing."))?.package()?)
                }
                Of::UpdateFunctionCode => Some(input.take_code().package()?),
                _ => None,
            };
            let source = |code: LongText| match (code.position(&document), code) {
                (Some(position), _) => Ok(PackageSource::Received(position)),
                (None, LongText::Apart(text)) => Ok(PackageSource::Text(text)),
                (None, LongText::Within(..)) => Err(S3Error::from(ErrorCode::InternalError)),
            };
            Input::Function(input, code.map(source).transpose()?)
        }
        Of::PublishVersion => Input::Publish(functions::parse(&document)?),
        Of::CreateAlias | Of::UpdateAlias => {
            let input: AliasInput = functions::parse(&document)?;
            input.check()?;
            Input::Alias(input)
        }
        Of::AddPermission => Input::Permission(functions::parse(&document)?),
        Of::TagResource => Input::Tags(functions::parse(&document)?),
        Of::PutFunctionConcurrency => Input::Concurrency(functions::parse(&document)?),
        Of::Invoke => Input::Event,
        _ => Input::None,
    })
}
