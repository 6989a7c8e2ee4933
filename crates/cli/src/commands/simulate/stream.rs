//! Many requests, one a line in and one a line out.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use serde_json::{Map, Value};
use stackpass_policy::evaluate::Request;

use super::request::{action, key, resource, set, set_principal};
use crate::error::{CliError, Kind};
use crate::exit::Exit;
use crate::judge::Judge;
use crate::output::Output;
use crate::view::simulate;

/// The longest line that is read.
const MAX_LINE: u64 = 1024 * 1024;

/// The fields that a request can have.
const FIELDS: [&str; 8] =
    ["id", "action", "resource", "context", "principal", "account", "region", "partition"];

/// Answers every line. The exit code says whether each of them was a request; what was decided stands in the answers.
pub(super) fn run(judge: &Judge, path: &Path, output: &mut Output<'_>) -> Result<Exit, CliError> {
    let cannot_read = |cause: io::Error| {
        let message = format!("cannot read `{}`", path.display());
        CliError::new(Kind::Input, message).caused_by(cause)
    };
    if path.as_os_str() == OsStr::new("-") {
        return answer_all(judge, &mut io::stdin().lock(), output, cannot_read);
    }
    let file = File::open(path).map_err(cannot_read)?;
    answer_all(judge, &mut BufReader::new(file), output, cannot_read)
}

fn answer_all(
    judge: &Judge,
    lines: &mut dyn BufRead,
    output: &mut Output<'_>,
    cannot_read: impl Fn(io::Error) -> CliError,
) -> Result<Exit, CliError> {
    let mut exit = Exit::Done;
    while let Some(line) = next_line(lines).map_err(&cannot_read)? {
        if line.as_ref().is_ok_and(|line| line.trim_ascii().is_empty()) {
            continue;
        }
        let read = line.map_err(|error| (Value::Null, error)).and_then(|line| read(&line));
        let answer = match read {
            Ok((id, request)) => simulate::line(&id, &judge.decide(&request)),
            Err((id, error)) => {
                exit = Exit::Input;
                simulate::error_line(&id, &error)
            }
        };
        output.answer(&answer)?;
    }
    Ok(exit)
}

/// The next line without its end; the inner error is one that is too long.
fn next_line(lines: &mut dyn BufRead) -> io::Result<Option<Result<Vec<u8>, String>>> {
    let mut line = Vec::new();
    if lines.take(MAX_LINE).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let is_whole = line.ends_with(b"\n") || u64::try_from(line.len()).is_ok_and(|it| it < MAX_LINE);
    if is_whole {
        return Ok(Some(Ok(line)));
    }
    skip_line(lines)?;
    Ok(Some(Err("the line is longer than 1 MB".to_owned())))
}

fn skip_line(lines: &mut dyn BufRead) -> io::Result<()> {
    loop {
        let buffer = lines.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(buffer.len(), |end| end + 1);
        lines.consume(length);
        if end.is_some() || length == 0 {
            return Ok(());
        }
    }
}

/// Reads a request with its id. What is wrong comes with the id, as far as there is one.
fn read(line: &[u8]) -> Result<(Value, Request), (Value, String)> {
    let mut fields: Map<String, Value> = serde_json::from_slice(line)
        .map_err(|error| (Value::Null, format!("expected a request as a JSON object: {error}")))?;
    let id = fields.remove("id").unwrap_or_default();
    match request(&fields) {
        Ok(request) => Ok((id, request)),
        Err(error) => Err((id, error)),
    }
}

