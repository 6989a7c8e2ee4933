//! A mock of two AWS operations on the loopback interface, for a peer that cannot run without an account.
//!
//! It answers `sts:GetCallerIdentity` with an invented account and `cloudformation:DescribeType` with one small schema, at once.
//! Real answers take tens of milliseconds each and hold large schemas, so times measured against it are a lower bound.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use anyhow::{Context, Result};

const IDENTITY: &str = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
    <Arn>arn:aws:iam::111122223333:user/mock</Arn><UserId>AIDAMOCK</UserId><Account>111122223333</Account>\
    </GetCallerIdentityResult></GetCallerIdentityResponse>";

const TYPE: &str = "<DescribeTypeResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeTypeResult>\
    <Type>RESOURCE</Type><DeprecatedStatus>LIVE</DeprecatedStatus>\
    <Schema>{\"handlers\":{\"create\":{\"permissions\":[\"mock:Create\"]},\"delete\":{\"permissions\":[\"mock:Delete\"]}}}</Schema>\
    </DescribeTypeResult></DescribeTypeResponse>";

/// No request of the peer is larger.
const MAX_BODY: usize = 64 * 1024;

/// Starts the mock on a free port; it ends with this process. Gives its address.
pub(super) fn start() -> Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("cannot listen on the loopback")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that went away is its own affair.
            let _ = serve(stream);
        }
    });
    Ok(format!("http://{address}"))
}

fn serve(mut stream: TcpStream) -> Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length.min(MAX_BODY)];
    reader.read_exact(&mut body)?;
    stream.write_all(answer(&String::from_utf8_lossy(&body)).as_bytes())?;
    Ok(())
}

/// The HTTP response to a form of the query protocol.
fn answer(form: &str) -> String {
    let action = form.split('&').find_map(|pair| pair.strip_prefix("Action="));
    let (status, xml) = match action {
        Some("GetCallerIdentity") => ("200 OK", IDENTITY),
        Some("DescribeType") => ("200 OK", TYPE),
        _ => ("400 Bad Request", "<Error><Code>NotMocked</Code></Error>"),
    };
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{xml}",
        xml.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mock_answers_over_the_loopback() {
        let address = start().unwrap();
        let mut stream = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
        let form = "Action=GetCallerIdentity&Version=2011-06-15";
        let request = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{form}", form.len());
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        assert!(response.starts_with("HTTP/1.1 200 OK"));
        assert!(response.contains("<Account>111122223333</Account>"));
    }

    #[test]
    fn what_is_not_mocked_is_refused() {
        assert!(answer("Action=CreateStack").starts_with("HTTP/1.1 400"));
    }
}
