//! Colours, sizes and spacings. Greys have no hue, since imagery is judged by colour; class colours are data.

use crate::chart::colours;
use crate::cube::PixelState;
use egui::epaint::text::{FontInsert, FontPriority, InsertFontFamily};
use egui::{Color32, CornerRadius, FontData, FontFamily, Margin, Stroke, TextStyle, Theme, Vec2, Visuals};

/// Everything is placed on multiples of this.
pub const GRID: f32 = 4.0;
/// Height of buttons and rows.
pub const TARGET: f32 = 24.0;
/// Width of the names on the left of fields, in dialogs.
pub const NAMES: f32 = 92.0;
/// Height of a bar with words in it.
pub const BAR: f32 = 18.0;
/// Width of the panel on the right.
pub const RIGHT_PANEL: f32 = 320.0;
/// Base text.
pub const TEXT: f32 = 13.0;
/// Small text.
pub const SMALL: f32 = 11.5;
/// Icons beside base text, and alone in a button.
pub const ICON: f32 = 15.0;
/// Width of a button with an icon alone.
pub const ICON_BUTTON: f32 = 28.0;
/// Rounded corners.
pub const RADIUS: u8 = 4;

/// Behind the map, in both themes: neutral, so that pictures look the same on it.
pub const MAP_BACKGROUND: Color32 = Color32::from_gray(58);
/// Lines over pictures: light on a dark halo reads on any ground.
pub const OVER_IMAGE: Color32 = Color32::from_gray(250);
/// The halo of lines over pictures.
pub const HALO: Color32 = Color32::from_black_alpha(190);

/// Where two maps agree: muted, what lies below shines through.
pub const AGREE: Color32 = Color32::from_black_alpha(150);
/// Where two maps differ: no class and no picture of the land has this colour.
pub const DIFFER: Color32 = Color32::from_rgb(255, 0, 170);

/// The halo that sets a line of this colour off: dark around light lines, light around dark ones.
pub fn halo(line: Color32) -> Color32 {
    let light = 0.299 * f32::from(line.r()) + 0.587 * f32::from(line.g()) + 0.114 * f32::from(line.b());
    if light < 90.0 { Color32::from_white_alpha(190) } else { HALO }
}

/// The one accent: what is chosen, what can be pressed first.
pub fn accent(dark: bool) -> Color32 {
    if dark { Color32::from_rgb(92, 172, 255) } else { Color32::from_rgb(0, 96, 192) }
}

/// Text on the accent.
pub fn on_accent(dark: bool) -> Color32 {
    if dark { Color32::from_gray(12) } else { Color32::WHITE }
}

/// Something was left out.
pub fn warning(dark: bool) -> Color32 {
    if dark { Color32::from_rgb(240, 178, 66) } else { Color32::from_rgb(148, 86, 0) }
}

/// Something failed.
pub fn error(dark: bool) -> Color32 {
    if dark { Color32::from_rgb(255, 122, 112) } else { Color32::from_rgb(184, 28, 20) }
}

/// Colours of pins, told apart by colour and by marker.
pub const PINS: [Color32; 6] = {
    let mut pins = [Color32::BLACK; 6];
    let mut i = 0;
    while i < pins.len() {
        let [r, g, b] = colours::PINS[i];
        pins[i] = Color32::from_rgb(r, g, b);
        i += 1;
    }
    pins
};

/// Colours of bands in the plot, readable on both themes.
pub fn band(index: usize, dark: bool) -> Color32 {
    let [r, g, b] = colours::band(index, dark);
    Color32::from_rgb(r, g, b)
}

/// Colours of indices in the plot: brighter than those of bands, and readable on both themes.
pub fn index(index: usize, dark: bool) -> Color32 {
    let [r, g, b] = colours::index(index, dark);
    Color32::from_rgb(r, g, b)
}

/// The lines over pixels outside of what a model learned from.
pub const OUTSIDE: Color32 = Color32::from_rgb(255, 240, 120);
/// Far lower than what a model learned from, and far higher.
pub const SHIFTS: (Color32, Color32) = (Color32::from_rgb(58, 122, 214), Color32::from_rgb(214, 74, 60));

/// Points between the lines of the hatch where there was no observation.
pub const HATCH: f32 = 8.0;

