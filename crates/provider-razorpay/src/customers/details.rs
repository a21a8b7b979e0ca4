use payment_provider_core::{Customer, Pii, ViolationCode, Violations};

use super::contact::{self, Contact};
use crate::settings::Terms;

const NAME_LENGTH: std::ops::RangeInclusive<usize> = 3..=50;

const NAME_RULE: &str = "must be 3 to 50 letters, digits, spaces and ' - . _ ( ) @ /, with a letter, digit, point or \
     parenthesis at both ends";

/// Limits of e-mail addresses: <https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1>.
const MAX_LOCAL: usize = 64;
const MAX_LABEL: usize = 63;
const MAX_EMAIL: usize = 254;

/// The field names under which a customer's violations are reported.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names {
    name: &'static str,
    email: &'static str,
    phone: &'static str,
}

impl Names {
    /// Fields of a checkout request.
    pub(crate) const OF_REQUEST: Self = Self {
        name: "customer.name",
        email: "customer.email",
        phone: "customer.phone",
    };
    /// Fields of the customer itself.
    pub(crate) const OF_CUSTOMER: Self = Self {
        name: "name",
        email: "email",
        phone: "phone",
    };
}

/// The customer details that are sent. Razorpay requires none of them, but those present must be
/// well-formed:
/// <https://razorpay.com/docs/api/customers/create/>.
#[derive(Debug)]
pub(crate) struct Details<'a> {
    name: Option<&'a str>,
    email: Option<&'a str>,
    contact: Option<Contact>,
}

impl<'a> Details<'a> {
    /// Reads a customer.
    ///
    /// All details are optional, so one that Razorpay would refuse does not prevent a link: it is left
    /// out, and a name that is only too long is cut. Nothing is replaced or added. If the merchant chose
    /// to refuse such details, each is a violation.
    pub(crate) fn read(
        customer: &'a Customer,
        terms: &Terms,
        names: Names,
        found: &mut Violations,
    ) -> Self {
        let mut unfit = |field, message| {
            if !terms.leave_out_unfit {
                found.push(field, ViolationCode::Invalid, message);
            }
        };
        let given = known(customer.name.as_ref()).map(str::trim);
        if given.is_some_and(|name| !is_name(name)) {
            unfit(names.name, NAME_RULE);
        }
        let email = known(customer.email.as_ref()).map(str::trim);
        if email.is_some_and(|email| !is_email(email)) {
            unfit(names.email, "must be an e-mail address");
        }
        let phone = customer.phone.as_ref().map(Pii::expose);
        let phone = phone.filter(|text| !contact::is_blank(text));
        let contact = phone.and_then(Contact::read);
        if phone.is_some() && contact.is_none() {
            unfit(names.phone, contact::RULE);
        }
        Self {
            name: given.map(cut).filter(|name| is_name(name)),
            email: email.filter(|email| is_email(email)),
            contact,
        }
    }

    pub(crate) const fn name(&self) -> Option<&'a str> {
        self.name
    }

    pub(crate) const fn email(&self) -> Option<&'a str> {
        self.email
    }

    pub(crate) fn contact(&self) -> Option<&str> {
        self.contact.as_ref().map(Contact::expose)
    }
}

/// Returns the text unless it is blank.
fn known(text: Option<&Pii>) -> Option<&str> {
    text.map(Pii::expose).filter(|text| !text.trim().is_empty())
}

/// Shortens a name to the longest beginning that Razorpay accepts, as far as the length matters.
fn cut(name: &str) -> &str {
    match name.char_indices().nth(*NAME_LENGTH.end()) {
        None => name,
        Some((end, _)) => name[..end].trim_end_matches(|c| !is_end(c)),
    }
}

