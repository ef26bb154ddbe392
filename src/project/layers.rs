//! The layers of the map: which are shown, how opaque, and which lies over which.

use serde::{Deserialize, Deserializer, Serialize};

/// What can lie on the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LayerKind {
    /// Annotations, their cores and pure pixels.
    Annotations,
    /// The class map.
    ClassMap,
    /// How uncertain the class map is.
    Uncertainty,
    /// Why pixels of the date have no clear observation.
    Mask,
    /// The image of the date.
    Mosaic,
    /// Pictures of a server.
    Basemap,
}

impl LayerKind {
    /// All of them, the topmost first, as they lie unless people say otherwise.
    pub const ALL: [Self; 6] =
        [Self::Annotations, Self::ClassMap, Self::Uncertainty, Self::Mask, Self::Mosaic, Self::Basemap];
}

/// What the layer of uncertainty shows of a map.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The entropy of the probabilities, normalised: 0 where the map is sure, 1 where all classes are alike.
    #[default]
    Entropy,
    /// The largest probability less the second.
    Margin,
    /// The probability of the class of this name.
    Probability(String),
}

impl Measure {
    /// Whether it is what is shown unless people say otherwise.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A layer of the map.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// What it is.
    pub kind: LayerKind,
    /// Whether it is shown.
    pub visible: bool,
    /// How opaque it is drawn, from 0 to 1.
    pub opacity: f32,
}

impl Layer {
    /// A layer as it is unless people say otherwise.
    pub fn new(kind: LayerKind) -> Self {
        let opacity = if kind == LayerKind::ClassMap { 0.7 } else { 1.0 };
        // What needs a network is not fetched unasked, and what hides the picture is not laid over it.
        Self {
            kind,
            visible: !matches!(kind, LayerKind::Basemap | LayerKind::Mask | LayerKind::Uncertainty),
            opacity,
        }
    }
}

/// All layers, the topmost first; each kind once.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Layers(Vec<Layer>);

impl Default for Layers {
    fn default() -> Self {
        Self(LayerKind::ALL.map(Layer::new).into())
    }
}

impl Layers {
    /// All of them, the topmost first.
    pub fn all(&self) -> &[Layer] {
        &self.0
    }

    /// The layer of a kind.
    pub fn of(&self, kind: LayerKind) -> Layer {
        self.0.iter().find(|layer| layer.kind == kind).copied().unwrap_or_else(|| Layer::new(kind))
    }

    /// Puts a layer in the place of the one of its kind. What is no number is kept out.
    pub fn set(&mut self, layer: Layer) {
        let opacity = if layer.opacity.is_nan() { 1.0 } else { layer.opacity.clamp(0.0, 1.0) };
        self.0.iter_mut().filter(|l| l.kind == layer.kind).for_each(|l| *l = Layer { opacity, ..layer });
    }

    /// Puts a layer at a place, counted from the top and without it.
    pub fn place(&mut self, kind: LayerKind, at: usize) {
        let layer = self.of(kind);
        self.0.retain(|layer| layer.kind != kind);
        self.0.insert(at.min(self.0.len()), layer);
    }

    /// As it was read: each kind once, those that lack where they lie unless people say otherwise.
    fn whole(read: Vec<Layer>) -> Self {
        let mut layers = Self(Vec::new());
        for layer in read {
            if layers.0.iter().all(|l| l.kind != layer.kind) {
                layers.0.push(layer);
                layers.set(layer);
            }
        }
        for (at, kind) in LayerKind::ALL.into_iter().enumerate() {
            if layers.0.iter().all(|l| l.kind != kind) {
                layers.0.insert(at.min(layers.0.len()), Layer::new(kind));
            }
        }
        layers
    }
}

impl<'de> Deserialize<'de> for Layers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A layer of a later Ritmo that this one does not know is passed over.
        let read = Vec::<serde_json::Value>::deserialize(deserializer)?;
        Ok(Self::whole(read.into_iter().filter_map(|layer| serde_json::from_value(layer).ok()).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(layers: &Layers) -> Vec<LayerKind> {
        layers.all().iter().map(|layer| layer.kind).collect()
    }

    #[test]
    fn layers_are_placed_from_the_top_and_none_is_lost() {
        let mut layers = Layers::default();
        layers.place(LayerKind::Basemap, 1);
        let expected = [
            LayerKind::Annotations,
            LayerKind::Basemap,
            LayerKind::ClassMap,
            LayerKind::Uncertainty,
            LayerKind::Mask,
            LayerKind::Mosaic,
        ];
        assert_eq!(order(&layers), expected);
        layers.place(LayerKind::Annotations, 99);
        assert_eq!(layers.all().last().unwrap().kind, LayerKind::Annotations);
        assert_eq!(layers.all().len(), 6);
    }

    #[test]
    fn what_is_written_is_read_again_and_what_lacks_or_is_unknown_does_no_harm() {
        let mut layers = Layers::default();
        layers.set(Layer { kind: LayerKind::Mosaic, visible: false, opacity: 7.0 });
        layers.place(LayerKind::Mosaic, 0);
        assert_eq!(layers.of(LayerKind::Mosaic).opacity, 1.0);
        let text = serde_json::to_string(&layers).unwrap();
        assert_eq!(serde_json::from_str::<Layers>(&text).unwrap(), layers);
        let other = r#"[{"kind": "hologram", "visible": true, "opacity": 1}, 3,
            {"kind": "basemap", "visible": true, "opacity": 0.5}, {"kind": "basemap", "visible": false, "opacity": 1}]"#;
        let layers: Layers = serde_json::from_str(other).unwrap();
        assert_eq!(layers.all().len(), 6);
        assert_eq!(
            layers.of(LayerKind::Basemap),
            Layer { kind: LayerKind::Basemap, visible: true, opacity: 0.5 }
        );
    }
}
