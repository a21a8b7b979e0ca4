//! What the wire, or a gateway within this process, is made to do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Party;
use crate::case::Failure;
use crate::subject::{Refusal, Transport, Trouble};
use crate::wire::{Fault, RecordedRequest};

impl Party {
    /// Makes the next creation end in trouble. What is only looked up before it goes well.
    pub(crate) async fn trouble(&self, trouble: Trouble) -> Result<(), Failure> {
        if self.transport == Transport::InProcess {
            return Ok(self.gateway.trouble(&trouble).await?);
        }
        match &trouble {
            Trouble::NotSent => self.server.refuse_connections().await,
            Trouble::AnswerLost { lasting } => {
                let then = lasting.then_some(Fault::ResetBefore);
                self.fault_creation(Fault::ResetAfter, then);
            }
            Trouble::Refused(refusal) => {
                let answer = self.gateway.refuse(refusal)?;
                self.fault_creation(Fault::ReplaceBefore(answer), None);
            }
            Trouble::Over => self.server.clear_faults(),
        }
        Ok(())
    }

    /// Plays this to the next creation, and that to everything after it.
    pub(crate) fn fault_creation(&self, fault: Fault, then: Option<Fault>) {
        let gateway = Arc::clone(&self.gateway);
        let creates = move |request: &RecordedRequest| gateway.is_creation(request) != Ok(false);
        self.fault_once(creates, fault, then);
    }

    /// Plays this to the next request that changes something, and loses its answer.
    pub(crate) async fn lose_a_change(&self) -> Result<(), Failure> {
        if self.transport == Transport::InProcess {
            let trouble = Trouble::AnswerLost { lasting: false };
            return Ok(self.gateway.trouble(&trouble).await?);
        }
        let changes =
            |request: &RecordedRequest| !matches!(request.method.as_str(), "GET" | "HEAD");
        self.fault_once(changes, Fault::ResetAfter, None);
        Ok(())
    }

    fn fault_once(
        &self,
        matches: impl Fn(&RecordedRequest) -> bool + Send + Sync + 'static,
        fault: Fault,
        then: Option<Fault>,
    ) {
        let struck = Arc::new(AtomicBool::new(false));
        let strikes = Arc::clone(&struck);
        let once = move |request: &RecordedRequest| {
            matches(request) && !strikes.swap(true, Ordering::AcqRel)
        };
        self.server.fault_where(once, fault);
        if let Some(then) = then {
            let after = move |_: &RecordedRequest| struck.load(Ordering::Acquire);
            self.server.fault_where(after, then);
        }
    }

    /// Makes every further call end with the gateway's refusal.
    pub(crate) fn refuse_all(&self, refusal: &Refusal) -> Result<(), Failure> {
        let answer = self.gateway.refuse(refusal)?;
        self.fault_all(Fault::ReplaceBefore(answer));
        Ok(())
    }

    /// Plays this to every request that gets no other fault.
    pub(crate) fn fault_all(&self, fault: Fault) {
        self.server.fault_where(|_| true, fault);
    }
}
