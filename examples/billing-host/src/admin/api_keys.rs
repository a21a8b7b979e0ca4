//! `billing-host api-keys`: the API keys of organizations.

use clap::Subcommand;
use payment_provider_core::Violations;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::command_result::{CommandError, CommandOutput};
use super::output::{self, table, time};
use super::runtime::{AdminRuntime, SecretAccess, Target};
use crate::api_keys::{self, ApiKey, RevokeOutcome};
use crate::{tables, validation};

/// Longest name of a key, in characters.
const MAX_NAME_CHARS: usize = 100;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Creates a key that reaches the organization and prints it. It cannot be printed again.
    Create {
        /// Name of the key, such as the program that uses it.
        name: String,
    },
    /// Lists the keys of the organization, oldest first, without their secrets.
    List {
        /// Most keys to list.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=500))]
        limit: u16,
        /// Continues an earlier list; the cursor is printed at its end.
        #[arg(long, value_name = "CURSOR")]
        after: Option<String>,
    },
    /// Revokes a key. Running servers refuse it from the next request on.
    Revoke {
        /// Id of the key.
        id: String,
    },
}

pub(super) async fn run(target: &Target, command: Command) -> Result<CommandOutput, CommandError> {
    let runtime = AdminRuntime::open(target, SecretAccess::NotNeeded).await?;
    // The servers on the database may still be of a version without the table.
    tables::create(&runtime.host).await?;
    let text = match command {
        Command::Create { name } => create(&runtime, target, &name).await?,
        Command::List { limit, after } => list(&runtime, target, limit, after.as_deref()).await?,
        Command::Revoke { id } => revoke(&runtime, target, &id).await?,
    };
    runtime.close().await?;
    Ok(CommandOutput::success(text))
}

async fn create(
    runtime: &AdminRuntime,
    target: &Target,
    name: &str,
) -> Result<String, CommandError> {
    let mut violations = Violations::none();
    let name = validation::display_text("name", name, MAX_NAME_CHARS, &mut violations);
    let name = name.ok_or_else(|| violations.to_string())?;
    let organization = &target.organization;
    let (id, key) = api_keys::create(&runtime.host, organization, &name).await?;
    let key = key.expose_secret();
    Ok(if target.json {
        output::json(
            &json!({"id": id, "organization_id": organization, "name": name, "api_key": key}),
        )
    } else {
        format!(
            "{key}\nthis key of organization {organization} is shown only now; its id is {id}\n"
        )
    })
}

async fn list(
    runtime: &AdminRuntime,
    target: &Target,
    limit: u16,
    after: Option<&str>,
) -> Result<String, CommandError> {
    let (host, organization) = (&runtime.host, &target.organization);
    let mut keys = api_keys::list(host, organization, after, i64::from(limit) + 1).await?;
    let has_more = keys.len() > usize::from(limit);
    keys.truncate(limit.into());
    let next = keys.last().filter(|_| has_more).map(|last| last.id.clone());
    if target.json {
        let keys: Vec<_> = keys.iter().map(fields).collect();
        return Ok(output::json(&json!({"api_keys": keys, "next": next})));
    }
    let lines: Vec<_> = keys
        .iter()
        .map(|key| {
            vec![
                key.id.clone(),
                key.created_at().map(time).unwrap_or_default(),
                key.revoked_at().map(time).unwrap_or_default(),
                key.name.clone(),
            ]
        })
        .collect();
    let more = next.map(|next| format!("more: --after {next}\n"));
    let text = table(&["ID", "CREATED AT", "REVOKED AT", "NAME"], &lines);
    Ok(text + more.as_deref().unwrap_or_default())
}

async fn revoke(runtime: &AdminRuntime, target: &Target, id: &str) -> Result<String, CommandError> {
    let organization = &target.organization;
    let outcome = api_keys::revoke(&runtime.host, organization, id).await?;
    let is_new = outcome == RevokeOutcome::Revoked;
    match outcome {
        RevokeOutcome::Unknown => {
            Err(format!("organization {organization} has no API key with this id").into())
        }
        _ if target.json => Ok(output::json(&json!({"revoked": is_new}))),
        RevokeOutcome::Revoked => Ok("the API key is revoked\n".to_owned()),
        RevokeOutcome::RevokedBefore => Ok("the API key was revoked before\n".to_owned()),
    }
}

fn fields(key: &ApiKey) -> Value {
    json!({
        "id": key.id,
        "name": key.name,
        "created_at": key.created_at().map(|at| at.to_string()),
        "revoked_at": key.revoked_at().map(|at| at.to_string()),
    })
}
