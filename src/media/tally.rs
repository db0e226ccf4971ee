//! Findings and counts of a set while it is verified.

use super::finding::{Finding, FindingKind, Severity};
use super::page::PageId;
use super::report::Counts;

/// Collects findings up to a number, and the worst of all.
pub(crate) struct Tally {
    pub counts: Counts,
    pub findings: Vec<Finding>,
    pub left_out: u64,
    pub worst: Option<Severity>,
    most: usize,
}

impl Tally {
    /// A tally that keeps at most `most` findings.
    pub fn new(most: usize) -> Tally {
        Tally { counts: Counts::default(), findings: Vec::new(), left_out: 0, worst: None, most }
    }

    /// Something is wrong at `offset` of the file.
    pub fn found(&mut self, offset: u64, kind: FindingKind) {
        self.add(Finding { offset, page: None, page_type: None, kind });
    }

    /// Something is wrong with a page.
    pub fn found_page(&mut self, offset: u64, page: PageId, page_type: Option<u8>, kind: FindingKind) {
        self.add(Finding { offset, page: Some(page), page_type, kind });
    }

    fn add(&mut self, finding: Finding) {
        self.worst = self.worst.max(Some(finding.kind.severity()));
        if self.findings.len() < self.most {
            self.findings.push(finding);
        } else {
            self.left_out += 1;
        }
    }
}
