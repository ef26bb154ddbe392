//! What to show, and how: channels, their stretch, gamma and ramp.

use super::{Display, Ramp, Sampled, StretchFrom, natural_colour, needed};
use crate::cube::{Band, Cube, CubeError, Feature};
use crate::geo::Window;
use crate::progress::Cancel;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// From values to brightness, a channel: black at `low`, white at `high`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// Value shown black, for red, green, blue; the first for a single channel.
    pub low: [f32; 3],
    /// Value shown white.
    pub high: [f32; 3],
}

/// From brightness to what is on screen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tone {
    /// Above 1 the middle is brighter.
    pub gamma: f32,
    /// The colours of a single channel.
    pub ramp: Ramp,
    /// Whether the ramp runs the other way.
    pub inverted: bool,
}

impl Default for Tone {
    fn default() -> Self {
        Self { gamma: 1.0, ramp: Ramp::default(), inverted: false }
    }
}

impl Tone {
    /// The brightness of a share of the stretch, both from 0 to 1.
    pub fn bright(&self, share: f32) -> f32 {
        let share = share.clamp(0.0, 1.0);
        if self.gamma == 1.0 { share } else { share.powf(1.0 / self.gamma) }
    }

    /// The colour of a share of the stretch, of a single channel.
    pub fn colour(&self, share: f32) -> [u8; 3] {
        let bright = self.bright(share);
        self.ramp.colour(if self.inverted { 1.0 - bright } else { bright })
    }
}

/// What to show, and how.
#[derive(Debug, Clone)]
pub struct Composite {
    /// What is shown red, green and blue; or the one that is shown on a ramp of colours.
    pub channels: Vec<Feature>,
    /// The stretch that all dates share.
    pub stretch: Stretch,
    /// From brightness to what is on screen.
    pub tone: Tone,
    /// The values that the stretch was found among.
    pub sampled: Option<Arc<Sampled>>,
    /// The stretches of single dates, where each has its own.
    dates: Option<DateStretches>,
}

/// Stretches of single dates, found when a date is first shown.
#[derive(Debug, Clone)]
struct DateStretches {
    display: Arc<Display>,
    /// Whether they count now; what was found is kept for when they do again.
    on: bool,
    found: Arc<Mutex<HashMap<usize, Arc<Sampled>>>>,
}

impl DateStretches {
    fn lock(&self) -> MutexGuard<'_, HashMap<usize, Arc<Sampled>>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Composite {
    /// Channels with a stretch that is given.
    pub fn new(channels: Vec<Feature>, stretch: Stretch) -> Self {
        Self { channels, stretch, tone: Tone::default(), sampled: None, dates: None }
    }

    /// Channels with a stretch among their values in `window`, as `display` has it. Blocks on the disk.
    ///
    /// # Errors
    /// When the cube cannot be read, or it is cancelled.
    pub fn sampled(
        cube: &Cube,
        channels: Vec<Feature>,
        window: Window,
        display: &Display,
        cancel: &Cancel,
    ) -> Result<Self, CubeError> {
        let dates = Sampled::dates(cube.info().dates.len());
        let sampled = Sampled::take(cube, &channels, window, &dates, cancel)?;
        let mut composite = Self::new(channels, Stretch { low: [0.0; 3], high: [1.0; 3] });
        composite.sampled = Some(Arc::new(sampled));
        composite.dates =
            Some(DateStretches { display: Arc::new(display.clone()), on: false, found: Arc::default() });
        Ok(composite.displayed(display))
    }

    /// The same channels as another display has them, from the values that were sampled.
    #[must_use]
    pub fn displayed(&self, display: &Display) -> Self {
        let display = display.clone().mended();
        let mut next = self.clone();
        next.tone = Tone { gamma: display.gamma, ramp: display.ramp, inverted: display.inverted };
        if let Some(sampled) = &self.sampled {
            next.stretch = self.stretch_among(sampled, &display);
        }
        if let Some(dates) = &mut next.dates {
            dates.on = display.per_date && display.from != StretchFrom::Hand;
            dates.display = Arc::new(display);
        }
        next
    }

