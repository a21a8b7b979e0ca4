//! The customers that the merchant of a series bills, and their invoices.

use std::sync::atomic::{AtomicU32, Ordering};

use cross_crate_tests::Api;
use serde_json::{Value, json};

use crate::scene::{AMOUNT, SECOND, Scene};

/// An invoice, and its customer.
#[derive(Debug, Clone)]
pub(crate) struct Invoice {
    pub(crate) id: String,
    pub(crate) customer: String,
}

impl Scene {
    /// Sends a customer, who pays through a connection or through none. Returns `None` if no response arrives.
    pub(crate) async fn try_send_customer(
        &self,
        customer: &str,
        through: Option<(&str, &str)>,
    ) -> Option<Value> {
        let mut body = json!({
            "organization_id": Api::ORGANIZATION, "external_id": customer,
            "name": "Asha Rao", "email": "asha@example.com", "phone": "9000000000",
        });
        if let Some((provider, code)) = through {
            body["payment_provider"] = provider.into();
            body["payment_provider_code"] = code.into();
        }
        let request = self.api.request(reqwest::Method::POST, "/api/v1/customers");
        let answer = request.json(&body).send().await.ok()?;
        let is_good = answer.status().is_success();
        let body: Value = answer.json().await.ok()?;
        assert!(is_good, "{body}");
        Some(body)
    }

    /// Sends a customer as above, and expects success.
    pub(crate) async fn send_customer(
        &self,
        customer: &str,
        through: Option<(&str, &str)>,
    ) -> Value {
        let sent = self.try_send_customer(customer, through).await;
        sent.expect("an answer")
    }

    /// Moves the customer to the other connection, and returns the links that were left behind.
    pub(crate) async fn move_customer(&self, invoice: &Invoice) -> Value {
        let second = Some(("cashfree", SECOND));
        self.send_customer(&invoice.customer, second).await
    }

    /// Moves the customer as above. Returns `None` if no response arrives.
    pub(crate) async fn try_move_customer(&self, invoice: &Invoice) -> Option<Value> {
        let second = Some(("cashfree", SECOND));
        self.try_send_customer(&invoice.customer, second).await
    }

    /// Creates an invoice of a new customer.
    pub(crate) async fn invoice(&self, point: &str) -> Invoice {
        self.invoice_through(point, "cashfree", "main").await
    }

    /// Creates an invoice of a new customer, to be paid by bank transfer.
    pub(crate) async fn bank_invoice(&self, point: &str) -> Invoice {
        self.invoice_through(point, "bank_transfer", "bank").await
    }

    /// Creates an invoice of a new customer, to be paid through a connection.
    pub(crate) async fn invoice_through(&self, point: &str, provider: &str, code: &str) -> Invoice {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let customer = format!("payer-{number}-of-{}", point.replace('.', "-"));
        self.send_customer(&customer, Some((provider, code))).await;
        self.invoice_to(&customer, &format!("For {customer}")).await
    }

    /// Creates an invoice of an existing customer. Its purpose is unique.
    pub(crate) async fn invoice_to(&self, customer: &str, purpose: &str) -> Invoice {
        let invoice = json!({
            "organization_id": Api::ORGANIZATION, "external_customer_id": customer,
            "amount_cents": AMOUNT, "currency": "INR", "purpose": purpose,
        });
        let made = self.api.expect("/api/v1/invoices", &invoice, 201).await;
        let id = made["id"].as_str().expect("an id").to_owned();
        let customer = customer.to_owned();
        Invoice { id, customer }
    }
}
