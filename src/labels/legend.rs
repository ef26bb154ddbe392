//! The ordered list of classes. Data, never code.

use super::LabelError;
use serde::{Deserialize, Serialize};

/// A class's code: 1 to 254. 0 is unlabelled, 255 nodata.
pub type ClassCode = u8;

/// A class of the legend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    /// 1 to 254, apart from its place in the list.
    pub code: ClassCode,
    /// Its name, as the files of the users have it.
    pub name: String,
    /// Red, green, blue.
    pub colour: [u8; 3],
}

/// The ordered list of classes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Legend {
    /// In the order they are listed.
    pub classes: Vec<Class>,
}

impl Legend {
    /// The ten classes of Mexico's forest corridors, codes as in the `wikidata` coding.
    pub fn reforestamos() -> Self {
        todo!()
    }

    /// The class with this code.
    pub fn class(&self, code: ClassCode) -> Option<&Class> {
        self.classes.iter().find(|c| c.code == code)
    }

    /// The class with this name (case and surrounding space apart).
    pub fn by_name(&self, name: &str) -> Option<&Class> {
        let name = name.trim().to_lowercase();
        self.classes.iter().find(|c| c.name.trim().to_lowercase() == name)
    }

    /// Adds a class of this name with the next free code and a colour that stands apart; gives its code.
    ///
    /// # Errors
    /// When all 254 codes are taken or the name is empty or taken.
    pub fn add(&mut self, _name: &str) -> Result<ClassCode, LabelError> {
        todo!()
    }

    /// Checks codes (1..=254, none twice) and names (none empty, none twice).
    ///
    /// # Errors
    /// [`LabelError::Legend`] that says which.
    pub fn check(&self) -> Result<(), LabelError> {
        todo!()
    }
}
