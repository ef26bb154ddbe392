//! What stands out, in a sentence.

use super::{Place, Shift, Trust, TrustInput, Verdict};
use chrono::{Datelike, NaiveDate};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// So few more of the pixels outside than of the ground are no sign of other ground.
const FEW_OUTSIDE: f32 = 0.1;

/// Common names for people.
const INPUTS: [(&str, &str); 13] = [
    ("coastal", "coastal blue"),
    ("blue", "blue"),
    ("green", "green"),
    ("yellow", "yellow"),
    ("red", "red"),
    ("rededge1", "red edge 1"),
    ("rededge2", "red edge 2"),
    ("rededge3", "red edge 3"),
    ("nir", "near infrared"),
    ("nir08", "narrow near infrared"),
    ("swir1", "shortwave infrared 1"),
    ("swir2", "shortwave infrared 2"),
    ("watervapour", "water vapour"),
];

/// What a shift does to a map; the last where nearly all values are among those that it learned from, which is what another
/// mix of the same classes looks like too.
const EXPECTATIONS: [&str; 4] = [
    "expect vegetation classes to be wrong",
    "expect wet and dry classes to be confused",
    "expect classes that differ in it to be wrong",
    "either the classes have other shares here or they look different, so check the map against what you know",
];

/// What grows is told by these.
const VEGETATION: [&str; 7] = ["rededge2", "rededge3", "nir", "nir08", "ndvi", "evi", "red"];
/// What is wet or dry is told by these.
const MOISTURE: [&str; 3] = ["swir1", "swir2", "watervapour"];

impl TrustInput {
    /// "near infrared (B08)", or its name; `told` says a common name in another language.
    pub fn words_in(&self, told: &dyn Fn(&'static str) -> &'static str) -> String {
        let known = INPUTS.iter().find(|(common, _)| Some(*common) == self.common.as_deref());
        match known {
            Some((common, words)) if *common == self.name => told(words).into(),
            Some((_, words)) => format!("{} ({})", told(words), self.name),
            None => self.name.clone(),
        }
    }

    /// [`TrustInput::words_in`] English.
    pub fn words(&self) -> String {
        self.words_in(&|words| words)
    }

    /// All words that stand for inputs, and what a shift of them does.
    pub fn all_words() -> impl Iterator<Item = &'static str> {
        INPUTS.iter().map(|(_, words)| *words).chain(EXPECTATIONS)
    }

    /// "0.21", "1 234": a value of it.
    pub fn value(&self, value: f32) -> String {
        match value.abs() {
            size if size >= 100.0 => format!("{value:.0}"),
            size if size >= 10.0 => format!("{value:.1}"),
            size if size < 0.1 => format!("{value:.3}"),
            _ => format!("{value:.2}"),
        }
    }

    fn expectation(&self) -> &'static str {
        let name = self.common.clone().unwrap_or_else(|| self.name.to_lowercase());
        let is_index = self.is_index && !name.starts_with("ndwi") && !name.starts_with("ndmi");
        match name.as_str() {
            name if is_index || VEGETATION.contains(&name) => EXPECTATIONS[0],
            name if MOISTURE.contains(&name) => EXPECTATIONS[1],
            _ => EXPECTATIONS[2],
        }
    }
}

impl Trust {
    /// What a shift does to a map.
    pub fn expectation(&self, shift: &Shift) -> &'static str {
        let few_outside = self.outside - self.ground_outside < FEW_OUTSIDE;
        match self.inputs.get(shift.input) {
            Some(input) if shift.place != Place::Usual || !few_outside => input.expectation(),
            _ => EXPECTATIONS[3],
        }
    }

    /// "from June to August", "in June", "on all dates"; with years where the dates go over more than one.
    pub fn season(&self, shift: &Shift) -> String {
        let (first, last) = shift.dates;
        if first == 0 && last + 1 == self.dates.len() && last > 0 {
            return "on all dates".into();
        }
        let more_than_a_year = match (self.dates.first(), self.dates.last()) {
            (Some(first), Some(last)) => (*last - *first).num_days() > 366,
            _ => false,
        };
        let (Some(from), Some(to)) = (self.dates.get(first), self.dates.get(last)) else {
            return String::new();
        };
        let month = |date: &NaiveDate| MONTHS[date.month0() as usize % 12];
        let year = |date: &NaiveDate| match more_than_a_year {
            true => format!(" {}", date.year()),
            false => String::new(),
        };
        match (from.year(), from.month()) == (to.year(), to.month()) {
            true => format!("in {}{}", month(to), year(to)),
            false if from.year() == to.year() => format!("from {} to {}{}", month(from), month(to), year(to)),
            false => format!("from {}{} to {}{}", month(from), year(from), month(to), year(to)),
        }
    }

    /// What it comes to, in one sentence.
    pub fn sentence(&self) -> String {
        let percent = percent(self.outside);
        match &self.verdict {
            Verdict::Fits => "This site looks like the ground it learned from".into(),
            Verdict::Empty => {
                "No pixel of this site that was looked at has an observation: the map would be empty".into()
            }
            Verdict::Scattered => format!(
                "{percent} of the pixels lie outside the training's range, in no band or month above all: expect them to be wrong"
            ),
            Verdict::Shifted(shift) => {
                let Some(input) = self.inputs.get(shift.input) else { return String::new() };
                let direction = if shift.above { "higher" } else { "lower" };
                let than = match shift.place {
                    Place::Beyond => "anything it learned from",
                    Place::Rare => "nearly all that it learned from",
                    Place::Usual => "what it learned from",
                };
                let others = match shift.others {
                    0 => String::new(),
                    1 => ", and one more input is shifted".into(),
                    n => format!(", and {n} more inputs are shifted"),
                };
                format!(
                    "{} {} is {direction} than {than} (median {} against {}){others}: {}; {percent} of the pixels lie outside the \
                     training's range",
                    capital(&input.words()),
                    self.season(shift),
                    input.value(shift.here),
                    input.value(shift.learned),
                    self.expectation(shift)
                )
            }
        }
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// "38 %"; what is rare is not none.
fn percent(share: f32) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 1.0 { "less than 1 %".into() } else { format!("{percent:.0} %") }
}
