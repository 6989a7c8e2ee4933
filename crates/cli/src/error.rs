//! What stopped a command.

use std::error::Error;
use std::{fmt, io};

use crate::exit::Exit;

/// Why a command could not go on: a message, what caused it, and what to do.
#[derive(Debug)]
pub(crate) struct CliError {
    kind: Kind,
    message: String,
    cause: Option<Box<dyn Error + Send + Sync>>,
    hints: Vec<String>,
}

/// The kinds of errors; each has its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// AWS could not be reached, it refused, or it is another account than expected.
    Aws,
    /// The user said no.
    Declined,
    /// The input cannot be read or used.
    Input,
    /// The answer could not be written.
    Output,
    /// The policy does not fit the quotas.
    OverQuota,
    /// Something that should not happen.
    Unexpected,
    /// The command line is wrong.
    Usage,
}

impl CliError {
    /// Makes an error of a message: a lower-case fragment with the user's text in backticks.
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> CliError {
        CliError { kind, message: message.into(), cause: None, hints: Vec::new() }
    }

    /// Adds what caused it.
    #[must_use]
    pub(crate) fn caused_by(self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> CliError {
        CliError { cause: Some(cause.into()), ..self }
    }

    /// Adds what to do about it.
    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> CliError {
        self.hints.push(hint.into());
        self
    }

    /// What to do about it, one line each.
    pub(crate) fn hints(&self) -> &[String] {
        &self.hints
    }

    /// How the program ends because of it.
    pub(crate) fn exit(&self) -> Exit {
        match self.kind {
            Kind::Aws => Exit::Aws,
            Kind::Declined => Exit::Declined,
            Kind::Input => Exit::Input,
            Kind::Output => Exit::Output,
            Kind::OverQuota => Exit::OverQuota,
            Kind::Unexpected => Exit::Unexpected,
            Kind::Usage => Exit::Usage,
        }
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        let mut cause = self.source();
        while let Some(error) = cause {
            match error.downcast_ref::<io::Error>() {
                Some(error) => write!(f, ": {}", reason(error))?,
                None => write!(f, ": {error}")?,
            }
            cause = error.source();
        }
        Ok(())
    }
}

impl Error for CliError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

/// The operating system's reason in the form of our messages: it begins in lower case and has no number.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split_once(" (os error").map_or(text.as_str(), |(text, _)| text);
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_is_followed_by_the_reason_of_the_system() {
        let missing = io::Error::from_raw_os_error(2);
        let error = CliError::new(Kind::Input, "cannot read `x`").caused_by(missing);
        let text = error.to_string();
        assert!(text.starts_with("cannot read `x`: "), "{text}");
        assert!(!text.contains("os error"), "{text}");
        assert_eq!(error.exit(), Exit::Input);
    }
}
