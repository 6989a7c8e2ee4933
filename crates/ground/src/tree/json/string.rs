//! Strings: quotes, escapes, and what becomes of a string that does not end.

use super::Reader;
use crate::codes;
use crate::source::Span;

impl Reader<'_> {
    /// Reads a quoted string whose opening quote is at hand.
    pub(super) fn string(&mut self, opener: char) -> String {
        let closer = closing_quote(opener).unwrap_or(opener);
        let start = self.at;
        self.skip(opener);
        if opener != '"' {
            let span = self.since(start);
            let message = format!("`{opener}` cannot open a string");
            self.error(codes::WRONG_QUOTE, span, message, "use the plain double quote `\"`");
        }
        let mut decoded = String::new();
        loop {
            let rest = self.rest();
            let is_special =
                |&(_, next): &(usize, char)| next == closer || next == '\\' || next < ' ';
            let special = rest.char_indices().find(is_special);
            let plain = rest.get(..special.map_or(rest.len(), |(offset, _)| offset));
            let plain = plain.unwrap_or_default();
            decoded.push_str(plain);
            self.at += plain.len();
            match special {
                Some((_, '\\')) => self.escape(opener, &mut decoded),
                Some((_, next)) if next == closer => {
                    self.skip(next);
                    return decoded;
                }
                Some((_, next)) if next != '\n' && next != '\r' => {
                    self.skip(next);
                    decoded.push(next);
                    let span = Span::new(self.at - 1, self.at);
                    let message =
                        format!("U+{:04X} has to be escaped in a string", u32::from(next));
                    let help = "write it as an escape, `\\t` for a tab";
                    self.error(codes::CONTROL_CHARACTER, span, message, help);
                }
                Some(_) | None => {
                    self.end_unclosed_string(start, &mut decoded);
                    return decoded;
                }
            }
        }
    }

    /// Ends a string at the end of its line. A comma there was most likely meant to stand behind the string.
    fn end_unclosed_string(&mut self, start: usize, decoded: &mut String) {
        let help = "add the closing quote; a line break inside of a string is written `\\n`";
        self.error(
            codes::UNCLOSED_STRING,
            self.since(start),
            "the string does not end on its line",
            help,
        );
        let blanks = decoded.len() - decoded.trim_end().len();
        let is_plain = self.text.get(..self.at).is_some_and(|read| {
            read.trim_end_matches([' ', '\t']).ends_with(',') && decoded.trim_end().ends_with(',')
        });
        if is_plain {
            self.at -= blanks + 1;
            decoded.truncate(decoded.len() - blanks - 1);
        }
    }

    /// Reads an escape whose backslash is at hand.
    fn escape(&mut self, quote: char, decoded: &mut String) {
        let start = self.at;
        self.skip('\\');
        let Some(next) = self.peek() else { return };
        let plain = match next {
            '"' | '\\' | '/' => next,
            'b' => '\u{8}',
            'f' => '\u{C}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '\'' if quote == '\'' => next,
            'u' => return self.unicode_escape(start, decoded),
            '\n' | '\r' => return,
            _ => {
                self.skip(next);
                decoded.push(next);
                let span = self.since(start);
                let message = format!("JSON has no escape `\\{}`", next.escape_debug());
                let help = "write `\\\\` if a backslash is meant, else leave it out";
                return self.error(codes::INVALID_ESCAPE, span, message, help);
            }
        };
        self.skip(next);
        decoded.push(plain);
    }

    /// Reads the rest of an escape of which the backslash has been read, and its pair if it is half of one.
    fn unicode_escape(&mut self, start: usize, decoded: &mut String) {
        let help = "write `\\u` and four hexadecimal digits, twice for a character outside of the first 65,536";
        let unit = self.code_unit();
        let character = match unit {
            None => None,
            Some(high @ 0xD800..=0xDBFF) if self.rest().starts_with("\\u") => {
                let before_low = self.at;
                self.skip('\\');
                let low = self.code_unit();
                let pair = low.and_then(|low| char_of_pair(high, low));
                if pair.is_none() {
                    self.at = before_low;
                }
                pair
            }
            Some(unit) => char::from_u32(unit),
        };
        decoded.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
        if character.is_none() {
            let span = self.since(start);
            let escape = self.text.get(span.start..span.end).unwrap_or_default();
            let message = format!("`{escape}` is no character");
            self.error(codes::INVALID_ESCAPE, span, message, help);
        }
    }

    /// Reads `u` and four hexadecimal digits; reads only the digits there are if they are fewer.
    fn code_unit(&mut self) -> Option<u32> {
        self.skip('u');
        let digits = self.rest().bytes().take(4).take_while(u8::is_ascii_hexdigit).count();
        let digits = self.text.get(self.at..self.at + digits).unwrap_or_default();
        self.at += digits.len();
        u32::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 4)
    }
}

/// The quote that closes a string opened with this one; `None` if this is no quote.
pub(super) fn closing_quote(opener: char) -> Option<char> {
    match opener {
        '"' | '\'' | '`' => Some(opener),
        '\u{201C}' | '\u{201D}' => Some('\u{201D}'),
        _ => None,
    }
}

fn char_of_pair(high: u32, low: u32) -> Option<char> {
    let is_low = (0xDC00..=0xDFFF).contains(&low);
    is_low.then(|| 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)).and_then(char::from_u32)
}
