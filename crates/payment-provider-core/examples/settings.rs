//! Describes the settings of a connection, and reads settings with all violations at once.
//!
//! ```text
//! cargo run -p payment-provider-core --example settings
//! ```

use payment_provider_core::reexport::secrecy::SecretString;
use payment_provider_core::{
    ConnectionSettings, SettingField, SettingKind, SettingsReader, SettingsSchema, Violations,
};

fn schema() -> SettingsSchema {
    SettingsSchema::new([
        SettingField::new("merchant", "Merchant id", SettingKind::Text).required(),
        SettingField::new("secrets", "API secrets", SettingKind::SecretList).required(),
        SettingField::environment(),
        SettingField::new("page", "Page after payment", SettingKind::Url),
    ])
}

/// Reads the settings as a provider does, and returns a line about them.
fn read(settings: &ConnectionSettings) -> Result<String, Violations> {
    let schema = schema();
    let mut read = SettingsReader::new(&schema, settings);
    let environment = read.environment();
    // The schema does not know the rules for a page: https, or a local address in the sandbox.
    let page = environment.and_then(|it| read.web_address("page", it));
    let (merchant, secrets) = (read.text("merchant"), read.secrets("secrets"));
    let account = merchant.zip(environment).map(|(merchant, environment)| {
        let page = page.map_or("no page".to_owned(), String::from);
        format!(
            "{merchant} in {environment}, {} secrets, {page}",
            secrets.len()
        )
    });
    read.finish_with(account)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A host renders its form from the schema, for any gateway.
    for field in schema().fields() {
        println!("{}, secret: {}", field.label, field.is_secret());
    }
    // All violations are reported together, by field, and without the values.
    let text = r#"{"secrets": [], "environment": "sandbox", "page": "http://shop.example"}"#;
    let settings: ConnectionSettings = serde_json::from_str(text)?;
    for violation in read(&settings).err().into_iter().flatten() {
        println!("- {violation}");
    }

    // The corrected settings are read. `Debug` shows names and no values.
    let secrets = ["a new secret", "an old secret"].map(SecretString::from);
    let settings = settings
        .with("merchant", "M1")
        .with("secrets", secrets.to_vec())
        .with("page", "https://shop.example/thanks");
    println!("{settings:?}");
    println!("{}", read(&settings)?);
    Ok(())
}
