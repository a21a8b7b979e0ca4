//! Repeated reading of the page by browsers without scripts.

/// Query parameter that counts the repetitions.
const PARAMETER: &str = "check";

/// Most repetitions.
const MOST: u8 = 6;

/// Returns the address of the next repetition: none after the last one. Other parameters are left out.
pub(super) fn next(invoice: &str, query: Option<&str>) -> Option<String> {
    let query = query.unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let count = pairs.find(|(name, _)| name == PARAMETER);
    let count = count.map_or(Ok(0), |(_, value)| value.parse::<u8>());
    let next = count.unwrap_or(MOST).saturating_add(1);
    (next <= MOST).then(|| format!("/thanks/{invoice}?{PARAMETER}={next}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_repeated_a_few_times_and_then_stays() {
        let mut address = next("1", Some("status=PAID")).unwrap();
        assert_eq!(address, "/thanks/1?check=1");
        let mut count = 1;
        while let Some(later) = next("1", address.split_once('?').map(|(_, query)| query)) {
            (address, count) = (later, count + 1);
        }
        assert_eq!(count, MOST);
        for query in ["check=255", "check=-1", "check=x"] {
            assert_eq!(next("1", Some(query)), None, "{query}");
        }
    }
}
