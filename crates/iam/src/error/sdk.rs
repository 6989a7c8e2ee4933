//! From an error of the AWS SDK to ours.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;

use super::{ApiError, Cause, Denied};

impl ApiError {
    /// Makes the error of a call of any service; `action` is the call's IAM action, such as `sts:GetCallerIdentity`.
    pub fn from_sdk<E>(action: &str, error: &SdkError<E, HttpResponse>) -> ApiError
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let code = error.as_service_error().and_then(|error| error.code()).map(str::to_owned);
        let message = error.as_service_error().and_then(|error| error.message());
        let message = message.map_or_else(|| innermost(error), str::to_owned);
        let status = error.raw_response().map(|response| response.status().as_u16());
        let cause = match &code {
            Some(code) => cause_of_code(code, status, &message),
            None => cause_without_code(error, status),
        };
        let message = match cause {
            Cause::NoCredentials => "there are no credentials".to_owned(),
            // What the parser says is about our program, not about the answer.
            _ if code.is_none() && matches!(error, SdkError::ServiceError(_)) => {
                "the answer is none that AWS gives".to_owned()
            }
            _ => message,
        };
        ApiError {
            action: action.to_owned(),
            cause,
            code,
            message,
            request_id: error.request_id().map(str::to_owned),
            status,
        }
    }
}

fn cause_of_code(code: &str, status: Option<u16>, message: &str) -> Cause {
    match code {
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => {
            Cause::Denied(Box::new(Denied::parse(message)))
        }
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" | "RequestExpired" => {
            Cause::ExpiredCredentials
        }
        "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "InvalidAccessKeyId"
        | "AuthFailure"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "NotAuthorized"
        | "OptInRequired" => Cause::InvalidCredentials,
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "SlowDown" => Cause::Throttled,
        "NoSuchEntity" | "NoSuchEntityException" => Cause::NoSuchEntity,
        "EntityAlreadyExists" | "EntityAlreadyExistsException" => Cause::AlreadyExists,
        "LimitExceeded" | "LimitExceededException" => Cause::LimitExceeded,
        "DeleteConflict" | "DeleteConflictException" => Cause::DeleteConflict,
        "EntityTemporarilyUnmodifiable"
        | "EntityTemporarilyUnmodifiableException"
        | "ConcurrentModification"
        | "ConcurrentModificationException" => Cause::BeingChanged,
        "MalformedPolicyDocument" | "MalformedPolicyDocumentException" => Cause::MalformedPolicy,
        "UnmodifiableEntity" | "UnmodifiableEntityException" => Cause::Unmodifiable,
        "InvalidInput"
        | "InvalidInputException"
        | "ValidationError"
        | "InvalidParameterValue"
        | "PolicyNotAttachable"
        | "MissingParameter" => Cause::InvalidInput,
        _ if status == Some(429) => Cause::Throttled,
        _ if status.is_some_and(|status| status >= 500) => Cause::Service,
        _ => Cause::Other,
    }
}

fn cause_without_code<E: Error + 'static>(
    error: &SdkError<E, HttpResponse>,
    status: Option<u16>,
) -> Cause {
    let text: Vec<String> = chain(error).iter().map(|text| text.to_lowercase()).collect();
    let says = |part: &str| text.iter().any(|text| text.contains(part));
    let lacks_credentials = says("credential") || says("identity resolver");
    match error {
        SdkError::TimeoutError(_) => Cause::Timeout,
        _ if says("expired") && lacks_credentials => Cause::ExpiredCredentials,
        _ if lacks_credentials => Cause::NoCredentials,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => Cause::Timeout,
        SdkError::DispatchFailure(failure) if failure.is_io() => Cause::Connection,
        _ if says("missing region") || says("invalid endpoint") => Cause::Configuration,
        SdkError::ConstructionFailure(_) => Cause::Configuration,
        SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => Cause::Connection,
        _ if status.is_some_and(|status| status >= 500) => Cause::Service,
        _ if status == Some(429) => Cause::Throttled,
        // Only a refusal says that nothing was done.
        _ if status.is_some_and(|status| status < 400) => Cause::Unreadable,
        _ => Cause::Other,
    }
}

/// The texts of the error and of what caused it, outermost first.
fn chain(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut texts = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        texts.push(error.to_string());
        cause = error.source();
    }
    texts
}

