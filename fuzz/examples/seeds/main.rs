//! Writes the seed corpus of every target to `fuzz/corpus`; without the feature `whole` that of room `media` only.

#[cfg(feature = "whole")]
mod replies;
#[cfg(feature = "whole")]
mod requests;

use std::fs;
use std::path::Path;

use pgbackup_fuzz::writer::{Label, Medium, Set, lz, mqci};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let seed = |target: &str, name: &str, bytes: &[u8]| {
        let folder = corpus.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), bytes)
    };
    for major in [9, 10, 13, 16] {
        let mut empty = Set::log("Fuzz");
        empty.log.clear();
        empty.major = major;
        let mut full = Set::full("Fuzz", 1);
        full.major = major;
        full.with_checksum = major == 16;
        let small = Medium::new(Label::default()).add(&empty).add(&empty);
        let large = Medium::new(Label::default()).add(&full);
        seed("walker", &format!("plain-{major}"), &small.bytes)?;
        seed("walker", &format!("packed-{major}"), &small.compressed())?;
        seed("walker", &format!("pages-{major}"), &large.bytes)?;
        seed("walker", &format!("packed-pages-{major}"), &large.compressed())?;
        seed("mqci", &format!("header-{major}"), &mqci(&full, true))?;
    }
    for (name, plain) in
        [("text", b"abc".repeat(100)), ("run", vec![0; 65_536]), ("page", Set::full("x", 1).extents[0].clone())]
    {
        let mut bytes = (plain.len().min(65_536) as u32 - 1).to_le_bytes()[..2].to_vec();
        bytes.extend(lz::compress(&plain));
        seed("xpress", name, &bytes)?;
    }
    #[cfg(feature = "whole")]
    {
        for (at, (reader, text)) in requests::REQUESTS.iter().enumerate() {
            seed("request", &format!("seed-{at}"), &[&[*reader, 0], text.as_bytes()].concat())?;
        }
        for (at, text) in requests::CONNECTION_STRINGS.iter().enumerate() {
            for how in 0..4 {
                seed("connection_string", &format!("seed-{at}-{how}"), &[&[how], text.as_bytes()].concat())?;
            }
        }
        for (at, reply) in replies::replies()?.iter().enumerate() {
            seed("reply", &format!("seed-{at}"), reply)?;
        }
    }
    Ok(())
}
