//! Strongly connected components of arrows that need not be listed: two sweeps (Kosaraju), depth first along the arrows, then
//! against them in the opposite order of finishing.

use crate::matcher::question::complement::NOBODY;

/// One direction of the arrows. What has been visited is kept track of here, so that a sweep never looks at it again.
pub(crate) trait Arrows {
    /// Visits a node; `false` if it was visited before.
    fn visit(&mut self, node: u32) -> bool;

    /// A node not visited before that this one leads to; it counts as visited from now on.
    fn next(&mut self, node: u32) -> Option<u32>;
}

/// The strongly connected components of some nodes.
pub(crate) struct Components {
    /// The component of every node, numbered by first node.
    pub(crate) of: Vec<u32>,
    /// How many there are.
    pub(crate) count: u32,
    /// A node of a component that no arrow enters.
    pub(crate) source: u32,
    /// A node of a component that no arrow leaves.
    pub(crate) sink: u32,
}

/// The components of so many nodes.
pub(crate) fn components(nodes: u32, mut along: impl Arrows, mut against: impl Arrows) -> Components {
    let finished = finishing_order(nodes, &mut along);
    let mut tree_of = vec![NOBODY; finished.len()];
    let mut stack = Vec::new();
    // The tree first grown is a source, for its node finished last; the last one a sink.
    let (source, mut sink) = (finished.last().copied().unwrap_or(0), 0);
    for &root in finished.iter().rev() {
        if !against.visit(root) {
            continue;
        }
        sink = root;
        tree_of[root as usize] = root;
        stack.push(root);
        while let Some(&node) = stack.last() {
            if let Some(before) = against.next(node) {
                tree_of[before as usize] = root;
                stack.push(before);
            } else {
                stack.pop();
            }
        }
    }
    let mut name = vec![NOBODY; tree_of.len()];
    let mut count = 0;
    for tree in &mut tree_of {
        let known = &mut name[*tree as usize];
        if *known == NOBODY {
            *known = count;
            count += 1;
        }
        *tree = *known;
    }
    Components { of: tree_of, count, source, sink }
}

/// The nodes in the order in which a depth-first search leaves them.
fn finishing_order(nodes: u32, along: &mut impl Arrows) -> Vec<u32> {
    let mut finished = Vec::with_capacity(nodes as usize);
    let mut stack = Vec::new();
    for root in 0..nodes {
        if along.visit(root) {
            stack.push(root);
        }
        while let Some(&node) = stack.last() {
            if let Some(next) = along.next(node) {
                stack.push(next);
            } else {
                finished.push(node);
                stack.pop();
            }
        }
    }
    finished
}
