//! What the program says, and what it does.

use serde_json::json;

use crate::fixture::{Books, empty_on_server, has_tables, program, refused, words};

/// Makes a test of each on each database.
macro_rules! on_both {
    ($($work:ident),+ $(,)?) => {
        mod in_a_file {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $work() {
                super::$work(super::Books::in_file().await).await;
            })+
        }

        mod on_a_server {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $work() {
                super::$work(super::Books::on_server().await).await;
            })+
        }
    };
}

on_both! {
    a_webhook_is_found_taken_out_and_tried_again,
    books_are_proven_and_tampering_ends_with_one,
    a_secret_is_rotated_and_the_old_one_retired,
    money_that_nobody_tells_of_is_booked_by_hand,
    money_that_never_came_in_is_written_off,
    what_is_not_there_is_said,
    an_address_that_no_id_fits_is_not_there,
    a_column_of_a_later_version_disturbs_nobody,
}

async fn a_webhook_is_found_taken_out_and_tried_again(books: Books) {
    let invoice = books.paid_invoice().await;
    let listed = books.json(&["inbox", "list", "--connection", "simulator"]);
    let delivery = &listed["deliveries"][0];
    let key = delivery["key"].as_str().unwrap().to_owned();
    assert_eq!(delivery["state"], "applied");
    let table = books.tells(&["inbox", "list"]);
    assert!(table.starts_with("RECEIVED "), "{table}");
    assert!(table.contains(&key) && table.contains("applied"), "{table}");

    // One to a page, each once.
    let count = listed["deliveries"].as_array().unwrap().len();
    let mut after = Vec::new();
    let mut seen = Vec::new();
    loop {
        let mut arguments = vec!["inbox", "list", "--limit", "1"];
        arguments.extend(after.iter().map(String::as_str));
        let page = books.json(&arguments);
        seen.push(page["deliveries"][0]["key"].clone());
        let Some(next) = page["next"].as_str() else {
            break;
        };
        after = vec!["--after".to_owned(), next.to_owned()];
    }
    assert_eq!(seen.len(), count);

    let shown = books.tells(&["inbox", "show", &key]);
    assert!(shown.contains("state        applied\n"), "{shown}");
    assert!(shown.contains("\"type\":\""), "the body is there: {shown}");
    let over = books.refuses(&["inbox", "park", &key, "--reason", "too late"]);
    assert!(over.contains("it is applied already"), "{over}");

    // As if its payment had never been recognised.
    books
        .tamper("UPDATE @deliveries SET state = 'unmatched'")
        .await;
    let parked = books.tells(&["inbox", "park", &key, "--reason", "under inquiry"]);
    assert_eq!(parked, "it is parked\n");
    let again = books.tells(&["inbox", "park", &key, "--reason", "another"]);
    assert!(again.starts_with("it was parked before"), "{again}");
    let listed = books.json(&["inbox", "list", "--state", "parked"]);
    assert_eq!(listed["deliveries"].as_array().unwrap().len(), 1);
    let error = &listed["deliveries"][0]["error"];
    assert_eq!(error, "parked by an operator: under inquiry");

    // The application that serves takes it up, and books nothing twice.
    let replayed = books.tells(&["inbox", "replay", &key]);
    assert_eq!(replayed, "it is tried again\n");
    books.comes_to(&key, "applied");
    books
        .tamper("UPDATE @deliveries SET state = 'parked'")
        .await;
    let replayed = books.json(&["inbox", "replay", "--all-parked"]);
    assert_eq!(replayed["replayed"], count);
    books.comes_to(&key, "applied");
    let invoice = books.asked(&format!("/invoices/{invoice}")).await;
    assert_eq!(invoice["amount_paid_cents"], 20_012);
    assert_eq!(invoice["surplus_cents"], 0);

    // What is another organization's is not there.
    let strangers = ["inbox", "list", "--organization", "stranger"];
    let listed = books.json(&strangers);
    assert_eq!(listed["deliveries"].as_array().unwrap().len(), 0);
    for command in ["show", "replay"] {
        let arguments = ["inbox", command, &key, "--organization", "stranger"];
        let none = books.refuses(&arguments);
        assert!(none.contains("has no webhook of this key"), "{none}");
    }
    books.end().await;
}

