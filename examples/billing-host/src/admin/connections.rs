use clap::{Args, Subcommand};
use payment_provider_core::ConnectionCode;
use payment_provider_host::Connection;
use serde_json::{Value, json};

use super::output::{self, moment, table};
use super::runtime::{Opened, Secrets, Where};
use super::secret_input::{self, NEW_SECRET};
use super::{Done, Failure};
use crate::timestamp;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The merchant accounts, and what verified their latest webhook.
    List,
    /// Begins to use a new secret, read from standard input or `BILLING_HOST_NEW_SECRET`. Those before
    /// it go on verifying webhooks.
    #[command(after_help = format!("Environment:\n  {NEW_SECRET}  the new secret, in place of standard input"))]
    RotateSecret(Field),
    /// Stops accepting all secrets but the newest.
    RetireSecrets(Field),
}

#[derive(Debug, Args)]
pub(super) struct Field {
    /// The connection.
    code: ConnectionCode,
    /// The setting that holds the secrets, such as `client_secret`.
    field: String,
}

pub(super) async fn run(at: &Where, command: Command) -> Result<Done, Failure> {
    let text = match command {
        Command::List => {
            let opened = Opened::at(at, Secrets::LeftAlone).await?;
            let all = opened.host.connections(Some(&at.organization)).await?;
            opened.close().await?;
            listed(&all, at.json)
        }
        Command::RotateSecret(Field { code, field }) => {
            let new = secret_input::read()?;
            let opened = Opened::at(at, Secrets::Opened).await?;
            let host = &opened.host;
            let before = host.connection(&at.organization, &code).await?;
            let after = host.rotate_secret(&at.organization, &code, &field, new);
            let after = after.await?;
            opened.close().await?;
            if at.json {
                output::json(&fields(&after))
            } else {
                rotated(&before, &after, &field)
            }
        }
        Command::RetireSecrets(Field { code, field }) => {
            let opened = Opened::at(at, Secrets::Opened).await?;
            let host = &opened.host;
            let before = host.connection(&at.organization, &code).await?;
            let after = host.retire_secrets(&at.organization, &code, &field).await?;
            opened.close().await?;
            if at.json {
                output::json(&fields(&after))
            } else {
                let retired = count(&before, &field).saturating_sub(count(&after, &field));
                format!("retired: {retired}; one secret verifies webhooks from now on\n")
            }
        }
    };
    Ok(Done::well(text))
}

fn count(connection: &Connection, field: &str) -> usize {
    let mut secrets = connection.secrets.iter();
    let secret = secrets.find(|secret| secret.field == field);
    secret.map_or(0, |secret| secret.count)
}

fn rotated(before: &Connection, after: &Connection, field: &str) -> String {
    let (then, now) = (count(before, field), count(after, field));
    let code = &after.code;
    let first = if then == now {
        "no secret was added: it was there before, and is the first now"
    } else {
        "the new secret is used for calls from now on"
    };
    let older = now.saturating_sub(1);
    let last = last_match(after);
    format!(
        "{first}\nwebhooks are verified by {now}: the new one and {older} older, until these are retired\n\
         {last}\nonce a webhook was verified by the new one: \
         billing-host connections retire-secrets {code} {field}\n"
    )
}

fn last_match(connection: &Connection) -> String {
    match (&connection.matched_secret, connection.matched_at) {
        (Some(label), Some(at)) => {
            format!(
                "the latest webhook was verified by {label}, at {}",
                moment(at)
            )
        }
        (None, Some(at)) => format!("the latest webhook was verified at {}", moment(at)),
        _ => "no webhook was verified yet".to_owned(),
    }
}

fn listed(all: &[Connection], as_json: bool) -> String {
    if as_json {
        let connections: Vec<_> = all.iter().map(fields).collect();
        return output::json(&json!({"connections": connections}));
    }
    let lines: Vec<_> = all
        .iter()
        .map(|connection| {
            let secrets: Vec<_> = connection
                .secrets
                .iter()
                .map(|secret| format!("{} {}", secret.field, secret.count))
                .collect();
            vec![
                connection.code.to_string(),
                connection.provider.to_string(),
                connection.environment.to_string(),
                if connection.enabled { "yes" } else { "no" }.to_owned(),
                secrets.join(", "),
                connection.matched_at.map(moment).unwrap_or_default(),
                connection.matched_secret.clone().unwrap_or_default(),
            ]
        })
        .collect();
    let head = [
        "CODE",
        "PROVIDER",
        "ENVIRONMENT",
        "ENABLED",
        "SECRETS",
        "VERIFIED AT",
        "BY",
    ];
    table(&head, &lines)
}

fn fields(connection: &Connection) -> Value {
    let secrets: Vec<_> = connection
        .secrets
        .iter()
        .map(|secret| json!({"field": secret.field, "count": secret.count}))
        .collect();
    json!({
        "organization_id": connection.organization,
        "code": connection.code,
        "provider": connection.provider,
        "name": connection.name,
        "environment": connection.environment,
        "enabled": connection.enabled,
        "secrets": secrets,
        "matched_secret": connection.matched_secret,
        "matched_at": connection.matched_at.and_then(timestamp::written),
    })
}
