//! `billing-host connections`.

use crate::fixture::{AdminFixture, fails, on_both_databases, program, text};

on_both_databases! {
    a_secret_is_rotated_and_the_older_one_retired,
    refused_webhooks_are_listed,
}

async fn a_secret_is_rotated_and_the_older_one_retired(admin: AdminFixture) {
    const CANARY: &str = "canary-secret-51ab";
    admin.paid_invoice().await;
    let listed = admin.succeeds(&["connections", "list"]);
    assert!(listed.contains("simulator  cashfree  sandbox"), "{listed}");
    assert!(listed.contains("client_secret 1"), "{listed}");

    let rotate = ["connections", "rotate-secret", "simulator", "client_secret"];
    let output = admin.with_input(&rotate, &format!("{CANARY}\n"));
    let (printed, errors) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{errors}");
    assert!(
        printed.contains("verified with 2 secrets: the newest and 1 older"),
        "{printed}"
    );
    assert!(
        printed.contains("the latest webhook was verified with"),
        "{printed}"
    );
    assert!(!printed.contains(CANARY), "{printed}");
    // The same secret without the line break adds nothing, so the line break is not part of it.
    let mut again = admin.program(&rotate);
    let again = again.env("BILLING_HOST_NEW_SECRET", CANARY).output();
    let printed = text(&again.unwrap().stdout);
    assert!(printed.starts_with("no secret was added"), "{printed}");
    let connections = admin.json(&["connections", "list"]);
    let secrets = &connections["connections"][0]["secrets"];
    assert_eq!(secrets[0]["count"], 2, "{connections}");

    let retire = [
        "connections",
        "retire-secrets",
        "simulator",
        "client_secret",
    ];
    let printed = admin.succeeds(&retire);
    assert!(printed.starts_with("retired secrets: 1;"), "{printed}");
    let printed = admin.succeeds(&retire);
    assert!(printed.starts_with("retired secrets: 0;"), "{printed}");

    for (input, error) in [("", "the new secret is empty"), ("\n", "is empty")] {
        let output = admin.with_input(&rotate, input);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains(error));
    }
    // A secret on the command line, where every user can read it, is refused.
    let output = admin
        .program(&[&rotate[..], &[CANARY]].concat())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let wrong = ["connections", "retire-secrets", "simulator", "client_id"];
    let error = admin.fails(&wrong);
    assert!(error.contains("is no secret"), "{error}");
    let wrong = ["connections", "retire-secrets", "nowhere", "client_secret"];
    assert!(admin.fails(&wrong).contains("no such connection"));
    // A missing key file is an error and is not created.
    let other = admin.directory.path().join("other.key");
    let other = other.to_str().unwrap();
    let mut command = program(&retire);
    command.args(["--database", &admin.address(), "--key-file", other]);
    let error = fails(command);
    let missing = format!("the key file {other} does not exist");
    assert!(error.starts_with(&missing), "{error}");
    assert!(!std::path::Path::new(other).exists());
    admin.close().await;
}

async fn refused_webhooks_are_listed(admin: AdminFixture) {
    let list = ["connections", "refused"];
    let empty = admin.succeeds(&list);
    assert_eq!(empty.lines().count(), 1, "{empty}");
    admin
        .tamper(
            "INSERT INTO @refused_deliveries (connection_pk, reason, refused, last_refused_at)
             SELECT connection_pk, 'unsigned', 7, 1795255200000 FROM @connections",
        )
        .await;
    let table = admin.succeeds(&list);
    assert!(table.starts_with("CODE "), "{table}");
    let line = "simulator  unsigned  7      2026-11-21T10:00:00Z";
    assert!(table.lines().any(|found| found == line), "{table}");
    let listed = admin.json(&list);
    let expected = serde_json::json!([{
        "code": "simulator", "reason": "unsigned", "count": 7, "last_at": "2026-11-21T10:00:00Z",
    }]);
    assert_eq!(listed["refused"], expected);
    admin.close().await;
}
