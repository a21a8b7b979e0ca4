use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use payment_provider_core::{ConnectionCheck, ProviderDescriptor, SettingKind, TimestampCheck};
use payment_provider_host::connections::{
    Connection, PlainSetting, RefusalReason, RefusedDeliveries,
};
use payment_provider_host::inbox::{Delivery, DeliveryState};
use payment_provider_host::page::{PageCursor, PageRequest};

use super::super::display_time::DisplayTime;
use super::super::layout::{Layout, Section, page};
use super::super::page_links::{PageLinks, parameter};
use super::super::problem_page::PageResult;
use super::super::signed_in::SignedIn;
use super::{PathNames, descriptor, from_path, is_production, path_of};
use crate::money_text::Prose;
use crate::problem::Problem;
use crate::session::Session;
use crate::state::App;

/// Number of webhooks on the page.
const MAX_DELIVERIES: u32 = 20;
/// Query parameter with the end of the page before.
const AFTER: &str = "after";

#[derive(Template)]
#[template(path = "connection.html")]
struct ConnectionPage {
    layout: Layout,
    path: String,
    name: String,
    gateway: String,
    organization: String,
    code: String,
    is_production: bool,
    enabled: bool,
    webhook_url: Option<String>,
    webhook_setup: String,
    /// Label and value of each setting that has a value and is not a secret.
    settings: Vec<(String, String)>,
    secrets: Vec<SecretRow>,
    /// Label of the secret that verified the latest webhook, and the time.
    last_verification: Option<(String, Option<DisplayTime>)>,
    /// Label of each secret that verified a webhook, and the time of the latest.
    secret_uses: Vec<(String, DisplayTime)>,
    check: Option<CheckResult>,
    deliveries: Vec<DeliveryRow>,
    pages: PageLinks,
    refused: Vec<RefusedRow>,
    problem: Option<Prose>,
}

/// A secret setting.
struct SecretRow {
    field: String,
    label: String,
    count: usize,
    can_rotate: bool,
    problem: Option<String>,
}

/// Result of a connection check.
struct CheckResult {
    usable: bool,
    clock: String,
    next_steps: Vec<String>,
}

/// A received webhook.
struct DeliveryRow {
    received_at: DisplayTime,
    types: String,
    targets: String,
    count: i64,
    /// Text and CSS class of the state.
    state: (&'static str, &'static str),
    note: String,
    key: String,
    can_replay: bool,
}

/// Webhooks that were refused for one reason.
struct RefusedRow {
    reason: &'static str,
    count: u64,
    last_at: DisplayTime,
}

impl RefusedRow {
    fn new(refused: &RefusedDeliveries) -> Self {
        let reason = match refused.reason {
            RefusalReason::Unsigned => "Without a signature",
            RefusalReason::SignatureMismatch => "Signed with another secret, or changed on the way",
            RefusalReason::Stale => "Timestamp too old: the gateway was asked instead",
            RefusalReason::FromFuture => "Timestamp in the future: the gateway was asked instead",
            RefusalReason::TooMany => "More than the connection may receive",
            RefusalReason::Unverifiable => "Could not be verified at the time",
            RefusalReason::UnusableConnection => "The connection could not be used",
            _ => "Another reason",
        };
        Self {
            reason,
            count: refused.count,
            last_at: DisplayTime::of(refused.last_at),
        }
    }
}

/// Result of the action that the page is rendered after.
pub(super) enum ActionResult {
    NoAction,
    Checked(ConnectionCheck),
    Failed(Problem),
    SecretRejected { field: String, problem: String },
}

/// `GET /connections/{organization}/{code}`
pub(super) async fn show(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    names: PathNames,
    RawQuery(query): RawQuery,
) -> PageResult {
    let connection = from_path(&app, names).await?;
    let after = parameter(query.as_deref(), AFTER).and_then(|after| after.parse().ok());
    let nothing = ActionResult::NoAction;
    render_from(&app, &session, &connection, nothing, after).await
}

/// Renders the page of a connection after an action.
pub(super) async fn render(
    app: &App,
    session: &Session,
    connection: &Connection,
    result: ActionResult,
) -> PageResult {
    render_from(app, session, connection, result, None).await
}

