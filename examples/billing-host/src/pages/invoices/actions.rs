use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use payment_provider_core::CheckoutReference;
use payment_provider_host::Error;
use payment_provider_host::workflows::CloseOutcome;

use super::super::form::{SignedInForm, SubmittedForm};
use super::super::notice;
use super::super::problem_page::PageResult;
use super::super::qr;
use super::super::signed_in::SignedIn;
use super::detail::render;
use crate::invoices::{self, PathId, payable_of};
use crate::problem::Problem;
use crate::state::App;

/// `GET` of a path that only accepts forms: redirects to the invoice.
pub(in super::super) async fn redirect(SignedIn(_): SignedIn, id: PathId) -> Response {
    let is_plain = |id: &str| {
        id.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    match id {
        Ok(Path(id)) if is_plain(&id) => Redirect::to(&format!("/invoices/{id}")).into_response(),
        _ => notice::not_found(),
    }
}

/// `GET /invoices/{id}/qr/{reference}`: the QR code of a payment link.
pub(in super::super) async fn qr_code(
    State(app): State<App>,
    SignedIn(_): SignedIn,
    names: Result<Path<(String, String)>, PathRejection>,
) -> PageResult {
    let missing = || Problem::not_found("payment link");
    let Path((id, reference)) = names.map_err(|_| missing())?;
    let payable = payable_of(&invoices::get(&app, &id).await?)?;
    let view = app.host.payable(&payable.organization, &payable.id).await?;
    let checkouts = view.map(|view| view.checkouts).unwrap_or_default();
    let mut checkouts = checkouts.into_iter();
    let checkout = checkouts.find(|it| it.reference.as_str() == reference);
    let url = checkout.and_then(|checkout| checkout.url);
    let image = qr::encode(url.ok_or_else(missing)?.as_str()).ok_or_else(missing)?;
    Ok(image.into_response())
}

/// `POST /invoices/{id}/payment-link`: creates a payment link unless an open one can be reused.
pub(in super::super) async fn create_payment_link(
    State(app): State<App>,
    id: PathId,
    form: SignedInForm,
) -> PageResult {
    let SubmittedForm { session, .. } = form.0;
    let invoice = invoices::from_path(&app, id).await?;
    match invoices::payment_url(&app, &invoice).await {
        Ok(_) => {
            let path = format!("/invoices/{}#payment-link", invoice.id);
            Ok(Redirect::to(&path).into_response())
        }
        Err(problem) => {
            let text = Some(problem.to_sentences());
            render(&app, &session, &invoice, problem.status(), text).await
        }
    }
}

/// `POST /invoices/{id}/void`
pub(in super::super) async fn void(
    State(app): State<App>,
    id: PathId,
    form: SignedInForm,
) -> PageResult {
    let SubmittedForm { session, .. } = form.0;
    let invoice = invoices::from_path(&app, id).await?;
    match invoices::void(&app, &invoice.id).await {
        Ok((_, outcome)) if outcome.still_payable.is_empty() && outcome.unreconciled.is_empty() => {
            Ok(Redirect::to(&format!("/invoices/{}", invoice.id)).into_response())
        }
        Ok((invoice, outcome)) => {
            let text = Some(incomplete_void(&outcome));
            render(&app, &session, &invoice, StatusCode::OK, text).await
        }
        Err(problem) => {
            let text = Some(problem.to_sentences());
            render(&app, &session, &invoice, problem.status(), text).await
        }
    }
}

/// Describes the links that could not be cancelled and the money that could not be recorded.
fn incomplete_void(outcome: &CloseOutcome) -> String {
    let list = |checkouts: &[(CheckoutReference, Error)]| {
        let reasons: Vec<_> = checkouts
            .iter()
            .map(|(reference, error)| format!("{reference} ({error})"))
            .collect();
        reasons.join(", ")
    };
    let mut text = "The invoice is voided.".to_owned();
    if !outcome.still_payable.is_empty() {
        text += " These payment links could not be cancelled and can still be paid: ";
        text += &list(&outcome.still_payable);
        text += ". Payments on them are recorded as overpaid.";
    }
    if !outcome.unreconciled.is_empty() {
        text += " Money that the gateway reports could not be recorded yet: ";
        text += &list(&outcome.unreconciled);
        text += ".";
    }
    text + " Void the invoice again to retry."
}
