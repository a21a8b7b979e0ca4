use clap::{Args, Subcommand, ValueEnum};
use payment_provider_core::ConnectionCode;
use payment_provider_host::{
    Delivery, DeliveryCursor, DeliveryDetail, DeliveryFilter, DeliveryPage, DeliveryState, Parking,
};
use serde_json::{Value, json};

use super::output::{self, moment, plain, table};
use super::runtime::{Opened, Secrets, Where};
use super::{Done, Failure};
use crate::timestamp;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The latest webhooks, newest first, and where each stands.
    List {
        /// Those that stand like this.
        #[arg(long, value_enum)]
        state: Option<State>,
        /// Those of one connection [default: of all].
        #[arg(long, value_name = "CODE")]
        connection: Option<ConnectionCode>,
        /// How many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        /// Those after the last one of an earlier list, as it says at its end.
        #[arg(long, value_name = "CURSOR")]
        after: Option<DeliveryCursor>,
    },
    /// One webhook with its body, which may tell whose payment it is.
    Show(Named),
    /// Has webhooks tried again by the servers: what they did before they do not do again.
    Replay {
        /// Its key.
        #[arg(required_unless_present = "all_parked")]
        key: Option<String>,
        /// Those of one connection [default: of all].
        #[arg(long, value_name = "CODE")]
        connection: Option<ConnectionCode>,
        /// All that are parked.
        #[arg(long, conflicts_with = "key")]
        all_parked: bool,
    },
    /// Takes a webhook out: it is not tried any more until it is replayed, or delivered again.
    Park {
        #[command(flatten)]
        named: Named,
        /// Why, for whoever looks at it later.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// Its key.
    key: String,
    /// The connection it came to; needed where several got the same.
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

pub(super) async fn run(at: &Where, command: Command) -> Result<Done, Failure> {
    let opened = Opened::at(at, Secrets::LeftAlone).await?;
    let text = match command {
        Command::List {
            state,
            connection,
            limit,
            after,
        } => {
            let mut filter = DeliveryFilter::default().limit(limit);
            filter.connection = connection;
            filter.state = state.map(DeliveryState::from);
            filter.after = after;
            let host = &opened.host;
            let page = host.find_deliveries(&at.organization, &filter).await?;
            listed(&page, at.json)
        }
        Command::Show(named) => {
            let found = find(&opened, at, &named).await?;
            shown(&found, at.json)
        }
        Command::Replay {
            key: Some(key),
            connection,
            ..
        } => {
            let named = Named { key, connection };
            replay(&opened, at, &named).await?
        }
        Command::Replay { connection, .. } => replay_all(&opened, at, connection).await?,
        Command::Park { named, reason } => park(&opened, at, &named, &reason).await?,
    };
    opened.close().await?;
    Ok(Done::well(text))
}

/// The delivery of a key, at whichever connection.
async fn find(opened: &Opened, at: &Where, named: &Named) -> Result<DeliveryDetail, Failure> {
    let mut found = Vec::new();
    for code in codes(opened, at, named.connection.clone()).await? {
        let host = &opened.host;
        found.extend(host.delivery(&at.organization, &code, &named.key).await?);
    }
    if found.len() > 1 {
        let codes: Vec<_> = found
            .iter()
            .map(|found| found.delivery.connection.as_str())
            .collect();
        let codes = codes.join(", ");
        return Err(format!("it came to {codes}: say which with --connection").into());
    }
    let whose = &at.organization;
    let none = || format!("organization {whose} has no webhook of this key");
    Ok(found.pop().ok_or_else(none)?)
}

async fn codes(
    opened: &Opened,
    at: &Where,
    only: Option<ConnectionCode>,
) -> Result<Vec<ConnectionCode>, Failure> {
    if let Some(code) = only {
        return Ok(vec![code]);
    }
    let all = opened.host.connections(Some(&at.organization)).await?;
    Ok(all.into_iter().map(|connection| connection.code).collect())
}

async fn replay(opened: &Opened, at: &Where, named: &Named) -> Result<String, Failure> {
    let found = find(opened, at, named).await?;
    let code = &found.delivery.connection;
    let host = &opened.host;
    let retried = host
        .retry_delivery(&at.organization, code, &named.key)
        .await?;
    Ok(if at.json {
        output::json(&json!({"replayed": u8::from(retried)}))
    } else if retried {
        "it is tried again\n".to_owned()
    } else {
        "it waits to be tried already\n".to_owned()
    })
}

async fn replay_all(
    opened: &Opened,
    at: &Where,
    connection: Option<ConnectionCode>,
) -> Result<String, Failure> {
    let mut replayed = 0;
    for code in codes(opened, at, connection).await? {
        let host = &opened.host;
        replayed += host.retry_parked(&at.organization, &code).await?;
    }
    Ok(if at.json {
        output::json(&json!({"replayed": replayed}))
    } else {
        format!("tried again: {replayed}\n")
    })
}

async fn park(opened: &Opened, at: &Where, named: &Named, reason: &str) -> Result<String, Failure> {
    let found = find(opened, at, named).await?;
    let code = &found.delivery.connection;
    let host = &opened.host;
    let done = host
        .park_delivery(&at.organization, code, &named.key, reason)
        .await?;
    let is_new = done == Parking::Parked;
    Ok(if at.json {
        output::json(&json!({"parked": is_new}))
    } else if is_new {
        "it is parked\n".to_owned()
    } else {
        "it was parked before, for the reason it shows\n".to_owned()
    })
}

fn listed(page: &DeliveryPage, as_json: bool) -> String {
    if as_json {
        let deliveries: Vec<_> = page.deliveries.iter().map(fields).collect();
        let next = page.next.map(|cursor| cursor.to_string());
        return output::json(&json!({"deliveries": deliveries, "next": next}));
    }
    let lines: Vec<_> = page
        .deliveries
        .iter()
        .map(|delivery| {
            vec![
                moment(delivery.received_at),
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
        .map(|next| format!("there are more: --after {next}\n"));
    table(&head, &lines) + more.as_deref().unwrap_or_default()
}

fn fields(delivery: &Delivery) -> Value {
    json!({
        "connection": delivery.connection,
        "key": delivery.key,
        "state": delivery.state,
        "types": delivery.types,
        "subjects": delivery.subjects,
        "received_at": timestamp::written(delivery.received_at),
        "copies": delivery.copies,
        "freshness": delivery.timestamp_check,
        "matched_secret": delivery.matched_secret,
        "attempts": delivery.attempts,
        "error": delivery.error,
    })
}

fn shown(found: &DeliveryDetail, as_json: bool) -> String {
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
        ("about", delivery.subjects.join(" ")),
        ("received", moment(delivery.received_at)),
        ("copies", delivery.copies.to_string()),
        ("attempts", delivery.attempts.to_string()),
        ("verified by", or_none(delivery.matched_secret.as_deref())),
    ];
    let lines = lines.map(|(name, value)| format!("{name:<12} {}\n", plain(&value)));
    format!("{}\n{}\n", lines.concat(), plain(&body))
}
