//! What goes to AWS, against a server of a few lines that answers as STS and IAM do.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use serde_json::json;

use crate::common::{Folder, Ran};

const POLICY: &str = r#"{"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}"#;

/// Answers every `GetCallerIdentity` with this ARN and everything else with a refusal. Gives its address.
fn server(arn: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            answer(&mut stream.unwrap(), arn);
        }
    });
    address
}

fn answer(stream: &mut TcpStream, arn: &str) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let action = String::from_utf8(body).unwrap();
    let (status, text) = if action.contains("Action=GetCallerIdentity") {
        let account = arn.split(':').nth(4).unwrap();
        let result = format!("<Arn>{arn}</Arn><UserId>AIDA1</UserId><Account>{account}</Account>");
        (
            "200 OK",
            format!(
                "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>{result}</GetCallerIdentityResult></GetCallerIdentityResponse>"
            ),
        )
    } else {
        let message = format!(
            "User: {arn} is not authorized to perform: iam:GetRole on resource: role deploy because no identity-based policy allows the iam:GetRole action"
        );
        (
            "403 Forbidden",
            format!(
                "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>{message}</Message></Error><RequestId>request-7</RequestId></ErrorResponse>"
            ),
        )
    };
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: text/xml\r\nx-amzn-requestid: request-7\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
        text.len()
    );
}

/// The program with keys in its environment.
fn with_keys(folder: &Folder, arguments: &str) -> Command {
    let mut command = folder.command(arguments);
    command
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "not-a-secret");
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

fn run(command: &mut Command) -> Ran {
    Ran::of(command.output().unwrap())
}

