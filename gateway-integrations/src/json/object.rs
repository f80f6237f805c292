//! A map from texts that keeps the order of insertion.

use std::{borrow::Borrow, collections::HashMap, hash::Hash, sync::Arc};

/// From here on a look-up goes through a table; below, looking at each key is faster.
const TABLE_FROM: usize = 16;

/// A map from texts to values, in the order of insertion.
///
/// Setting a key anew keeps its place, as in Java's `LinkedHashMap`. Keys are shared texts unless said otherwise.
#[derive(Clone, Debug)]
pub struct Object<V, K = Arc<str>> {
    entries: Vec<(K, V)>,
    table: Option<HashMap<K, usize>>,
}

impl<V, K: Borrow<str> + Clone + Eq + Hash> Object<V, K> {
    /// An empty map.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value under `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&V> {
        let (_, value) = self.entries.get(self.place(key)?)?;
        Some(value)
    }

    /// Sets the value under `key`; returns the former one.
    pub fn insert(&mut self, key: impl Into<K>, value: V) -> Option<V> {
        let key = key.into();
        let place = self.place(key.borrow());
        if let Some((_, former)) = place.and_then(|place| self.entries.get_mut(place)) {
            return Some(std::mem::replace(former, value));
        }
        match &mut self.table {
            Some(table) => {
                table.insert(key.clone(), self.entries.len());
                self.entries.push((key, value));
            }
            None => {
                self.entries.push((key, value));
                self.index();
            }
        }
        None
    }

    /// Takes the value under `key` out.
    pub fn remove(&mut self, key: &str) -> Option<V> {
        let (_, value) = self.entries.remove(self.place(key)?);
        self.index();
        Some(value)
    }

    /// The keys and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// The values, in order.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.iter().map(|(_, value)| value)
    }

    fn place(&self, key: &str) -> Option<usize> {
        match &self.table {
            None => self.entries.iter().position(|(name, _)| name.borrow() == key),
            Some(table) => table.get(key).copied(),
        }
    }

    fn index(&mut self) {
        self.table = (self.entries.len() >= TABLE_FROM).then(|| {
            let places = self.entries.iter().enumerate();
            places.map(|(place, (key, _))| (key.clone(), place)).collect()
        });
    }
}

impl<V, K> Default for Object<V, K> {
    fn default() -> Self {
        Self { entries: Vec::new(), table: None }
    }
}

impl<V: PartialEq, K: Borrow<str> + Clone + Eq + Hash> PartialEq for Object<V, K> {
    /// The order of the keys does not matter.
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(key, value)| other.get(key.borrow()) == Some(value))
    }
}

impl<N: Into<K>, V, K: Borrow<str> + Clone + Eq + Hash> FromIterator<(N, V)> for Object<V, K> {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(entries: I) -> Self {
        let entries = entries.into_iter();
        let mut object = Self { entries: Vec::with_capacity(entries.size_hint().0.min(TABLE_FROM)), table: None };
        for (key, value) in entries {
            object.insert(key, value);
        }
        object
    }
}

impl<V, K> IntoIterator for Object<V, K> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_holds_and_the_table_agrees_with_the_list() {
        let mut object: Object<_> = Object::new();
        for number in 0..40 {
            assert_eq!(object.insert(format!("k{number}"), number), None);
        }
        assert_eq!(object.insert("k7", 700), Some(7));
        assert_eq!(object.remove("k3"), Some(3));
        assert_eq!(object.remove("k3"), None);
        assert_eq!((object.len(), object.get("k7"), object.get("k39")), (39, Some(&700), Some(&39)));
        let order: Vec<_> = object.values().copied().take(8).collect();
        assert_eq!(order, [0, 1, 2, 4, 5, 6, 700, 8]);
    }
}