/// Renders the page with the webhooks after a cursor; without one with the latest.
async fn render_from(
    app: &App,
    session: &Session,
    connection: &Connection,
    result: ActionResult,
    after: Option<PageCursor>,
) -> PageResult {
    let gateway = descriptor(app, connection)?;
    let mut request = PageRequest::first(MAX_DELIVERIES);
    request.after = after;
    let found = app.host.deliveries(&connection.to_ref(), &request).await?;
    let path = path_of(connection);
    let first = request
        .after
        .map(|_| (format!("{path}#deliveries"), "Latest"));
    let next = found.next.map(|next| {
        let path = format!("{path}?{AFTER}={next}#deliveries");
        (path, "Older")
    });
    let (status, check, problem, rejected) = match result {
        ActionResult::NoAction => (StatusCode::OK, None, None, None),
        ActionResult::Checked(check) => {
            (StatusCode::OK, Some(CheckResult::new(&check)), None, None)
        }
        ActionResult::Failed(problem) => {
            (problem.status(), None, Some(problem.to_sentences()), None)
        }
        ActionResult::SecretRejected { field, problem } => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let is_shown = connection.secrets.iter().any(|it| it.field == field);
            let notice = (!is_shown).then(|| format!("The secret was not changed: it {problem}."));
            (status, None, notice, Some((field, problem)))
        }
    };
    let connection_page = ConnectionPage {
        layout: Layout::new(&connection.name, Section::Connections, session, app),
        path,
        pages: PageLinks::forwards("webhooks", first, next),
        name: connection.name.clone(),
        gateway: gateway.display_name.clone(),
        organization: connection.organization.to_string(),
        code: connection.code.to_string(),
        is_production: is_production(connection),
        enabled: connection.enabled,
        webhook_url: connection.webhook_url.as_ref().map(ToString::to_string),
        webhook_setup: gateway.webhook_setup.clone(),
        settings: settings(gateway, connection),
        secrets: secrets(gateway, connection, rejected.as_ref()),
        last_verification: connection
            .matched_secret
            .clone()
            .map(|label| (label, connection.matched_at.map(DisplayTime::of))),
        secret_uses: connection
            .secret_uses
            .iter()
            .map(|used| (used.label.clone(), DisplayTime::of(used.last_matched_at)))
            .collect(),
        check,
        deliveries: found.items.into_iter().map(DeliveryRow::new).collect(),
        refused: connection
            .refused_deliveries
            .iter()
            .map(RefusedRow::new)
            .collect(),
        problem: problem.as_deref().map(Prose::of),
    };
    Ok(page(status, &connection_page))
}

/// Returns label and value of each setting that has a value and is not a secret.
fn settings(gateway: &ProviderDescriptor, connection: &Connection) -> Vec<(String, String)> {
    let fields = gateway.settings.fields().iter();
    fields
        .filter_map(|field| {
            let value = connection.settings.get(field.name)?;
            Some((field.label.to_owned(), setting_text(value)))
        })
        .collect()
}

fn setting_text(value: &PlainSetting) -> String {
    match value {
        PlainSetting::Flag(true) => "yes".to_owned(),
        PlainSetting::Flag(false) => "no".to_owned(),
        PlainSetting::Text(text) => text.clone(),
        PlainSetting::List(list) => list.join(", "),
        _ => String::new(),
    }
}

/// Returns the rows of the secret settings. `rejected` is the field and reason of a rejected change.
fn secrets(
    gateway: &ProviderDescriptor,
    connection: &Connection,
    rejected: Option<&(String, String)>,
) -> Vec<SecretRow> {
    let secrets = connection.secrets.iter().map(|secret| {
        let field = gateway.settings.field(&secret.field);
        SecretRow {
            label: field.map_or_else(|| secret.field.clone(), |field| field.label.to_owned()),
            count: secret.count,
            can_rotate: field.is_some_and(|field| field.kind == SettingKind::SecretList),
            problem: rejected
                .filter(|(field, _)| *field == secret.field)
                .map(|(_, problem)| problem.clone()),
            field: secret.field.clone(),
        }
    });
    secrets.collect()
}

impl CheckResult {
    fn new(check: &ConnectionCheck) -> Self {
        let clock = match check.clock_skew.map(|skew| skew.as_secs()) {
            None => "unknown: the gateway does not report its time".to_owned(),
            Some(0) => "in sync with the gateway".to_owned(),
            Some(seconds) if seconds > 0 => format!("{seconds} s behind the gateway"),
            Some(seconds) => format!("{} s ahead of the gateway", seconds.unsigned_abs()),
        };
        Self {
            usable: check.is_usable(),
            clock,
            next_steps: check.next_steps.clone(),
        }
    }
}

impl DeliveryRow {
    fn new(delivery: Delivery) -> Self {
        let state = match delivery.state {
            DeliveryState::Pending => ("Waiting", "busy"),
            DeliveryState::Applied => ("Applied", "good"),
            DeliveryState::Ignored => ("Not about a payment link", "quiet"),
            DeliveryState::Unmatched => ("Unmatched", "plain"),
            DeliveryState::Parked => ("Parked", "bad"),
            _ => ("Unknown state", "plain"),
        };
        let timestamp = match delivery.timestamp_check {
            TimestampCheck::Fresh => None,
            _ => Some("timestamp outside the acceptance window".to_owned()),
        };
        let is_dropped = delivery.dropped_at.is_some();
        let dropped =
            is_dropped.then(|| "content dropped after its time; it cannot be replayed".to_owned());
        let notes: Vec<_> = [timestamp, delivery.error, dropped]
            .into_iter()
            .flatten()
            .collect();
        // Several events of a webhook may have the same type.
        let mut types = delivery.types;
        types.dedup();
        Self {
            received_at: DisplayTime::of(delivery.received_at),
            types: types.join(", "),
            targets: delivery.targets.join(", "),
            count: delivery.delivery_count,
            can_replay: delivery.state == DeliveryState::Parked && !is_dropped,
            state,
            note: notes.join("; "),
            key: delivery.key,
        }
    }
}
