//! Compressed media: records, filemarks and indexes (bak-format 7).

use super::bytes::{fold, put, xor32};
use super::{Medium, lz};

impl Medium {
    /// The medium as a compressed one: records of up to 64 KiB, filemarks raw, an index behind each set.
    ///
    /// The offsets that filemarks and sets name become those of the new file.
    pub fn compressed(&self) -> Vec<u8> {
        let mut file = vec![0; 0x1e0];
        put(&mut file, 0, b"MSSQLBAK");
        put(&mut file, 8, &2u32.to_le_bytes());
        put(&mut file, 12, &3u32.to_le_bytes());
        let mut at = 0;
        let mut new_marks: Vec<u64> = Vec::new();
        for (number, mark) in self.marks.iter().enumerate() {
            let mark = *mark as usize;
            let mut run = self.bytes[at..mark].to_vec();
            let is_set = number % 2 == 1;
            if is_set {
                let place = file.len() as u64;
                put(&mut run, 80, &place.to_le_bytes());
            }
            let mut cuts: Vec<usize> =
                self.cuts.iter().filter(|cut| (at..mark).contains(*cut)).map(|cut| cut - at).collect();
            cuts.push(run.len());
            let mut index: Vec<(u64, u64)> = Vec::new();
            let mut from = 0;
            for cut in cuts {
                while from < cut {
                    let to = cut.min(from + 65_536);
                    record(&mut file, &run[from..to]);
                    from = to;
                }
                if cut < run.len() {
                    index.push((cut as u64, file.len() as u64));
                }
            }
            if is_set {
                self.end_of_set(&mut file, &index)
            } else {
                padding(&mut file, self.physical)
            }
            let mut raw = self.bytes[mark..mark + self.physical].to_vec();
            for (slot, earlier) in new_marks.iter().rev().enumerate() {
                put(&mut raw, 0x48 + slot * 8, &earlier.to_le_bytes());
            }
            new_marks.push(file.len() as u64);
            file.extend(raw);
            at = mark + self.physical;
        }
        file
    }

    /// Where the filemarks of a file lie that [`Medium::compressed`] made.
    pub fn marks_of(&self, file: &[u8]) -> Vec<usize> {
        (0..file.len()).step_by(512).filter(|at| file[*at..].starts_with(b"SFMB")).collect()
    }

    fn end_of_set(&self, file: &mut Vec<u8>, index: &[(u64, u64)]) {
        let mut end = [0; 24];
        end[0] = 0x2c;
        file.extend(end);
        let entries: Vec<u8> =
            index.iter().flat_map(|(image, at)| [image.to_le_bytes(), at.to_le_bytes()].concat()).collect();
        let to = (file.len() + 32 + entries.len()).next_multiple_of(self.physical);
        let mut head = vec![1, 0, 1, 0];
        head.extend((index.len() as u32).to_le_bytes());
        head.extend(((to - file.len()) as u32).to_le_bytes());
        head.extend(fold(entries.chunks(4).map(xor32)).to_le_bytes());
        file.extend(&head);
        file.extend(entries);
        file.resize(to - 16, 0);
        file.extend(head);
    }
}

/// A data record.
fn record(file: &mut Vec<u8>, plain: &[u8]) {
    let payload = lz::compress(plain);
    assert!(plain.len().is_multiple_of(512) && payload.len() <= 0xffff, "fits a record");
    let mut header = [0xee; 24];
    header[..4].copy_from_slice(&[0x21, (plain.len() / 512) as u8, payload.len() as u8, (payload.len() >> 8) as u8]);
    file.extend(header);
    file.extend(fold(payload.chunks(4).map(xor32)).to_le_bytes());
    file.extend(payload);
}

fn padding(file: &mut Vec<u8>, physical: usize) {
    let to = (file.len() + 24).next_multiple_of(physical);
    let length = to - file.len() - 24;
    let mut header = [0xee; 24];
    header[..4].copy_from_slice(&[0x24, 0, length as u8, (length >> 8) as u8]);
    file.extend(header);
    file.resize(to, 0);
}
