//! The gateway simulator in this process.

use std::net::SocketAddr;

pub(crate) use cashfree_simulator::RunningSimulator;
use cashfree_simulator::{Simulator, SimulatorConfig};

use crate::startup::StartError;

/// Starts a simulator with its default merchant account.
pub(crate) async fn start(listen: SocketAddr) -> Result<RunningSimulator, StartError> {
    let simulator = Simulator::new(SimulatorConfig::new())
        .map_err(|error| StartError::Simulator(error.into()))?;
    simulator
        .start(listen)
        .await
        .map_err(|source| StartError::Listen {
            flag: "--simulator-listen",
            address: listen,
            source,
        })
}