/// The tint of pixels that are masked, by why; clear ones have none, and what was never observed has its hatch.
pub fn mask(state: PixelState) -> Color32 {
    let [r, g, b] = match state {
        PixelState::Clear | PixelState::NotObserved => return Color32::TRANSPARENT,
        PixelState::Cloud => [255, 120, 200],
        PixelState::Shadow => [120, 90, 255],
        PixelState::Snow => [70, 220, 255],
        PixelState::Other => [255, 170, 40],
        PixelState::Near => [255, 236, 110],
    };
    Color32::from_rgba_unmultiplied(r, g, b, 170)
}

/// The family of icons (Lucide): none of its glyphs is taken from another font.
pub fn icons() -> FontFamily {
    FontFamily::Name("icons".into())
}

/// Whether the icons can be painted: fonts that are added are there from the next frame on.
pub fn is_ready(ctx: &egui::Context) -> bool {
    ctx.fonts(|fonts| fonts.definitions().families.contains_key(&icons()))
}

/// Gives both themes their look.
pub fn apply(ctx: &egui::Context) {
    let family = |family, priority| InsertFontFamily { family, priority };
    let families = vec![
        family(icons(), FontPriority::Highest),
        // So that an icon can stand among words.
        family(FontFamily::Proportional, FontPriority::Lowest),
        family(FontFamily::Monospace, FontPriority::Lowest),
    ];
    ctx.add_font(FontInsert::new("lucide", FontData::from_static(lucide_icons::LUCIDE_FONT_BYTES), families));
    for theme in [Theme::Dark, Theme::Light] {
        ctx.style_mut_of(theme, |style| {
            style.visuals = visuals(theme);
            let spacing = &mut style.spacing;
            spacing.item_spacing = Vec2::new(2.0 * GRID, 1.5 * GRID);
            spacing.button_padding = Vec2::new(2.5 * GRID, GRID);
            spacing.interact_size = Vec2::new(TARGET, TARGET);
            spacing.window_margin = Margin::same(16);
            spacing.slider_width = 140.0;
            spacing.icon_width = 16.0;
            for (kind, font) in &mut style.text_styles {
                font.size = match kind {
                    TextStyle::Heading => 16.0,
                    TextStyle::Small => SMALL,
                    TextStyle::Monospace => 12.5,
                    _ => TEXT,
                };
            }
            style.interaction.tooltip_delay = 0.4;
        });
    }
}

