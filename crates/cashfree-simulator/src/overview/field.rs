//! One field of a form: its label, its line of help, and what it holds.

use super::form_data::{FormData, Problem};

/// What a field is filled in with.
pub(super) enum Kind {
    /// On or off.
    Flag(bool),
    /// A line of text.
    Line(String),
    /// A line of digits.
    Number(String),
    /// One of several.
    Select(Vec<Choice>),
    /// Any of several.
    Checks(Vec<Choice>),
}

/// Something that can be chosen.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) words: String,
    pub(super) chosen: bool,
}

/// A field as a page shows it.
pub(super) struct Field {
    pub(super) id: String,
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) help: &'static str,
    pub(super) kind: Kind,
    pub(super) problem: Option<String>,
}

/// Makes the fields of one part of the page: as they were typed if they were refused, else with the given values.
pub(super) struct Form<'a> {
    pub(super) section: &'static str,
    pub(super) problem: Option<&'a Problem>,
}

impl<'a> Form<'a> {
    fn form_data(&self) -> Option<&'a FormData> {
        Problem::data_in(self.problem, self.section)
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
            problem: Problem::of_field(self.problem, self.section, name),
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
        let choices = choices.into_iter().map(|(value, words)| Choice {
            chosen: value == chosen,
            value: value.to_owned(),
            words,
        });
        self.field(name, label, help, Kind::Select(choices.collect()))
    }

    /// Checks of which all are set until something was typed.
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
            words: value.to_owned(),
        });
        self.field(name, label, help, Kind::Checks(choices.collect()))
    }
}
