//! Text of others, such as names of files, as a person may see it.

use std::fmt::{self, Write};
use std::path::Path;

/// Whether a terminal does something else with it than to show it: moves the cursor, or turns the direction of what
/// follows.
#[must_use]
pub fn commands_terminal(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Writes a character as JSON can, too. All that [`commands_terminal`] finds have four digits.
///
/// # Errors
/// Those of the writer.
pub fn write_escaped(to: &mut impl Write, c: char) -> fmt::Result {
    write!(to, "\\u{:04x}", u32::from(c))
}

/// A path in one line, with everything escaped that would command a terminal.
#[must_use]
pub fn shown(path: &Path) -> String {
    let mut text = String::new();
    for c in path.to_string_lossy().chars() {
        match commands_terminal(c) {
            // Writing to a String does not fail.
            true => drop(write_escaped(&mut text, c)),
            false => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_commands_a_terminal_is_escaped_and_all_else_is_as_it_is() {
        let name = "a\u{1b}[2J\n\u{7f}\u{9b}\u{202e}\u{2028}é 漢.tar";
        assert_eq!(shown(Path::new(name)), r"a\u001b[2J\u000a\u007f\u009b\u202e\u2028é 漢.tar");
    }
}
