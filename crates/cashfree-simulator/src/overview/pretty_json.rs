//! Formats JSON text without changing its values.

/// Formats well-formed JSON text over several lines. Only white space between values changes.
pub(super) fn pretty(text: &str) -> String {
    let mut pretty = String::with_capacity(text.len() * 2);
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if in_text {
            pretty.push(letter);
            in_text = escaped || letter != '"';
            escaped = !escaped && letter == '\\';
            continue;
        }
        match letter {
            ' ' | '\n' | '\r' | '\t' => {}
            '{' | '[' => {
                pretty.push(letter);
                if let Some(end) = letters.next_if(|next| matches!(next, '}' | ']')) {
                    pretty.push(end);
                } else {
                    depth += 1;
                    new_line(&mut pretty, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut pretty, depth);
                pretty.push(letter);
            }
            ',' => {
                pretty.push(letter);
                new_line(&mut pretty, depth);
            }
            ':' => pretty.push_str(": "),
            letter => {
                in_text = letter == '"';
                pretty.push(letter);
            }
        }
    }
    pretty
}

fn new_line(text: &mut String, depth: usize) {
    text.push('\n');
    for _ in 0..depth {
        text.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formatting_keeps_every_value() {
        let text = r#"{"b":200.10,"a":["x, {y}: \"z\\",{}],"n":[],"id":9007199254740993}"#;
        let wanted = "{\n  \"b\": 200.10,\n  \"a\": [\n    \"x, {y}: \\\"z\\\\\",\n    {}\n  ],\n  \"n\": [],\n  \
                      \"id\": 9007199254740993\n}";
        assert_eq!(pretty(text), wanted);
        assert_eq!(pretty("\"half"), "\"half");
    }
}
