use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use super::{State, responses};

impl State {
    /// Creates a customer, or returns the one with the same phone number or e-mail address if the
    /// request permits it. `fail_existing` has an effect only as a text.
    pub(super) fn customer(&mut self, body: &Bytes) -> Response<Bytes> {
        let request: Value = serde_json::from_slice(body).unwrap();
        let known = [
            "name",
            "email",
            "contact",
            "gstin",
            "notes",
            "fail_existing",
        ];
        let mut members = request.as_object().unwrap().keys();
        if members.any(|key| !known.contains(&key.as_str())) {
            return responses::bad_without_list("extra fields sent.");
        }
        let same = |name: &str, customer: &Value| {
            request
                .get(name)
                .is_some_and(|given| *given == customer[name])
        };
        let found = self
            .customers
            .iter()
            .find(|customer| same("email", customer) || same("contact", customer));
        match found {
            Some(customer) if request["fail_existing"] == "0" => responses::ok(customer),
            Some(_) => responses::bad_without_list("Customer already exists for the merchant"),
            None => {
                let customer = json!({"id": self.id("cust_"), "entity": "customer", "name": request["name"],
                    "email": request["email"], "contact": request["contact"], "gstin": null, "notes": [],
                    "created_at": self.now});
                self.customers.push(customer.clone());
                responses::ok(&customer)
            }
        }
    }
}
