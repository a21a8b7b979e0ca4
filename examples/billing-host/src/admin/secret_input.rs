use std::env;
use std::io::{self, IsTerminal, Read};

use secrecy::{ExposeSecret, SecretString};

use super::Failure;

pub(super) const NEW_SECRET: &str = "BILLING_HOST_NEW_SECRET";
/// Longer than any secret there is.
const LONGEST: u64 = 16 * 1024;

/// The new secret, from the environment or else from standard input; never from the command line,
/// which everybody on the machine can read.
pub(super) fn read() -> Result<SecretString, Failure> {
    if let Some(secret) = env::var(NEW_SECRET).ok().filter(|text| !text.is_empty()) {
        return Ok(SecretString::from(secret));
    }
    let input = io::stdin();
    if input.is_terminal() {
        let how = format!("give the new secret on standard input, or in {NEW_SECRET}");
        return Err(how.into());
    }
    let mut text = String::with_capacity(256);
    input.lock().take(LONGEST).read_to_string(&mut text)?;
    let secret = SecretString::from(text);
    // An editor or `echo` ends it with a line break, which is no part of it.
    let trimmed = secret.expose_secret().trim_end_matches(['\r', '\n']);
    if trimmed.is_empty() {
        return Err("the new secret is empty".into());
    }
    Ok(SecretString::from(trimmed))
}
