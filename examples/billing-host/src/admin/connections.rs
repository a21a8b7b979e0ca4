//! `billing-host connections`: merchant accounts and their secrets.

use std::cmp::Reverse;

use clap::{Args, Subcommand};
use payment_provider_core::ConnectionCode;
use payment_provider_host::connections::Connection;
use serde_json::{Value, json};

use super::command_result::{CommandError, CommandOutput};
use super::output::{self, table, time};
use super::runtime::{AdminRuntime, SecretAccess, Target};
use super::secret_input::{self, NEW_SECRET};
use crate::connection_list::all_connections;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lists the merchant accounts and the secret that verified the latest webhook of each.
    List,
    /// Lists the webhooks that were refused, by merchant account and reason, the latest first.
    Refused,
    /// Adds a new secret, read from standard input or `BILLING_HOST_NEW_SECRET`, and uses it for API calls.
    /// The older secrets still verify webhooks until they are retired.
    #[command(after_help = format!("Environment:\n  {NEW_SECRET}  the new secret, instead of standard input"))]
    RotateSecret(Field),
    /// Removes all secrets but the newest. Webhooks signed with a removed secret are refused.
    RetireSecrets(Field),
}

#[derive(Debug, Args)]
pub(super) struct Field {
    /// Code of the connection.
    code: ConnectionCode,
    /// Name of the setting with the secrets, such as `client_secret`.
    field: String,
}

pub(super) async fn run(target: &Target, command: Command) -> Result<CommandOutput, CommandError> {
    let text = match command {
        Command::List => {
            let runtime = AdminRuntime::open(target, SecretAccess::NotNeeded).await?;
            let all = all_connections(&runtime.host, Some(&target.organization)).await?;
            runtime.close().await?;
            list(&all, target.json)
        }
        Command::Refused => {
            let runtime = AdminRuntime::open(target, SecretAccess::NotNeeded).await?;
            let all = all_connections(&runtime.host, Some(&target.organization)).await?;
            runtime.close().await?;
            refused(&all, target.json)
        }
        Command::RotateSecret(Field { code, field }) => {
            let new = secret_input::read()?;
            let runtime = AdminRuntime::open(target, SecretAccess::Required).await?;
            let host = &runtime.host;
            let connection = target.connection(code);
            let before = host.connection(&connection).await?;
            let after = host.rotate_secret(&connection, &field, new).await?;
            runtime.close().await?;
            if target.json {
                output::json(&fields(&after))
            } else {
                rotation_text(&before, &after, &field)
            }
        }
        Command::RetireSecrets(Field { code, field }) => {
            let runtime = AdminRuntime::open(target, SecretAccess::Required).await?;
            let host = &runtime.host;
            let connection = target.connection(code);
            let before = host.connection(&connection).await?;
            let after = host.retire_secrets(&connection, &field).await?;
            runtime.close().await?;
            if target.json {
                output::json(&fields(&after))
            } else {
                let retired = count(&before, &field).saturating_sub(count(&after, &field));
                format!(
                    "retired secrets: {retired}; only the newest secret verifies webhooks now\n"
                )
            }
        }
    };
    Ok(CommandOutput::success(text))
}

fn count(connection: &Connection, field: &str) -> usize {
    let mut secrets = connection.secrets.iter();
    let secret = secrets.find(|secret| secret.field == field);
    secret.map_or(0, |secret| secret.count)
}

fn rotation_text(before: &Connection, after: &Connection, field: &str) -> String {
    let (then, now) = (count(before, field), count(after, field));
    let code = &after.code;
    let first = if then == now {
        "no secret was added: this one was stored already; it is the newest now"
    } else {
        "API calls use the new secret from now on"
    };
    let older = now.saturating_sub(1);
    let last = latest_verification(after);
    format!(
        "{first}\nwebhooks are verified with {now} secrets: the newest and {older} older, until those are \
         retired\n{last}\nonce a webhook was verified with the newest secret, run: \
         billing-host connections retire-secrets {code} {field}\n"
    )
}

fn latest_verification(connection: &Connection) -> String {
    match (&connection.matched_secret, connection.matched_at) {
        (Some(label), Some(at)) => {
            format!(
                "the latest webhook was verified with {label} at {}",
                time(at)
            )
        }
        (None, Some(at)) => format!("the latest webhook was verified at {}", time(at)),
        _ => "no webhook has been verified yet".to_owned(),
    }
}

fn list(all: &[Connection], as_json: bool) -> String {
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
                connection.matched_at.map(time).unwrap_or_default(),
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
        "WITH",
    ];
    table(&head, &lines)
}

fn refused(all: &[Connection], as_json: bool) -> String {
    let mut rows: Vec<_> = all
        .iter()
        .flat_map(|connection| {
            let refused = connection.refused_deliveries.iter();
            refused.map(|refused| (&connection.code, refused))
        })
        .collect();
    rows.sort_by_key(|(_, refused)| Reverse(refused.last_at));
    if as_json {
        let rows = rows.iter().map(|(code, refused)| {
            json!({
                "code": code,
                "reason": refused.reason,
                "count": refused.count,
                "last_at": refused.last_at.to_string(),
            })
        });
        return output::json(&json!({"refused": rows.collect::<Vec<_>>()}));
    }
    let lines: Vec<_> = rows
        .iter()
        .map(|(code, refused)| {
            vec![
                code.to_string(),
                refused.reason.as_str().to_owned(),
                refused.count.to_string(),
                time(refused.last_at),
            ]
        })
        .collect();
    table(&["CODE", "REASON", "COUNT", "LATEST"], &lines)
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
        "matched_at": connection.matched_at.map(|at| at.to_string()),
    })
}
