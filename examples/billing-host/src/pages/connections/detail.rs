use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use payment_provider_core::{ConnectionCheck, Environment, SettingKind, TimestampCheck};
use payment_provider_host::{Connection, Delivery, DeliveryState, PlainSetting};

use super::super::display_time::Moment;
use super::super::form::{Filled, SignedForm};
use super::super::layout::{Layout, Section, page};
use super::super::notice;
use super::super::session::{Session, SignedIn};
use super::{Names, descriptor, named, path_of};
use crate::problem::Problem;
use crate::state::App;

/// How many deliveries are shown.
const DELIVERIES: u32 = 20;

#[derive(Template)]
#[template(path = "connection.html")]
struct ConnectionPage {
    layout: Layout,
    path: String,
    name: String,
    gateway: String,
    organization: String,
    code: String,
    moves_money: bool,
    enabled: bool,
    webhook_url: Option<String>,
    webhook_setup: String,
    /// Label and value of each setting that is given and no secret.
    settings: Vec<(String, String)>,
    secrets: Vec<Secret>,
    matched: Option<(String, Option<Moment>)>,
    /// Label of each secret that verified a webhook, and when it last did.
    secret_uses: Vec<(String, Moment)>,
    check: Option<Check>,
    deliveries: Vec<Line>,
    problem: Option<String>,
}

/// A secret setting.
struct Secret {
    field: String,
    label: String,
    count: usize,
    can_rotate: bool,
    problem: Option<String>,
}

/// What the gateway said when it was asked.
struct Check {
    usable: bool,
    clock: String,
    next_steps: Vec<String>,
}

/// A delivery.
struct Line {
    at: Moment,
    types: String,
    subjects: String,
    copies: i64,
    state: (&'static str, &'static str),
    note: String,
    key: String,
    can_retry: bool,
}

/// What was just done, if anything, and how it ended.
pub(super) enum Outcome {
    Nothing,
    Checked(ConnectionCheck),
    Failed(Problem),
    NotRotated { field: String, problem: String },
}

/// `GET /connections/{organization}/{code}`
pub(super) async fn show(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    names: Names,
) -> Response {
    let shown = async {
        let connection = named(&app, names).await?;
        shown(&app, &session, &connection, Outcome::Nothing).await
    };
    shown
        .await
        .unwrap_or_else(|problem| notice::of_problem(&problem))
}

/// What only forms are sent to leads back to the connection.
pub(super) async fn back(State(app): State<App>, SignedIn(_): SignedIn, names: Names) -> Response {
    match named(&app, names).await {
        Ok(connection) => Redirect::to(&path_of(&connection)).into_response(),
        Err(problem) => notice::of_problem(&problem),
    }
}

/// `POST /connections/{organization}/{code}/check`
pub(super) async fn check(State(app): State<App>, names: Names, sent: SignedForm) -> Response {
    let Filled { session, .. } = sent.0;
    let checked = async {
        let connection = named(&app, names).await?;
        let (organization, code) = (&connection.organization, &connection.code);
        let outcome = match app.host.check_connection(organization, code).await {
            Ok(check) => Outcome::Checked(check),
            Err(error) => Outcome::Failed(error.into()),
        };
        shown(&app, &session, &connection, outcome).await
    };
    checked
        .await
        .unwrap_or_else(|problem| notice::of_problem(&problem))
}

/// `POST /connections/{organization}/{code}/enabled`
pub(super) async fn enable(State(app): State<App>, names: Names, sent: SignedForm) -> Response {
    let Filled { fields, .. } = sent.0;
    let enabled = async {
        let connection = named(&app, names).await?;
        let (organization, code) = (&connection.organization, &connection.code);
        let enabled = match fields.text("enabled") {
            "yes" => true,
            "no" => false,
            _ => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                let detail = "enabled must be yes or no; nothing was changed";
                return Err(Problem::new(status, "validation_errors", detail));
            }
        };
        let changed = app.host.set_connection_enabled(organization, code, enabled);
        Ok::<_, Problem>(Redirect::to(&path_of(&changed.await?)).into_response())
    };
    enabled
        .await
        .unwrap_or_else(|problem| notice::of_problem(&problem))
}

/// `POST /connections/{organization}/{code}/retry`
pub(super) async fn retry(State(app): State<App>, names: Names, sent: SignedForm) -> Response {
    let Filled { fields, .. } = sent.0;
    let retried = async {
        let connection = named(&app, names).await?;
        let (organization, code) = (&connection.organization, &connection.code);
        let key = fields.text("key");
        app.host.retry_delivery(organization, code, key).await?;
        let path = format!("{}#deliveries", path_of(&connection));
        Ok::<_, Problem>(Redirect::to(&path).into_response())
    };
    retried
        .await
        .unwrap_or_else(|problem| notice::of_problem(&problem))
}

