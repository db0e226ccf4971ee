//! The media that backups write, read by [`raw`](super::raw) alone.

use std::collections::BTreeMap;

use super::raw::{self, RawBlock, sector_sum, sum_without, u16_of, u32_of, u64_of};
use super::{Home, add_customer, home_with};
use crate::engine::{BackupKind, BackupSpec, EngineOptions};

const DEVICE: &str = r"D:\Backup\m.bak";

fn media(home: &Home, name: &str) -> Vec<u8> {
    std::fs::read(home.folder.path().join("D/Backup").join(name)).expect("a file")
}

/// Full, differential, log and copy-only in one file, all with checksums.
fn archive(block_size: u32) -> (Home, Vec<u8>) {
    let home = home_with(EngineOptions { block_size, ..EngineOptions::default() });
    home.engine.seed_payamgostar(1500).expect("a database");
    let kinds = [BackupKind::Full, BackupKind::Differential, BackupKind::Log, BackupKind::Full];
    for (index, kind) in kinds.into_iter().enumerate() {
        let spec = BackupSpec {
            checksum: true,
            copy_only: index == 3,
            name: Some(format!("set {index}")),
            description: Some("شرح نسخهٔ پشتیبان".into()),
            ..BackupSpec::new(kind, "PayamGostar2", DEVICE)
        };
        home.engine.backup(&spec, &mut Vec::new()).expect("a backup");
        add_customer(&home.engine, "PayamGostar2", 7000 + index as i64);
    }
    let bytes = media(&home, "m.bak");
    (home, bytes)
}

fn sets(blocks: &[RawBlock]) -> Vec<Vec<&RawBlock>> {
    let mut out: Vec<Vec<&RawBlock>> = Vec::new();
    for block in blocks.iter().skip(2) {
        if block.kind == "SSET" {
            out.push(Vec::new());
        }
        out.last_mut().expect("a set first").push(block);
    }
    out
}

fn names<'a>(blocks: impl IntoIterator<Item = &'a RawBlock>) -> String {
    let mut names: Vec<&str> = blocks.into_iter().map(|block| block.kind.as_str()).collect();
    names.dedup_by(|a, b| a == b && *a == "MSTL");
    names.join(" ")
}

#[test]
fn blocks_come_in_the_order_of_the_format() {
    for block_size in [512, 4096] {
        let (_home, bytes) = archive(block_size);
        let blocks = raw::read(&bytes);
        assert_eq!(names(&blocks[..2]), "TAPE SFMB");
        let data = "SSET VOLB MSCI MSDA MSDA MSTL MSLS SFMB ESET ESET SFMB";
        let log = "SSET VOLB MSCI MSTL MSLS SFMB ESET ESET SFMB";
        let own: Vec<String> = sets(&blocks).into_iter().map(names).collect();
        assert_eq!(own, [data, data, log, data]);
    }
}

#[test]
fn filemarks_addresses_and_positions_are_exact() {
    for block_size in [512u64, 4096] {
        let (_home, bytes) = archive(block_size as u32);
        let blocks = raw::read(&bytes);
        let mut earlier: Vec<u64> = Vec::new();
        for block in blocks.iter().filter(|block| block.kind == "SFMB") {
            let count = u32_of(&block.head, 56) as usize;
            let array = u32_of(&block.head, 60) as usize;
            let listed: Vec<u64> = (0..count).map(|n| u64_of(&block.head, array + 8 * n)).collect();
            let newest: Vec<u64> = earlier.iter().rev().copied().collect();
            assert_eq!(listed, newest);
            assert_eq!(block.offset as u64 % block_size, 0);
            assert_eq!(u32_of(&block.head, 52) as u64, (block_size - 72) / 8);
            earlier.push(block.offset as u64);
        }
        assert_eq!(earlier.len(), 9);
        for (index, set) in sets(&blocks).iter().enumerate() {
            let sset = set[0];
            assert_eq!(u16_of(&sset.head, 62) as usize, index + 1);
            assert_eq!(u64_of(&sset.head, 80), sset.offset as u64);
            let expected = [4, 8, 4, 6][index];
            assert_eq!(u32_of(&sset.head, 52), expected, "attributes of set {index}");
            for (number, block) in set.iter().take_while(|block| block.kind != "SFMB").enumerate() {
                assert_eq!(u64_of(&block.head, 20), (block.offset - sset.offset) as u64 / 1024, "{}", block.kind);
                assert_eq!(u32_of(&block.head, 36) as usize, number);
            }
        }
    }
}

