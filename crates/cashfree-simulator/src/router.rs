//! The routes of the whole simulator.

use std::sync::Arc;

use axum::Router;

use crate::simulator::Simulator;

impl Simulator {
    /// Returns all routes: merchant API, payment pages, overview and control API.
    pub fn router(&self) -> Router {
        Router::new()
            .merge(crate::api::routes())
            .merge(crate::html::routes())
            .merge(crate::overview::routes())
            .merge(crate::page::routes())
            .merge(crate::control::routes())
            .fallback(crate::api::unknown_route)
            .with_state(Arc::clone(&self.shared))
    }
}
