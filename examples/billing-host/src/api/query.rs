//! Parsing of query parameters.

use payment_provider_core::{OrganizationId, ViolationCode, Violations};
use payment_provider_host::page::{PageCursor, PageRequest};
use url::form_urlencoded;

use super::fields::printable_name;
use crate::access::Access;
use crate::problem::Problem;
use crate::validation;

const ORGANIZATION: &str = "organization_id";
const LIMIT: &str = "limit";
const AFTER: &str = "after";
/// Length of a page if the request sets no limit.
const DEFAULT_LIMIT: u32 = 100;
/// Longest page.
const MAX_LIMIT: u32 = 500;

/// Returns the organization that a request names.
pub(super) fn organization(query: Option<&str>) -> Result<Option<OrganizationId>, Problem> {
    let mut violations = Violations::none();
    let [organization] = parameters(query, [ORGANIZATION], &mut violations);
    let organization = parse_organization(organization, &mut violations);
    violations
        .into_result(organization)
        .map_err(Problem::invalid)
}

/// Returns the organization of a request that needs one: the requested one, or that of the key.
pub(super) fn required_organization(
    access: &Access,
    query: Option<&str>,
) -> Result<OrganizationId, Problem> {
    access.narrow(organization(query)?)?.ok_or_else(missing)
}

/// The page of a list that a request asks for.
#[derive(Debug)]
pub(super) struct ListQuery<C> {
    /// Organization that the list is restricted to; `None` lists all organizations.
    pub(super) organization: Option<OrganizationId>,
    pub(super) limit: u32,
    /// End of the page before.
    pub(super) after: Option<C>,
}

impl<C> ListQuery<C> {
    /// Returns the organization of a list that needs one.
    pub(super) fn required_organization(&self) -> Result<OrganizationId, Problem> {
        self.organization.clone().ok_or_else(missing)
    }
}

impl ListQuery<PageCursor> {
    /// Returns the page that the host is asked for.
    pub(super) fn page(&self) -> PageRequest {
        let mut page = PageRequest::first(self.limit);
        page.after.clone_from(&self.after);
        page
    }
}

/// Parses the cursor of a list of the host, which checks it.
pub(super) fn host_cursor(text: &str) -> Option<PageCursor> {
    text.parse().ok()
}

/// Returns the page of a list. `parse` parses the cursor that an earlier page ended with.
pub(super) fn list<C>(
    access: &Access,
    query: Option<&str>,
    parse: impl Fn(&str) -> Option<C>,
) -> Result<ListQuery<C>, Problem> {
    let mut violations = Violations::none();
    let names = [ORGANIZATION, LIMIT, AFTER];
    let [organization, limit, after] = parameters(query, names, &mut violations);
    let organization = parse_organization(organization, &mut violations);
    let limit = limit.map_or(DEFAULT_LIMIT, |limit| parse_limit(&limit, &mut violations));
    let cursor = after.as_deref().and_then(parse);
    if after.is_some() && cursor.is_none() {
        let message = "must be the `next` of an earlier page";
        violations.push(AFTER, ViolationCode::Invalid, message);
    }
    let organization = violations
        .into_result(organization)
        .map_err(Problem::invalid)?;
    Ok(ListQuery {
        organization: access.narrow(organization)?,
        limit,
        after: cursor,
    })
}

fn parse_limit(text: &str, violations: &mut Violations) -> u32 {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (code, message) = match text.parse::<u32>() {
        Ok(limit @ 1..=MAX_LIMIT) => return limit,
        Ok(0) | Err(_) if !is_number || text.bytes().all(|byte| byte == b'0') => (
            ViolationCode::Invalid,
            "must be a whole number of at least 1",
        ),
        _ => (ViolationCode::TooLarge, "must be at most 500"),
    };
    violations.push(LIMIT, code, message);
    DEFAULT_LIMIT
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
