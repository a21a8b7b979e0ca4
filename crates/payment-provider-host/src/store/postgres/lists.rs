//! The columns that rows are read from, table by table.
//!
//! No statement reads "all columns": a process that has prepared one such could not run it any more
//! once a later version, started beside it, has added a column.

use std::borrow::Cow;

const CONNECTIONS: &[&str] = &[
    "connection_pk",
    "organization_id",
    "provider",
    "code",
    "name",
    "environment",
    "plain_settings",
    "sealed_settings",
    "settings_version",
    "enabled",
    "matched_secret",
    "matched_at",
    "created_at",
];

const CONNECTION_SECRETS: &[&str] = &["connection_pk", "label", "last_matched_at"];

const CUSTOMERS: &[&str] = &[
    "organization_id",
    "customer_id",
    "connection_pk",
    "remote_id",
    "details",
    "needs",
    "linked_at",
];

const PAYABLES: &[&str] = &[
    "payable_pk",
    "organization_id",
    "payable_id",
    "currency",
    "amount",
    "creditable",
    "received",
    "credited",
    "surplus",
    "refunded",
    "closed",
    "created_at",
];

const CHECKOUTS: &[&str] = &[
    "checkout_pk",
    "payable_pk",
    "connection_pk",
    "attempt",
    "reference",
    "customer_id",
    "environment",
    "currency",
    "amount",
    "partial",
    "prepared",
    "expires_at",
    "state",
    "tries",
    "tried_at",
    "gateway_id",
    "url",
    "gateway_paid",
    "written_off",
    "conflicting",
    "created_at",
];

const PAYMENTS: &[&str] = &[
    "payment_pk",
    "checkout_pk",
    "connection_pk",
    "gateway_payment_id",
    "status",
    "currency",
    "amount",
    "details",
    "verdict",
    "credited",
    "surplus",
    "told_as",
    "seen_at",
];

const REFUNDS: &[&str] = &[
    "refund_pk",
    "checkout_pk",
    "connection_pk",
    "details",
    "seen_at",
];

const DELIVERIES: &[&str] = &[
    "delivery_pk",
    "connection_pk",
    "delivery_key",
    "body",
    "events",
    "timestamp_check",
    "matched_secret",
    "received_at",
    "copies",
    "state",
    "attempts",
    "failures",
    "looks",
    "error",
];

const HISTORY: &[&str] = &["payable_pk", "at", "kind", "detail", "delivery_pk"];

fn of_table(table: &str) -> Option<&'static [&'static str]> {
    Some(match table {
        "connections" => CONNECTIONS,
        "connection_secrets" => CONNECTION_SECRETS,
        "customers" => CUSTOMERS,
        "payables" => PAYABLES,
        "checkouts" => CHECKOUTS,
        "payments" => PAYMENTS,
        "refunds" => REFUNDS,
        "deliveries" => DELIVERIES,
        "history" => HISTORY,
        _ => return None,
    })
}

/// A statement with each `#table` replaced by the columns of that table, each with the table's name;
/// or with another name that the statement gives it, where it says `other.#table`. What is no table
/// stays as it is, and the server refuses it.
pub(super) fn named(text: &'static str) -> Cow<'static, str> {
    let mut parts = text.split('#');
    let mut sql = parts.next().unwrap_or_default().to_owned();
    if sql.len() == text.len() {
        return Cow::Borrowed(text);
    }
    for part in parts {
        let (table, rest) = part.split_at(word_end(part));
        let Some(columns) = of_table(table) else {
            sql.push('#');
            sql.push_str(part);
            continue;
        };
        let given = sql.strip_suffix('.').map(str::len);
        let given = given.map(|end| sql[word_start(&sql[..end])..end].to_owned());
        if let Some(name) = &given {
            sql.truncate(sql.len() - name.len() - 1);
        }
        let name = given.as_deref().unwrap_or(table);
        for (number, column) in columns.iter().enumerate() {
            if number > 0 {
                sql.push_str(", ");
            }
            sql.push_str(name);
            sql.push('.');
            sql.push_str(column);
        }
        sql.push_str(rest);
    }
    Cow::Owned(sql)
}

fn in_word(letter: char) -> bool {
    letter.is_ascii_lowercase() || letter == '_'
}

fn word_end(text: &str) -> usize {
    text.find(|letter| !in_word(letter)).unwrap_or(text.len())
}

fn word_start(text: &str) -> usize {
    text.trim_end_matches(in_word).len()
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn columns_have_the_name_that_their_table_has_in_the_statement() {
        let plain = "SELECT copies FROM @deliveries";
        assert_eq!(named(plain), plain);
        assert_eq!(
            named("SELECT #connection_secrets FROM @connection_secrets"),
            "SELECT connection_secrets.connection_pk, connection_secrets.label, \
             connection_secrets.last_matched_at FROM @connection_secrets"
        );
        assert_eq!(
            named("SELECT due.at,(line.#history), #nothing"),
            "SELECT due.at,(line.payable_pk, line.at, line.kind, line.detail, line.delivery_pk), \
             #nothing"
        );
    }
}
