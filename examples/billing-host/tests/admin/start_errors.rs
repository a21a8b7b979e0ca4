//! Starts of the program that fail: each error names the thing and says what to do next.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use test_support::postgres;

use crate::fixture::{fails, program, text};

const FREE: &str = "127.0.0.1:0";

/// Returns the program that would serve on this database.
fn serving(database: &str, key_file: &Path) -> Command {
    let mut command = program(&["--listen", FREE, "--simulator-listen", FREE]);
    command.arg("--key-file").arg(key_file);
    command.env("BILLING_HOST_DATABASE", database);
    command
}

/// Changes to a user who is bound by permissions, if the tests run as root.
fn as_ordinary_user(command: &mut Command) {
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::process::CommandExt;
    if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
        command.uid(65_534).gid(65_534);
    }
}

#[test]
fn each_error_of_a_database_names_it_and_the_next_step() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let key_file = path("encryption.key");
    let shown = |name: &str| path(name).display().to_string();
    std::fs::write(
        path("notes.txt"),
        "no database, but long enough to have a header".repeat(9),
    )
    .unwrap();
    std::fs::create_dir(path("folder")).unwrap();
    std::fs::create_dir(path("locked")).unwrap();
    std::fs::set_permissions(path("locked"), PermissionsExt::from_mode(0o555)).unwrap();
    std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o755)).unwrap();

    let server: url::Url = postgres::url().parse().unwrap();
    let with = |change: fn(&mut url::Url)| {
        let mut url = server.clone();
        url.set_password(Some("canary-password")).unwrap();
        change(&mut url);
        url.to_string()
    };
    let refused = TcpListener::bind(FREE).unwrap();
    let port = refused.local_addr().unwrap().port();
    drop(refused);
    let mut silent = server.clone();
    silent.set_host(Some("127.0.0.1")).unwrap();
    silent.set_port(Some(port)).unwrap();
    silent.set_query(None);
    silent.set_password(Some("canary-password")).unwrap();

    let cases: [(String, Vec<String>); 7] = [
        (
            format!("sqlite:{}", shown("missing/billing.db")),
            vec![
                shown("missing/billing.db"),
                format!("the folder {} does not exist; create it", shown("missing")),
                "--database sqlite:PATH".to_owned(),
            ],
        ),
        (
            format!("sqlite:{}", shown("folder")),
            vec![
                shown("folder"),
                "it is a folder; name another file".to_owned(),
            ],
        ),
        (
            format!("sqlite:{}", shown("notes.txt")),
            vec![
                shown("notes.txt"),
                "the file is not a SQLite database; move it away".to_owned(),
            ],
        ),
        (
            format!("sqlite:{}", shown("locked/billing.db")),
            vec![
                shown("locked/billing.db"),
                "may not write the file and its folder; permit it".to_owned(),
            ],
        ),
        (
            silent.to_string(),
            vec![
                format!("127.0.0.1:{port}"),
                "the server does not answer; start it, or correct the address".to_owned(),
                "BILLING_HOST_DATABASE".to_owned(),
            ],
        ),
        (
            with(|url| url.set_path("no_such_database")),
            vec!["there is no database no_such_database; create it".to_owned()],
        ),
        (
            "postgres://canary-password:[/".to_owned(),
            vec!["the URL must be postgres://USER@HOST:PORT/NAME".to_owned()],
        ),
    ];
    for (database, parts) in cases {
        let mut command = serving(&database, &key_file);
        if database.contains("locked") {
            as_ordinary_user(&mut command);
        }
        let error = fails(command);
        for part in parts {
            assert!(error.contains(&part), "{part:?} is not in {error}");
        }
        assert!(!error.contains("canary"), "{error}");
        // The operator's commands say the same.
        let mut command = program(&["ledger", "audit"]);
        command.env("BILLING_HOST_DATABASE", &database);
        let error = fails(command);
        assert!(error.starts_with("cannot use the database "), "{error}");
        assert!(!error.contains("canary"), "{error}");
    }
}

/// Serves a PostgreSQL server that refuses the password of each connection, and returns its port.
fn refusing_server() -> u16 {
    let listener = TcpListener::bind(FREE).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut length = [0; 4];
            connection.read_exact(&mut length).unwrap();
            let rest = usize::try_from(u32::from_be_bytes(length)).unwrap() - length.len();
            connection.read_exact(&mut vec![0; rest]).unwrap();
            let fields = b"SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed\0\0";
            let length = u32::try_from(fields.len() + 4).unwrap();
            let answer = [b"E", &length.to_be_bytes()[..], fields].concat();
            // The client may have hung up.
            let _ = connection.write_all(&answer);
        }
    });
    port
}

#[test]
fn a_refused_user_of_a_server_is_named_without_the_password() {
    let directory = tempfile::tempdir().unwrap();
    let port = refusing_server();
    let server =
        format!("postgres://billing:canary-password@127.0.0.1:{port}/books?sslmode=disable");
    let mut audit = program(&["ledger", "audit"]);
    audit.env("BILLING_HOST_DATABASE", &server);
    for command in [serving(&server, &directory.path().join("key")), audit] {
        let error = fails(command);
        let expected = format!(
            "cannot use the database books of the PostgreSQL server 127.0.0.1:{port}: it refused the \
             user billing; correct the user and the password in --database or BILLING_HOST_DATABASE"
        );
        assert!(error.starts_with(&expected), "{error}");
        assert!(!error.contains("canary"), "{error}");
    }
}

#[test]
fn an_address_that_cannot_be_listened_on_is_named_with_its_option() {
    let taken = TcpListener::bind(FREE).unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (listen, simulator, option) in [
        (taken.as_str(), FREE, "--listen"),
        (FREE, taken.as_str(), "--simulator-listen"),
    ] {
        let error = fails(program(&[
            "--listen",
            listen,
            "--simulator-listen",
            simulator,
        ]));
        let expected = format!("cannot listen on {taken}; choose another address with {option}");
        assert!(error.starts_with(&expected), "{error}");
    }
    for option in ["--listen", "--simulator-listen"] {
        for bad in ["3000", "localhost", "127.0.0.1:70000"] {
            let output = program(&[option, bad]).output().unwrap();
            let error = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{error}");
            for part in [
                bad,
                option,
                "must be an IP address with a port, such as 127.0.0.1:3000",
            ] {
                assert!(error.contains(part), "{part} is not in {error}");
            }
        }
    }
}
