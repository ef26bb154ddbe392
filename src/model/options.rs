//! The options of networks and of training, told: a name, a sentence and bounds each, so that the window and the command
//! line offer all of them without knowing any.

use super::{ModelError, ModelKind, ModelSpec};
use serde_json::Value;

/// What values an option takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OptionKind {
    /// A whole number within bounds, both included.
    Whole(u64, u64),
    /// A number within bounds, both included.
    Real(f64, f64),
    /// Yes or no.
    Flag,
    /// One of these names; the first is what a file without it means.
    Choice(&'static [&'static str]),
}

/// An option: its name in files, what it is called, and a sentence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OptionInfo {
    /// The name in files and on the command line.
    pub name: &'static str,
    /// What people call it, with its unit.
    pub title: &'static str,
    /// What it does.
    pub sentence: &'static str,
    /// What values it takes.
    pub kind: OptionKind,
}

const fn option(
    name: &'static str,
    title: &'static str,
    sentence: &'static str,
    kind: OptionKind,
) -> OptionInfo {
    OptionInfo { name, title, sentence, kind }
}

use OptionKind::{Flag, Real, Whole};

const TEMPCNN: &[OptionInfo] = &[
    option("filters", "Filters", "Filters of each convolution.", Whole(1, 4096)),
    option("kernel", "Kernel (dates)", "Dates that a filter sees at once; odd.", Whole(1, 255)),
    option("layers", "Convolutions", "Convolutions, one after the other.", Whole(1, 32)),
    option("dense", "Dense units", "Units of the dense layer behind the convolutions.", Whole(1, 65_536)),
    option(
        "conv_dropout",
        "Dropout, convolutions",
        "Share of values dropped after each convolution while training.",
        Real(0.0, 0.95),
    ),
    option(
        "dense_dropout",
        "Dropout, dense",
        "Share of values dropped after the dense layer while training.",
        Real(0.0, 0.95),
    ),
];

const PIXEL: &[OptionInfo] = &[
    option(
        "filters",
        "Filters",
        "Filters of each convolution; the dense layer has twice as many units.",
        Whole(1, 4096),
    ),
    option(
        "short_kernel",
        "Short kernel (dates)",
        "Dates that the first branch's filters see at once; odd.",
        Whole(1, 255),
    ),
    option(
        "long_kernel",
        "Long kernel (dates)",
        "Dates that the second branch's filters see at once; odd.",
        Whole(1, 255),
    ),
    option(
        "dropout",
        "Dropout",
        "Share of values dropped after each branch's first convolution while training.",
        Real(0.0, 0.95),
    ),
];

const LTAE: &[OptionInfo] = &[
    option(
        "heads",
        "Heads",
        "Heads of attention, each with one learned query; a power of two.",
        Whole(1, 32),
    ),
    option("key", "Key width", "Width of keys and queries.", Whole(1, 256)),
    option(
        "attention_dropout",
        "Dropout, attention",
        "Share of the attention dropped while training.",
        Real(0.0, 0.95),
    ),
    option(
        "dropout",
        "Dropout",
        "Share of values dropped after the attention while training.",
        Real(0.0, 0.95),
    ),
    option("mask_gaps", "Look past gaps", "No head looks at a date that was a gap.", Flag),
];

const UNET: &[OptionInfo] = &[
    option(
        "width",
        "Filters",
        "Filters of the finest level; each coarser one has twice as many.",
        Whole(1, 256),
    ),
    option("depth", "Depth", "How often the picture is halved.", Whole(1, 5)),
    option(
        "patch",
        "Patch (pixels)",
        "Pixels a side of the patches that it learns from; a multiple of 2 to the power of the depth.",
        Whole(2, 512),
    ),
    option("patches", "Patches a step", "Patches that a step learns from at once.", Whole(1, 256)),
];

