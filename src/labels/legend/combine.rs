//! One legend taken into another: replaced, or merged by name; and codes of an older legend found in today's.

use super::{CODES, Class, ClassCode, Legend, folded};
use crate::labels::LabelError;
use std::collections::{BTreeMap, HashMap, HashSet};

/// How a legend takes in another one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Combine {
    /// It becomes the other. Classes are the same by name and keep their group and buffer where the other has none; those
    /// that are still in use and that the other lacks are kept at its end.
    #[default]
    Replace,
    /// Classes of the same name take the other's colour, and its group and buffer where it has them; the rest is
    /// added.
    Merge,
    /// Classes that are missing are added; the others stay as they are.
    AddMissing,
}

/// A legend that has taken in another one.
#[derive(Debug, Clone, PartialEq)]
pub struct Combined {
    /// The legend.
    pub legend: Legend,
    /// Codes that are other ones now.
    pub recoded: BTreeMap<ClassCode, ClassCode>,
    /// Names of classes that were kept although the other lacks them, since they are in use.
    pub kept: Vec<String>,
    /// How many classes are new.
    pub added: usize,
}

impl Legend {
    /// Takes in another legend; `in_use` tells which codes must not be lost.
    ///
    /// # Errors
    /// When more than 254 classes would come of it.
    pub fn combined(
        &self,
        other: &Self,
        how: Combine,
        in_use: impl Fn(ClassCode) -> bool,
    ) -> Result<Combined, LabelError> {
        other.check()?;
        let mut recoded = BTreeMap::new();
        let mut kept = Vec::new();
        let (mut legend, base) = match how {
            Combine::Replace => (other.clone(), self),
            Combine::Merge | Combine::AddMissing => (self.clone(), other),
        };
        let added = other.classes.iter().filter(|class| self.by_name(&class.name).is_none()).count();
        for class in &base.classes {
            let same = legend.classes.iter_mut().find(|known| folded(&known.name) == folded(&class.name));
            match (how, same) {
                (Combine::Replace, Some(same)) => {
                    same.group = same.group.take().or_else(|| class.group.clone());
                    same.buffer_m = same.buffer_m.or(class.buffer_m);
                    recoded.insert(class.code, same.code);
                }
                (Combine::Replace, None) if in_use(class.code) => {
                    let code = legend.take(class)?;
                    recoded.insert(class.code, code);
                    kept.push(class.name.clone());
                }
                (Combine::Replace, None) | (Combine::AddMissing, Some(_)) => {}
                (Combine::Merge, Some(same)) => {
                    same.colour = class.colour;
                    same.group = class.group.clone().or(same.group.take());
                    same.buffer_m = class.buffer_m.or(same.buffer_m);
                }
                (Combine::Merge | Combine::AddMissing, None) => {
                    legend.take(class)?;
                }
            }
        }
        recoded.retain(|from, to| from != to);
        legend.check()?;
        Ok(Combined { legend, recoded, kept, added })
    }

    /// Adds a class of another legend, with its code where that is free; gives its code.
    fn take(&mut self, class: &Class) -> Result<ClassCode, LabelError> {
        let code = self.add_with_code(&class.name, Some(class.code))?;
        if let Some(added) = self.classes.last_mut() {
            *added = Class { code, name: class.name.trim().into(), ..class.clone() };
        }
        Ok(code)
    }
}

/// Codes of an older legend (a model's, a map's) in today's one: a class is the same by its name; where none has it, by
/// its code, if that is not today the code of another class of the older legend. Classes that are gone today keep what
/// they were called and their colour.
#[derive(Debug, Clone, PartialEq)]
pub struct Translation {
    /// Today's classes, then those of the older legend that are gone, under codes that are free today.
    pub classes: Vec<Class>,
    /// Today's code for each code of the older legend; 0 and 255 are themselves.
    pub codes: [ClassCode; 256],
}

impl Translation {
    /// From an older legend to today's.
    pub fn new(older: &[Class], today: &Legend) -> Self {
        let mut codes: [ClassCode; 256] = std::array::from_fn(|code| code as u8);
        let mut classes = today.classes.clone();
        let by_name: HashMap<_, _> = today.classes.iter().map(|class| (folded(&class.name), class)).collect();
        let known: HashSet<_> = older.iter().map(|class| folded(&class.name)).collect();
        let mut gone = Vec::new();
        for class in older {
            // A class of today's that has this code and a name the older legend lacks was renamed.
            let renamed = || today.class(class.code).filter(|now| !known.contains(&folded(&now.name)));
            match by_name.get(&folded(&class.name)).copied().or_else(renamed) {
                Some(now) => codes[usize::from(class.code)] = now.code,
                None => gone.push(class),
            }
        }
        for class in gone {
            let free = |code: &ClassCode| classes.iter().all(|c| c.code != *code);
            let code = Some(class.code).filter(&free).or_else(|| CODES.rev().find(&free));
            // Where all 254 codes are taken the class has none, as if nothing were mapped there.
            codes[usize::from(class.code)] = code.unwrap_or(0);
            classes.extend(code.map(|code| Class { code, ..class.clone() }));
        }
        Self { classes, codes }
    }

    /// The class that a code of the older legend stands for today.
    pub fn class(&self, code: ClassCode) -> Option<&Class> {
        let today = self.codes[usize::from(code)];
        self.classes.iter().find(|class| class.code == today)
    }
}
