//! Reads the parameters of an address.

use payment_provider_core::{OrganizationId, ViolationCode, Violations};
use url::form_urlencoded;

use super::fields::shown;
use crate::problem::Problem;

const ORGANIZATION: &str = "organization_id";
const LIMIT: &str = "limit";
/// How many of a list there are unless it is said.
const DEFAULT_LIMIT: u32 = 100;

/// The organization that a list is for: all of them if none is named.
pub(super) fn organization(query: Option<&str>) -> Result<Option<OrganizationId>, Problem> {
    let mut violations = Violations::none();
    let [organization] = parameters(query, [ORGANIZATION], &mut violations);
    let organization = named(organization, &mut violations);
    violations
        .into_result(organization)
        .map_err(Problem::invalid)
}

/// The organization that has to be named.
pub(super) fn required_organization(query: Option<&str>) -> Result<OrganizationId, Problem> {
    organization(query)?.ok_or_else(missing)
}

/// The organization that has to be named, and of how many of a list it wants to know.
pub(super) fn organization_and_limit(
    query: Option<&str>,
) -> Result<(OrganizationId, u32), Problem> {
    let mut violations = Violations::none();
    let [organization, limit] = parameters(query, [ORGANIZATION, LIMIT], &mut violations);
    let organization = named(organization, &mut violations);
    let limit = limit.map_or(Some(DEFAULT_LIMIT), |limit| limit.parse().ok());
    let limit = limit.filter(|limit| *limit > 0).unwrap_or_else(|| {
        violations.push(
            LIMIT,
            ViolationCode::Invalid,
            "must be a whole number from 1",
        );
        DEFAULT_LIMIT
    });
    let organization = violations
        .into_result(organization)
        .map_err(Problem::invalid)?;
    Ok((organization.ok_or_else(missing)?, limit))
}

/// The values of these parameters. Each may be there once, and no other.
fn parameters<const N: usize>(
    query: Option<&str>,
    names: [&'static str; N],
    violations: &mut Violations,
) -> [Option<String>; N] {
    let mut found = [const { None }; N];
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let mut known = names.into_iter().zip(&mut found);
        match known.find(|(known, _)| *known == name) {
            None => {
                let message = "is not a parameter of this request";
                violations.push(shown(name.into_owned()), ViolationCode::Unknown, message);
            }
            Some((known, Some(_))) => {
                violations.push(known, ViolationCode::Invalid, "must be there once");
            }
            Some((_, value_of)) => *value_of = Some(value.into_owned()),
        }
    }
    found
}

fn named(organization: Option<String>, violations: &mut Violations) -> Option<OrganizationId> {
    let read = organization.map(OrganizationId::new).transpose();
    read.unwrap_or_else(|error| {
        let message = format!("must be {}", error.rule);
        violations.push(ORGANIZATION, ViolationCode::Invalid, message);
        None
    })
}

fn missing() -> Problem {
    let mut violations = Violations::none();
    violations.push(ORGANIZATION, ViolationCode::Missing, "is required");
    Problem::invalid(violations)
}