async fn books_are_proven_and_tampering_ends_with_one(books: Books) {
    books.paid_invoice().await;
    let told = books.tells(&["ledger", "verify"]);
    let expected = "payables 1, payments 1, of them booked 1, effects 1, refunds 0\n\
                    INR, in its smallest unit: received 20012, credited 20012, surplus 0, refunded 0; \
                    of what is owed in another currency: paid 0, refunded 0\n\
                    everything adds up\n";
    assert_eq!(told, expected);
    let proof = books.json(&["ledger", "verify", "--all-organizations"]);
    assert_eq!(
        (&proof["sound"], &proof["payables"]),
        (&true.into(), &1.into())
    );

    books
        .tamper("UPDATE @payables SET received = received - 1, credited = credited - 1")
        .await;
    let output = books.program(&["ledger", "verify"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = words(&output.stdout);
    assert!(told.contains("INR 200.11 instead of INR 200.12"), "{told}");
    assert!(told.contains("organization acme, payable "), "{told}");
    let output = books.program(&["ledger", "verify", "--json"]).output();
    let proof: serde_json::Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    assert_eq!(proof["findings"][0]["invariant"], "received");
    assert_eq!(proof["findings"][0]["stated"]["amount_cents"], 20_011);
    assert_eq!(proof["findings"][0]["expected"]["amount_cents"], 20_012);
    assert!(proof["findings"][0]["about"].is_null());

    // A payment in the books that the gateway never told of, and money given back that nobody has.
    for statement in [
        "UPDATE @payments SET gateway_payment_id = 'another'",
        "UPDATE @payables SET refunded = 7",
    ] {
        books.tamper(statement).await;
    }
    let told = words(
        &books
            .program(&["ledger", "verify"])
            .output()
            .unwrap()
            .stdout,
    );
    let total = "refunded is not what its refunds add up to: INR 0.07 instead of INR 0.00";
    assert!(told.contains(total), "{told}");
    assert!(told.contains("refunded 7; of what is owed"), "{told}");
    assert!(told.contains(", payment another: its columns"), "{told}");
    let output = books.program(&["ledger", "verify", "--json"]).output();
    let proof: serde_json::Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    assert_eq!(
        (&proof["refunds"], &proof["totals"][0]["refunded"]),
        (&0.into(), &"7".into())
    );
    let findings = proof["findings"].as_array().unwrap();
    let of = |word: &str| {
        findings
            .iter()
            .find(|found| found["invariant"] == word)
            .unwrap()
    };
    let details = of("details");
    assert_eq!(
        (&details["about_kind"], &details["about"]),
        (&"payment".into(), &"another".into())
    );
    assert_eq!(of("refunded")["stated"]["amount_cents"], 7);
    let stranger = ["ledger", "verify", "--organization", "stranger"];
    assert!(books.tells(&stranger).ends_with("everything adds up\n"));
    books.end().await;
}

async fn a_secret_is_rotated_and_the_old_one_retired(books: Books) {
    const CANARY: &str = "canary-secret-51ab";
    books.paid_invoice().await;
    let listed = books.tells(&["connections", "list"]);
    assert!(listed.contains("simulator  cashfree  sandbox"), "{listed}");
    assert!(listed.contains("client_secret 1"), "{listed}");

    let rotate = ["connections", "rotate-secret", "simulator", "client_secret"];
    let output = books.given(&rotate, &format!("{CANARY}\n"));
    let (told, complaints) = (words(&output.stdout), words(&output.stderr));
    assert!(output.status.success(), "{complaints}");
    assert!(
        told.contains("verified by 2: the new one and 1 older"),
        "{told}"
    );
    assert!(told.contains("the latest webhook was verified"), "{told}");
    assert!(!told.contains(CANARY), "{told}");
    // The line break is no part of it: the same secret again adds nothing.
    let mut again = books.program(&rotate);
    let again = again.env("BILLING_HOST_NEW_SECRET", CANARY).output();
    let told = words(&again.unwrap().stdout);
    assert!(told.starts_with("no secret was added"), "{told}");
    let connections = books.json(&["connections", "list"]);
    let secrets = &connections["connections"][0]["secrets"];
    assert_eq!(secrets[0]["count"], 2, "{connections}");

    let retire = [
        "connections",
        "retire-secrets",
        "simulator",
        "client_secret",
    ];
    let told = books.tells(&retire);
    assert!(told.starts_with("retired: 1;"), "{told}");
    let told = books.tells(&retire);
    assert!(told.starts_with("retired: 0;"), "{told}");

    for (input, complaint) in [("", "the new secret is empty"), ("\n", "is empty")] {
        let output = books.given(&rotate, input);
        assert_eq!(output.status.code(), Some(1));
        assert!(words(&output.stderr).contains(complaint));
    }
    // Nobody can give it where everybody can read it.
    let output = books
        .program(&[&rotate[..], &[CANARY]].concat())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let wrong = ["connections", "retire-secrets", "simulator", "client_id"];
    let complaint = books.refuses(&wrong);
    assert!(complaint.contains("is no secret"), "{complaint}");
    let wrong = ["connections", "retire-secrets", "nowhere", "client_secret"];
    assert!(books.refuses(&wrong).contains("no such connection"));
    // Another key opens nothing, and none is made.
    let other = books.directory.path().join("other.key");
    let other = other.to_str().unwrap();
    let mut command = program(&retire);
    command.args(["--database", &books.address(), "--key-file", other]);
    let complaint = refused(command);
    assert!(complaint.starts_with(other), "{complaint}");
    assert!(!std::path::Path::new(other).exists());
    books.end().await;
}

async fn money_that_nobody_tells_of_is_booked_by_hand(books: Books) {
    let connection = json!({
        "organization_id": "acme", "provider": "bank_transfer", "code": "bank", "name": "Bank",
        "settings": {"instructions_url": "https://merchant.example/pay", "environment": "sandbox",
                     "callback_secret": "a-secret-of-the-bookkeeping"},
    });
    books.sent("/connections", &connection).await;
    let customer = json!({"organization_id": "acme", "external_id": "customer-9",
        "payment_provider": "bank_transfer", "payment_provider_code": "bank"});
    books.sent("/customers", &customer).await;
    let invoice = json!({"organization_id": "acme", "external_customer_id": "customer-9",
        "amount_cents": 20_012, "currency": "INR", "purpose": "Plan"});
    let invoice = books.sent("/invoices", &invoice).await;
    let invoice = invoice["id"].as_str().unwrap();
    let reference = books.checkout_of(invoice).await;
    let arguments = [
        "ledger",
        "book",
        invoice,
        "--checkout",
        &reference,
        "--amount",
        "200.12",
        "--payment",
        "T-1",
        "--by",
        "asha",
        "--note",
        "on the bank's statement",
    ];
    let told = books.tells(&arguments);
    assert_eq!(
        told,
        "booked: pays what was due; credited INR 200.12, surplus INR 0.00\n"
    );
    let told = books.tells(&arguments);
    assert!(told.starts_with("was booked before: "), "{told}");
    let paid = books.asked(&format!("/invoices/{invoice}")).await;
    assert_eq!(paid["payment_status"], "succeeded");
    assert_eq!(paid["amount_paid_cents"], 20_012);
    let history = paid["history"].as_array().unwrap();
    let by_hand = history
        .iter()
        .filter(|entry| entry["kind"] == "booked_by_hand");
    assert_eq!(by_hand.count(), 1, "{history:?}");
    books.tells(&["ledger", "verify"]);

    // What a gateway knows is asked of the gateway.
    let invoices = books.asked("/invoices?organization_id=acme").await;
    let other = invoices["invoices"].as_array().unwrap().iter();
    let mut other = other.map(|invoice| invoice["id"].as_str().unwrap());
    let other = other.rfind(|id| *id != invoice).unwrap();
    let reference = books.checkout_of(other).await;
    let arguments = [
        "ledger",
        "book",
        other,
        "--checkout",
        &reference,
        "--amount",
        "1.00",
        "--key",
        "K-1",
        "--by",
        "asha",
        "--note",
        "why",
    ];
    let refused = books.refuses(&arguments);
    assert!(refused.contains("the gateway can be asked"), "{refused}");
    books.end().await;
}

async fn money_that_never_came_in_is_written_off(books: Books) {
    let invoice = books.first_invoice().await;
    let reference = books.checkout_of(&invoice).await;
    let why = ["--by", "asha", "--note", "reversed the same day"];
    let off = ["ledger", "write-off", &invoice, "--checkout", &reference];
    let off = [&off[..], &why].concat();
    let refused = books.refuses(&off);
    assert!(refused.contains("is booked"), "{refused}");
    // As a webhook would have stated it; the simulator lists no payment.
    books
        .tamper(&format!(
            "UPDATE @checkouts SET gateway_paid = 6000 WHERE reference = '{reference}'"
        ))
        .await;
    let told = books.tells(&off);
    assert_eq!(
        told,
        "written off: INR 60.00; the gateway states INR 60.00, booked is INR 0.00\n"
    );
    let again = books.json(&off);
    let expected = json!({"is_new": false, "stated_cents": 6000, "booked_cents": 0,
                          "written_off_cents": 6000, "currency": "INR"});
    assert_eq!(again, expected);
    let shown = books.asked(&format!("/invoices/{invoice}")).await;
    assert_eq!(shown["amount_paid_cents"], 0);
    let history = shown["history"].as_array().unwrap().iter();
    let lines: Vec<_> = history
        .filter(|entry| entry["kind"] == "written_off")
        .map(|entry| entry["detail"].as_str().unwrap())
        .collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].ends_with("by asha: reversed the same day"),
        "{lines:?}"
    );
    // It can be asked for again.
    assert_eq!(books.checkout_of(&invoice).await, reference);
    books.tells(&["ledger", "verify"]);

    let stranger = [&off[..], &["--organization", "stranger"]].concat();
    let refused = books.refuses(&stranger);
    assert!(refused.contains("no such payable"), "{refused}");
    books.end().await;
}

