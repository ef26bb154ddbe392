//! What to train: the network, its options, and how.

pub use super::ltae::LtaeOptions;
pub use super::pixel::PixelOptions;
pub use super::tempcnn::TempCnnOptions;
pub use super::unet::UNetOptions;

use super::ModelError;
use crate::cube::Filling;
use serde::{Deserialize, Serialize};

/// A network and its options.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "network", rename_all = "lowercase")]
pub enum ModelKind {
    /// TempCNN (Pelletier, Webb, Petitjean 2019).
    TempCnn(TempCnnOptions),
    /// The two-branch pixel network of the Reforestamos maps.
    Pixel(PixelOptions),
    /// Lightweight temporal attention (Garnot, Landrieu 2020), per pixel.
    Ltae(LtaeOptions),
    /// A UNet of patches of one mosaic (Ronneberger, Fischer, Brox 2015), to compare with.
    UNet(UNetOptions),
}

impl ModelKind {
    /// Each network with its default options, the usual one first.
    pub fn all() -> [Self; 4] {
        [
            Self::TempCnn(TempCnnOptions::default()),
            Self::Pixel(PixelOptions::default()),
            Self::Ltae(LtaeOptions::default()),
            Self::UNet(UNetOptions::default()),
        ]
    }

    /// Whether it reads series of single pixels; a UNet looks at patches of one mosaic.
    pub fn reads_series(&self) -> bool {
        !matches!(self, Self::UNet(_))
    }

    /// The network of this name with its default options.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|kind| kind.name() == name)
    }

    /// Checks the options, for series of so many dates.
    ///
    /// # Errors
    /// [`ModelError::Options`] with the option that cannot be, and what it takes.
    pub fn check(&self, times: usize) -> Result<(), ModelError> {
        match self {
            Self::TempCnn(options) => options.check(),
            Self::Pixel(options) => options.check(times),
            Self::Ltae(options) => options.check(),
            Self::UNet(options) => options.check(),
        }
    }

    /// The name in files and on the command line.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TempCnn(_) => "tempcnn",
            Self::Pixel(_) => "pixel",
            Self::Ltae(_) => "ltae",
            Self::UNet(_) => "unet",
        }
    }

    /// Whether it can be mapped in bfloat16, on a processor that has it.
    pub fn has_bf16(&self) -> bool {
        matches!(self, Self::TempCnn(_) | Self::Pixel(_))
    }

    /// The name as people write it.
    pub fn title(&self) -> &'static str {
        match self {
            Self::TempCnn(_) => "TempCNN",
            Self::Pixel(_) => "Pixel",
            Self::Ltae(_) => "L-TAE",
            Self::UNet(_) => "UNet",
        }
    }

    /// What the network is and when to take it.
    pub fn sentence(&self) -> &'static str {
        match self {
            Self::TempCnn(_) => {
                "Convolutions over the dates, in their order: the fastest to train and map, and the one to start with."
            }
            Self::Pixel(_) => {
                "Two branches of short and longer convolutions, as in the Reforestamos maps: small, for models that come from there."
            }
            Self::Ltae(_) => {
                "Attention over the dates, which knows the day of the year and looks past gaps: for long or cloudy series; it tells which dates decided."
            }
            Self::UNet(_) => {
                "Looks around each pixel on the mosaic of one date instead of along its year: to compare with, and for classes told by texture; slow."
            }
        }
    }
}

fn is_zero(value: &usize) -> bool {
    *value == 0
}

fn is_nothing(value: &f64) -> bool {
    *value == 0.0
}

/// How much a sample counts by its class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClassWeights {
    /// All the same.
    #[default]
    None,
    /// By the square root of the class's rarity.
    Softened,
    /// By the class's rarity, so that all classes count the same.
    Balanced,
}

impl ClassWeights {
    fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// How gradients become steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Optimiser {
    /// Weights decay apart from the gradients (Loshchilov, Hutter 2019, arXiv 1711.05101).
    #[default]
    AdamW,
    /// Their decay is part of the gradients (Kingma, Ba 2015, arXiv 1412.6980).
    Adam,
}

impl Optimiser {
    fn is_adamw(&self) -> bool {
        *self == Self::AdamW
    }
}

/// How the learning rate goes from the first step to the last one of all epochs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
    /// It falls along a half cosine (Loshchilov, Hutter 2017, arXiv 1608.03983).
    #[default]
    Cosine,
    /// It rises over the first tenth of the steps, then falls along a half cosine to nearly nothing (Smith, Topin 2018,
    /// arXiv 1708.07120).
    OneCycle,
    /// It stays.
    Constant,
    /// It falls by 5 % an epoch, as sits has it.
    Exponential,
    /// It is halved at epochs 8, 12, 15 and 18, as the Reforestamos networks were trained.
    Steps,
}

impl Schedule {
    fn is_cosine(&self) -> bool {
        *self == Self::Cosine
    }

