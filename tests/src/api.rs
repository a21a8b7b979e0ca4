use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use test_support::until;

/// A client of billing-host, with its API key.
#[derive(Debug, Clone)]
pub struct Api {
    client: Client,
    url: String,
    key: String,
}

impl Api {
    /// The organization that these tests use.
    pub const ORGANIZATION: &str = "acme";

    /// Creates a client of the application at `url`.
    ///
    /// # Panics
    /// Panics if the HTTP client cannot be made.
    pub fn new(url: impl Into<String>, key: impl Into<String>) -> Self {
        Self {
            client: client(),
            url: url.into(),
            key: key.into(),
        }
    }

    /// Returns the address of the application.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Builds a request with the API key.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(&self.key)
    }

    /// Sends a body and returns the response.
    ///
    /// # Panics
    /// Panics if no response arrives.
    pub async fn post(&self, path: &str, body: &Value) -> Response {
        self.request(Method::POST, path)
            .json(body)
            .send()
            .await
            .expect("an answer")
    }

    /// Sends a body, expects this status and returns the response body.
    ///
    /// # Panics
    /// Panics if the status is another.
    pub async fn expect(&self, path: &str, body: &Value, status: u16) -> Value {
        let answer = self.post(path, body).await;
        let found = answer.status().as_u16();
        let text = answer.text().await.unwrap_or_default();
        assert_eq!(found, status, "{path}: {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Connects the account `main` of the simulator at `simulator`, and connects a customer to it.
    ///
    /// # Panics
    /// Panics if the application rejects a request.
    pub async fn set_up(&self, simulator: &str, secret: &str) {
        let connection = json!({
            "organization_id": Self::ORGANIZATION, "provider": "cashfree", "code": "main",
            "name": "Main account",
            "settings": {
                "client_id": "TEST_SIMULATOR", "client_secret": secret, "environment": "sandbox",
                "base_url": format!("{simulator}/pg"),
            },
        });
        self.expect("/api/v1/connections", &connection, 201).await;
        let customer = json!({
            "organization_id": Self::ORGANIZATION, "external_id": "customer-1",
            "name": "Asha Rao", "email": "asha@example.com", "phone": "9000000000",
            "payment_provider": "cashfree", "payment_provider_code": "main",
        });
        self.expect("/api/v1/customers", &customer, 201).await;
    }

    /// Creates an invoice over this many paise and returns its id.
    ///
    /// # Panics
    /// Panics if the application rejects the request.
    pub async fn invoice(&self, amount_cents: i64) -> String {
        self.invoice_for("An invoice", amount_cents).await
    }

    /// Creates an invoice for this purpose over this many paise and returns its id.
    ///
    /// # Panics
    /// Panics if the application rejects the request.
    pub async fn invoice_for(&self, purpose: &str, amount_cents: i64) -> String {
        let invoice = json!({
            "organization_id": Self::ORGANIZATION, "external_customer_id": "customer-1",
            "amount_cents": amount_cents, "currency": "INR", "purpose": purpose,
        });
        let made = self.expect("/api/v1/invoices", &invoice, 201).await;
        made["id"].as_str().expect("an id").to_owned()
    }

    /// Returns the address at which an invoice is paid.
    ///
    /// # Panics
    /// Panics if the application rejects the request.
    pub async fn payment_url(&self, invoice: &str) -> String {
        let path = format!("/api/v1/invoices/{invoice}/payment_url");
        let answer = self.expect(&path, &json!({}), 200).await;
        let url = answer["invoice_payment_details"]["payment_url"].as_str();
        url.expect("an address").to_owned()
    }

    /// Returns the current state of the invoice.
    ///
    /// # Panics
    /// Panics if the application does not answer.
    pub async fn fetch(&self, invoice: &str) -> Value {
        let path = format!("/api/v1/invoices/{invoice}");
        let answer = self
            .request(Method::GET, &path)
            .send()
            .await
            .expect("an answer");
        answer.json().await.expect("an invoice")
    }

    /// Returns `status paid surplus` of an invoice, in paise.
    ///
    /// # Panics
    /// Panics if the application does not answer.
    pub async fn totals(&self, invoice: &str) -> String {
        let invoice = self.fetch(invoice).await;
        let word = |field: &str| invoice[field].to_string().replace('"', "");
        let (status, paid, surplus) = (
            word("payment_status"),
            word("amount_paid_cents"),
            word("surplus_cents"),
        );
        format!("{status} {paid} {surplus}")
    }

    /// Waits until an invoice has these totals.
    ///
    /// # Panics
    /// Panics if the totals stay different.
    pub async fn wait_for(&self, invoice: &str, totals: &str) {
        until(async || {
            let found = self.totals(invoice).await;
            if found == totals {
                Ok(())
            } else {
                Err(format!("totals are {found:?}, expected {totals:?}"))
            }
        })
        .await;
    }

    /// Waits until this many webhooks are stored and all of them are applied.
    ///
    /// # Panics
    /// Panics if the count stays different or a webhook stays unapplied.
    pub async fn wait_for_applied(&self, expected: usize) {
        let organization = Self::ORGANIZATION;
        let path =
            format!("/api/v1/connections/main/deliveries?organization_id={organization}&limit=500");
        until(async || {
            let answer = self.request(Method::GET, &path).send().await;
            let found: Value = answer.expect("an answer").json().await.expect("JSON");
            let stored = found["deliveries"].as_array().expect("a list");
            let applied = |delivery: &Value| delivery["state"] == "applied";
            if stored.len() == expected && stored.iter().all(applied) {
                Ok(())
            } else {
                Err(format!(
                    "not {expected} webhooks that took effect: {found:#}"
                ))
            }
        })
        .await;
    }
}

/// A client of the simulator's control API.
#[derive(Debug, Clone)]
pub struct Control {
    client: Client,
    url: String,
}

impl Control {
    /// Creates a client of the simulator at `url`.
    ///
    /// # Panics
    /// Panics if the HTTP client cannot be made.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            client: client(),
            url: url.into(),
        }
    }

    /// Returns the address of the simulator.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sends a body and returns the response body.
    ///
    /// # Panics
    /// Panics if the simulator rejects the request.
    pub async fn post(&self, path: &str, body: &Value) -> Value {
        let answered = self.try_post(path, body).await;
        answered.unwrap_or_else(|(status, text)| panic!("{path}: {status} {text}"))
    }

    /// Sends a body and returns the response body, or the status and the reason of the rejection.
    ///
    /// # Panics
    /// Panics if no response arrives.
    pub async fn try_post(&self, path: &str, body: &Value) -> Result<Value, (u16, String)> {
        let request = self
            .client
            .post(format!("{}/_simulator/{path}", self.url))
            .json(body);
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.unwrap_or_default();
        if status.is_success() {
            Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
        } else {
            Err((status.as_u16(), text))
        }
    }

    /// Gets a resource.
    ///
    /// # Panics
    /// Panics if the simulator does not answer.
    pub async fn get(&self, what: &str) -> Value {
        let request = self.client.get(format!("{}/_simulator/{what}", self.url));
        let answer = request.send().await.expect("an answer");
        answer.json().await.expect("JSON")
    }

    /// Gets all pages of a list.
    ///
    /// # Panics
    /// Panics if the simulator does not answer with a list.
    pub async fn list(&self, what: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut path = format!("{what}?limit=500");
        loop {
            let page = self.get(&path).await;
            all.extend(page[what].as_array().expect("a list").iter().cloned());
            let Some(next) = page["next"].as_str() else {
                return all;
            };
            path = format!("{what}?limit=500&after={next}");
        }
    }

    /// Returns the id of the link behind an address.
    ///
    /// # Panics
    /// Panics if there is no such link.
    pub async fn link_of(&self, url: &str) -> String {
        let links = self.list("links").await;
        let link = links
            .iter()
            .find(|link| link["link_url"] == url)
            .expect("a link");
        link["link_id"].as_str().expect("an id").to_owned()
    }

    /// Returns the deliveries made for a link so far, once there are as many as expected and all have arrived.
    ///
    /// # Panics
    /// Panics if they do not arrive.
    pub async fn deliveries_of(&self, link: &str, expected: usize) -> Vec<Value> {
        until(async || {
            let mut found = self.list("deliveries").await;
            found.retain(|delivery| delivery["link_id"] == link);
            let arrived = found
                .iter()
                .all(|delivery| delivery["state"] == "delivered");
            if found.len() == expected && arrived {
                Ok(found)
            } else {
                Err(format!(
                    "not all of {expected} deliveries of {link} arrived"
                ))
            }
        })
        .await
    }
}

pub(crate) fn client() -> Client {
    let builder = Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy();
    builder.build().expect("an HTTP client")
}
