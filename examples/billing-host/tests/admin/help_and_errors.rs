//! Help texts and errors of the commands.

use crate::fixture::{
    AdminFixture, empty_postgres_database, fails, has_tables, on_both_databases, program, text,
};

on_both_databases! {
    missing_things_and_wrong_arguments_are_reported,
    malformed_ids_in_paths_are_not_found,
}

async fn missing_things_and_wrong_arguments_are_reported(admin: AdminFixture) {
    let none = admin.fails(&["inbox", "show", "no-such-key"]);
    assert!(
        none.contains("organization acme has no webhook with this key"),
        "{none}"
    );
    let none = admin.fails(&["inbox", "list", "--connection", "nowhere"]);
    assert!(none.contains("no such connection"), "{none}");
    assert!(admin.succeeds(&["inbox", "list"]).starts_with("RECEIVED"));
    let nameless = fails(program(&["ledger", "audit"]));
    assert!(nameless.contains("BILLING_HOST_DATABASE"), "{nameless}");
    for misused in [
        &["inbox", "replay"][..],
        &["inbox", "replay", "key", "--all-parked"],
        &["inbox", "park", "key"],
        &["inbox", "list", "--state", "lost"],
        &["inbox", "list", "--limit", "0"],
        &["ledger"],
        &["connections", "rotate-secret", "simulator"],
    ] {
        let output = admin.program(misused).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{misused:?}");
    }
    admin.close().await;
}

#[test]
fn every_command_has_help() {
    for (command, part) in [
        (&["--help"][..], "inbox"),
        (&["inbox", "--help"], "replay"),
        (&["inbox", "park", "--help"], "--reason <TEXT>"),
        (&["ledger", "audit", "--help"], "BILLING_HOST_DATABASE"),
        (&["ledger", "write-off", "--help"], "--note <TEXT>"),
        (
            &["connections", "rotate-secret", "--help"],
            "BILLING_HOST_NEW_SECRET",
        ),
    ] {
        let output = program(command).output().unwrap();
        let help = text(&output.stdout);
        assert!(output.status.success() && help.contains(part), "{help}");
    }
}

/// A mistyped database must not pass an audit, and no file or schema may be created for it.
#[tokio::test]
async fn a_database_without_a_host_is_refused_and_not_changed() {
    let directory = tempfile::tempdir().unwrap();
    let mistyped = directory.path().join("mistyped.db");
    let mut command = program(&["ledger", "audit", "--database"]);
    command.arg(format!("sqlite:{}", mistyped.display()));
    fails(command);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);

    std::fs::write(&mistyped, "").unwrap();
    let mut command = program(&["ledger", "audit", "--database"]);
    command.arg(format!("sqlite:{}", mistyped.display()));
    let error = fails(command);
    assert!(error.contains("no host keeps its books in it"), "{error}");

    let server = empty_postgres_database().await;
    let mut command = program(&["ledger", "audit"]);
    command.env("BILLING_HOST_DATABASE", &server);
    let error = fails(command);
    assert!(error.contains("no host keeps its books in it"), "{error}");
    assert!(!has_tables(&server).await);
}

async fn malformed_ids_in_paths_are_not_found(admin: AdminFixture) {
    for path in [
        "/api/v1/invoices/%00",
        "/api/v1/invoices/1",
        "/thanks/%00",
        "/thanks/%00/live",
        "/thanks/x%00y",
    ] {
        assert_eq!(admin.status(path).await, 404, "{path}");
    }
    admin.close().await;
}