#[test]
fn pages_extents_and_their_checksums_are_right() {
    let (_home, bytes) = archive(4096);
    let blocks = raw::read(&bytes);
    let mut pages = 0;
    for set in sets(&blocks) {
        let mut seen: BTreeMap<(u16, u32), usize> = BTreeMap::new();
        for block in set.iter().filter(|block| block.kind == "MSDA") {
            let mut last = None;
            for (index, stream) in block.streams.iter().enumerate().filter(|(_, stream)| stream.kind == "MQDA") {
                if stream.data.is_empty() {
                    assert_eq!(stream.attributes, 6);
                    continue;
                }
                assert_eq!(stream.attributes, 0x102);
                assert_eq!((stream.at + 2) % 4096, 0);
                let data = &stream.data[2..];
                assert_eq!(data.len() % (1 << 20), 0);
                let sum = &block.streams[index + 1];
                assert_eq!((sum.kind.as_str(), u32_of(&sum.data, 0)), ("CSUM", sector_sum(data)));
                for extent in data.chunks(65536) {
                    if extent[1] == 101 {
                        continue;
                    }
                    let known = extent.chunks(8192).position(|page| page[0] == 1).expect("a page");
                    let page = &extent[known * 8192..][..8192];
                    let place = (u16_of(page, 36), u32_of(page, 32) - known as u32);
                    assert_eq!(place.1 % 8, 0);
                    assert!(last < Some(place), "extents ascend");
                    last = Some(place);
                    *seen.entry(place).or_default() += 1;
                    for (index, page) in extent.chunks(8192).enumerate() {
                        if page[0] != 1 {
                            continue;
                        }
                        assert_eq!(u32_of(page, 32), place.1 + index as u32);
                        if u16_of(page, 4) & 0x200 != 0 {
                            assert_eq!(u32_of(page, 60), sum_without(page, 60), "page {place:?}+{index}");
                            pages += 1;
                        }
                    }
                }
            }
        }
        if set.iter().any(|block| block.kind == "MSDA") {
            assert!(seen.contains_key(&(1, 0)) && seen.contains_key(&(1, 8)));
        }
    }
    assert!(pages > 150, "{pages} pages");
}

#[test]
fn log_blocks_walk_to_their_end() {
    let (_home, bytes) = archive(512);
    let blocks = raw::read(&bytes);
    let mut walked = 0;
    for set in sets(&blocks) {
        let mslss: Vec<_> = set.iter().filter(|block| block.kind == "MSLS").collect();
        let scin = &mslss[0].streams[0].data;
        let first = (u32_of(scin, 32), u32_of(scin, 36));
        let mut own = Vec::new();
        for block in set.iter().filter(|block| block.kind == "MSTL") {
            let (start, end) = (u64_of(&block.head, 0x3C), u64_of(&block.head, 0x44));
            let Some(stream) = block.streams.iter().find(|stream| stream.kind == "MQTL") else {
                assert_eq!((start, end), (0, 0));
                continue;
            };
            let vlf = u32_of(&block.head, 0x5C);
            let offset = u64_of(&block.head, 0x68);
            let data = &stream.data[2..];
            assert_eq!(data.len() % 65536, 0);
            let mut at = 0;
            while at < (end - start) as usize {
                let len = usize::from(u16_of(data, at + 6));
                assert_eq!(u32_of(data, at + 12), vlf);
                assert_eq!(u64::from(u32_of(data, at + 16)), (start + at as u64 - offset) / 512);
                assert_eq!(u32_of(data, at + 24), sum_without(&data[at..at + len], 24));
                own.push((vlf, u32_of(data, at + 16)));
                at += len;
                walked += 1;
            }
            assert_eq!(at as u64, end - start);
        }
        assert_eq!(own.first(), Some(&first), "the log begins with the block of FirstLSN");
    }
    assert!(walked > 10, "{walked} blocks");
}

#[test]
fn stripes_agree_and_share_the_pages() {
    let home = home_with(EngineOptions::default());
    home.engine.seed_payamgostar(3000).expect("a database");
    let devices = vec![r"D:\Backup\s1.bak".to_owned(), r"D:\Backup\s2.bak".to_owned()];
    let spec = BackupSpec { devices, checksum: true, ..BackupSpec::new(BackupKind::Full, "PayamGostar2", "") };
    home.engine.backup(&spec, &mut Vec::new()).expect("a backup");
    let stripes = [raw::read(&media(&home, "s1.bak")), raw::read(&media(&home, "s2.bak"))];
    let raid = |blocks: &[RawBlock]| blocks[0].streams[0].data.clone();
    assert_eq!(raid(&stripes[0])[..16], raid(&stripes[1])[..16]);
    for (index, blocks) in stripes.iter().enumerate() {
        assert_eq!((u16_of(&raid(blocks), 20), u16_of(&raid(blocks), 24)), (2, index as u16 + 1));
        assert!(blocks.iter().any(|block| block.kind == "MSTL"));
    }
    let set = |blocks: &[RawBlock]| {
        let sset = blocks.iter().find(|block| block.kind == "SSET").expect("a set");
        let msls = blocks.iter().find(|block| block.kind == "MSLS").expect("an end");
        (sset.head[100..116].to_vec(), u64_of(&msls.streams[0].data, 96))
    };
    assert_eq!(set(&stripes[0]), set(&stripes[1]), "same set GUID and BackupSize");
    let log = |blocks: &[RawBlock]| blocks.iter().flat_map(|block| &block.streams).any(|stream| stream.kind == "MQTL");
    assert_eq!((log(&stripes[0]), log(&stripes[1])), (true, false));
}
