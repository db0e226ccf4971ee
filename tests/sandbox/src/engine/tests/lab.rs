//! The chain rules against the chains of a real lab: full, differential and log backups of SQL Server 2008
//! to 2016, by the LSNs and GUIDs that their servers wrote. What is accepted, what is refused with which
//! number, in which order.

use super::corpus::{corpus, show};
use super::{Home, home};
use crate::engine::media;
use crate::engine::restore::Place;

/// What the rules say of these files, one after the other; a refused one changes nothing. 0 is accepted,
/// 3118 needs a database that is not there.
fn restore(home: &Home, lab: &std::path::Path, files: &[&str]) -> Vec<i32> {
    let mut place: Option<Place> = None;
    let mut out = Vec::new();
    for file in files {
        show(home.folder.path(), &lab.join(file));
        let opened =
            media::open(&home.engine, r"D:\Backup\real.bak").unwrap_or_else(|error| panic!("{file}: {error:?}"));
        let set = opened.set(1).expect("a set");
        let header = set.header();
        let said = match (&place, header.letter) {
            (_, b'D') => {
                place = Some(Place::begun(header, set.label.guid));
                0
            }
            (None, _) => 3118,
            (Some(at), _) => match at.check("x", header, None) {
                Ok(()) => {
                    place = Some(at.after(header));
                    0
                }
                Err(error) => error.number,
            },
        };
        out.push(said);
    }
    out
}

