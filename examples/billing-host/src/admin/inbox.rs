//! `billing-host inbox`: the webhooks that were received.

use clap::{Args, Subcommand, ValueEnum};
use payment_provider_core::ConnectionCode;
use payment_provider_host::ConnectionRef;
use payment_provider_host::connections::Connection;
use payment_provider_host::inbox::{
    Delivery, DeliveryDetail, DeliveryFilter, DeliveryState, ParkOutcome,
};
use payment_provider_host::page::{Page, PageCursor, PageRequest};
use serde_json::{Value, json};

use super::command_result::{CommandError, CommandOutput};
use super::output::{self, table, time, without_control_characters};
use super::runtime::{AdminRuntime, SecretAccess, Target};
use crate::connection_list::all_connections;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lists the latest webhooks with their states, newest first.
    List {
        /// Lists webhooks in this state only.
        #[arg(long, value_enum)]
        state: Option<State>,
        /// Lists webhooks of this connection only [default: all connections].
        #[arg(long, value_name = "CODE")]
        connection: Option<ConnectionCode>,
        /// Most webhooks to list.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        /// Continues an earlier list; the cursor is printed at its end.
        #[arg(long, value_name = "CURSOR")]
        after: Option<PageCursor>,
    },
    /// Shows one webhook with its body, which may contain personal data of the payer.
    Show(WebhookId),
    /// Queues webhooks to be applied again by the servers. Money that was posted before is not posted
    /// again.
    Replay {
        /// Key of the webhook.
        #[arg(required_unless_present = "all_parked")]
        key: Option<String>,
        /// Connection that received the webhook; with --all-parked, replays webhooks of this connection
        /// only [default: all connections].
        #[arg(long, value_name = "CODE")]
        connection: Option<ConnectionCode>,
        /// Replays all parked webhooks.
        #[arg(long, conflicts_with = "key")]
        all_parked: bool,
    },
    /// Parks a webhook as a dead letter: the servers stop retrying it until it is replayed or delivered
    /// again.
    Park {
        #[command(flatten)]
        webhook: WebhookId,
        /// Reason, shown with the webhook.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct WebhookId {
    /// Key of the webhook.
    key: String,
    /// Connection that received the webhook. Required if several connections received the same one.
    #[arg(long, value_name = "CODE")]
    connection: Option<ConnectionCode>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum State {
    Pending,
    Applied,
    Ignored,
    Unmatched,
    Parked,
}

impl From<State> for DeliveryState {
    fn from(state: State) -> Self {
        match state {
            State::Pending => Self::Pending,
            State::Applied => Self::Applied,
            State::Ignored => Self::Ignored,
            State::Unmatched => Self::Unmatched,
            State::Parked => Self::Parked,
        }
    }
}

pub(super) async fn run(target: &Target, command: Command) -> Result<CommandOutput, CommandError> {
    let runtime = AdminRuntime::open(target, SecretAccess::NotNeeded).await?;
    let text = match command {
        Command::List {
            state,
            connection,
            limit,
            after,
        } => {
            let mut filter = DeliveryFilter::default();
            let mut request = PageRequest::first(limit);
            filter.connection = connection;
            filter.state = state.map(DeliveryState::from);
            request.after = after;
            let host = &runtime.host;
            let page = host
                .find_deliveries(&target.organization, &filter, &request)
                .await?;
            list_text(&page, target.json)
        }
        Command::Show(webhook) => {
            let found = find(&runtime, target, &webhook).await?;
            detail_text(&found, target.json)
        }
        Command::Replay {
            key: Some(key),
            connection,
            ..
        } => {
            let webhook = WebhookId { key, connection };
            replay(&runtime, target, &webhook).await?
        }
        Command::Replay { connection, .. } => replay_all(&runtime, target, connection).await?,
        Command::Park { webhook, reason } => park(&runtime, target, &webhook, &reason).await?,
    };
    runtime.close().await?;
    Ok(CommandOutput::success(text))
}

/// Finds a webhook by its key, at the named connection or at all of them.
async fn find(
    runtime: &AdminRuntime,
    target: &Target,
    webhook: &WebhookId,
) -> Result<DeliveryDetail, CommandError> {
    let mut found = Vec::new();
    for connection in connections(runtime, target, webhook.connection.clone()).await? {
        found.extend(runtime.host.delivery(&connection, &webhook.key).await?);
    }
    if found.len() > 1 {
        let codes: Vec<_> = found
            .iter()
            .map(|found| found.delivery.connection.as_str())
            .collect();
        let codes = codes.join(", ");
        return Err(format!(
            "connections {codes} received this webhook: choose one with --connection"
        )
        .into());
    }
    let organization = &target.organization;
    let none = || format!("organization {organization} has no webhook with this key");
    Ok(found.pop().ok_or_else(none)?)
}

async fn connections(
    runtime: &AdminRuntime,
    target: &Target,
    only: Option<ConnectionCode>,
) -> Result<Vec<ConnectionRef>, CommandError> {
    if let Some(code) = only {
        return Ok(vec![target.connection(code)]);
    }
    let all = all_connections(&runtime.host, Some(&target.organization)).await?;
    Ok(all.iter().map(Connection::to_ref).collect())
}

async fn replay(
    runtime: &AdminRuntime,
    target: &Target,
    webhook: &WebhookId,
) -> Result<String, CommandError> {
    let found = find(runtime, target, webhook).await?;
    let connection = target.connection(found.delivery.connection);
    let host = &runtime.host;
    let retried = host.retry_delivery(&connection, &webhook.key).await?;
    Ok(if target.json {
        output::json(&json!({"replayed": u8::from(retried)}))
    } else if retried {
        "the webhook is queued to be applied again\n".to_owned()
    } else {
        "the webhook is already waiting to be applied\n".to_owned()
    })
}

async fn replay_all(
    runtime: &AdminRuntime,
    target: &Target,
    connection: Option<ConnectionCode>,
) -> Result<String, CommandError> {
    let mut replayed = 0;
    for connection in connections(runtime, target, connection).await? {
        replayed += runtime.host.retry_parked(&connection).await?;
    }
    Ok(if target.json {
        output::json(&json!({"replayed": replayed}))
    } else {
        format!("webhooks queued to be applied again: {replayed}\n")
    })
}

async fn park(
    runtime: &AdminRuntime,
    target: &Target,
    webhook: &WebhookId,
    reason: &str,
) -> Result<String, CommandError> {
    let found = find(runtime, target, webhook).await?;
    let connection = target.connection(found.delivery.connection);
    let host = &runtime.host;
    let outcome = host
        .park_delivery(&connection, &webhook.key, reason)
        .await?;
    let is_new = outcome == ParkOutcome::Parked;
    Ok(if target.json {
        output::json(&json!({"parked": is_new}))
    } else if is_new {
        "the webhook is parked\n".to_owned()
    } else {
        "the webhook was parked before; its first reason is kept\n".to_owned()
    })
}

fn list_text(page: &Page<Delivery>, as_json: bool) -> String {
    if as_json {
        let deliveries: Vec<_> = page.items.iter().map(fields).collect();
        let next = page.next.as_ref().map(ToString::to_string);
        return output::json(&json!({"deliveries": deliveries, "next": next}));
    }
    let lines: Vec<_> = page
        .items
        .iter()
        .map(|delivery| {
            vec![
                time(delivery.received_at),
                delivery.state.as_str().to_owned(),
                delivery.connection.to_string(),
                delivery.types.join(" "),
                delivery.key.clone(),
                delivery.error.clone().unwrap_or_default(),
            ]
        })
        .collect();
    let head = ["RECEIVED", "STATE", "CONNECTION", "TYPE", "KEY", "ERROR"];
    let more = page
        .next
        .as_ref()
        .map(|next| format!("more: --after {next}\n"));
    table(&head, &lines) + more.as_deref().unwrap_or_default()
}

fn fields(delivery: &Delivery) -> Value {
    json!({
        "connection": delivery.connection,
        "key": delivery.key,
        "state": delivery.state,
        "types": delivery.types,
        "subjects": delivery.targets,
        "received_at": delivery.received_at.to_string(),
        "copies": delivery.delivery_count,
        "freshness": delivery.timestamp_check,
        "matched_secret": delivery.matched_secret,
        "attempts": delivery.attempts,
        "error": delivery.error,
        "dropped_at": delivery.dropped_at.map(|at| at.to_string()),
    })
}

fn detail_text(found: &DeliveryDetail, as_json: bool) -> String {
    let delivery = &found.delivery;
    let body = String::from_utf8_lossy(&found.body);
    if as_json {
        let mut value = fields(delivery);
        value["events"] = json!(found.events);
        value["body"] = json!(body);
        return output::json(&value);
    }
    let or_none = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let lines = [
        ("key", delivery.key.clone()),
        ("connection", delivery.connection.to_string()),
        ("state", delivery.state.as_str().to_owned()),
        ("error", or_none(delivery.error.as_deref())),
        ("types", delivery.types.join(" ")),
        ("about", delivery.targets.join(" ")),
        ("received", time(delivery.received_at)),
        ("copies", delivery.delivery_count.to_string()),
        ("attempts", delivery.attempts.to_string()),
        ("verified by", or_none(delivery.matched_secret.as_deref())),
        ("dropped", or_none(delivery.dropped_at.map(time).as_deref())),
    ];
    let lines =
        lines.map(|(name, value)| format!("{name:<12} {}\n", without_control_characters(&value)));
    format!(
        "{}\n{}\n",
        lines.concat(),
        without_control_characters(&body)
    )
}
