//! Checks backup sets: by the server (RESTORE VERIFYONLY), or, for files on this machine, without
//! any, down to each page.

mod local;
pub(super) mod server;

pub(super) use local::{here, run as run_local};
pub(super) use server::{is_of_the_file, one, pick};

use super::Source;
use crate::error::ServerMessage;
use crate::media::{Finding, SetReport};
use crate::model::BackupSet;

/// Which sets to check.
#[derive(Clone, Debug)]
pub struct VerifyCommand {
    /// Each a file and a position; without a position every set of the file.
    pub sources: Vec<Source>,
    /// Structure only, without pages and log. Not with a server.
    pub quick: bool,
}

/// What a check came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All of it was read, and nothing is wrong as far as it is protected.
    Sound,
    /// It is not what was written.
    Damaged,
    /// It was interrupted while being made, or cut.
    Incomplete,
    /// The server could read it, but it has no checksums: damage inside pages would not be seen.
    Unprotected,
}

impl Verdict {
    /// The word.
    pub const fn word(self) -> &'static str {
        match self {
            Verdict::Sound => "sound",
            Verdict::Damaged => "damaged",
            Verdict::Incomplete => "incomplete",
            Verdict::Unprotected => "unprotected",
        }
    }
}

/// One checked set.
#[derive(Clone, Debug)]
pub struct VerifyRow {
    /// The file.
    pub file: String,
    /// The set's header; `None` for what is wrong in the file outside any set.
    pub set: Option<BackupSet>,
    /// What the check came to.
    pub verdict: Verdict,
    /// What the server said.
    pub messages: Vec<ServerMessage>,
    /// What this machine found, where it did the check.
    pub report: Option<Findings>,
    /// Of a striped set that this machine checked.
    pub stripe: Option<Stripe>,
}

impl VerifyRow {
    /// All that this machine found.
    pub(super) fn findings(&self) -> impl Iterator<Item = &Finding> {
        let own: &[Finding] = match &self.report {
            Some(Findings::Set(report)) => &report.findings,
            Some(Findings::File(findings)) => findings,
            None => &[],
        };
        own.iter().chain(self.stripe.iter().flat_map(|stripe| &stripe.findings))
    }
}

/// The place of a file in a striped media set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stripe {
    /// `FamilySequenceNumber`.
    pub family: u32,
    /// `FamilyCount`.
    pub family_count: u32,
    /// Families of which no file was given: the set cannot be restored without them.
    pub missing: Vec<u32>,
    /// What is wrong between the families.
    pub findings: Vec<Finding>,
}

/// What this machine found.
#[derive(Clone, Debug)]
pub enum Findings {
    /// In a set.
    Set(Box<SetReport>),
    /// Outside any set.
    File(Vec<Finding>),
}
