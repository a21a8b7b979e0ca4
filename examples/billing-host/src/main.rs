//! The `billing-host` program. The library documents it.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    billing_host::run_program().await
}
