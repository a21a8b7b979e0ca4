use payment_provider_conformance::Anomaly;
use payment_provider_core::reexport::Bytes;

/// Rewrites the response about a link according to the anomaly.
pub(crate) fn apply(body: Bytes, anomaly: Option<&Anomaly>) -> Bytes {
    let text = String::from_utf8_lossy(&body).into_owned();
    let text = match anomaly {
        Some(Anomaly::UnknownStatus(status)) => {
            replace(&text, "link_status", &format!("\"{status}\""))
        }
        Some(Anomaly::Underpaid(paid)) => {
            let text = replace(&text, "link_status", "\"PAID\"");
            replace(&text, "link_amount_paid", &paid.decimal().to_string())
        }
        _ => return body,
    };
    text.into()
}

/// Replaces the value of a field. The value must be a string or a number.
fn replace(text: &str, field: &str, value: &str) -> String {
    let name = format!("\"{field}\":");
    let Some(start) = text.find(&name).map(|start| start + name.len()) else {
        return text.to_owned();
    };
    let rest = &text[start..];
    let end = rest.find([',', '}']).unwrap_or(rest.len());
    format!("{}{value}{}", &text[..start], &rest[end..])
}
