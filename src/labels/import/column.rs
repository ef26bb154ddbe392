//! What one field holds in all features of a file: each value once, and which of them each feature has.

use serde_json::Value;
use std::collections::HashMap;

/// So many different values are kept of a field that nobody asked for; one with more is no list of classes.
const KEPT: usize = 2048;

/// What one field holds.
#[derive(Debug, Clone, Default)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// For each row the place of its value from 1; 0 where it has none.
    rows: Vec<u32>,
    values: Vec<Value>,
    counts: Vec<usize>,
    seen: HashMap<String, u32>,
    /// Whether all values are kept.
    is_wanted: bool,
    /// Whether there were more values than are kept.
    pub overflowed: bool,
}

impl Column {
    /// A field; where it is wanted all of its values are kept.
    pub fn new(name: &str, is_wanted: bool) -> Self {
        Self { name: name.to_owned(), is_wanted, ..Self::default() }
    }

    /// Takes in the value of a row; rows come in order, those without a value may be left out.
    pub fn push(&mut self, row: usize, value: Value) {
        if value.is_null() {
            return;
        }
        let key = value.to_string();
        let id = match self.seen.get(&key) {
            Some(id) => *id,
            None if self.values.len() >= KEPT && !self.is_wanted => {
                self.overflowed = true;
                return;
            }
            None => {
                self.values.push(value);
                self.counts.push(0);
                let id = self.values.len() as u32;
                self.seen.insert(key, id);
                id
            }
        };
        self.counts[id as usize - 1] += 1;
        self.rows.resize(row, 0);
        self.rows.push(id);
    }

    /// All rows are in.
    pub fn finish(&mut self) {
        self.seen = HashMap::new();
    }

    /// The value of a row.
    pub fn value(&self, row: usize) -> Option<&Value> {
        let id = *self.rows.get(row)?;
        self.values.get((id as usize).checked_sub(1)?)
    }

    /// Its different values, in the order in which they come first, with how many rows have them.
    pub fn values(&self) -> impl Iterator<Item = (&Value, usize)> {
        self.values.iter().zip(self.counts.iter().copied())
    }

    /// How many different values it has.
    pub fn different(&self) -> usize {
        self.values.len()
    }

    /// Whether its values could be names of classes: text, or whole numbers, that repeat.
    pub fn could_be_classes(&self) -> bool {
        let rows: usize = self.counts.iter().sum();
        let could = |value: &Value| value.is_string() || value.is_i64() || value.is_u64();
        !self.overflowed
            && !self.values.is_empty()
            && self.values.iter().all(could)
            && (rows == 1 || self.values.len() * 2 <= rows)
    }
}
