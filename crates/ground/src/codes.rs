//! The codes of what is wrong with a text as JSON or YAML.

use crate::codes;

codes! {
    /// Problems of a text.
    pub DIAGNOSTICS {
        /// A JSON text begins with a byte order mark.
        BYTE_ORDER_MARK = "byte-order-mark";
        /// A JSON key is not followed by a colon.
        COLON_EXPECTED = "colon-expected";
        /// A JSON text has a comment.
        COMMENT = "comment";
        /// A JSON string has a control character that is not escaped.
        CONTROL_CHARACTER = "control-character";
        /// A mapping has a key twice.
        DUPLICATE_KEY = "duplicate-key";
        /// There is nothing to read.
        EMPTY_INPUT = "empty-input";
        /// A comma in JSON has no item before it.
        EXTRA_COMMA = "extra-comma";
        /// A JSON string has an escape that stands for no character.
        INVALID_ESCAPE = "invalid-escape";
        /// A word stands for a value that JSON writes in another way or does not have.
        INVALID_LITERAL = "invalid-literal";
        /// The merge key `<<` of YAML has a value that is no mapping.
        INVALID_MERGE = "invalid-merge";
        /// A number is none that JSON has.
        INVALID_NUMBER = "invalid-number";
        /// Something in JSON looks like a space and is none.
        INVISIBLE_CHARACTER = "invisible-character";
        /// Something stands where a key has to be.
        KEY_EXPECTED = "key-expected";
        /// A bracket is closed by one of another kind.
        MISMATCHED_BRACKET = "mismatched-bracket";
        /// Two items of JSON have no comma between them.
        MISSING_COMMA = "missing-comma";
        /// A YAML alias stands in its own value.
        RECURSIVE_ALIAS = "recursive-alias";
        /// A YAML text has more than one document, of which the first is read.
        SEVERAL_DOCUMENTS = "several-documents";
        /// Mappings and lists are nested deeper than is read.
        TOO_DEEP = "too-deep";
        /// The aliases of a YAML text stand for more than is read.
        TOO_MANY_ALIASES = "too-many-aliases";
        /// A text has more problems than are told.
        TOO_MANY_PROBLEMS = "too-many-problems";
        /// A comma in JSON stands before a closing bracket.
        TRAILING_COMMA = "trailing-comma";
        /// Something follows the JSON value.
        TRAILING_CONTENT = "trailing-content";
        /// A bracket is never closed.
        UNCLOSED_BRACKET = "unclosed-bracket";
        /// A JSON string does not end in its line.
        UNCLOSED_STRING = "unclosed-string";
        /// A character stands where none can be.
        UNEXPECTED_CHARACTER = "unexpected-character";
        /// A YAML alias has no anchor.
        UNKNOWN_ALIAS = "unknown-alias";
        /// A JSON key has no quotes.
        UNQUOTED_KEY = "unquoted-key";
        /// A text in JSON has no quotes.
        UNQUOTED_TEXT = "unquoted-text";
        /// A value is missing.
        VALUE_EXPECTED = "value-expected";
        /// A JSON string is in other quotes than `"`.
        WRONG_QUOTE = "wrong-quote";
        /// The text is no YAML.
        YAML_SYNTAX = "yaml-syntax";
    }
}
