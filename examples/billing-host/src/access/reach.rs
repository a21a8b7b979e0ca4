use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use payment_provider_core::OrganizationId;

use crate::problem::Problem;

/// The reach of the key of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Access {
    /// The operator: all organizations.
    All,
    /// A client: one organization.
    Organization(OrganizationId),
}

impl Access {
    /// Returns the organization that a request is about: the requested one or, for the key of an organization,
    /// that one. Another organization does not exist for such a key.
    pub(crate) fn narrow(
        &self,
        requested: Option<OrganizationId>,
    ) -> Result<Option<OrganizationId>, Problem> {
        match (self, requested) {
            (Self::All, requested) => Ok(requested),
            (Self::Organization(own), None) => Ok(Some(own.clone())),
            (Self::Organization(own), Some(requested)) if *own == requested => Ok(Some(requested)),
            (Self::Organization(_), Some(_)) => Err(Problem::not_found("organization")),
        }
    }

    /// Refuses an organization that the key does not reach.
    pub(crate) fn require(&self, organization: &OrganizationId) -> Result<(), Problem> {
        self.narrow(Some(organization.clone())).map(drop)
    }

    /// Refuses the keys of organizations.
    pub(crate) fn require_operator(&self) -> Result<(), Problem> {
        match self {
            Self::All => Ok(()),
            Self::Organization(_) => {
                let detail = "this request requires the key of the operator";
                Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail))
            }
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Access {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // The middleware that checks the key of the request has inserted it.
        let access = parts.extensions.get::<Self>().cloned();
        access.ok_or_else(Problem::unavailable)
    }
}
