//! Rooms `media` and `model` by their paths, so that a fuzz build needs neither a TDS client nor a
//! runtime; and what the targets share.

#![allow(dead_code)] // The test support is used in part.

#[cfg(feature = "whole")]
mod connection_string;
#[path = "../../src/media/mod.rs"]
pub mod media;
#[cfg(feature = "whole")]
mod memory;
#[path = "../../src/model/mod.rs"]
pub mod model;
#[cfg(feature = "whole")]
pub mod reply;
#[cfg(feature = "whole")]
mod request;
mod reseal;
#[path = "../../tests/media/writer/mod.rs"]
pub mod writer;

use std::ops::ControlFlow;

#[cfg(feature = "whole")]
pub use connection_string::connection_string;
use media::{MemorySource, VerifyOptions};
#[cfg(feature = "whole")]
pub use reply::reply;
#[cfg(feature = "whole")]
pub use request::request;

/// Reads and verifies bytes as a medium, as they are and with their checksums put right.
pub fn walker(data: &[u8]) {
    read(data);
    let mut sealed = data.to_vec();
    reseal::reseal(&mut sealed);
    read(&sealed);
}

/// Reads bytes as the header of a set in an otherwise sound medium.
pub fn mqci(data: &[u8]) {
    let mut set = writer::Set::log("Fuzz");
    set.log.clear();
    set.header = Some(data.to_vec());
    read(&writer::Medium::new(writer::Label::default()).add(&set).bytes);
}

/// Expands bytes, the first two of which say how far; and what was compressed must come back.
pub fn xpress(data: &[u8]) {
    if let [low, high, input @ ..] = data {
        let mut output = vec![0; usize::from(u16::from_le_bytes([*low, *high])) + 1];
        let _ = media::expand_xpress(input, &mut output);
        let plain = &input[..input.len().min(4096)]; // The encoder is simple, not fast.
        let mut back = vec![0; plain.len()];
        media::expand_xpress(&writer::lz::compress(plain), &mut back).expect("what was compressed expands");
        assert!(back == plain, "what was compressed comes back");
    }
}

fn read(bytes: &[u8]) {
    let source = MemorySource(bytes);
    let Ok(media) = media::read_headers(&source) else { return };
    for entry in &media.sets {
        assert!(entry.offset + entry.length <= bytes.len() as u64, "a set lies in its file");
        let digest = media::digest(&source, entry, &mut |_| ControlFlow::Continue(()));
        digest.expect("a set can be read");
    }
    for quick in [false, true] {
        let options = VerifyOptions { quick, max_findings: 50, position: None };
        let report = media::verify(&source, &options, &mut |_| ControlFlow::Continue(())).expect("headers were read");
        for finding in report.sets.iter().flat_map(|set| &set.findings).chain(&report.findings) {
            assert!(!finding.to_string().is_empty() && !finding.kind.proves().is_empty());
        }
    }
}
