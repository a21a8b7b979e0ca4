use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use payment_provider_core::{
    ConnectionSettings, SettingField, SettingKind, SettingsSchema, Violations,
};
use payment_provider_host::{Connection, ConnectionError, SettingsChange};
use secrecy::{ExposeSecret, SecretString};

use super::super::field::{BEFORE, DRAFT, Field, place_errors};
use super::super::form::{Filled, FormFields, SignedForm};
use super::super::layout::{Layout, Section, page};
use super::super::notice;
use super::super::secret_draft::DraftKey;
use super::super::session::{Session, SignedIn};
use super::{Names, descriptor, named, path_of};
use crate::problem::Problem;
use crate::state::App;

#[derive(Template)]
#[template(path = "connection_settings.html")]
struct SettingsPage {
    layout: Layout,
    path: String,
    name: String,
    settings: Vec<Field>,
    /// Name and value of what the form was drawn with.
    before: Vec<(String, String)>,
    problems: Vec<String>,
}

/// `GET /connections/{organization}/{code}/settings`
pub(super) async fn form(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    names: Names,
) -> Response {
    let shown = async {
        let connection = named(&app, names).await?;
        settings_page(&app, &session, &connection, None, &Violations::none())
    };
    shown
        .await
        .unwrap_or_else(|problem| notice::of_problem(&problem))
}

/// `POST /connections/{organization}/{code}/settings`: what is made empty goes away, but for secrets.
/// What is as it was when the form was drawn is left alone, so that a form of yesterday undoes nothing
/// of today.
pub(super) async fn save(State(app): State<App>, names: Names, sent: SignedForm) -> Response {
    let Filled { session, fields } = sent.0;
    let saved = async {
        let connection = named(&app, names).await?;
        let schema = &descriptor(&app, &connection)?.settings;
        let settings = settings_of(schema, &fields, &session, &app.drafts);
        let mut change = SettingsChange::new();
        for field in schema.fields() {
            let name = format!("settings.{}", field.name);
            let untouched = fields
                .secret(&format!("{BEFORE}{name}"))
                .is_some_and(|before| before.expose_secret() == fields.text(&name));
            match settings.get(field.name) {
                _ if untouched => {}
                Some(value) => change.set(field.name, value.clone()),
                None if field.is_secret() => {}
                None => change.clear(field.name),
            }
        }
        let (organization, code) = (&connection.organization, &connection.code);
        match app.host.change_settings(organization, code, &change).await {
            Ok(connection) => Ok(Redirect::to(&path_of(&connection)).into_response()),
            Err(ConnectionError::Invalid(violations)) => {
                settings_page(&app, &session, &connection, Some(&fields), &violations)
            }
            Err(error) => Err(error.into()),
        }
    };
    saved
        .await
        .unwrap_or_else(|problem| notice::of_problem(&problem))
}

fn settings_page(
    app: &App,
    session: &Session,
    connection: &Connection,
    sent: Option<&FormFields>,
    violations: &Violations,
) -> Result<Response, Problem> {
    let schema = &descriptor(app, connection)?.settings;
    let mut settings: Vec<_> = schema
        .fields()
        .iter()
        .filter(|field| field.kind != SettingKind::SecretList)
        .map(|field| {
            let stored = connection.secrets.iter().any(|it| it.field == field.name);
            let shown = Field::setting(field).with_setting(connection.settings.get(field.name));
            if stored { shown.with_stored() } else { shown }
        })
        .collect();
    let mut before: Vec<_> = settings
        .iter()
        .filter_map(|field| Some((format!("{BEFORE}{}", field.name), field.drawn()?.to_owned())))
        .collect();
    if let Some(sent) = sent {
        for field in &mut settings {
            field.refill(sent, session, &app.drafts);
        }
        for (name, value) in &mut before {
            sent.text(name).clone_into(value);
        }
    }
    let problems = place_errors(&mut settings, violations);
    let title = format!("Settings of {}", connection.name);
    let status = if violations.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let edit = SettingsPage {
        layout: Layout::new(&title, Section::Connections, session, app),
        path: path_of(connection),
        name: connection.name.clone(),
        settings,
        before,
        problems,
    };
    Ok(page(status, &edit))
}

/// The fields of a schema, empty.
pub(super) fn settings_fields(schema: &SettingsSchema) -> Vec<Field> {
    schema.fields().iter().map(Field::setting).collect()
}

/// The settings that a form gives; empty fields give none.
pub(super) fn settings_of(
    schema: &SettingsSchema,
    sent: &FormFields,
    session: &Session,
    drafts: &DraftKey,
) -> ConnectionSettings {
    let mut settings = ConnectionSettings::new();
    for field in schema.fields() {
        let name = format!("settings.{}", field.name);
        if field.kind == SettingKind::Flag {
            settings.set(field.name, !sent.text(&name).is_empty());
        } else if let Some(text) = given(field, &name, sent, session, drafts) {
            settings.set(field.name, text);
        }
    }
    settings
}

fn given(
    field: &SettingField,
    name: &str,
    sent: &FormFields,
    session: &Session,
    drafts: &DraftKey,
) -> Option<SecretString> {
    if let Some(text) = sent.given(name) {
        return Some(text.into());
    }
    // A secret that was typed when the form was sent before.
    let draft = sent.text(&format!("{DRAFT}{name}"));
    let opened = drafts
        .open(draft, session, name)
        .filter(|_| field.is_secret())?;
    Some(opened.expose_secret().trim().into())
}
