//! Parsing of query parameters.

use payment_provider_core::{OrganizationId, ViolationCode, Violations};
use url::form_urlencoded;

use super::fields::printable_name;
use crate::problem::Problem;
use crate::validation;

const ORGANIZATION: &str = "organization_id";
const LIMIT: &str = "limit";
/// Length of a list if the request sets no limit.
const DEFAULT_LIMIT: u32 = 100;

/// Returns the organization that a list is restricted to; `None` lists all organizations.
pub(super) fn organization(query: Option<&str>) -> Result<Option<OrganizationId>, Problem> {
    let mut violations = Violations::none();
    let [organization] = parameters(query, [ORGANIZATION], &mut violations);
    let organization = parse_organization(organization, &mut violations);
    violations
        .into_result(organization)
        .map_err(Problem::invalid)
}

/// Returns the required organization.
pub(super) fn required_organization(query: Option<&str>) -> Result<OrganizationId, Problem> {
    organization(query)?.ok_or_else(missing)
}

/// Returns the required organization and the length of the list.
pub(super) fn organization_and_limit(
    query: Option<&str>,
) -> Result<(OrganizationId, u32), Problem> {
    let mut violations = Violations::none();
    let [organization, limit] = parameters(query, [ORGANIZATION, LIMIT], &mut violations);
    let organization = parse_organization(organization, &mut violations);
    let limit = limit.map_or(Some(DEFAULT_LIMIT), |limit| limit.parse().ok());
    let limit = limit.filter(|limit| *limit > 0).unwrap_or_else(|| {
        violations.push(
            LIMIT,
            ViolationCode::Invalid,
            "must be a whole number of at least 1",
        );
        DEFAULT_LIMIT
    });
    let organization = violations
        .into_result(organization)
        .map_err(Problem::invalid)?;
    Ok((organization.ok_or_else(missing)?, limit))
}

/// Returns the values of the named parameters. Records a violation for every other and every repeated
/// parameter.
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
                violations.push(
                    printable_name(name.into_owned()),
                    ViolationCode::Unknown,
                    message,
                );
            }
            Some((known, Some(_))) => {
                violations.push(known, ViolationCode::Invalid, "must occur once only");
            }
            Some((_, value_of)) => *value_of = Some(value.into_owned()),
        }
    }
    found
}

fn parse_organization(
    organization: Option<String>,
    violations: &mut Violations,
) -> Option<OrganizationId> {
    validation::identifier(ORGANIZATION, organization?, OrganizationId::new, violations)
}

fn missing() -> Problem {
    Problem::invalid_field(ORGANIZATION, ViolationCode::Missing, "is required")
}