#[test]
fn whoami_says_whose_and_from_where() {
    let url =
        server("arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/jo");
    let folder = Folder::new("whoami").with(".aws/config", "[default]\nregion = eu-west-1\n");
    let ran = run(&mut with_keys(&folder, &format!("whoami --endpoint-url {url}")));
    insta::assert_snapshot!(ran.stdout.replace(&url, "URL"), @"
    account      111122223333
    principal    permission set Admin, signed in as jo
    arn          arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/jo
    user id      AIDA1
    partition    aws
    credentials  the environment, `AWS_ACCESS_KEY_ID`
    endpoint     URL
    region       eu-west-1  (profile `default`)
    ");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn whoami_answers_programs() {
    let url = server("arn:aws-cn:iam::111122223333:user/team/jo");
    let folder = Folder::new("whoami-json");
    let line = format!("whoami --output json --region cn-north-1 --endpoint-url {url}");
    let answer = run(&mut with_keys(&folder, &line)).json();
    assert_eq!(answer["account"], "111122223333");
    assert_eq!(answer["partition"], "aws-cn");
    assert_eq!(
        answer["principal"],
        json!({"kind": "user", "name": "jo", "session": null, "permissionSet": null})
    );
    assert_eq!(
        (&answer["region"], &answer["regionFrom"]),
        (&json!("cn-north-1"), &json!("--region"))
    );
}

#[test]
fn other_account_than_expected_has_an_exit_code() {
    let url = server("arn:aws:iam::111122223333:root");
    let folder = Folder::new("whoami-other");
    let line = format!("whoami --expect-account 444455556666 --endpoint-url {url}");
    let ran = run(&mut with_keys(&folder, &line));
    assert_eq!(ran.code, 10);
    assert!(
        ran.stderr.contains("of account 111122223333, expected 444455556666"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("warning: the root user"), "{}", ran.stderr);
}

#[test]
fn profile_of_the_command_line_goes_before_keys_of_the_environment() {
    let url = server("arn:aws:iam::111122223333:user/jo");
    let file = "[dev]\naws_access_key_id = AKIA2\naws_secret_access_key = x\n";
    let folder = Folder::new("whoami-profile").with(".aws/credentials", file);
    let line = format!("whoami --profile dev --endpoint-url {url}");
    let ran = run(&mut with_keys(&folder, &line));
    assert!(ran.stdout.contains("credentials  profile `dev`\n"), "{}{}", ran.stdout, ran.stderr);
    let ran =
        run(with_keys(&folder, &format!("whoami --endpoint-url {url}")).env("AWS_PROFILE", "dev"));
    assert!(ran.stdout.contains("credentials  the environment,"), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn missing_profile_is_the_same_error_wherever_it_is_named() {
    let file = "[dev]\naws_access_key_id = AKIA2\naws_secret_access_key = x\n";
    let folder = Folder::new("whoami-no-profile").with(".aws/credentials", file);
    let by_option = run(folder.command("whoami --profile nope").env_remove("AWS_PROFILE"));
    // Without `AWS_EC2_METADATA_DISABLED`: the machine is not asked in place of the profile.
    let by_variable = run(folder.command("whoami").env("AWS_PROFILE", "nope"));
    let with_keys = run(with_keys(&folder, "whoami").env("AWS_PROFILE", "nope"));
    for (ran, origin) in
        [(by_option, "--profile"), (by_variable, "AWS_PROFILE"), (with_keys, "AWS_PROFILE")]
    {
        assert_eq!(ran.code, 10, "{}", ran.stderr);
        let expected = format!(
            "error: there is no profile `nope`\nhint: `{origin}` names it\nhint: there are profiles `dev`\n"
        );
        assert_eq!(ran.stderr, expected);
    }
}

#[test]
fn profile_that_needs_a_code_says_what_to_do() {
    let file = "\
        [profile base]\nrole_arn = arn:aws:iam::111122223333:role/base\nsource_profile = keys\n\
        mfa_serial = arn:aws:iam::111122223333:mfa/jo\n\
        [profile far]\nrole_arn = arn:aws:iam::444455556666:role/far\nsource_profile = base\n\
        [profile keys]\naws_access_key_id = AKIA2\naws_secret_access_key = x\n";
    let url = server("arn:aws:iam::111122223333:user/jo");
    let folder = Folder::new("whoami-mfa").with(".aws/config", file);
    let line = |profile: &str| format!("whoami --profile {profile} --endpoint-url {url}");
    for (profile, by) in [("base", ""), ("far", " by way of profile `base`")] {
        let ran = run(&mut folder.command(&line(profile)));
        assert_eq!(ran.code, 10, "{}", ran.stderr);
        let expected = format!(
            "error: profile `{profile}` needs a code of the MFA device `arn:aws:iam::111122223333:mfa/jo`{by}\n"
        );
        assert!(ran.stderr.starts_with(&expected), "{}", ran.stderr);
        assert!(ran.stderr.contains(&format!("export-credentials --profile {profile} ")));
    }
    assert_eq!(run(&mut folder.command(&line("keys"))).code, 0);
    // Keys that somebody got with the code are taken, though the variable still names the profile.
    let keys = format!("whoami --endpoint-url {url}");
    assert_eq!(run(with_keys(&folder, &keys).env("AWS_PROFILE", "base")).code, 0);
}

#[test]
fn missing_credentials_name_what_there_is() {
    let folder =
        Folder::new("no-credentials").with(".aws/config", "[profile dev]\nregion = x-y-1\n");
    let ran = run(folder.command("whoami --profile prod").env("AWS_EC2_METADATA_DISABLED", "true"));
    assert_eq!((ran.code, ran.stdout.as_str()), (10, ""));
    insta::assert_snapshot!(ran.stderr, @"
    error: there is no profile `prod`
    hint: `--profile` names it
    hint: there are profiles `dev`
    ");
}

#[test]
fn wrong_region_of_a_file_is_told() {
    let folder = Folder::new("bad-region").with(".aws/config", "[default]\nregion = Ireland\n");
    let ran = run(&mut with_keys(&folder, "whoami"));
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("profile `default` says region `Ireland`"), "{}", ran.stderr);
}

#[test]
fn missing_permission_of_the_tool_is_named() {
    let url = server("arn:aws:iam::111122223333:user/jo");
    let folder = Folder::new("denied").with("p.json", POLICY);
    let line = format!("apply --role deploy --policy p.json --endpoint-url {url}");
    let ran = run(&mut with_keys(&folder, &line));
    assert_eq!((ran.code, ran.stdout.as_str()), (10, ""), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("iam:GetRole") && ran.stderr.contains("request-7"),
        "{}",
        ran.stderr
    );
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:GetRole","Resource":"arn:aws:iam::111122223333:role/deploy"}]}"#;
    let hint = format!("hint: allow it to the user `jo` with the policy {policy}\n");
    assert!(ran.stderr.contains(&hint), "{}", ran.stderr);
}

#[test]
fn wrong_policy_is_told_before_aws_is_asked() {
    let folder =
        Folder::new("bad-policy").with("p.json", r#"{"Statement": [{"Effect": "Allow"}]}"#);
    let ran = folder.run("apply --role deploy --policy p.json");
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("p.json:1:"), "{}", ran.stderr);
}

#[test]
fn history_of_a_new_machine_is_empty() {
    let folder = Folder::new("history");
    let ran = folder.run("history");
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    assert!(ran.stderr.contains("nothing was applied"), "{}", ran.stderr);
    assert_eq!(folder.run("history --output json").json()["journals"], json!([]));
    assert_eq!(folder.run("history nothing-of-this-name").code, 2);
}

#[test]
fn history_shows_what_can_be_read_beside_a_damaged_journal() {
    let folder = Folder::new("history-damaged")
        .with(".local/state/stackpass/journals/000001-torn.jsonl", "torn\n")
        .with("Library/Application Support/stackpass/journals/000001-torn.jsonl", "torn\n");
    let ran = folder.run("history");
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("is not one of a journal"), "{}", ran.stderr);
    let ran = folder.run("history --output json");
    assert_eq!((ran.code, ran.stderr.as_str()), (4, ""));
    assert_eq!(ran.json()["damaged"].as_array().unwrap().len(), 1);
}
