//! The only writer of standard output and standard error.
//!
//! Standard output gets the answer, standard error gets the talk. Texts carry their colors as escape sequences; here they are
//! taken out unless a terminal reads them and `NO_COLOR` is not set, so every text must be complete without color.

use std::fmt;
use std::io::{self, Write};

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};

use crate::error::{CliError, Kind};

/// Where a command writes to.
pub struct Output<'a> {
    answer: &'a mut dyn Write,
    talk: &'a mut dyn Write,
    colors: Colors,
}

/// Whether colors are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Colors {
    answer: bool,
    talk: bool,
}

impl Output<'_> {
    /// Writes to the two given places, without colors.
    pub fn new<'a>(answer: &'a mut dyn Write, talk: &'a mut dyn Write) -> Output<'a> {
        Output { answer, talk, colors: Colors::default() }
    }

    /// Writes to the two given places, with colors.
    pub(crate) fn colored<'a>(
        answer: &'a mut dyn Write,
        talk: &'a mut dyn Write,
        colors: Colors,
    ) -> Output<'a> {
        Output { answer, talk, colors }
    }

    /// Writes the answer, byte for byte.
    ///
    /// A reader that wants no more of it, `head` for one, is no error.
    pub(crate) fn answer(&mut self, text: &str) -> Result<(), CliError> {
        let written = self.answer.write_all(text.as_bytes()).and_then(|()| self.answer.flush());
        match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(CliError::new(Kind::Output, "cannot write to standard output").caused_by(error))
            }
            _ => Ok(()),
        }
    }

    /// Writes an answer that is meant for people only, with its colors where they are shown.
    pub(crate) fn styled_answer(&mut self, text: &str) -> Result<(), CliError> {
        if self.colors.answer {
            self.answer(text)
        } else {
            self.answer(&strip_str(text).to_string())
        }
    }

    /// Tells the user something beside the answer. Nothing can be done if nobody listens.
    pub(crate) fn talk(&mut self, text: &str) {
        let _ = if self.colors.talk {
            self.talk.write_all(text.as_bytes())
        } else {
            write!(self.talk, "{}", strip_str(text))
        };
    }
}

impl fmt::Debug for Output<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("colors", &self.colors).finish_non_exhaustive()
    }
}

impl Colors {
    /// What the terminals and the environment ask for.
    pub(crate) fn of_terminals() -> Colors {
        // Made for its effect: consoles of Windows are told to understand escape sequences.
        let _ = anstream::stderr();
        Colors {
            answer: AutoStream::choice(&io::stdout()) != ColorChoice::Never,
            talk: AutoStream::choice(&io::stderr()) != ColorChoice::Never,
        }
    }
}

/// Makes a panic end with a message for people, as far as one can still be written.
pub(crate) fn explain_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let _ = write!(
            io::stderr(),
            "error: a bug in stackpass stopped it: {panic}\n\
             hint: please report it with the command line and, if you may, the input\n"
        );
        #[expect(
            clippy::exit,
            reason = "a panic must end with the documented code, also where it would abort"
        )]
        std::process::exit(crate::exit::Exit::Unexpected.code().into())
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    /// Fails every write in the given way.
    struct Broken(io::ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn closed_pipe_is_no_error_and_full_disk_is_one() {
        let mut talk = Vec::new();
        let mut closed = Broken(io::ErrorKind::BrokenPipe);
        assert!(Output::new(&mut closed, &mut talk).answer("x").is_ok());
        let mut full = Broken(io::ErrorKind::StorageFull);
        let error = Output::new(&mut full, &mut talk).answer("x").unwrap_err();
        assert_eq!(error.exit(), Exit::Output);
    }

    #[test]
    fn colors_are_taken_out_of_talk_but_never_out_of_the_answer() {
        let (mut answer, mut talk) = (Vec::new(), Vec::new());
        let mut output = Output::new(&mut answer, &mut talk);
        output.answer("\u{1b}[1ma").unwrap();
        output.styled_answer("\u{1b}[1mb").unwrap();
        output.talk("\u{1b}[1mc\u{1b}[0m");
        assert_eq!(answer, b"\x1b[1mab");
        assert_eq!(talk, b"c");
    }
}
