//! Striped sets of the corpus: whole, with a family missing, and files that do not belong together.

use std::ops::ControlFlow;

use pgbackup::media::{FileSource, MediaErrorKind, Source, StripesReport, Verdict, VerifyOptions, verify_stripes};

use crate::corpus;

const FOLDER: &str = "lab/sql2008-backups/RestoreTimeStripe";

fn verify(names: &[&str]) -> Option<Result<StripesReport, MediaErrorKind>> {
    let cases = corpus::cases()?;
    let path = |name: &&str| {
        cases.iter().find(|case| case.name == **name).unwrap_or_else(|| panic!("{name} is in the corpus")).path.clone()
    };
    let open = |name: &&str| FileSource::open(path(name)).expect("a file");
    let files: Vec<FileSource> = names.iter().map(open).collect();
    let sources: Vec<&dyn Source> = files.iter().map(|file| file as &dyn Source).collect();
    let report = verify_stripes(&sources, &VerifyOptions::default(), &mut |_| ControlFlow::Continue(()));
    Some(report.map_err(|error| error.kind))
}

/// A name in the folder of the stripes.
fn stripe(name: &str) -> String {
    format!("{FOLDER}/{name}")
}

#[test]
fn both_families_together_are_whole() {
    let pairs = [
        ("Stripe1/RestoreTimeStripe.bak", "Stripe2/RestoreTimeStripe1.bak"),
        ("Stripe1/RestoreTimeStripe_1.trn", "Stripe2/RestoreTimeStripe_1a.trn"),
        ("Stripe1/RestoreTimeStripe_2.trn", "Stripe2/RestoreTimeStripe_2a.trn"),
        ("Stripe1/RestoreTimeStripe_3.trn", "Stripe2/RestoreTimeStripe_3a.trn"),
        ("Stripe1/RestoreTimeStripe_22.trn", "Stripe2/RestoreTimeStripe_22a.trn"),
        ("Stripe1/RestoreTimeStripe_23.trn", "Stripe2/RestoreTimeStripe_23a.trn"),
        ("Stripe1/restoretime_21.trn", "Stripe2/restoretime_21a.trn"),
    ];
    for (one, two) in pairs {
        // In any order.
        for names in [[stripe(one), stripe(two)], [stripe(two), stripe(one)]] {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let Some(report) = verify(&names) else { return };
            let report = report.expect("a pair");
            assert_eq!(report.verdict(), Verdict::Sound, "{names:?}: {:?}", report.sets);
            assert_eq!((report.family_count, report.missing.len(), report.sets.len()), (2, 0, 1), "{names:?}");
        }
    }
}

#[test]
fn a_missing_family_is_named() {
    let Some(report) = verify(&[&stripe("Stripe1/RestoreTimeStripe.bak")]) else { return };
    let report = report.expect("one of two");
    assert_eq!((report.verdict(), report.missing), (Verdict::Incomplete, vec![2]));
    assert_eq!(report.sets[0].verdict, Verdict::Incomplete);
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let one = stripe("Stripe1/RestoreTimeStripe.bak");
    for other in [one.clone(), stripe("Stripe2/RestoreTimeStripe_1a.trn"), "variety/school.bak".to_owned()] {
        let Some(report) = verify(&[&one, &other]) else { return };
        assert!(matches!(report, Err(MediaErrorKind::NotStripes(_))), "{other}: {report:?}");
    }
}
