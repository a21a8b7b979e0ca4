//! Text output of the commands.

use std::io::{self, Write};

use payment_provider_core::reexport::jiff::Timestamp;

/// Writes to standard output. A reader that closed the pipe early is not an error.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Replaces the control characters of untrusted text, which a terminal would interpret.
pub(super) fn without_control_characters(text: &str) -> String {
    let replace = |character: char| match character {
        '\n' | '\t' => character,
        control if control.is_control() => '\u{fffd}',
        other => other,
    };
    text.chars().map(replace).collect()
}

pub(super) fn time(at: Timestamp) -> String {
    at.to_string()
}

/// Formats rows as a table with aligned columns. The last column is not padded.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut lines = vec![head.iter().map(ToString::to_string).collect::<Vec<_>>()];
    let one_line = |cell: &String| without_control_characters(cell).replace(['\n', '\t'], " ");
    lines.extend(rows.iter().map(|row| row.iter().map(one_line).collect()));
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..head.len()).map(width).collect();
    let mut text = String::new();
    for line in &lines {
        let cells = line.iter().zip(&widths);
        let padded: Vec<_> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        text.push_str(padded.join("  ").trim_end());
        text.push('\n');
    }
    text
}

pub(super) fn json(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_control_characters_replaced() {
        let cells = |line: &[&str]| line.iter().map(ToString::to_string).collect();
        let rows = [
            cells(&["a", "long one", "x\ny"]),
            cells(&["₹₹", "b", "\u{1b}[2J"]),
        ];
        assert_eq!(
            table(&["k", "v", "w"], &rows),
            "k   v         w\na   long one  x y\n₹₹  b         \u{fffd}[2J\n"
        );
    }
}
