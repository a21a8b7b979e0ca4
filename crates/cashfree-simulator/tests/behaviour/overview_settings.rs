use cashfree_simulator::Settings;

use crate::gateway::Gateway;
use crate::markup::{Tag, check, tags, value};

/// Returns the fields of the settings form as a browser would send them.
fn as_shown(html: &str) -> Vec<(String, String)> {
    let tags = tags(html);
    let of_settings = |tag: &&Tag| tag.get("id").is_some_and(|id| id.starts_with("settings-"));
    let mut fields = Vec::new();
    for tag in tags.iter().filter(of_settings) {
        let name = tag.get("name").unwrap_or_default().to_owned();
        match (tag.name.as_str(), tag.get("type")) {
            ("input", Some("checkbox")) if tag.get("checked").is_none() => {}
            ("input", _) => fields.push((name, tag.get("value").unwrap_or_default().to_owned())),
            ("select", _) => fields.push((name, "2025-01-01".to_owned())),
            _ => {}
        }
    }
    fields
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

#[tokio::test]
async fn all_settings_are_shown_and_saved_with_one_button() {
    let gateway = Gateway::start().await;
    let defaults = gateway.simulator().settings();
    let mut fields = as_shown(&gateway.overview().await.text);
    let saved = gateway.submit("/settings", &borrowed(&fields)).await;
    assert_eq!(
        (saved.status, saved.header("location")),
        (303, "/#settings")
    );
    assert_eq!(
        gateway.simulator().settings(),
        defaults,
        "saved as shown, nothing changes"
    );

    for flag in [
        "webhooks.drop",
        "webhooks.wrong_signature",
        "fail_payments",
        "enforce_rate_limit",
    ] {
        fields.push((flag.to_owned(), "on".to_owned()));
    }
    for (name, value) in &mut fields {
        match name.as_str() {
            "webhooks.delay_ms" => "250".clone_into(value),
            "retry_scale" => "0.001".clone_into(value),
            "retry_delays_seconds" => "1, 2,3".clone_into(value),
            "enabled_currencies" => "INR USD".clone_into(value),
            "not_found_code" => "link_not_found".clone_into(value),
            "notify_url_version" => "2022-09-01".clone_into(value),
            _ => {}
        }
    }
    let saved = gateway.submit("/settings", &borrowed(&fields)).await;
    assert_eq!(
        (saved.status, saved.header("location")),
        (303, "/#settings")
    );
    let settings = gateway.simulator().settings();
    let mut wanted: Settings = defaults.clone();
    wanted.webhooks.drop = true;
    wanted.webhooks.wrong_signature = true;
    wanted.webhooks.delay_ms = 250;
    wanted.fail_payments = true;
    wanted.enforce_rate_limit = true;
    wanted.retry_scale = "0.001".parse().unwrap();
    wanted.retry_delays_seconds = vec![1, 2, 3];
    wanted.enabled_currencies = vec!["INR".to_owned(), "USD".to_owned()];
    wanted.not_found_code = "link_not_found".to_owned();
    wanted.notify_url_version = "2022-09-01".parse().unwrap();
    assert_eq!(settings, wanted);
    let shown = gateway.overview().await.text;
    assert_eq!(value(&shown, "retry_delays_seconds"), "1, 2, 3");
    let checked = tags(&shown);
    let checked = checked.iter().filter(|tag| tag.get("checked").is_some());
    // The four that were set, and the one that is on by default.
    assert_eq!(checked.filter(|tag| tag.get("id").is_some()).count(), 5);
}

#[tokio::test]
async fn refused_settings_stay_in_the_form_and_change_nothing() {
    let gateway = Gateway::start().await;
    let before = gateway.simulator().settings();
    for (name, wrong, words) in [
        ("webhooks.delay_ms", "soon", "whole number"),
        ("webhooks.delay_ms", "600001", "up to 600000"),
        ("retry_scale", "-1", "plain decimal"),
        ("retry_delays_seconds", "1, two", "whole seconds"),
        ("not_found_status", "200", "from 400 to 599"),
        ("rate_limit_per_minute", "", "whole number"),
    ] {
        let mut fields = as_shown(&gateway.overview().await.text);
        fields.push(("fail_payments".to_owned(), "on".to_owned()));
        for field in &mut fields {
            if field.0 == name {
                wrong.clone_into(&mut field.1);
            }
        }
        let refused = gateway.submit("/settings", &borrowed(&fields)).await;
        check(&refused.text);
        assert_eq!(
            (refused.status, value(&refused.text, name).as_str()),
            (422, wrong)
        );
        let tags = tags(&refused.text);
        let invalid: Vec<_> = tags
            .iter()
            .filter(|tag| tag.get("aria-invalid").is_some())
            .collect();
        assert!(
            invalid.len() == 1 && invalid[0].get("name") == Some(name),
            "{name}"
        );
        assert!(refused.text.contains(words), "{words}");
        let kept = tags
            .iter()
            .any(|tag| tag.get("name") == Some("fail_payments") && tag.get("checked").is_some());
        assert!(kept, "what else was chosen is still chosen");
        assert_eq!(gateway.simulator().settings(), before);
    }
}
