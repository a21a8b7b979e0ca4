use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use payment_provider_core::{
    ConnectionSettings, SettingField, SettingKind, SettingsSchema, Violations,
};
use payment_provider_host::ErrorKind;
use payment_provider_host::connections::{Connection, SettingsChange};
use secrecy::{ExposeSecret, SecretString};

use super::super::field::{DRAFT_PREFIX, Field, INITIAL_PREFIX, assign_errors, refill_all};
use super::super::form::{FormFields, SignedInForm, SubmittedForm};
use super::super::layout::{Layout, Section, form_page};
use super::super::problem_page::PageResult;
use super::super::signed_in::SignedIn;
use super::{PathNames, descriptor, from_path, path_of};
use crate::secret_draft::DraftKey;
use crate::session::Session;
use crate::state::App;

#[derive(Template)]
#[template(path = "connection_settings.html")]
struct SettingsPage {
    layout: Layout,
    path: String,
    name: String,
    settings: Vec<Field>,
    /// Name and value of the hidden fields with the values that the form was rendered with.
    initial_values: Vec<(String, String)>,
    problems: Vec<String>,
}

/// `GET /connections/{organization}/{code}/settings`
pub(super) async fn form(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    names: PathNames,
) -> PageResult {
    let connection = from_path(&app, names).await?;
    render(&app, &session, &connection, None, &Violations::none())
}

/// `POST /connections/{organization}/{code}/settings`: changes the settings that differ from those the form
/// was rendered with, so that an old form does not undo later changes. An empty field removes its setting;
/// an empty secret keeps the stored one.
pub(super) async fn save(
    State(app): State<App>,
    names: PathNames,
    form: SignedInForm,
) -> PageResult {
    let SubmittedForm {
        session, fields, ..
    } = form.0;
    let connection = from_path(&app, names).await?;
    let schema = &descriptor(&app, &connection)?.settings;
    let settings = submitted_settings(schema, &fields, &session, &app.drafts);
    let mut change = SettingsChange::new();
    for field in schema.fields() {
        let name = format!("settings.{}", field.name);
        let is_unchanged = fields
            .secret(&format!("{INITIAL_PREFIX}{name}"))
            .is_some_and(|initial| initial.expose_secret() == fields.text(&name));
        match settings.get(field.name) {
            _ if is_unchanged => {}
            Some(value) => change.set(field.name, value.clone()),
            None if field.is_secret() => {}
            None => change.clear(field.name),
        }
    }
    let stored = connection.to_ref();
    match app.host.change_settings(&stored, &change).await {
        Ok(connection) => Ok(Redirect::to(&path_of(&connection)).into_response()),
        Err(error) => match error.kind() {
            ErrorKind::Invalid(violations) => {
                render(&app, &session, &connection, Some(&fields), violations)
            }
            _ => Err(error.into()),
        },
    }
}

fn render(
    app: &App,
    session: &Session,
    connection: &Connection,
    submitted: Option<&FormFields>,
    violations: &Violations,
) -> PageResult {
    let schema = &descriptor(app, connection)?.settings;
    let mut settings: Vec<_> = schema
        .fields()
        .iter()
        .filter(|field| {
            field.kind != SettingKind::SecretList || is_given_again(field, submitted, violations)
        })
        .map(|field| {
            let is_wanted = violations.names(&format!("settings.{}", field.name));
            let is_stored =
                !is_wanted && connection.secrets.iter().any(|it| it.field == field.name);
            let setting = connection.settings.get(field.name);
            let field = Field::setting(field).with_setting(setting);
            if is_stored {
                field.with_stored()
            } else {
                field
            }
        })
        .collect();
    let mut initial_values: Vec<_> = settings
        .iter()
        .filter_map(|field| {
            let name = format!("{INITIAL_PREFIX}{}", field.name);
            Some((name, field.initial_value()?.to_owned()))
        })
        .collect();
    if let Some(submitted) = submitted {
        refill_all(&mut settings, submitted, session, &app.drafts);
        for (name, value) in &mut initial_values {
            submitted.text(name).clone_into(value);
        }
    }
    let problems = assign_errors(&mut settings, violations);
    let title = format!("Settings of {}", connection.name);
    let settings_page = SettingsPage {
        layout: Layout::new(&title, Section::Connections, session, app),
        path: path_of(connection),
        name: connection.name.clone(),
        settings,
        initial_values,
        problems,
    };
    Ok(form_page(violations, &settings_page))
}

/// Returns true for a list of secrets that has to be given again, because a setting that it is bound to
/// changes, or that was given again in an earlier attempt. Other changes of such lists have a page of
/// their own.
fn is_given_again(
    field: &SettingField,
    submitted: Option<&FormFields>,
    violations: &Violations,
) -> bool {
    let name = format!("settings.{}", field.name);
    let draft = format!("{DRAFT_PREFIX}{name}");
    let was_given =
        |fields: &FormFields| fields.non_blank(&name).is_some() || !fields.text(&draft).is_empty();
    violations.names(&name) || submitted.is_some_and(was_given)
}

/// Returns the settings of a submitted form. Empty fields set nothing.
pub(super) fn submitted_settings(
    schema: &SettingsSchema,
    submitted: &FormFields,
    session: &Session,
    drafts: &DraftKey,
) -> ConnectionSettings {
    let mut settings = ConnectionSettings::new();
    for field in schema.fields() {
        let name = format!("settings.{}", field.name);
        if field.kind == SettingKind::Flag {
            settings.set(field.name, !submitted.text(&name).is_empty());
        } else if let Some(text) = submitted_value(field, &name, submitted, session, drafts) {
            settings.set(field.name, text);
        }
    }
    settings
}

/// Returns the submitted value of a field, or the draft of a secret that was submitted before.
fn submitted_value(
    field: &SettingField,
    name: &str,
    submitted: &FormFields,
    session: &Session,
    drafts: &DraftKey,
) -> Option<SecretString> {
    if let Some(text) = submitted.non_blank(name) {
        return Some(text.into());
    }
    let draft = submitted.text(&format!("{DRAFT_PREFIX}{name}"));
    let secret = drafts
        .decrypt(draft, session, name)
        .filter(|_| field.is_secret())?;
    Some(secret.expose_secret().trim().into())
}