pub(super) fn moves_money(connection: &Connection) -> bool {
    connection.environment == Environment::Production
}

/// The page of a connection after something was done.
pub(super) async fn shown(
    app: &App,
    session: &Session,
    connection: &Connection,
    outcome: Outcome,
) -> Result<Response, Problem> {
    let gateway = descriptor(app, connection)?;
    let (organization, code) = (&connection.organization, &connection.code);
    let deliveries = app.host.deliveries(organization, code, DELIVERIES).await?;
    let label = |name: &str| {
        let field = gateway.settings.field(name);
        field.map_or_else(|| name.to_owned(), |field| field.label.to_owned())
    };
    let (status, check, problem, rotation) = match outcome {
        Outcome::Nothing => (StatusCode::OK, None, None, None),
        Outcome::Checked(check) => (StatusCode::OK, Some(Check::of(&check)), None, None),
        Outcome::Failed(problem) => (problem.status(), None, Some(problem.to_sentences()), None),
        Outcome::NotRotated { field, problem } => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let listed = connection.secrets.iter().any(|it| it.field == field);
            let elsewhere = (!listed).then(|| format!("The secret was not changed: it {problem}."));
            (status, None, elsewhere, Some((field, problem)))
        }
    };
    let secrets = connection.secrets.iter().map(|secret| Secret {
        label: label(&secret.field),
        count: secret.count,
        can_rotate: gateway
            .settings
            .field(&secret.field)
            .is_some_and(|field| field.kind == SettingKind::SecretList),
        problem: rotation
            .as_ref()
            .filter(|(field, _)| *field == secret.field)
            .map(|(_, problem)| problem.clone()),
        field: secret.field.clone(),
    });
    let one = ConnectionPage {
        layout: Layout::new(&connection.name, Section::Connections, session, app),
        path: path_of(connection),
        name: connection.name.clone(),
        gateway: gateway.display_name.clone(),
        organization: organization.to_string(),
        code: code.to_string(),
        moves_money: moves_money(connection),
        enabled: connection.enabled,
        webhook_url: connection.webhook_url.as_ref().map(ToString::to_string),
        webhook_setup: gateway.webhook_setup.clone(),
        settings: gateway
            .settings
            .fields()
            .iter()
            .filter_map(|field| {
                Some((
                    field.label.to_owned(),
                    words(connection.settings.get(field.name)?),
                ))
            })
            .collect(),
        secrets: secrets.collect(),
        matched: connection
            .matched_secret
            .clone()
            .map(|label| (label, connection.matched_at.map(Moment::of))),
        secret_uses: connection
            .secret_uses
            .iter()
            .map(|used| (used.label.clone(), Moment::of(used.last_matched_at)))
            .collect(),
        check,
        deliveries: deliveries.into_iter().map(Line::of).collect(),
        problem,
    };
    Ok(page(status, &one))
}

fn words(value: &PlainSetting) -> String {
    match value {
        PlainSetting::Flag(true) => "yes".to_owned(),
        PlainSetting::Flag(false) => "no".to_owned(),
        PlainSetting::Text(text) => text.clone(),
        PlainSetting::List(list) => list.join(", "),
        _ => String::new(),
    }
}

impl Check {
    fn of(check: &ConnectionCheck) -> Self {
        let clock = match check.clock_skew.map(|skew| skew.as_secs()) {
            None => "not known: the gateway does not say what time it is".to_owned(),
            Some(0) => "in step with the gateway".to_owned(),
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

impl Line {
    fn of(delivery: Delivery) -> Self {
        let state = match delivery.state {
            DeliveryState::Pending => ("Waiting", "busy"),
            DeliveryState::Applied => ("Applied", "good"),
            DeliveryState::Ignored => ("Concerns no payment link", "quiet"),
            DeliveryState::Unmatched => ("About something unknown here", "plain"),
            DeliveryState::Parked => ("Parked", "bad"),
            _ => ("Not known here", "plain"),
        };
        let hint = match delivery.timestamp_check {
            TimestampCheck::Fresh => None,
            _ => Some("time stamp outside the acceptance window".to_owned()),
        };
        let notes: Vec<_> = [hint, delivery.error].into_iter().flatten().collect();
        // Several events of a delivery may be of one type.
        let mut types = delivery.types;
        types.dedup();
        Self {
            at: Moment::of(delivery.received_at),
            types: types.join(", "),
            subjects: delivery.subjects.join(", "),
            copies: delivery.copies,
            can_retry: delivery.state == DeliveryState::Parked,
            state,
            note: notes.join("; "),
            key: delivery.key,
        }
    }
}
