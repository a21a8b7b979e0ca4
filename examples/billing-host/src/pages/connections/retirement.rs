//! The confirmation before older secrets are retired.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect};

use super::super::confirmation::{Confirmation, Line};
use super::super::layout::{Layout, Section};
use super::super::page_links::parameter;
use super::super::problem_page::PageResult;
use super::super::signed_in::SignedIn;
use super::secrets::FIELD;
use super::{PathNames, descriptor, from_path, path_of};
use crate::state::App;

/// `GET /connections/{organization}/{code}/retire?field=`: states which secrets will be retired. Redirects to the
/// connection if there are none.
pub(super) async fn confirm(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    names: PathNames,
    RawQuery(query): RawQuery,
) -> PageResult {
    let connection = from_path(&app, names).await?;
    let path = path_of(&connection);
    let name = parameter(query.as_deref(), FIELD).unwrap_or_default();
    let field = descriptor(&app, &connection)?.settings.field(&name);
    let stored = connection.secrets.iter().find(|it| it.field == name);
    let older = stored.map_or(0, |stored| stored.count.saturating_sub(1));
    let Some(field) = field.filter(|_| older > 0) else {
        return Ok(Redirect::to(&path).into_response());
    };
    let verified_by = connection.matched_secret.as_deref().unwrap_or("none yet");
    let confirmation = Confirmation {
        layout: Layout::new("Retire the older secrets?", Section::Connections, &session, &app),
        lines: vec![
            Line::text("Connection", connection.name.as_str()),
            Line::text("Secret", field.label),
            Line::text("Retired", format!("{older}, all but the newest")),
            Line::text("Last used", format!("the latest webhook was verified with {verified_by}")),
        ],
        consequence: "Webhooks signed with a retired secret are refused from now on. This cannot be undone: a \
                      retired secret has to be entered again."
            .to_owned(),
        action: format!("{path}/retire"),
        fields: vec![(FIELD, name)],
        button: "Retire older secrets",
        back: (format!("{path}#secrets"), "Back to the connection"),
    };
    Ok(confirmation.into_page())
}
