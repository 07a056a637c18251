//! What a store's refusal means. Codes: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>.

use std::error::Error;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::config::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use crate::archive::ArchiveError;

/// The longest message of a store that is repeated, in characters.
const MAX_MESSAGE: usize = 200;

/// A request that did not succeed, sorted by what to do about it.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Something stands there (412).
    Occupied,
    /// Another write to the same key is under way (409).
    Conflict,
    /// The store does not know what was asked (501).
    NotImplemented { message: String },
    /// No such object.
    NoObject,
    /// No such bucket.
    NoBucket,
    /// No access (401, 403).
    Denied { code: String },
    /// Overloaded or failing (429, 5xx), after all attempts.
    Busy { code: String },
    /// No answer in time.
    Slow,
    /// Not sent, or cut off: no connection, or no credentials.
    NotSent { source: Box<dyn Error + Send + Sync> },
    /// Anything else.
    Other { code: String, message: String },
}

impl Refusal {
    pub(super) fn of<E>(error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        match error {
            SdkError::TimeoutError(_) => Self::Slow,
            SdkError::DispatchFailure(failure) if failure.is_timeout() => Self::Slow,
            SdkError::ServiceError(answer) => {
                let status = answer.raw().status().as_u16();
                Self::of_answer(status, answer.err().code(), answer.err().message())
            }
            SdkError::ResponseError(answer) => Self::Other {
                code: format!("HTTP {}", answer.raw().status().as_u16()),
                message: "this is not an answer of S3".to_owned(),
            },
            other => match other.into_source() {
                Ok(source) => Self::NotSent { source },
                Err(_kept) => Self::Other { code: "unknown".to_owned(), message: String::new() },
            },
        }
    }

    fn of_answer(status: u16, code: Option<&str>, message: Option<&str>) -> Self {
        let said = || plain(message.unwrap_or_default());
        let named = code.map_or_else(|| format!("HTTP {status}"), plain);
        match (status, code) {
            (_, Some("PreconditionFailed")) | (412, _) => Self::Occupied,
            (_, Some("ConditionalRequestConflict" | "OperationAborted")) => Self::Conflict,
            (_, Some("NotImplemented")) | (501, _) => Self::NotImplemented { message: said() },
            (_, Some("NoSuchBucket")) => Self::NoBucket,
            (_, Some("NoSuchKey")) | (404, None) => Self::NoObject,
            (_, Some("RequestTimeout")) => Self::Slow,
            // These two come with 400.
            (401 | 403, _) | (_, Some("ExpiredToken" | "InvalidToken")) => Self::Denied { code: named },
            (429 | 500..=599, _) => Self::Busy { code: named },
            _ => Self::Other { code: named, message: said() },
        }
    }

    /// The refusal as an error, where nothing more is known about it.
    pub(super) fn into_error(self) -> ArchiveError {
        let other = |code: &str| ArchiveError::Other { code: code.to_owned(), message: String::new() };
        match self {
            Self::Denied { code } => ArchiveError::Denied { code },
            Self::Busy { code } => ArchiveError::Busy { code },
            Self::Slow => ArchiveError::Slow,
            Self::NotSent { source } => ArchiveError::Unreachable { source },
            Self::Other { code, message } => ArchiveError::Other { code, message },
            Self::Conflict => ArchiveError::Busy { code: "ConditionalRequestConflict".to_owned() },
            Self::Occupied => other("PreconditionFailed"),
            Self::NotImplemented { message } => ArchiveError::Other { code: "NotImplemented".to_owned(), message },
            Self::NoObject => other("NoSuchKey"),
            Self::NoBucket => other("NoSuchBucket"),
        }
    }
}

/// Whether the standard AWS chain yields credentials.
pub(super) async fn has_credentials(provider: Option<&SharedCredentialsProvider>) -> bool {
    match provider {
        Some(provider) => provider.provide_credentials().await.is_ok(),
        None => false,
    }
}

/// A store's own words, cut to one short line: they end up on a terminal.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_MESSAGE).collect()
}