const TRAINING: &[OptionInfo] = &[
    option(
        "seed",
        "Seed",
        "Everything random comes from it: the same seed gives the same model.",
        Whole(0, u32::MAX as u64),
    ),
    option(
        "epochs",
        "Epochs at most",
        "Passes over the samples; training stops earlier when the held-out annotations get no better.",
        Whole(1, 10_000),
    ),
    option("batch", "Batch (samples)", "Samples a step.", Whole(2, 65_536)),
    option(
        "schedule",
        "Schedule",
        "How the learning rate goes over all epochs: along a cosine, up and then down, not at all, down 5 % an epoch, or halved in steps.",
        OptionKind::Choice(&["cosine", "onecycle", "constant", "exponential", "steps"]),
    ),
    option(
        "optimiser",
        "Optimiser",
        "How gradients become steps: weights decay apart from them (AdamW) or by them (Adam).",
        OptionKind::Choice(&["adamw", "adam"]),
    ),
    option("learning_rate", "Learning rate", "How far a step goes, at the highest.", Real(1e-7, 1.0)),
    option("weight_decay", "Weight decay", "How strongly weights are pulled to zero.", Real(0.0, 1.0)),
    option(
        "averaging",
        "Averaging of weights",
        "Share of the running average of the weights that each step leaves; the average is what is scored and kept; 0 for none.",
        Real(0.0, 0.9999),
    ),
    option(
        "label_smoothing",
        "Label smoothing",
        "Share of the target spread evenly over all classes.",
        Real(0.0, 0.9),
    ),
    option(
        "class_weights",
        "Weights of classes",
        "How much a sample counts by its class: all the same, by the square root of the rarity, or so that classes are even.",
        OptionKind::Choice(&["none", "softened", "balanced"]),
    ),
    option(
        "cap_per_class",
        "Samples a class at most",
        "Samples of a class that train, drawn at random; 0 for all.",
        Whole(0, 100_000_000),
    ),
    option(
        "cap_per_annotation",
        "Samples an annotation at most",
        "Samples of an annotation that train, drawn at random; 0 for all.",
        Whole(0, 100_000_000),
    ),
    option(
        "drop_dates",
        "Dates dropped (share)",
        "Share of a series' dates dropped at random while training and filled again, as clouds will do.",
        Real(0.0, 0.9),
    ),
    option(
        "clouds",
        "Clouds (share of dates)",
        "Share of dates that get a simulated cloud while training, as masks will miss some.",
        Real(0.0, 0.9),
    ),
    option(
        "shadows",
        "Shadows (share of dates)",
        "Share of dates that get a simulated shadow while training.",
        Real(0.0, 0.9),
    ),
    option(
        "gain",
        "Gain (share)",
        "Standard deviation of a gain on each date, as mosaics drift from one another.",
        Real(0.0, 1.0),
    ),
    option(
        "offset",
        "Offset (share of range)",
        "Standard deviation of an offset on each date and band, as a share of the band's range.",
        Real(0.0, 1.0),
    ),
    option(
        "mixup",
        "Mixing of samples",
        "Samples are mixed in pairs while training, by shares from a beta distribution of this parameter; 0 for not at all.",
        Real(0.0, 10.0),
    ),
    option(
        "patience",
        "Patience (epochs)",
        "Epochs without a better loss on the held-out annotations before training stops.",
        Whole(1, 10_000),
    ),
    option(
        "held_out_share",
        "Held out (share)",
        "Share of each class's annotations held out for stopping early.",
        Real(0.0, 0.9),
    ),
    option(
        "take_likely",
        "Likely annotations too",
        "Also learn from annotations that are only likely.",
        Flag,
    ),
];

impl ModelKind {
    /// The network's own options.
    pub fn options(&self) -> &'static [OptionInfo] {
        match self {
            Self::TempCnn(_) => TEMPCNN,
            Self::Pixel(_) => PIXEL,
            Self::Ltae(_) => LTAE,
            Self::UNet(_) => UNET,
        }
    }
}

impl ModelSpec {
    /// The options of training, the same for all networks.
    pub fn training_options() -> &'static [OptionInfo] {
        TRAINING
    }

    /// The value of an option of the network or of training, by its name.
    pub fn option(&self, name: &str) -> Option<Value> {
        let of = |value: serde_json::Result<Value>| value.ok()?.get(name).cloned();
        if self.kind.options().iter().any(|o| o.name == name) {
            of(serde_json::to_value(&self.kind))
        } else {
            // What is left out of files where it is as usual is there all the same.
            let usual = match TRAINING.iter().find(|o| o.name == name)?.kind {
                Flag => Some(Value::Bool(false)),
                OptionKind::Choice(names) => names.first().map(|name| (*name).into()),
                Whole(..) => Some(0.into()),
                Real(..) => Some(0.0.into()),
            };
            of(serde_json::to_value(&self.training)).or(usual)
        }
    }

    /// Sets an option by its name; numbers and yes or no may come as text.
    ///
    /// # Errors
    /// [`ModelError::Options`] that names the options there are, or the values it takes.
    pub fn set_option(&mut self, name: &str, value: &Value) -> Result<(), ModelError> {
        let refuse = |why: String| Err(ModelError::Options { why });
        let known = || self.kind.options().iter().chain(TRAINING);
        let Some(info) = known().find(|o| o.name == name) else {
            let names: Vec<&str> = known().map(|o| o.name).collect();
            let network = self.kind.title();
            return refuse(format!("{network} has no option {name}. There are {}", names.join(", ")));
        };
        let Some(value) = info.kind.read(value) else {
            return refuse(format!("{name} takes {}, not {value}", info.kind.words()));
        };
        let set = |whole: serde_json::Result<Value>| -> serde_json::Result<Value> {
            let mut whole = whole?;
            whole[name] = value.clone();
            Ok(whole)
        };
        let failed =
            |e: serde_json::Error| ModelError::Options { why: format!("{name} cannot be {value}: {e}") };
        if self.kind.options().iter().any(|o| o.name == name) {
            self.kind =
                set(serde_json::to_value(&self.kind)).and_then(serde_json::from_value).map_err(failed)?;
        } else {
            self.training =
                set(serde_json::to_value(&self.training)).and_then(serde_json::from_value).map_err(failed)?;
        }
        Ok(())
    }
}

