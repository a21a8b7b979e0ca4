//! A field of a form: label, help text, value and error.

use super::form_data::{FormData, FormError};

/// The kind of a field, with its value.
pub(super) enum Kind {
    /// A checkbox.
    Flag(bool),
    /// A line of text.
    Line(String),
    /// A line of digits.
    Number(String),
    /// A choice of one.
    Select(Vec<Choice>),
    /// A choice of any.
    Checks(Vec<Choice>),
}

/// An option of a choice.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) text: String,
    pub(super) chosen: bool,
}

/// A field of a form.
pub(super) struct Field {
    pub(super) id: String,
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) help: &'static str,
    pub(super) kind: Kind,
    pub(super) problem: Option<String>,
}

/// Builds the fields of one section: with the submitted values if they were refused, else with the current ones.
pub(super) struct Form<'a> {
    pub(super) section: &'static str,
    pub(super) problem: Option<&'a FormError>,
}

impl<'a> Form<'a> {
    fn form_data(&self) -> Option<&'a FormData> {
        FormError::data_in(self.problem, self.section)
    }

    fn field(
        &self,
        name: &'static str,
        label: &'static str,
        help: &'static str,
        kind: Kind,
    ) -> Field {
        Field {
            id: format!("{}-{name}", self.section),
            name,
            label,
            help,
            kind,
            problem: FormError::of_field(self.problem, self.section, name),
        }
    }

    fn value(&self, name: &str, value: &str) -> String {
        let form_data = self.form_data().and_then(|form_data| form_data.get(name));
        form_data.unwrap_or(value).to_owned()
    }

    pub(super) fn flag(
        &self,
        name: &'static str,
        label: &'static str,
        help: &'static str,
        on: bool,
    ) -> Field {
        let on = self
            .form_data()
            .map_or(on, |form_data| form_data.get(name).is_some());
        self.field(name, label, help, Kind::Flag(on))
    }

    pub(super) fn line(
        &self,
        name: &'static str,
        label: &'static str,
        help: &'static str,
        value: &str,
    ) -> Field {
        self.field(name, label, help, Kind::Line(self.value(name, value)))
    }

    pub(super) fn number(
        &self,
        name: &'static str,
        label: &'static str,
        help: &'static str,
        value: &str,
    ) -> Field {
        self.field(name, label, help, Kind::Number(self.value(name, value)))
    }

    pub(super) fn select<'b>(
        &self,
        name: &'static str,
        label: &'static str,
        help: &'static str,
        choices: impl IntoIterator<Item = (&'b str, String)>,
        value: &str,
    ) -> Field {
        let chosen = self.value(name, value);
        let choices = choices.into_iter().map(|(value, text)| Choice {
            chosen: value == chosen,
            value: value.to_owned(),
            text,
        });
        self.field(name, label, help, Kind::Select(choices.collect()))
    }

    /// Builds checkboxes that are all checked unless a form was submitted.
    pub(super) fn checks<'b>(
        &self,
        name: &'static str,
        label: &'static str,
        help: &'static str,
        choices: impl IntoIterator<Item = &'b str>,
    ) -> Field {
        let form_data = self.form_data();
        let choices = choices.into_iter().map(|value| Choice {
            chosen: form_data.is_none_or(|form_data| form_data.all(name).contains(&value)),
            value: value.to_owned(),
            text: value.to_owned(),
        });
        self.field(name, label, help, Kind::Checks(choices.collect()))
    }
}
