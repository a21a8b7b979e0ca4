//! Reads the parameters of an address.

use payment_provider_core::{OrganizationId, ViolationCode, Violations};
use url::form_urlencoded;

use super::fields::shown;
use crate::problem::Problem;

const ORGANIZATION: &str = "organization_id";

/// The organization that a list is for: all of them if none is named.
pub(super) fn organization(query: Option<&str>) -> Result<Option<OrganizationId>, Problem> {
    let mut violations = Violations::none();
    let mut found = None;
    let mut seen = false;
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        if name != ORGANIZATION {
            let message = "is not a parameter of this request";
            violations.push(shown(name.into_owned()), ViolationCode::Unknown, message);
        } else if seen {
            violations.push(ORGANIZATION, ViolationCode::Invalid, "must be there once");
        } else {
            seen = true;
            match OrganizationId::new(value) {
                Ok(organization) => found = Some(organization),
                Err(error) => {
                    let message = format!("must be {}", error.rule);
                    violations.push(ORGANIZATION, ViolationCode::Invalid, message);
                }
            }
        }
    }
    violations.into_result(found).map_err(Problem::invalid)
}

/// The organization that has to be named.
pub(super) fn required_organization(query: Option<&str>) -> Result<OrganizationId, Problem> {
    organization(query)?.ok_or_else(|| {
        let mut violations = Violations::none();
        violations.push(ORGANIZATION, ViolationCode::Missing, "is required");
        Problem::invalid(violations)
    })
}
