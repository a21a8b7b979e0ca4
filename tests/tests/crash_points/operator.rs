//! An operator who works at a terminal beside the serving application, and whose program can crash as well.

use std::fs;
use std::process::ExitStatus;

use cross_crate_tests::{Output, Program};
use payment_provider_host::crash_points::VARIABLE;
use serde_json::Value;

use crate::scene::Scene;
use crate::starting::assert_died;

/// The value of every new secret.
pub(crate) const NEW_SECRET: &str = "a-new-secret-of-the-account";

impl Scene {
    /// Runs a command whose program crashes at this place. The application goes on.
    pub(crate) async fn operator_dies(&self, point: &str, command: &[&str]) {
        let armed = self.database.directory.path().join("operator-crash-point");
        fs::write(&armed, point).expect("a file");
        let file = armed.display().to_string();
        let (status, output) = self.operate(command, &[(VARIABLE, &file)]).await;
        assert_died(point, status, &output);
        fs::remove_file(armed).expect("the file");
    }

    /// Runs a command, and returns its output.
    pub(crate) async fn operator(&self, command: &[&str]) -> Value {
        let (status, output) = self.operate(command, &[]).await;
        assert!(status.success(), "{command:?}: {}", output.stderr);
        serde_json::from_str(&output.stdout).expect("JSON")
    }

    async fn operate(
        &self,
        command: &[&str],
        environment: &[(&str, &str)],
    ) -> (ExitStatus, Output) {
        let key_file = self.database.key_file().display().to_string();
        let database = self.database.argument();
        let where_and_how = ["--database", &database, "--key-file", &key_file, "--json"];
        let environment = [environment, &[("BILLING_HOST_NEW_SECRET", NEW_SECRET)]].concat();
        let arguments = [command, &where_and_how].concat();
        Program::start("billing-host", &arguments, &environment)
            .ended()
            .await
    }
}
