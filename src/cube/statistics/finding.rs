//! What stands out, in sentences. Each is a hint: what changes on the ground stands out too.

use super::{Comparison, Drift};

/// Something that stands out.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The site, by its place in the comparison.
    pub site: usize,
    /// The date to look at, by index in the site.
    pub time: usize,
    /// How much it stands out, in spreads; the worst come first.
    pub score: f32,
    /// What it is.
    pub kind: Kind,
}

/// What stands out.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A date is not as its neighbours in time.
    Date {
        /// The bands of the comparison that differ most, with how far in spreads; brighter is positive.
        bands: Vec<(usize, f32)>,
        /// What half of the values span, in shares of what it does at the neighbours; NaN where it cannot be told.
        contrast: f32,
        /// The share of pixels that were seen.
        clear: f32,
        /// What it may be.
        hint: Hint,
    },
    /// No pixel was seen on so many dates of a site, of which this is the first.
    Unseen {
        /// How many.
        dates: usize,
    },
    /// A site is further from the others than they are from one another.
    Site {
        /// The middle of its distances to the others, in quartile ranges.
        distance: f32,
        /// What that is for the others.
        usual: f32,
        /// The bands of the comparison that differ most.
        bands: Vec<usize>,
    },
}

/// What a date that stands out may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Hint {
    /// Brighter where haze scatters.
    Haze,
    /// Brighter in all bands.
    Cloud,
    /// Darker in all bands.
    Shadow,
    /// Something else.
    Other,
}

impl Hint {
    /// What the bands of a date say; `common` is the common name of each and how far it is from what one expects.
    pub(super) fn of(bands: &[(Option<&str>, f32)], contrast: f32) -> Self {
        /// A band that differs by so many spreads counts.
        const COUNTS: f32 = 2.0;
        let of = |names: &[&str]| {
            let is = |name: &Option<&str>| name.is_some_and(|name| names.contains(&name));
            super::median(bands.iter().filter(|(name, _)| is(name)).map(|(_, z)| *z))
        };
        let short = of(&["coastal", "blue"]);
        // The first red edge stands in where no visible band was taken.
        let (seen, edge) = (of(&["coastal", "blue", "green", "yellow", "red"]), of(&["rededge1"]));
        let (visible, red) = (if seen.is_finite() { seen } else { edge }, of(&["red"]));
        // Clouds of ice are dark in the short-wave infrared.
        let infrared = of(&["nir", "nir08"]);
        if visible >= COUNTS && infrared >= COUNTS {
            return Self::Cloud;
        }
        if visible <= -COUNTS && infrared <= -COUNTS {
            return Self::Shadow;
        }
        // Haze scatters blue most, and takes contrast away.
        if short >= COUNTS && (!red.is_finite() || short >= red || contrast < 0.9) {
            return Self::Haze;
        }
        Self::Other
    }

    /// In a few words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Haze => "haze?",
            Self::Cloud => "unmasked cloud, snow or another calibration?",
            Self::Shadow => "cloud shadow, low sun or another calibration?",
            Self::Other => "a drifting mosaic, or a change on the ground?",
        }
    }
}

impl Finding {
    /// A date of a site that stands out; `bands` of the comparison, each with its place in the site.
    pub(super) fn date(comparison: &Comparison, site: usize, time: usize, drift: &Drift) -> Self {
        let here = &comparison.sites[site];
        let told = |(at, band): (usize, &Option<usize>)| Some((at, drift.z(time, (*band)?)));
        let mut bands: Vec<(usize, f32)> =
            here.band_of.iter().enumerate().filter_map(told).filter(|(_, z)| z.is_finite()).collect();
        let named: Vec<_> =
            bands.iter().map(|(at, z)| (comparison.bands[*at].common.as_deref(), *z)).collect();
        let hint = Hint::of(&named, drift.contrast[time]);
        bands.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        let first = here.band_of.iter().flatten().map(|band| here.statistics.clear_share(time, *band));
        let clear = first.fold(0.0, f64::max) as f32;
        // What is hazy is told by what is brighter.
        if hint == Hint::Haze {
            bands.retain(|(_, z)| *z > 0.0);
        }
        bands.truncate(3);
        let kind = Kind::Date { bands, contrast: drift.contrast[time], clear, hint };
        Self { site, time, score: drift.scores[time], kind }
    }

    /// The sentence.
    pub fn words(&self, comparison: &Comparison) -> String {
        let here = &comparison.sites[self.site];
        let date = here.statistics.dates[self.time];
        let name = |band: usize| comparison.bands[band].name.as_str();
        match &self.kind {
            Kind::Unseen { dates: 1 } => format!("{}, {date}: no pixel was seen", here.name),
            Kind::Unseen { dates } => {
                let all = here.statistics.dates.len();
                format!("{}: no pixel was seen on {dates} of {all} dates, first on {date}", here.name)
            }
            Kind::Site { distance, usual, bands } => {
                let bands: Vec<_> = bands.iter().map(|band| name(*band)).collect();
                format!(
                    "{}: {distance:.1} quartile ranges from the other sites, which are {usual:.1} from one another; most in {}",
                    here.name,
                    bands.join(", ")
                )
            }
            Kind::Date { bands, contrast, clear, hint } => {
                let of = |bright: bool| -> Option<String> {
                    let some: Vec<_> = bands
                        .iter()
                        .filter(|(_, z)| (*z > 0.0) == bright)
                        .map(|(band, z)| format!("{} by {:.1}", name(*band), z.abs()))
                        .collect();
                    let word = if bright { "brighter" } else { "darker" };
                    (!some.is_empty()).then(|| format!("{word} in {} spreads", some.join(", ")))
                };
                let mut words = [of(true), of(false)].into_iter().flatten().collect::<Vec<_>>().join(" and ");
                words += " than its neighbours in time";
                if *contrast < 0.8 {
                    words += &format!(", with {:.0} % of their contrast", contrast * 100.0);
                }
                if *clear < 0.5 {
                    words += &match *clear < 0.01 {
                        true => "; less than 1 % of its pixels were seen".into(),
                        false => format!("; only {:.0} % of its pixels were seen", clear * 100.0),
                    };
                }
                format!("{}, {date}: {words}: {}", here.name, hint.words())
            }
        }
    }
}