impl OptionKind {
    /// A value as this kind has it; `None` where it is out of bounds or of another kind.
    fn read(self, value: &Value) -> Option<Value> {
        let text = value.as_str().map(str::trim);
        match self {
            Whole(low, high) => {
                let number = text.map_or(value.as_u64(), |t| t.parse().ok())?;
                (low..=high).contains(&number).then(|| number.into())
            }
            Real(low, high) => {
                let number = text.map_or(value.as_f64(), |t| t.parse().ok())?;
                (low..=high).contains(&number).then(|| number.into())
            }
            Flag => match text {
                None => value.as_bool().map(Value::Bool),
                Some("yes" | "true" | "on") => Some(Value::Bool(true)),
                Some("no" | "false" | "off") => Some(Value::Bool(false)),
                Some(_) => None,
            },
            Self::Choice(names) => text.filter(|t| names.contains(t)).map(|t| t.into()),
        }
    }

    /// The values it takes, for people.
    pub fn words(self) -> String {
        match self {
            Whole(low, high) => format!("a whole number from {low} to {high}"),
            Real(low, high) => format!("a number from {low} to {high}"),
            Flag => "yes or no".into(),
            Self::Choice(names) => names.join(" or "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_there_and_every_field_is_told() {
        for kind in ModelKind::all() {
            let spec = ModelSpec { kind, ..ModelSpec::default() };
            let told = spec.kind.options().iter().chain(TRAINING);
            for info in told {
                let value = spec.option(info.name).unwrap_or_else(|| panic!("{} is not there", info.name));
                assert!(info.kind.read(&value).is_some(), "{} is {value} by default", info.name);
                let mut same = spec.clone();
                same.set_option(info.name, &value).unwrap();
                assert_eq!(same, spec, "{}", info.name);
                assert!(info.sentence.ends_with('.'), "{}", info.sentence);
            }
            let fields = serde_json::to_value(&spec.kind).unwrap();
            for name in fields.as_object().unwrap().keys().filter(|name| *name != "network") {
                assert!(spec.kind.options().iter().any(|o| o.name == name), "{name} is told nowhere");
            }
            let fields = serde_json::to_value(&spec.training).unwrap();
            for name in fields.as_object().unwrap().keys() {
                assert!(TRAINING.iter().any(|o| o.name == name), "{name} is told nowhere");
            }
        }
    }

    #[test]
    fn options_are_set_from_text_and_refused_out_of_bounds() {
        let mut spec = ModelSpec::default();
        spec.set_option("filters", &"32".into()).unwrap();
        spec.set_option("take_likely", &"yes".into()).unwrap();
        spec.set_option("learning_rate", &"1e-3".into()).unwrap();
        let ModelKind::TempCnn(options) = &spec.kind else { panic!("another network") };
        assert_eq!(
            (options.filters, spec.training.take_likely, spec.training.learning_rate),
            (32, true, 1e-3)
        );
        for (name, value, says) in [
            ("filter", "32", "There are filters"),
            ("filters", "0", "whole number from 1 to 4096"),
            ("filters", "many", "whole number"),
            ("seed", "-1", "whole number"),
            ("take_likely", "maybe", "yes or no"),
            ("weight_decay", "NaN", "number from 0 to 1"),
        ] {
            let why = spec.set_option(name, &value.into()).unwrap_err().to_string();
            assert!(why.contains(says), "{why}");
        }
    }
}
