//! Validates responses against the official document.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use jsonschema::Validator;
use serde_json::{Value, json};
use test_support::reference_dir;

/// Returns the document. Without the environment variable it prints a notice and returns nothing.
pub(crate) fn document() -> Option<Value> {
    let folder = reference_dir(
        "CASHFREE_REFERENCE_DIR",
        "no answer was compared with the document",
    )?;
    let path = folder.join("openapi-pg-subset.json");
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Some(serde_json::from_slice(&text).expect("the document is JSON"))
}

/// Versions with the same forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Era {
    /// Up to 2022-09-01.
    Integers,
    /// From 2023-08-01.
    Strings,
}

/// Validates responses against the document, and counts them.
pub(crate) struct Judge {
    paths: Value,
    components: BTreeMap<Era, Value>,
    validators: BTreeMap<(Era, String), Validator>,
    pub(crate) judged: BTreeMap<(String, u16), usize>,
}

impl Judge {
    pub(crate) fn new(mut document: Value) -> Self {
        without_examples(&mut document);
        mended(&mut document["components"]["schemas"]);
        let strings = document["components"].clone();
        let mut integers = strings.clone();
        of_old_versions(&mut integers["schemas"]);
        Self {
            paths: document["paths"].take(),
            components: [(Era::Strings, strings), (Era::Integers, integers)].into(),
            validators: BTreeMap::new(),
            judged: BTreeMap::new(),
        }
    }

    /// Returns the number of validated responses.
    pub(crate) fn total(&self) -> usize {
        self.judged.values().sum()
    }

    /// Asserts that a response matches the schema of its method, path and status.
    pub(crate) fn judge(
        &mut self,
        (method, path): (&str, &str),
        version: &str,
        status: u16,
        headers: &HeaderMap,
        body: &str,
    ) {
        let era = if version < "2023-08-01" {
            Era::Integers
        } else {
            Era::Strings
        };
        let what = format!("{method} {path}");
        let answers = &self.paths[path][method.to_lowercase()]["responses"];
        let answer = resolved(&answers[status.to_string()], &self.components[&era]);
        assert!(
            answer.is_object(),
            "{what}: {status} is not foreseen: {body}"
        );
        let schema = answer["content"]["application/json"]["schema"].clone();
        assert!(schema.is_object(), "{what}: {status} has no form");
        let names = answer["headers"].as_object().cloned().unwrap_or_default();
        for (name, header) in names {
            let header = resolved(&header, &self.components[&era]);
            if let Some(value) = headers.get(&name) {
                judge_header(&name, &header["schema"], value.to_str().unwrap());
            }
        }
        let components = &self.components[&era];
        let validator = self
            .validators
            .entry((era, schema.to_string()))
            .or_insert_with(|| {
                let whole = json!({ "allOf": [schema], "components": components });
                jsonschema::draft4::new(&whole).expect("the form is a schema")
            });
        let value: Value = serde_json::from_str(body)
            .unwrap_or_else(|error| panic!("{what}: {status} is not JSON ({error}): {body}"));
        let problems: Vec<String> = validator
            .iter_errors(&value)
            .map(|problem| format!("{} at {}", problem, problem.instance_path()))
            .collect();
        assert!(
            problems.is_empty(),
            "{what} in {version}: {status} does not fit: {problems:#?}\n{body}"
        );
        *self.judged.entry((what, status)).or_default() += 1;
    }
}

/// Resolves a reference. The document's references name its components only.
fn resolved(value: &Value, components: &Value) -> Value {
    match value["$ref"].as_str() {
        Some(reference) => {
            let pointer = reference.strip_prefix("#/components").unwrap();
            components.pointer(pointer).unwrap().clone()
        }
        None => value.clone(),
    }
}

fn judge_header(name: &str, schema: &Value, value: &str) {
    if schema["type"] == "integer" {
        assert!(value.parse::<u32>().is_ok(), "{name}: {value}");
    }
    // The document's list of versions ends at 2022-09-01.
    if name == "x-api-version" {
        return;
    }
    if let Some(known) = schema["enum"].as_array() {
        assert!(known.iter().any(|known| known == value), "{name}: {value}");
    }
    if schema["format"] == "boolean" {
        assert!(matches!(value, "true" | "false"), "{name}: {value}");
    }
}

/// Removes examples. They contain references and nulls that are not part of the schemas.
fn without_examples(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove("example");
            members.remove("examples");
            members.values_mut().for_each(without_examples);
        }
        Value::Array(items) => items.iter_mut().for_each(without_examples),
        _ => {}
    }
}

/// Corrects known errors of the document.
fn mended(schemas: &mut Value) {
    // The required fields of a payment method are listed one level too high, beside the key that wraps them, and no
    // schema requires its key. So every object would match all eight methods at once.
    for (name, key) in [
        ("Card", "card"),
        ("NetBanking", "netbanking"),
        ("UPI", "upi"),
        ("App", "app"),
        ("CardlessEMI", "cardless_emi"),
        ("Paylater", "paylater"),
        ("CardEMI", "emi"),
        ("BankTransfer", "banktransfer"),
    ] {
        let schema = &mut schemas[format!("PaymentMethod{name}InPaymentsEntity")];
        assert!(schema["properties"][key].is_object(), "{name}: {schema}");
        let inner = schema["required"].take();
        if inner.is_array() {
            schema["properties"][key]["required"] = inner;
        }
        schema["required"] = json!([key]);
    }
    // The document declares no field nullable; its own examples and the sandbox's responses contain nulls.
    for (name, field) in [
        ("PaymentEntity", "error_details"),
        ("PaymentEntity", "authorization"),
        ("PaymentEntity", "payment_surcharge"),
        ("PaymentEntity", "bank_reference"),
        ("PaymentEntity", "auth_id"),
        ("RefundEntity", "metadata"),
        ("RefundEntity", "processed_at"),
    ] {
        let field = &mut schemas[name]["properties"][field];
        assert!(field.is_object(), "{name}");
        *field = json!({ "anyOf": [field.take(), { "enum": [null] }] });
    }
    // The list of refund statuses lacks one that the text names.
    let states = &mut schemas["RefundEntity"]["properties"]["refund_status"]["enum"];
    states.as_array_mut().unwrap().push(json!("FAILED"));
    // The text allows ten characters. +91 and ten digits are accepted too, and newer pages say so.
    for name in ["CustomerDetailsResponse", "PaymentLinkCustomerDetails"] {
        schemas[name]["properties"]["customer_phone"]["maxLength"] = json!(16);
    }
}

/// Converts the schemas to the versions up to 2022-09-01, where the gateway's numbers are integers and `upi_intent`
/// is a boolean. The id of a refund was a string even then, with the prefix `refund_`.
fn of_old_versions(schemas: &mut Value) {
    for (name, field, kind) in [
        ("LinkEntity", "cf_link_id", "integer"),
        ("LinkMetaResponseEntity", "upi_intent", "boolean"),
        ("OrderEntity", "cf_order_id", "integer"),
        ("PaymentLinkOrderEntity", "cf_order_id", "integer"),
        ("PaymentEntity", "cf_payment_id", "integer"),
        ("RefundEntity", "cf_payment_id", "integer"),
        ("SettlementEntity", "cf_payment_id", "integer"),
        ("SettlementEntity", "cf_settlement_id", "integer"),
    ] {
        let field = &mut schemas[name]["properties"][field]["type"];
        assert_eq!(field, "string", "{name}");
        *field = json!(kind);
    }
}
