//! How a command is given what would close a gap, or mend what a finding tells.

use stackpass_stacks::help::{Help, Wanted};

/// What to do, with the options of the command line.
pub(crate) fn told(help: &Help) -> String {
    help.told(option)
}

fn option(what: &Wanted) -> String {
    match what {
        Wanted::Parameters { names, .. } if names.is_empty() => {
            "`--parameter NAME=VALUE`".to_owned()
        }
        Wanted::Parameters { names, more } => {
            let options: Vec<String> =
                names.iter().map(|name| format!("--parameter {name}=VALUE")).collect();
            let more = if *more > 0 { format!(" and {more} more") } else { String::new() };
            format!("`{}`{more}", options.join(" "))
        }
        Wanted::ServiceRole => "`--service-role NAME`".to_owned(),
        Wanted::StackOrRoleName => "`--stack-name`, or `--role-name`".to_owned(),
        Wanted::Cdk => "`--tool cdk`".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_given_with_their_option() {
        let what = |names: &[&str], more| Wanted::Parameters {
            names: names.iter().map(|&name| name.to_owned()).collect(),
            more,
        };
        assert_eq!(option(&what(&[], 0)), "`--parameter NAME=VALUE`");
        assert_eq!(option(&what(&["A"], 0)), "`--parameter A=VALUE`");
        let two = "`--parameter A=VALUE --parameter B=VALUE` and 3 more";
        assert_eq!(option(&what(&["A", "B"], 3)), two);
    }
}