    /// The composite as it is at a date: where each has a stretch of its own it is found now, unless it was before. Blocks on
    /// the disk.
    ///
    /// # Errors
    /// When the cube cannot be read.
    pub fn at<'a>(&'a self, cube: &Cube, time: usize) -> Result<Cow<'a, Self>, CubeError> {
        let (Some(dates), Some(all)) = (self.dates.as_ref().filter(|dates| dates.on), &self.sampled) else {
            return Ok(Cow::Borrowed(self));
        };
        let known = dates.lock().get(&time).cloned();
        let sampled = match known {
            Some(known) => known,
            None => {
                let taken = Sampled::take(cube, &self.channels, all.window, &[time], &Cancel::new())?;
                let taken = Arc::new(taken);
                dates.lock().insert(time, Arc::clone(&taken));
                taken
            }
        };
        Ok(Cow::Owned(Self { stretch: self.stretch_among(&sampled, &dates.display), ..self.clone() }))
    }

    /// The same with the stretch of one date for all, among values of the same part of the grid. Blocks on the disk.
    ///
    /// # Errors
    /// When the cube cannot be read.
    pub fn of_date(&self, cube: &Cube, time: usize) -> Result<Self, CubeError> {
        let mut one = self.clone();
        if let Some(dates) = &mut one.dates {
            dates.on = dates.display.from != StretchFrom::Hand;
        }
        let mut one = one.at(cube, time)?.into_owned();
        one.dates = None;
        Ok(one)
    }

    /// The values that the stretch of a date is found among, where they are known yet. Never waits for the disk.
    pub fn sampled_at(&self, time: usize) -> Option<Arc<Sampled>> {
        match self.dates.as_ref().filter(|dates| dates.on) {
            None => self.sampled.clone(),
            Some(dates) => dates.lock().get(&time).cloned(),
        }
    }

    /// The stretch of a date, where it is known yet. Never waits for the disk.
    pub fn stretch_at(&self, time: usize) -> Option<Stretch> {
        match self.dates.as_ref().filter(|dates| dates.on) {
            None => Some(self.stretch),
            Some(dates) => {
                let sampled = dates.lock().get(&time).cloned()?;
                Some(self.stretch_among(&sampled, &dates.display))
            }
        }
    }

    fn stretch_among(&self, sampled: &Sampled, display: &Display) -> Stretch {
        let mut stretch = Stretch { low: [0.0; 3], high: [1.0; 3] };
        for (i, channel) in self.channels.iter().take(3).enumerate() {
            let given = display.hand.get(&channel.name).filter(|_| display.from == StretchFrom::Hand);
            let [mut low, mut high] = given.copied().unwrap_or_else(|| sampled.ends(i, display.percentiles));
            if let (1, true, Some(centre)) =
                (self.channels.len(), display.ramp.is_diverging(), display.centre)
            {
                // As far to one side as to the other, so that equal distances from the middle look equal.
                let reach = (high - centre).abs().max((centre - low).abs());
                (low, high) = (centre - reach, centre + reach);
            }
            (stretch.low[i], stretch.high[i]) = (low, high);
        }
        stretch
    }

    /// The bands that are read for it, each once.
    pub fn needed(&self) -> Vec<usize> {
        needed(&self.channels)
    }

    /// Names of its channels.
    pub fn names(&self) -> Vec<&str> {
        self.channels.iter().map(|channel| channel.name.as_str()).collect()
    }
}

