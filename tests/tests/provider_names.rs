//! A gateway is named on one line in the dependencies of the application and on one where it is registered. No other
//! file of the application, of the runtime or of the contract names one.

use std::fs;
use std::path::{Path, PathBuf};

use payment_provider_core::ProviderRegistry;

/// The folders in which no gateway is named.
const NEUTRAL: [&str; 7] = [
    "crates/payment-provider-core/src",
    "crates/payment-provider-host/src",
    "crates/payment-provider-host/migrations",
    "crates/payment-provider-axum/src",
    "examples/billing-host/src",
    "examples/billing-host/templates",
    "examples/billing-host/assets",
];
const REGISTRATION: &str = "examples/billing-host/src/gateways.rs";
/// The demonstration needs a gateway that is simulated, and is about that one.
const DEMO: &str = "examples/billing-host/src/demo";
const MANIFEST: &str = "examples/billing-host/Cargo.toml";

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("the workspace").to_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns all files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// Normalizes a text so that a name looks the same as a module, a type, a crate and a word.
fn plain(text: &str) -> String {
    let mut plain = text.to_lowercase();
    plain.retain(|letter| !matches!(letter, '_' | '-' | ' '));
    plain
}

fn registry() -> ProviderRegistry {
    billing_host::gateways(billing_host::GatewayAddresses::Official).expect("the gateways")
}

fn ids() -> Vec<String> {
    let ids: Vec<_> = registry()
        .iter()
        .map(|it| it.descriptor().id.to_string())
        .collect();
    assert!(ids.len() > 1, "{ids:?}");
    ids
}

/// Returns the lines below these folders that name a gateway.
fn naming(folders: &[&str], ids: &[String]) -> Vec<String> {
    let root = root();
    let names: Vec<_> = ids.iter().map(|id| plain(id)).collect();
    let mut found = Vec::new();
    for path in folders.iter().flat_map(|folder| files(&root.join(folder))) {
        let shown = path
            .strip_prefix(&root)
            .expect("below the root")
            .display()
            .to_string();
        for (number, line) in (1..).zip(read(&path).lines()) {
            let line = plain(line);
            if names.iter().any(|name| line.contains(name)) {
                found.push(format!("{shown}:{number}"));
            }
        }
    }
    found
}

#[test]
fn only_the_registration_and_the_demonstration_name_a_gateway() {
    let ids = ids();
    let mut named = naming(&NEUTRAL, &ids);
    named.retain(|place| !place.starts_with(REGISTRATION) && !place.starts_with(DEMO));
    assert!(named.is_empty(), "a gateway is named at {named:#?}");
    // The check finds a name in the folder that has one.
    assert!(!naming(&[DEMO], &ids).is_empty());
}

#[test]
fn a_gateway_is_one_dependency_and_one_registration() {
    let ids = ids();
    let registration = read(&root().join(REGISTRATION));
    let manifest = read(&root().join(MANIFEST));
    for id in &ids {
        let package = format!("provider-{}", id.replace('_', "-"));
        let dependency = |line: &&str| {
            let rest = line.strip_prefix(package.as_str());
            rest.is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
        };
        assert_eq!(
            manifest.lines().filter(dependency).count(),
            1,
            "{package} in {MANIFEST}"
        );
        let module = package.replace('-', "_");
        let named: Vec<_> = registration
            .lines()
            .filter(|line| plain(line).contains(&plain(id)))
            .collect();
        let [line] = named[..] else {
            panic!("{id} in {REGISTRATION}: {named:?}");
        };
        let line = line.trim();
        let whole =
            line.starts_with(&format!("registry.register({module}::")) && line.ends_with("?;");
        assert!(whole, "{line}");
    }
    let registered = registration.matches("registry.register(").count();
    assert_eq!(registered, ids.len(), "each is registered once");
    let offered = manifest
        .lines()
        .filter(|line| line.starts_with("provider-"))
        .count();
    assert_eq!(offered, ids.len(), "each that is built is offered");
}

#[test]
fn a_name_is_found_however_it_is_written() {
    let name = plain("bank_transfer");
    for text in [
        "bank-transfer",
        "BankTransferFactory",
        "BANK_TRANSFER_ID",
        "a bank transfer",
    ] {
        assert!(plain(text).contains(&name), "{text}");
    }
    assert!(!plain("bank_reference").contains(&name));
}
