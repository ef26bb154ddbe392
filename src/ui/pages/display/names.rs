//! What people read of composites, ramps and stretches.

use crate::cube::picture::{Preset, Ramp, StretchFrom};
use crate::ui::words::tr;

/// A preset's title.
pub fn preset(preset: &Preset) -> &'static str {
    match preset.name {
        "natural" => tr!("Natural colour"),
        "infrared" => tr!("Colour infrared"),
        "shortwave" => tr!("Shortwave infrared"),
        "agriculture" => tr!("Agriculture"),
        "land-water" => tr!("Land and water"),
        "built-up" => tr!("Built-up"),
        _ => preset.title,
    }
}

/// What one sees in a preset.
pub fn shows(preset: &Preset) -> &'static str {
    match preset.name {
        "natural" => tr!("The land as the eye would see it"),
        "infrared" => tr!("Vegetation is red, the more vigorous the brighter"),
        "shortwave" => tr!("Vegetation is green, bare soil and burns are red to violet, water is black"),
        "agriculture" => tr!("Crops are bright green, fallow and soil are violet"),
        "land-water" => tr!("Vegetation is orange to brown, soil green to cyan, water black"),
        "built-up" => tr!("Towns and bare rock are violet to white, vegetation is green, water is black"),
        _ => preset.shows,
    }
}

/// A ramp's title.
pub fn ramp(ramp: Ramp) -> &'static str {
    match ramp {
        Ramp::VioletYellow => tr!("Violet to yellow"),
        Ramp::Grey => tr!("Grey"),
        Ramp::Heat => tr!("Heat"),
        Ramp::Greens => tr!("Greens"),
        Ramp::BrownGreen => tr!("Brown to green"),
        Ramp::BlueRed => tr!("Blue to red"),
    }
}

/// Where a stretch comes from.
pub fn from(from: StretchFrom) -> &'static str {
    match from {
        StretchFrom::Site => tr!("of the site"),
        StretchFrom::View => tr!("of the view"),
        StretchFrom::Hand => tr!("by hand"),
    }
}

/// A pair of percentiles.
pub fn percentiles([low, high]: [f32; 2]) -> String {
    tr!("{low}–{high} %", low = low, high = high)
}