fn visuals(theme: Theme) -> Visuals {
    let dark = theme == Theme::Dark;
    let mut v = if dark { Visuals::dark() } else { Visuals::light() };
    let grey =
        |dark_value: u8, light_value: u8| Color32::from_gray(if dark { dark_value } else { light_value });
    let text = grey(228, 24);
    let strong = grey(255, 0);
    v.panel_fill = grey(30, 246);
    v.window_fill = grey(36, 252);
    v.extreme_bg_color = grey(20, 255);
    v.faint_bg_color = grey(38, 238);
    v.code_bg_color = grey(44, 232);
    v.window_stroke = Stroke::new(1.0, grey(62, 200));
    v.window_corner_radius = CornerRadius::same(8);
    v.menu_corner_radius = CornerRadius::same(6);
    v.weak_text_color = Some(grey(164, 88));
    v.hyperlink_color = accent(dark);
    v.warn_fg_color = warning(dark);
    v.error_fg_color = error(dark);
    v.selection.bg_fill = accent(dark).gamma_multiply(if dark { 0.42 } else { 0.24 });
    v.selection.stroke = Stroke::new(1.0, strong);
    let radius = CornerRadius::same(RADIUS);
    let line = grey(58, 208);
    for widget in [
        &mut v.widgets.noninteractive,
        &mut v.widgets.inactive,
        &mut v.widgets.hovered,
        &mut v.widgets.active,
        &mut v.widgets.open,
    ] {
        widget.corner_radius = radius;
        widget.fg_stroke = Stroke::new(1.0, text);
        widget.expansion = 0.0;
    }
    v.widgets.noninteractive.bg_stroke = Stroke::new(1.0, line);
    v.widgets.inactive.weak_bg_fill = grey(52, 226);
    v.widgets.inactive.bg_fill = grey(62, 214);
    v.widgets.inactive.bg_stroke = Stroke::new(1.0, grey(70, 196));
    v.widgets.hovered.weak_bg_fill = grey(66, 214);
    v.widgets.hovered.bg_fill = grey(78, 200);
    v.widgets.hovered.bg_stroke = Stroke::new(1.0, grey(108, 150));
    v.widgets.hovered.fg_stroke = Stroke::new(1.0, strong);
    v.widgets.active.weak_bg_fill = grey(80, 198);
    v.widgets.active.bg_fill = grey(92, 188);
    // What has the keyboard is painted as active too: the ring must be seen.
    v.widgets.active.bg_stroke = Stroke::new(1.5, accent(dark));
    v.widgets.active.fg_stroke = Stroke::new(1.0, strong);
    v.widgets.open.weak_bg_fill = grey(56, 222);
    v.widgets.open.bg_fill = grey(56, 222);
    v
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(c: Color32) -> f32 {
        let channel = |v: u8| {
            let v = f32::from(v) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(c.r()) + 0.7152 * channel(c.g()) + 0.0722 * channel(c.b())
    }

    fn contrast(a: Color32, b: Color32) -> f32 {
        let (a, b) = (luminance(a).max(luminance(b)), luminance(a).min(luminance(b)));
        (a + 0.05) / (b + 0.05)
    }

    #[test]
    fn text_stands_out_at_four_and_a_half_to_one_in_both_themes() {
        for theme in [Theme::Dark, Theme::Light] {
            let v = visuals(theme);
            let dark = theme == Theme::Dark;
            let text = v.widgets.noninteractive.fg_stroke.color;
            let strong = v.widgets.active.fg_stroke.color;
            let weak = v.weak_text_color.unwrap();
            // What is chosen lies half transparent on what is behind it.
            let over = |front: Color32, back: Color32| {
                let mix =
                    |f: u8, b: u8| f.saturating_add((f32::from(b) * (1.0 - front.a() as f32 / 255.0)) as u8);
                Color32::from_rgb(
                    mix(front.r(), back.r()),
                    mix(front.g(), back.g()),
                    mix(front.b(), back.b()),
                )
            };
            for (name, front, back) in [
                ("text on a panel", text, v.panel_fill),
                ("text on a button", text, v.widgets.inactive.weak_bg_fill),
                ("weak text on a panel", weak, v.panel_fill),
                ("weak text on a window", weak, v.window_fill),
                ("weak text on a stripe", weak, v.faint_bg_color),
                ("text on a window", text, v.window_fill),
                ("text on a stripe", text, v.faint_bg_color),
                ("text in a field", text, v.extreme_bg_color),
                ("weak text in a field", weak, v.extreme_bg_color),
                ("text on a button under the mouse", strong, v.widgets.hovered.weak_bg_fill),
                ("text on a button that is pressed", strong, v.widgets.active.weak_bg_fill),
                ("text on a menu that is open", text, v.widgets.open.weak_bg_fill),
                ("what is chosen", strong, over(v.selection.bg_fill, v.panel_fill)),
                ("a warning in a window", warning(dark), v.window_fill),
                ("an error in a window", error(dark), v.window_fill),
                ("the accent on a window", accent(dark), v.window_fill),
                ("a warning", warning(dark), v.panel_fill),
                ("an error", error(dark), v.panel_fill),
                ("text on the accent", on_accent(dark), accent(dark)),
                ("the accent on a panel", accent(dark), v.panel_fill),
            ] {
                assert!(contrast(front, back) >= 4.5, "{theme:?}: {name} {}", contrast(front, back));
            }
        }
    }

    #[test]
    fn the_ring_around_what_has_the_keyboard_stands_out_at_three_to_one_in_both_themes() {
        for theme in [Theme::Dark, Theme::Light] {
            let v = visuals(theme);
            let ring = v.widgets.active.bg_stroke;
            assert!(ring.width >= 1.5);
            for back in [v.panel_fill, v.window_fill] {
                assert!(contrast(ring.color, back) >= 3.0, "{theme:?}: {}", contrast(ring.color, back));
            }
        }
    }

    #[test]
    fn greys_have_no_hue() {
        for theme in [Theme::Dark, Theme::Light] {
            let v = visuals(theme);
            for c in [v.panel_fill, v.window_fill, v.extreme_bg_color, v.widgets.inactive.weak_bg_fill] {
                assert!(c.r() == c.g() && c.g() == c.b(), "{theme:?} {c:?}");
            }
        }
    }
}