/// Returns true if a name may begin and end with this character.
fn is_end(c: char) -> bool {
    c.is_alphanumeric() || ".()".contains(c)
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || " '-._()@/".contains(c);
    let ends = |c: Option<char>| c.is_some_and(is_end);
    let mut letters = name.chars();
    NAME_LENGTH.contains(&name.chars().count())
        && name.chars().all(plain)
        && ends(letters.next())
        && ends(letters.next_back())
}

/// Returns true if the text is an address of the usual characters. Unusual ones are valid at some
/// mail servers, but a link would be refused for them.
fn is_email(email: &str) -> bool {
    let Some((local, domain)) = email.split_once('@') else {
        return false;
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_%+-".contains(&byte);
    let word = |word: &str| !word.is_empty() && word.bytes().all(plain);
    let mut labels = domain.rsplit('.');
    let last = labels.next().unwrap_or_default();
    let named = last.len() > 1 && last.starts_with(|c: char| c.is_ascii_alphabetic());
    local.len() <= MAX_LOCAL
        && local.split('.').all(word)
        && email.len() <= MAX_EMAIL
        && named
        && labels.next().is_some()
        && domain.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let ends = !label.starts_with('-') && !label.ends_with('-');
    (1..=MAX_LABEL).contains(&label.len()) && ends && label.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_to_its_beginning() {
        let long = |end: &str| format!("{}{end}", "x".repeat(48));
        for (name, expected) in [
            ("Jo Doe".to_owned(), "Jo Doe".to_owned()),
            ("ü".repeat(51), "ü".repeat(50)),
            (long("yz and more"), long("yz")),
            (long(" - more"), long("")),
            (long("& more"), long("")),
            ("-".repeat(51), String::new()),
        ] {
            assert_eq!(cut(&name), expected, "{name:?}");
        }
    }

    #[test]
    fn names_and_addresses_have_the_documented_form() {
        for (name, good) in [
            ("Jo Doe", true),
            ("J.R. (Bob) O'Neil-Smith.", true),
            ("Müller", true),
            ("Jo", false),
            (&"x".repeat(50), true),
            (&"x".repeat(51), false),
            ("Müller & Co", false),
            ("-Jo Doe", false),
            ("Jo Doe-", false),
            ("Jo \"J\" Doe", false),
            ("Jo\nDoe", false),
        ] {
            assert_eq!(is_name(name), good, "{name:?}");
        }
        for (email, good) in [
            ("jo@shop.example", true),
            ("jo+tag@mail.shop.example", true),
            ("jo", false),
            ("jo@", false),
            ("@shop.example", false),
            ("jo@shop", false),
            ("jo@shop..example", false),
            ("jo@x@shop.example", false),
            ("jo doe@shop.example", false),
            ("J_D.o%e-1@mail-2.shop.co.in", true),
            ("jo@xn--mnchen-3ya.example", true),
            ("Jo<jo@shop.example>", false),
            ("<jo@shop.example>", false),
            ("jo,doe@shop.example", false),
            ("jo@-shop.example", false),
            ("jo@shop-.example", false),
            ("jo@sh_op.example", false),
            ("jo@shop.example.", false),
            ("jo@shop.1", false),
            ("jo@192.0.2.1", false),
            ("jo@shop.e", false),
            (".jo@shop.example", false),
            ("jo.@shop.example", false),
            ("jo..doe@shop.example", false),
            ("\"jo\"@shop.example", false),
            ("jo;x@shop.example", false),
            ("j\u{f6}@shop.example", false),
            ("jo@sh\u{f6}p.example", false),
            (&format!("{}@shop.example", "x".repeat(64)), true),
            (&format!("{}@shop.example", "x".repeat(65)), false),
            (&format!("jo@{}.example", "x".repeat(63)), true),
            (&format!("jo@{}.example", "x".repeat(64)), false),
            (&format!("jo@{}example", "x.".repeat(122)), true),
            (&format!("jo@{}example", "x.".repeat(123)), false),
        ] {
            assert_eq!(is_email(email), good, "{email:?}");
        }
    }
}
