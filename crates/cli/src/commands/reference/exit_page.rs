//! The page of exit codes.

use crate::exit::Exit;
use std::fmt::Write as _;

/// Writes the page.
pub(super) fn page() -> String {
    let mut page = String::from(
        "# Exit codes\n\nThe numbers are stable: none is ever given another meaning.\n\n\
         | code | name | meaning |\n|--:|---|---|\n",
    );
    for exit in Exit::ALL {
        let _ = writeln!(page, "| {} | {} | {} |", exit.code(), exit.name(), exit.meaning());
    }
    let order: Vec<String> = Exit::BY_SERIOUSNESS.iter().map(|exit| exit.name()).collect();
    let _ = writeln!(
        page,
        "\nWhen several apply, the most serious one wins. From the most serious to the least: {}.",
        order.join(", ")
    );
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_row() {
        let page = page();
        for exit in Exit::ALL {
            assert!(page.contains(&format!("\n| {} | ", exit.code())), "{page}");
        }
    }
}