/// Folder, and the files with what is said of each.
type Sequence = (&'static str, &'static [(&'static str, i32)]);

const SEQUENCES: &[Sequence] = &[
    // A full, its differential, and the logs around it.
    (
        "RestoreTimeClean",
        &[
            ("RestoreTimeClean.bak", 0),
            ("RestoreTimeClean2.bak", 0),
            ("RestoreTimeClean_3.trn", 4326),
            ("RestoreTimeClean2_2.trn", 4305),
            ("RestoreTimeClean2_1.trn", 0),
            ("RestoreTimeClean2_3.trn", 4305),
            ("RestoreTimeClean2_2.trn", 0),
            ("RestoreTimeClean2_3.trn", 0),
            ("RestoreTimeClean_1.trn", 4326),
        ],
    ),
    // The same end without the differential.
    (
        "RestoreTimeClean",
        &[
            ("RestoreTimeClean_1.trn", 3118),
            ("RestoreTimeClean2.bak", 3118),
            ("RestoreTimeClean.bak", 0),
            ("RestoreTimeClean_2.trn", 4305),
            ("RestoreTimeClean_1.trn", 0),
            ("RestoreTimeClean_2.trn", 0),
            ("RestoreTimeClean_3.trn", 0),
            ("RestoreTimeClean2_1.trn", 0),
            ("RestoreTimeClean2.bak", 3136),
            ("RestoreTimeClean2_2.trn", 0),
            ("RestoreTimeClean2_3.trn", 0),
        ],
    ),
    // The database of 2019 grew out of the one of 2017 on another path: logs of one do not fit the other.
    (
        ".",
        &[
            ("restoretimeclean2016/RestoreTimeClean.bak", 0),
            ("RestoreTimeClean/RestoreTimeClean_1.trn", 4330),
            ("RestoreTimeClean/RestoreTimeClean2.bak", 3136),
            ("restoretimeclean2016/RestoreTimeClean_1.trn", 0),
            ("restoretimeclean2016/RestoreTimeClean_2.trn", 0),
            ("restoretimeclean2016/RestoreTimeClean_3.trn", 0),
            ("restoretimeclean2016/RestoreTimeClean2_1.trn", 0),
        ],
    ),
    // The other way round it is what comes later on the same way, with a gap between.
    (
        ".",
        &[
            ("RestoreTimeClean/RestoreTimeClean.bak", 0),
            ("restoretimeclean2016/RestoreTimeClean2.bak", 3136),
            ("restoretimeclean2016/RestoreTimeClean_1.trn", 4305),
            ("detachattach/detachattach.bak", 0),
            ("RestoreTimeClean/RestoreTimeClean_1.trn", 3154),
        ],
    ),
    // Striped; a full that was taken in between is not needed.
    (
        "sql2008-backups/RestoreTimeStripe/Stripe1",
        &[
            ("RestoreTimeStripe.bak", 0),
            ("restoretime_21.trn", 4305),
            ("RestoreTimeStripe_1.trn", 0),
            ("RestoreTimeStripe_2.trn", 0),
            ("RestoreTimeStripe_3.trn", 0),
            ("RestoreTimeStripe_2.trn", 4326),
            ("restoretime_21.trn", 0),
            ("RestoreTimeStripe_22.trn", 0),
            ("RestoreTimeStripe_23.trn", 0),
        ],
    ),
    (
        "sql2008-backups/StopAt",
        &[
            ("StopAt.bak", 0),
            ("StopAt_1.trn", 0),
            ("StopAt_2.trn", 0),
            ("StopAt_23.trn", 4305),
            ("StopAt_21.trn", 0),
            ("StopAt_23.trn", 0),
        ],
    ),
    (
        "sql2008-backups/SimpleRecovery",
        &[
            ("SimpleBackTest_1.bak", 3118),
            ("SimpleBacktest.bak", 0),
            ("SimpleBackTest_2.bak", 0),
            ("SimpleBackTest_1.bak", 3136),
        ],
    ),
    // Differentials of the same full, then logs; the last log is empty and fits only behind its neighbour.
    (
        "sql2008-backups/ft1",
        &[
            ("FULL/SQL2008_ft1_FULL_20170518_041742.bak", 0),
            ("DIFF/SQL2008_ft1_DIFF_20170518_041819.bak", 0),
            ("LOG/SQL2008_ft1_LOG_20170518_041837.trn", 4305),
            ("LOG/SQL2008_ft1_LOG_20170518_041831.trn", 0),
            ("LOG/SQL2008_ft1_LOG_20170518_041837.trn", 0),
        ],
    ),
    // Each full is the base of its own differentials only.
    (
        "OlaMsFilter/complex",
        &[
            ("Full/test_FULL_20160629_141300.bak", 0),
            ("Diff/test_DIFF_20160629_142500.bak", 3136),
            ("Diff/test_DIFF_20160629_141900.bak", 0),
            ("Log/test_LOG_20160629_141400.trn", 4326),
            ("Log/test_LOG_20160629_142000.trn", 0),
            ("Log/test_LOG_20160629_142400.trn", 4305),
            ("Log/test_LOG_20160629_142300.trn", 0),
            ("Full/test_FULL_20160629_142200.bak", 0),
            ("Diff/test_DIFF_20160629_141600.bak", 3136),
            ("Diff/test_DIFF_20160629_142800.bak", 0),
            ("Log/test_LOG_20160629_142600.trn", 4326),
            ("Log/test_LOG_20160629_142900.trn", 0),
            ("Log/test_LOG_20160629_143000.trn", 0),
        ],
    ),
    (
        "OlaMsFilter/Simple",
        &[
            ("test_FULL_20160629_141300.bak", 0),
            ("test_LOG_20160629_141330.trn", 4305),
            ("test_LOG_20160629_141310.trn", 0),
            ("test_LOG_20160629_141330.trn", 0),
            ("test_FULL_20160629_141320.bak", 0),
            ("test_LOG_20160629_141310.trn", 4326),
            ("test_LOG_20160629_141330.trn", 0),
        ],
    ),
    // A chain whose full is lost.
    (
        "sql2008-backups/db1",
        &[("DIFF/SQL2008_db1_DIFF_20170518_041826.bak", 3118), ("LOG/SQL2008_db1_LOG_20170518_041831.trn", 3118)],
    ),
];

#[test]
fn real_chains_are_accepted_in_their_order_and_refused_in_others() {
    let Some(corpus) = corpus() else { return };
    let home = home();
    let mut steps = 0;
    for (folder, files) in SEQUENCES {
        let lab = corpus.join("lab").join(folder);
        let (names, expected): (Vec<&str>, Vec<i32>) = files.iter().copied().unzip();
        let said = restore(&home, &lab, &names);
        let all: Vec<_> = names.iter().zip(&expected).zip(&said).filter(|((_, a), b)| a != b).collect();
        assert_eq!(said, expected, "{folder}: {all:?}");
        steps += said.len();
    }
    println!("{} sequences, {steps} steps", SEQUENCES.len());
}

#[test]
fn a_moment_before_what_is_reached_is_refused() {
    let Some(corpus) = corpus() else { return };
    let home = home();
    let open = |file: &str| {
        show(home.folder.path(), &corpus.join("lab/sql2008-backups/StopAt").join(file));
        let opened = media::open(&home.engine, r"D:\Backup\real.bak").expect("media");
        let set = opened.set(1).expect("a set");
        (set.header().clone(), set.label.guid)
    };
    let (full, guid) = open("StopAt.bak");
    let (first, _) = open("StopAt_1.trn");
    let (second, _) = open("StopAt_2.trn");
    let place = Place::begun(&full, guid).after(&first);
    let reached = first.finished.expect("a date");
    let early = reached - chrono::Duration::seconds(30);
    let late = reached + chrono::Duration::seconds(30);
    assert_eq!(place.check("x", &second, Some(early)).expect_err("too early").number, 4335);
    assert_eq!(place.check("x", &second, Some(late)), Ok(()));
}
