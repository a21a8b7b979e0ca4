use payment_provider_core::Operation;

use super::gateway::FakeGateway;
use super::hold::Hold;
use super::scripted_response::ScriptedResponse;

/// # Scripted responses
impl FakeGateway {
    /// Gives this response to the next call of the operation, after the responses that are already
    /// queued.
    ///
    /// # Panics
    /// If the response can never be given, because it does not fit the operation or the operation
    /// is not declared.
    ///
    /// ```
    /// use payment_provider_conformance::fake::{FakeGateway, ScriptedResponse};
    /// use payment_provider_core::{ProviderErrorKind, Operation, PaymentProvider};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let gateway = FakeGateway::new();
    /// let provider = gateway.connect("main");
    /// let outage = ScriptedResponse::fail(ProviderErrorKind::Unavailable);
    /// gateway.respond_next(Operation::CheckConnection, outage);
    /// let error = provider.check_connection().await.unwrap_err();
    /// assert_eq!(error.kind(), ProviderErrorKind::Unavailable);
    /// assert!(provider.check_connection().await.is_ok());
    /// # }
    /// ```
    #[track_caller]
    pub fn respond_next(&self, operation: Operation, response: ScriptedResponse) -> &Self {
        self.assert_fits(operation, &response);
        self.handle().state().script.push(operation, response);
        self
    }

    /// Gives this response to the next `times` calls of the operation, after the responses that are
    /// already queued.
    ///
    /// # Panics
    /// Like [`respond_next`](Self::respond_next).
    #[track_caller]
    pub fn respond_next_times(
        &self,
        operation: Operation,
        times: usize,
        response: ScriptedResponse,
    ) -> &Self {
        self.assert_fits(operation, &response);
        let mut state = self.handle().state();
        for response in std::iter::repeat_n(response, times) {
            state.script.push(operation, response);
        }
        drop(state);
        self
    }

    /// Gives this response to every call of the operation for which no response is queued.
    ///
    /// # Panics
    /// Like [`respond_next`](Self::respond_next).
    #[track_caller]
    pub fn respond_always(&self, operation: Operation, response: ScriptedResponse) -> &Self {
        self.assert_fits(operation, &response);
        self.handle().state().script.set_always(operation, response);
        self
    }

    /// Removes all scripted responses.
    pub fn respond_normally(&self) -> &Self {
        self.handle().state().script.clear();
        self
    }

    /// Returns the number of queued responses that have not been given yet.
    pub fn unused_responses(&self) -> usize {
        self.handle().state().script.unused()
    }

    /// Suspends the next call of the operation before it is processed.
    ///
    /// # Panics
    /// Like [`respond_next`](Self::respond_next).
    #[track_caller]
    pub fn hold_next(&self, operation: Operation) -> Hold {
        let (response, hold) = ScriptedResponse::succeed().held_before();
        self.respond_next(operation, response);
        hold
    }

    /// Suspends the response to the next call of the operation, after it is processed.
    ///
    /// # Panics
    /// Like [`respond_next`](Self::respond_next).
    #[track_caller]
    pub fn hold_next_response(&self, operation: Operation) -> Hold {
        let (response, hold) = ScriptedResponse::succeed().held_after();
        self.respond_next(operation, response);
        hold
    }

    #[track_caller]
    fn assert_fits(&self, operation: Operation, response: &ScriptedResponse) {
        let declared = self.handle().config().descriptor.capabilities;
        if let Some(reason) = response.misfit(operation, declared) {
            panic!("{operation} cannot get this response: {reason}");
        }
    }
}
