//! Input of a new secret.

use std::env;
use std::io::{self, IsTerminal, Read};

use secrecy::{ExposeSecret, SecretString};

use super::command_result::CommandError;

/// Environment variable with the new secret.
pub(super) const NEW_SECRET: &str = "BILLING_HOST_NEW_SECRET";
/// Most bytes read from standard input. No gateway has longer secrets.
const MAX_BYTES: u64 = 16 * 1024;

/// Reads the new secret from the environment, or else from standard input. It is never taken from the
/// command line, which every user of the machine can read.
pub(super) fn read() -> Result<SecretString, CommandError> {
    if let Some(secret) = env::var(NEW_SECRET).ok().filter(|text| !text.is_empty()) {
        return Ok(SecretString::from(secret));
    }
    let input = io::stdin();
    if input.is_terminal() {
        let message = format!("pass the new secret on standard input or in {NEW_SECRET}");
        return Err(message.into());
    }
    let mut text = String::with_capacity(256);
    input.lock().take(MAX_BYTES).read_to_string(&mut text)?;
    let secret = SecretString::from(text);
    // The line break that an editor or `echo` appends is not part of the secret.
    let trimmed = secret.expose_secret().trim_end_matches(['\r', '\n']);
    if trimmed.is_empty() {
        return Err("the new secret is empty".into());
    }
    Ok(SecretString::from(trimmed))
}
