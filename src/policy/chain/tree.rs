//! The cheapest of a range, kept while values are added: a segment tree.

/// Minimum over ranges of positions. Adding and asking take O(log n).
#[derive(Clone, Debug)]
pub(super) struct MinTree<T> {
    leaves: usize,
    nodes: Vec<Option<T>>,
}

impl<T: Ord + Copy> MinTree<T> {
    pub fn new(len: usize) -> MinTree<T> {
        let leaves = len.next_power_of_two().max(1);
        MinTree { leaves, nodes: vec![None; leaves * 2] }
    }

    /// Puts a value at a position.
    pub fn set(&mut self, at: usize, value: T) {
        let mut node = at + self.leaves;
        self.nodes[node] = Some(value);
        while node > 1 {
            node /= 2;
            self.nodes[node] = least(self.nodes[node * 2], self.nodes[node * 2 + 1]);
        }
    }

    /// The least value at the positions of `range`.
    pub fn min(&self, range: std::ops::Range<usize>) -> Option<T> {
        if range.is_empty() {
            return None;
        }
        let (mut from, mut to) = (range.start + self.leaves, range.end + self.leaves);
        let mut best = None;
        while from < to {
            if from % 2 == 1 {
                best = least(best, self.nodes[from]);
                from += 1;
            }
            if to % 2 == 1 {
                to -= 1;
                best = least(best, self.nodes[to]);
            }
            from /= 2;
            to /= 2;
        }
        best
    }
}

fn least<T: Ord>(one: Option<T>, two: Option<T>) -> Option<T> {
    match (one, two) {
        (Some(one), Some(two)) => Some(one.min(two)),
        (one, None) => one,
        (None, two) => two,
    }
}
