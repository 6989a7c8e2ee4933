//! What a misspelled name may have been.

use crate::error::CliError;

/// How many similar names are offered.
const MAX_SIMILAR: usize = 3;

/// How similar a name must be to be offered, from 0 to 1.
const MIN_SIMILARITY: f64 = 0.7;

/// How similar a word is to a name that has it among others.
const OF_WORD: f64 = 0.9;

/// The most similar of some names, the nearest first; none if all are too different.
pub(crate) fn nearest(wanted: &str, names: impl IntoIterator<Item = String>) -> Vec<String> {
    let wanted = wanted.to_ascii_lowercase();
    let similarity = |name: &str| {
        let name = name.to_ascii_lowercase();
        // Who says one word of a name means the name.
        let by_word = if name.split('-').any(|word| word == wanted) { OF_WORD } else { 0.0 };
        strsim::normalized_damerau_levenshtein(&wanted, &name).max(by_word)
    };
    let mut scored: Vec<(f64, String)> = names
        .into_iter()
        .map(|name| (similarity(&name), name))
        .filter(|(similarity, _)| *similarity >= MIN_SIMILARITY)
        .collect();
    scored.sort_by(|(left, left_name), (right, right_name)| {
        right.total_cmp(left).then_with(|| left_name.cmp(right_name))
    });
    scored.into_iter().take(MAX_SIMILAR).map(|(_, name)| name).collect()
}

/// Adds the names to an error as a question, if there are any.
pub(crate) fn hinted(error: CliError, names: &[String]) -> CliError {
    if names.is_empty() {
        return error;
    }
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    error.with_hint(format!("did you mean {}?", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_names_come_first_and_strangers_not_at_all() {
        let names = ["queue", "queues", "quest", "bucket"].map(str::to_owned);
        assert_eq!(nearest("QUEUE", names), ["queue", "queues"]);
    }

    #[test]
    fn one_word_of_a_name_is_similar() {
        let names = ["react-static-site", "rest-api", "reactor"].map(str::to_owned);
        assert_eq!(nearest("react", names), ["react-static-site", "reactor"]);
    }
}
