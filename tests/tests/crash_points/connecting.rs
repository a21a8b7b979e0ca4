//! Crashes while merchant accounts are connected, checked, disabled and deleted, and while their secrets are encrypted with
//! another key.

use std::fs;

use cross_crate_tests::{Api, Stage};
use data_encoding::BASE64;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::scene::{ACCOUNT, PAID, Scene, UNPAID, list};

async fn try_connect(scene: &Scene, code: &str) -> Option<StatusCode> {
    let connection = scene.connection(code, ACCOUNT, Stage::SECRET);
    let request = scene.api.request(Method::POST, "/api/v1/connections");
    let answer = request.json(&connection).send().await.ok()?;
    Some(answer.status())
}

/// Requests the payment of an invoice through a connection, and pays it.
async fn pay_through(scene: &Scene, point: &str, code: &str) {
    let invoice = scene.invoice_through(point, "cashfree", code).await;
    let url = scene.ask(&invoice).await;
    scene.on_link(&url, "pay").await;
    scene.expect(&invoice, &PAID).await;
}

pub(crate) async fn made(scene: &mut Scene, point: &str) {
    let code = point.replace('.', "-");
    scene.arm(point);
    assert_eq!(try_connect(scene, &code).await, None);
    scene.dies(point).await;
    let is_there = point == "connection.committed";
    let expected = if is_there {
        StatusCode::CONFLICT
    } else {
        StatusCode::CREATED
    };
    assert_eq!(try_connect(scene, &code).await, Some(expected));
    pay_through(scene, point, &code).await;
}

/// Disables a connection: a link that was created before can still be paid, and no new one is created.
pub(crate) async fn stopped_and_allowed(scene: &mut Scene, point: &str) {
    let code = point.replace('.', "-");
    let made = try_connect(scene, &code).await;
    assert_eq!(made, Some(StatusCode::CREATED));
    let asked = scene.invoice_through(point, "cashfree", &code).await;
    let url = scene.ask(&asked).await;
    let later = format!("Asked for later, at {point}");
    let later = scene.invoice_to(&asked.customer, &later).await;
    for enabled in [false, true] {
        scene.arm(point);
        assert_eq!(scene.try_enable(&code, enabled).await, None);
        scene.dies(point).await;
        let done = scene.try_enable(&code, enabled).await;
        assert_eq!(done, Some(StatusCode::SEE_OTHER));
        if enabled {
            let url = scene.ask(&later).await;
            scene.expect(&later, &UNPAID).await;
            scene.on_link(&url, "pay").await;
            scene.expect(&later, &PAID).await;
        } else {
            assert_eq!(scene.try_ask(&later).await, None);
            scene.on_link(&url, "pay").await;
            scene.expect(&asked, &PAID).await;
        }
    }
}

async fn try_check(scene: &Scene, code: &str) -> Option<Value> {
    let organization = Api::ORGANIZATION;
    let path = format!("/api/v1/connections/{code}/check?organization_id={organization}");
    let answer = scene.api.request(Method::POST, &path).send().await.ok()?;
    assert!(answer.status().is_success(), "{}", answer.status());
    answer.json().await.ok()
}

/// Checks a connection at its gateway.
pub(crate) async fn checked(scene: &mut Scene, point: &str) {
    scene.arm(point);
    assert_eq!(try_check(scene, "main").await, None);
    scene.dies(point).await;
    let check = try_check(scene, "main").await.expect("an answer");
    assert_eq!(check["credentials"], "accepted", "{check:#}");
    pay_through(scene, point, "main").await;
}

async fn try_delete(scene: &Scene, code: &str) -> Option<StatusCode> {
    let organization = Api::ORGANIZATION;
    let path = format!("/api/v1/connections/{code}?organization_id={organization}");
    let request = scene.api.request(Method::DELETE, &path);
    Some(request.send().await.ok()?.status())
}

/// Deletes a connection: it accepts no webhook, and its code is not used by another one.
pub(crate) async fn deleted(scene: &mut Scene, point: &str) {
    let code = point.replace('.', "-");
    let made = try_connect(scene, &code).await;
    assert_eq!(made, Some(StatusCode::CREATED));
    scene.arm(point);
    assert_eq!(try_delete(scene, &code).await, None);
    scene.dies(point).await;
    let is_gone = point == "deletion.committed";
    let there = if is_gone {
        StatusCode::NOT_FOUND
    } else {
        StatusCode::UNAUTHORIZED
    };
    assert_eq!(send_forged(scene, &code).await, there);
    let expected = if is_gone {
        StatusCode::NOT_FOUND
    } else {
        StatusCode::NO_CONTENT
    };
    assert_eq!(try_delete(scene, &code).await, Some(expected));
    assert_eq!(send_forged(scene, &code).await, StatusCode::NOT_FOUND);
    let taken = try_connect(scene, &code).await;
    assert_eq!(taken, Some(StatusCode::CONFLICT));
}

/// Sends a webhook without a valid signature.
async fn send_forged(scene: &Scene, code: &str) -> StatusCode {
    let organization = Api::ORGANIZATION;
    let url = format!(
        "{}/webhooks/cashfree/{organization}?code={code}",
        scene.door.url()
    );
    let sent = reqwest::Client::new().post(url).body("{}").send();
    sent.await.expect("an answer").status()
}

/// Encrypts the secrets again: adds a new key before the one that encrypts everything, and then removes the old one.
pub(crate) async fn sealed_anew(scene: &mut Scene, point: &str) {
    let path = scene.database.key_file();
    let former = fs::read_to_string(&path).expect("the key");
    let current = format!("{}\n", BASE64.encode(&rand::random::<[u8; 32]>()));
    fs::write(&path, format!("{current}{former}")).expect("the key file");
    scene.restart().await;
    scene.arm(point);
    assert_eq!(try_reseal(scene).await, None);
    scene.dies(point).await;
    let done = try_reseal(scene).await.expect("an answer");
    assert_eq!(list(&done, "unopened"), &[] as &[Value], "{done:#}");
    let done_before = point == "key-rotation.committed";
    assert_eq!(done["resealed"] == 0, done_before, "{done:#}");
    assert_eq!(done["current"] == 0, !done_before, "{done:#}");
    fs::write(&path, current).expect("the key file");
    scene.restart().await;
    pay_through(scene, point, "main").await;
}

async fn try_reseal(scene: &Scene) -> Option<Value> {
    let path = "/api/v1/sealing-key/reseal";
    let request = scene.api.request(Method::POST, path);
    let answer = request.send().await.ok()?;
    assert!(answer.status().is_success(), "{}", answer.status());
    answer.json().await.ok()
}
