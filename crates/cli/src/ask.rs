//! Questions to a person at the terminal.

use std::io::{self, BufRead, IsTerminal};
use std::thread;

use tokio::sync::oneshot;

use crate::error::{CliError, Kind};
use crate::output::Output;

/// Who answers.
pub(crate) trait Ask {
    /// Puts a question and gives one of the words; the first one is for an empty answer.
    async fn ask(
        &mut self,
        question: &str,
        words: &[&'static str],
        output: &mut Output<'_>,
    ) -> Result<&'static str, CliError>;
}

/// Who is asked in earnest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Person {
    /// The person at the terminal.
    AtTerminal,
    /// Somebody who said beforehand that everything is to be done.
    Agreed,
}

/// The words of a question that can be agreed to.
const YES_OR_NO: &[&str] = &["no", "yes"];

/// How often a question is put before an answer that is none of the words counts as the first.
const TRIES: usize = 3;

impl Person {
    /// Who is asked, by whether somebody agreed beforehand.
    pub(crate) fn who(agreed: bool) -> Person {
        if agreed { Person::Agreed } else { Person::AtTerminal }
    }
}

impl Ask for Person {
    async fn ask(
        &mut self,
        question: &str,
        words: &[&'static str],
        output: &mut Output<'_>,
    ) -> Result<&'static str, CliError> {
        let first = words.first().copied().unwrap_or_default();
        if *self == Person::Agreed {
            return Ok(words.get(1).copied().unwrap_or(first));
        }
        if !io::stdin().is_terminal() {
            let message = "nothing was changed: there is no terminal to ask at";
            let hint = "`--yes` agrees beforehand, `--dry-run` only shows";
            return Err(CliError::new(Kind::Declined, message).with_hint(hint));
        }
        for _ in 0..TRIES {
            let choice = if words == YES_OR_NO { "y/N".to_owned() } else { words.join("/") };
            output.talk(&format!("{question} [{choice}] "));
            let line = line().await?;
            if let Some(word) = chosen(&line, words) {
                return Ok(word);
            }
        }
        Ok(first)
    }
}

/// A line of the terminal, empty at its end. Ctrl-C ends the program also after it has been caught once.
async fn line() -> Result<String, CliError> {
    let (sender, receiver) = oneshot::channel();
    // Nothing can call a read from the terminal back, so it has a thread, which ends with the program.
    thread::spawn(move || {
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line).map(|_| line);
        drop(sender.send(read));
    });
    let cannot_read = || CliError::new(Kind::Input, "cannot read the answer");
    tokio::select! {
        biased;
        read = receiver => match read {
            Ok(read) => read.map_err(|cause| cannot_read().caused_by(cause)),
            Err(_) => Err(cannot_read()),
        },
        Ok(()) = tokio::signal::ctrl_c() => Err(CliError::new(Kind::Declined, "stopped")),
    }
}

/// The word that a line means: the word itself or its beginning.
fn chosen(line: &str, words: &[&'static str]) -> Option<&'static str> {
    let line = line.trim().to_ascii_lowercase();
    if line.is_empty() {
        return words.first().copied();
    }
    words.iter().find(|word| word.starts_with(&line)).copied()
}

/// Whether somebody agrees; no answer is a no.
pub(crate) async fn agrees<A: Ask>(
    question: &str,
    ask: &mut A,
    output: &mut Output<'_>,
) -> Result<bool, CliError> {
    Ok(ask.ask(question, YES_OR_NO, output).await? == "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_is_a_word_or_its_beginning() {
        let words = &["stop", "finish", "roll back"];
        assert_eq!(chosen("F\n", words), Some("finish"));
        assert_eq!(chosen("roll\n", words), Some("roll back"));
        assert_eq!(chosen("\n", words), Some("stop"));
        assert_eq!(chosen("what\n", words), None);
    }

    #[test]
    fn who_agreed_beforehand_is_not_asked() {
        let (mut answer, mut talk) = (Vec::new(), Vec::new());
        let mut output = Output::new(&mut answer, &mut talk);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut person = Person::who(true);
        assert!(runtime.block_on(agrees("Do it?", &mut person, &mut output)).unwrap());
        assert_eq!(talk, b"");
    }
}