    /// The share of the highest learning rate at step `step` of `of`, from 0, in epoch `epoch`, from 1.
    pub(super) fn share(self, step: usize, of: usize, epoch: usize) -> f64 {
        let half_cosine = |done: f64| 0.5 * (1.0 + (std::f64::consts::PI * done).cos());
        let done = step as f64 / of.max(1) as f64;
        match self {
            Self::Cosine => half_cosine(done),
            Self::OneCycle if done < RISE => RISE_FROM + (1.0 - RISE_FROM) * half_cosine(1.0 - done / RISE),
            Self::OneCycle => half_cosine((done - RISE) / (1.0 - RISE)),
            Self::Constant => 1.0,
            Self::Exponential => 0.95f64.powi(epoch.saturating_sub(1) as i32),
            Self::Steps => 0.5f64.powi([8, 12, 15, 18].iter().filter(|e| epoch >= **e).count() as i32),
        }
    }
}

/// Share of the steps in which a cycle rises, and where it starts.
const RISE: f64 = 0.1;
const RISE_FROM: f64 = 0.04;

/// How to train.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainOptions {
    /// Everything random comes from it: the split, the weights, the batches, dropout.
    pub seed: u64,
    /// At most this many passes over the samples.
    pub epochs: usize,
    /// Samples a step, at least 2.
    pub batch: usize,
    /// How gradients become steps.
    #[serde(default, skip_serializing_if = "Optimiser::is_adamw")]
    pub optimiser: Optimiser,
    /// The learning rate at its highest.
    pub learning_rate: f64,
    /// How the learning rate goes over the training.
    // Models from before there was a choice fell along a cosine, and know their training by what is written here.
    #[serde(default, skip_serializing_if = "Schedule::is_cosine")]
    pub schedule: Schedule,
    /// How strongly weights decay.
    pub weight_decay: f64,
    /// Running average of the weights, which is what is scored and kept: the share of it that each step leaves; 0 for none
    /// (Polyak, Juditsky 1992; Izmailov et al. 2018, arXiv 1803.05407).
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub averaging: f64,
    /// Share of the target spread evenly over all classes.
    pub label_smoothing: f64,
    /// How much a sample counts by its class.
    #[serde(default, skip_serializing_if = "ClassWeights::is_none")]
    pub class_weights: ClassWeights,
    /// At most this many samples of a class train; 0 for all.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cap_per_class: usize,
    /// At most this many samples of an annotation train; 0 for all.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cap_per_annotation: usize,
    /// Share of a series' dates dropped at random while training, and filled between their neighbours (or masked).
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub drop_dates: f64,
    /// Share of dates that get a simulated cloud while training.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub clouds: f64,
    /// Share of dates that get a simulated shadow.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub shadows: f64,
    /// Standard deviation of a gain on each date.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub gain: f64,
    /// Standard deviation of an offset on each date and band, as a share of the band's range.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub offset: f64,
    /// Samples are mixed in pairs by a share from a beta distribution of this parameter (Zhang et al. 2018, arXiv
    /// 1710.09412); 0 for not at all.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub mixup: f64,
    /// Stop after this many epochs without a better loss on the held-out annotations.
    pub patience: usize,
    /// Share of each class's annotations held out.
    pub held_out_share: f64,
    /// Whether annotations that are only likely train too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub take_likely: bool,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            // Held against 40 epochs at 1e-3, over eight seeds: 0.931 to 0.928 of the simulated corridor right, 0.798 to 0.799 of
            // 160 samples of Rondônia (three folds), with two thirds of the work.
            epochs: 24,
            batch: 64,
            optimiser: Optimiser::AdamW,
            learning_rate: 3e-3,
            schedule: Schedule::OneCycle,
            weight_decay: 1e-4,
            averaging: 0.98,
            label_smoothing: 0.05,
            class_weights: ClassWeights::None,
            cap_per_class: 0,
            cap_per_annotation: 0,
            drop_dates: 0.2,
            clouds: 0.05,
            shadows: 0.05,
            gain: 0.0,
            offset: 0.0,
            mixup: 0.0,
            patience: 20,
            held_out_share: 0.25,
            take_likely: false,
        }
    }
}

/// All that a training run needs besides the samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelSpec {
    /// The network.
    pub kind: ModelKind,
    /// How to train it.
    pub training: TrainOptions,
    /// What it learns from: bands and indices by name, or expressions; all bands of the cube where it is `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Vec<String>>,
    /// How gaps are filled before the network sees a series, in training and in mapping alike.
    // Models from before there was a choice were filled linearly, and know their training by what is written here.
    #[serde(default, skip_serializing_if = "Filling::is_default")]
    pub filling: Filling,
}

impl ModelSpec {
    /// Whether the network looks past dates with a gap.
    pub fn masks_gaps(&self) -> bool {
        matches!(&self.kind, ModelKind::Ltae(options) if options.mask_gaps)
    }

    /// How gaps are filled for this network: one that looks past them needs plausible values there all the same.
    pub fn filling(&self) -> Filling {
        if self.masks_gaps() && self.filling == Filling::Off { Filling::Linear } else { self.filling }
    }
}

impl Default for ModelSpec {
    fn default() -> Self {
        Self {
            kind: ModelKind::TempCnn(TempCnnOptions::default()),
            training: TrainOptions::default(),
            inputs: None,
            filling: Filling::default(),
        }
    }
}