async fn what_is_not_there_is_said(books: Books) {
    let none = books.refuses(&["inbox", "show", "no-such-key"]);
    assert!(
        none.contains("organization acme has no webhook of this key"),
        "{none}"
    );
    let none = books.refuses(&["inbox", "list", "--connection", "nowhere"]);
    assert!(none.contains("no such connection"), "{none}");
    assert!(books.tells(&["inbox", "list"]).starts_with("RECEIVED"));
    let nameless = refused(program(&["ledger", "verify"]));
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
        let output = books.program(misused).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{misused:?}");
    }
    books.end().await;
}

#[test]
fn every_command_says_what_it_is_for() {
    for (command, part) in [
        (&["--help"][..], "inbox"),
        (&["inbox", "--help"], "replay"),
        (&["inbox", "park", "--help"], "--reason <TEXT>"),
        (&["ledger", "verify", "--help"], "BILLING_HOST_DATABASE"),
        (&["ledger", "write-off", "--help"], "--note <TEXT>"),
        (
            &["connections", "rotate-secret", "--help"],
            "BILLING_HOST_NEW_SECRET",
        ),
    ] {
        let output = program(command).output().unwrap();
        let help = words(&output.stdout);
        assert!(output.status.success() && help.contains(part), "{help}");
    }
}