/// Natural colour, or what comes nearest to it; of fewer than three bands the first.
pub fn natural_channels(bands: &[Band]) -> Vec<Feature> {
    let of = |band: usize| Feature::band_at(bands, band);
    let shown = if bands.len() < 3 { vec![0] } else { natural_colour(bands).to_vec() };
    shown.into_iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cube::picture::picture;
    use crate::cube::tests::Input;

    fn display(change: impl FnOnce(&mut Display)) -> Display {
        let mut display = Display::default();
        change(&mut display);
        display
    }

    fn single(values: Vec<f32>) -> Composite {
        let band = Feature::band_at(&[Band::named("x")], 0).unwrap();
        let mut composite = Composite::new(vec![band], Stretch { low: [0.0; 3], high: [1.0; 3] });
        composite.sampled = Some(Arc::new(Sampled::of(vec![values])));
        composite
    }

    #[test]
    fn a_display_is_applied_without_reading_again() {
        let composite = single((0..=100).map(|i| i as f32).collect());
        let ends = |display: &Display| {
            let stretch = composite.displayed(display).stretch;
            [stretch.low[0], stretch.high[0]]
        };
        assert_eq!(ends(&Display::default()), [2.0, 98.0]);
        assert_eq!(ends(&display(|d| d.percentiles = [0.0, 100.0])), [0.0, 100.0]);
        let by_hand = display(|d| {
            d.from = StretchFrom::Hand;
            d.hand.insert("x".into(), [-5.0, 7.0]);
        });
        assert_eq!(ends(&by_hand), [-5.0, 7.0]);
        assert_eq!(ends(&display(|d| d.from = StretchFrom::Hand)), [2.0, 98.0], "nothing was given");
        let centred = display(|d| (d.ramp, d.centre) = (Ramp::BlueRed, Some(20.0)));
        assert_eq!(ends(&centred), [-58.0, 98.0]);
        assert_eq!(ends(&display(|d| d.centre = Some(20.0))), [2.0, 98.0], "the ramp has no middle");
        assert_eq!(
            ends(&display(|d| d.percentiles = [70.0, 7.0])),
            [2.0, 98.0],
            "what is wrong does not count"
        );
    }

    #[test]
    fn each_date_has_a_stretch_of_its_own_once_it_was_shown() {
        let folder = tempfile::tempdir().unwrap();
        let cube = Input { dates: 3, ..Input::default() }.build(folder.path());
        let window = cube.info().grid.window();
        let channels = natural_channels(&cube.info().bands);
        let per_date = display(|d| d.per_date = true);
        let composite = Composite::sampled(&cube, channels, window, &per_date, &Cancel::new()).unwrap();
        assert!(
            composite.stretch_at(1).is_none() && composite.sampled_at(1).is_none(),
            "it was not shown yet"
        );
        picture(&cube, 1, &composite, window, 1).unwrap();
        let found = composite.stretch_at(1).unwrap();
        assert_eq!(composite.at(&cube, 1).unwrap().stretch, found);
        assert!(composite.stretch_at(0).is_none());
        let locked = composite.displayed(&Display::default());
        assert_eq!(locked.stretch_at(0), Some(locked.stretch));
        let wider = locked.displayed(&display(|d| (d.per_date, d.percentiles) = (true, [0.0, 100.0])));
        let wider = wider.stretch_at(1).unwrap();
        assert!(wider.low[0] < found.low[0] && found.high[0] < wider.high[0], "{wider:?} {found:?}");
    }

    #[test]
    fn gamma_lifts_or_lowers_the_middle_and_leaves_the_ends() {
        let tone = |gamma: f32, inverted: bool| Tone { gamma, inverted, ..Tone::default() };
        assert_eq!(tone(2.0, false).bright(0.25), 0.5);
        assert!(tone(0.5, false).bright(0.5) < 0.3);
        for gamma in [0.2, 1.0, 5.0] {
            assert_eq!([0.0, 1.0].map(|share| tone(gamma, false).bright(share)), [0.0, 1.0]);
            assert_eq!(tone(gamma, true).colour(0.0), Ramp::default().colour(1.0));
        }
    }
}