fn request(fields: &Map<String, Value>) -> Result<Request, String> {
    // A misspelled `context` that is passed over would be another request.
    if let Some(unknown) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err(format!("a request has no field `{unknown}`, it has {}", FIELDS.join(", ")));
    }
    let asked = text(fields, "action")?.ok_or("a request has an `action`")?;
    let mut request = Request::new(action(asked)?, resource(text(fields, "resource")?)?);
    match fields.get("context") {
        None | Some(Value::Null) => {}
        Some(Value::Object(context)) => {
            for (name, value) in context {
                let values = values(name, value)?;
                if request.context.insert(key(name)?, values).is_some() {
                    return Err(format!(
                        "the context has `{name}` twice, but for the case of letters"
                    ));
                }
            }
        }
        Some(_) => return Err("`context` must be an object of keys and values".to_owned()),
    }
    set(&mut request, "aws:RequestedRegion", text(fields, "region")?)?;
    set(&mut request, "aws:PrincipalAccount", text(fields, "account")?)?;
    set_principal(&mut request, text(fields, "principal")?)?;
    text(fields, "partition")?;
    Ok(request)
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, String> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("`{name}` must be a string")),
    }
}

/// The values of a key: a scalar, or a list of scalars; an empty list says that the request does not have the key.
fn values(name: &str, value: &Value) -> Result<Vec<String>, String> {
    let scalar = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err(format!("the value of `{name}` must be a string or a list of strings"))
        }
    };
    match value {
        Value::Array(items) => items.iter().map(scalar).collect(),
        value => Ok(vec![scalar(value)?]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: &str) {
        let (_, error) = read(line.as_bytes()).unwrap_err();
        assert!(error.starts_with(expected), "{line}: {error}");
    }

    #[test]
    fn what_is_wrong_with_a_line_is_told() {
        check("[]", "expected a request as a JSON object: ");
        check("{\"action\":", "expected a request as a JSON object: ");
        check("\u{fffd}", "expected a request as a JSON object: ");
        check("{}", "a request has an `action`");
        check(r#"{"action": 1}"#, "`action` must be a string");
        check(r#"{"action": "s3:*"}"#, "a request has one action");
        check(r#"{"action": "s3:GetObject", "contxt": {}}"#, "a request has no field `contxt`");
        check(r#"{"action": "s3:GetObject", "context": []}"#, "`context` must be an object");
        check(r#"{"action": "s3:GetObject", "context": {"k": "v"}}"#, "");
        check(r#"{"action": "s3:GetObject", "context": {"a:k": {}}}"#, "the value of `a:k`");
        check(
            r#"{"action": "s3:GetObject", "context": {"a:k": "1", "A:K": "2"}}"#,
            "the context has",
        );
    }

    #[test]
    fn id_comes_back_whatever_it_is() {
        let (id, _) = read(br#"{"id": {"a": [1]}, "action": "s3:GetObject"}"#).unwrap();
        assert_eq!(id.to_string(), r#"{"a":[1]}"#);
        let (id, _) = read(br#"{"id": 7, "action": "x"}"#).unwrap_err();
        assert_eq!(id, Value::from(7));
    }

    #[test]
    fn scalars_are_values_and_an_empty_list_says_that_there_is_none() {
        let line = br#"{"action": "s3:GetObject", "resource": "*", "context": {"a:k": [], "a:b": true, "a:n": [1, "x"]}}"#;
        let (_, request) = read(line).unwrap();
        let values = |name: &str| request.context[&key(name).unwrap()].clone();
        assert_eq!(request.resource, None);
        assert_eq!(values("a:k"), Vec::<String>::new());
        assert_eq!(
            (values("a:b"), values("a:n")),
            (vec!["true".to_owned()], vec!["1".to_owned(), "x".to_owned()])
        );
    }

    #[test]
    fn line_that_is_too_long_is_skipped_and_the_next_is_read() {
        let text = format!("{}\nnext", "x".repeat(3_000_000));
        let mut lines = text.as_bytes();
        assert!(next_line(&mut lines).unwrap().unwrap().is_err());
        assert_eq!(next_line(&mut lines).unwrap().unwrap(), Ok(b"next".to_vec()));
        assert!(next_line(&mut lines).unwrap().is_none());
    }
}