/// What the first cause says: the outer ones only say that something failed.
fn innermost(error: &(dyn Error + 'static)) -> String {
    chain(error).pop().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::metadata::ErrorMetadata;

    use super::*;

    fn answer(status: u16, code: &str, message: &str) -> SdkError<ErrorMetadata, HttpResponse> {
        let status = StatusCode::try_from(status).unwrap();
        let mut response = HttpResponse::new(status, SdkBody::empty());
        response.headers_mut().insert("x-amzn-requestid", "r-1");
        let error = ErrorMetadata::builder().code(code).message(message).build();
        SdkError::service_error(error, response)
    }

    #[track_caller]
    fn check(error: &SdkError<ErrorMetadata, HttpResponse>, cause: &Cause, text: &str) {
        let error = ApiError::from_sdk("iam:GetRole", error);
        assert_eq!((&error.cause, error.to_string().as_str()), (cause, text));
    }

    #[test]
    fn answer_of_iam_has_code_status_and_request() {
        check(
            &answer(404, "NoSuchEntity", "The role with name x cannot be found."),
            &Cause::NoSuchEntity,
            "iam:GetRole failed: NoSuchEntity: The role with name x cannot be found. (status 404, request r-1)",
        );
    }

    #[test]
    fn denied_call_names_the_missing_action() {
        let message = "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: \
            iam:GetRole on resource: role x because no identity-based policy allows the iam:GetRole action";
        let error = ApiError::from_sdk("iam:GetRole", &answer(403, "AccessDenied", message));
        let Cause::Denied(denied) = &error.cause else { panic!("{error:?}") };
        assert_eq!(denied.action.as_deref(), Some("iam:GetRole"));
        assert_eq!(denied.caller.as_deref(), Some("arn:aws:iam::111122223333:user/ann"));
    }

    #[test]
    fn unknown_codes_go_by_their_status() {
        check(
            &answer(503, "Odd", "busy"),
            &Cause::Service,
            "iam:GetRole failed: Odd: busy (status 503, request r-1)",
        );
        check(
            &answer(400, "Odd", "no"),
            &Cause::Other,
            "iam:GetRole failed: Odd: no (status 400, request r-1)",
        );
        check(
            &answer(400, "Throttling", "Rate exceeded"),
            &Cause::Throttled,
            "iam:GetRole failed: Throttling: Rate exceeded (status 400, request r-1)",
        );
        check(
            &answer(403, "ExpiredToken", "expired"),
            &Cause::ExpiredCredentials,
            "iam:GetRole failed: ExpiredToken: expired (status 403, request r-1)",
        );
    }

    #[test]
    fn answer_that_is_none_of_aws_goes_by_its_status() {
        let answer = |status: u16| {
            let status = StatusCode::try_from(status).unwrap();
            let response = HttpResponse::new(status, SdkBody::from("<html>"));
            SdkError::service_error(ErrorMetadata::builder().build(), response)
        };
        let text = |status: u16| {
            format!("iam:GetRole failed: the answer is none that AWS gives (status {status})")
        };
        // It may be a proxy's, after AWS has done what was asked.
        check(&answer(200), &Cause::Unreadable, &text(200));
        check(&answer(302), &Cause::Unreadable, &text(302));
        check(&answer(403), &Cause::Other, &text(403));
        check(&answer(429), &Cause::Throttled, &text(429));
        check(&answer(502), &Cause::Service, &text(502));
        assert!(ApiError::from_sdk("iam:GetRole", &answer(200)).is_ambiguous());
    }

    #[test]
    fn what_no_answer_came_for_goes_by_what_was_said() {
        let connector = |error: ConnectorError| SdkError::dispatch_failure(error);
        check(
            &connector(ConnectorError::io("connection refused".into())),
            &Cause::Connection,
            "iam:GetRole failed: connection refused",
        );
        check(
            &connector(ConnectorError::timeout("no answer in 3 s".into())),
            &Cause::Timeout,
            "iam:GetRole failed: no answer in 3 s",
        );
        let other = |text: &str| connector(ConnectorError::other(text.into(), None));
        check(
            &other("the credential provider was not enabled"),
            &Cause::NoCredentials,
            "iam:GetRole failed: there are no credentials",
        );
        check(
            &other("Invalid Configuration: Missing Region"),
            &Cause::Configuration,
            "iam:GetRole failed: Invalid Configuration: Missing Region",
        );
    }
}