/// A slip in the name must neither pass for sound books nor leave a database behind.
#[tokio::test]
async fn a_place_where_nobody_keeps_books_is_refused_and_stays_empty() {
    let directory = tempfile::tempdir().unwrap();
    let slip = directory.path().join("slip.db");
    let mut command = program(&["ledger", "verify", "--database"]);
    command.arg(format!("sqlite:{}", slip.display()));
    refused(command);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);

    std::fs::write(&slip, "").unwrap();
    let mut command = program(&["ledger", "verify", "--database"]);
    command.arg(format!("sqlite:{}", slip.display()));
    let complaint = refused(command);
    assert!(
        complaint.contains("no host keeps its books in it"),
        "{complaint}"
    );

    let server = empty_on_server().await;
    let mut command = program(&["ledger", "verify"]);
    command.env("BILLING_HOST_DATABASE", &server);
    let complaint = refused(command);
    assert!(
        complaint.contains("no host keeps its books in it"),
        "{complaint}"
    );
    assert!(!has_tables(&server).await);
}

async fn an_address_that_no_id_fits_is_not_there(books: Books) {
    for path in [
        "/api/v1/invoices/%00",
        "/api/v1/invoices/1",
        "/thanks/%00",
        "/thanks/%00/live",
        "/thanks/x%00y",
    ] {
        assert_eq!(books.status(path).await, 404, "{path}");
    }
    books.end().await;
}

/// As if one were started beside the application that serves.
async fn a_column_of_a_later_version_disturbs_nobody(books: Books) {
    let invoice = books.first_invoice().await;
    let customer = json!({"organization_id": "acme", "external_id": "late", "name": "Late"});
    let due = json!({"organization_id": "acme", "external_customer_id": "late",
                     "amount_cents": 100, "currency": "INR", "purpose": "Later"});
    // Several times, so that connections of the pool meet again what they have prepared.
    for later in [false, true] {
        if later {
            for table in ["billing_customers", "billing_invoices"] {
                let alter = format!("ALTER TABLE {table} ADD COLUMN later TEXT");
                books.tamper(&alter).await;
            }
        }
        for _ in 0..3 {
            books.sent("/customers", &customer).await;
            books.sent("/invoices", &due).await;
            let found = books.asked(&format!("/invoices/{invoice}")).await;
            assert_eq!(found["amount_cents"], 20_012);
            let path = format!("/thanks/{invoice}");
            assert_eq!(books.status(&path).await, 200);
        }
        let listed = books.asked("/invoices?organization_id=acme").await;
        let count = if later { 9 } else { 6 };
        assert_eq!(listed["invoices"].as_array().unwrap().len(), count);
    }
    books.end().await;
}
