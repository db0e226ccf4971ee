//! Names of backup files: tokens, safety on every file system, uniqueness, limits.

use chrono::{FixedOffset, NaiveDate, NaiveDateTime};
use pgbackup::model::BackupType;
use pgbackup::policy::naming::{
    ARCHIVE_TEMPLATE, DEFAULT_TEMPLATE, NameError, NameFacts, PathError, PathStyle, TakenNames, Template,
    TemplateError, backup_file_names, distinct_names, drive_letter, extension_of, is_unc, safe_name,
};
use proptest::prelude::*;

fn at() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2026, 11, 20).and_then(|day| day.and_hms_opt(21, 30, 5)).expect("a moment")
}

fn facts(database: &str) -> NameFacts<'_> {
    NameFacts {
        server: "CRMHOST",
        instance: Some("PAYAMGOSTAR2"),
        database,
        other_databases: &[],
        backup_type: BackupType::Full,
        copy_only: false,
        utc: at(),
        offset: FixedOffset::east_opt(12_600).expect("an offset"),
        stripes: 1,
    }
}

fn name_of(template: &str, facts: &NameFacts<'_>) -> String {
    names_of(template, facts, &TakenNames::default()).swap_remove(0)
}

fn names_of(template: &str, facts: &NameFacts<'_>, taken: &TakenNames) -> Vec<String> {
    let template = Template::parse(template).expect("a template");
    backup_file_names(&template, facts, PathStyle::Windows, r"D:\B", taken)
        .expect("names")
        .into_iter()
        .map(|path| path.strip_prefix(r"D:\B\").expect("the folder").to_owned())
        .collect()
}

#[test]
fn the_defaults_are_gregorian_utc_and_the_usual_extensions() {
    let full = facts("PayamGostar2");
    let log = NameFacts { backup_type: BackupType::Log, ..facts("PayamGostar2") };
    let differential = NameFacts { backup_type: BackupType::Differential, ..facts("PayamGostar2") };
    assert_eq!(name_of(DEFAULT_TEMPLATE, &full), "PAYAMGOSTAR2_PayamGostar2_FULL_20261120_213005Z.bak");
    assert_eq!(name_of(DEFAULT_TEMPLATE, &log), "PAYAMGOSTAR2_PayamGostar2_LOG_20261120_213005Z.trn");
    assert_eq!(name_of(DEFAULT_TEMPLATE, &differential), "PAYAMGOSTAR2_PayamGostar2_DIFF_20261120_213005Z.bak");
    assert_eq!(name_of(ARCHIVE_TEMPLATE, &full), "PayamGostar2.bak");
    assert_eq!(extension_of(BackupType::Partial), "bak");
    let default_instance = NameFacts { instance: None, ..facts("x") };
    assert_eq!(name_of("{Server}_{Instance}", &default_instance), "CRMHOST_MSSQLSERVER.bak");
}

#[test]
fn every_token_says_what_its_line_in_the_table_says() {
    let facts = NameFacts { copy_only: true, stripes: 2, ..facts("x") };
    let cases = [
        ("{Server}", "CRMHOST"),
        ("{INSTANCE}", "PAYAMGOSTAR2"),
        ("{database}", "x"),
        ("{Type}", "FULL"),
        ("{CopyOnly}", "COPY_ONLY"),
        ("{Utc}", "20261120_213005Z"),
        ("{Local}{Offset}", "20261121_010005+0330"),
        ("{PersianDate}-{PersianTime}", "14050830-010005"),
        ("{Year}{Month}{Day}{Hour}{Minute}{Second}", "20261120213005"),
        ("{PersianYear}.{PersianMonth}.{PersianDay}.", "1405.08.30"),
        ("{{{Stripes}}}", "{2}"),
    ];
    for (template, expected) in cases {
        assert_eq!(name_of(template, &facts), format!("{expected}_1of2.bak"), "{template}");
    }
    assert_eq!(names_of("{Database}-{Stripe}.sqb", &facts, &TakenNames::default()), ["x-1.sqb", "x-2.sqb"]);
}

#[test]
fn a_token_with_nothing_to_say_takes_its_separator_along() {
    assert_eq!(name_of("{Database}_{CopyOnly}_{Type}", &facts("x")), "x_FULL.bak");
    assert_eq!(name_of("{CopyOnly}", &facts("x")), "_.bak");
}

#[test]
fn a_wrong_template_is_named_with_what_is_known() {
    let text = Template::parse("{Database}_{Datum}").expect_err("no such token").to_string();
    assert!(
        text.starts_with("file name `{Database}_{Datum}`: there is no token `{Datum}`; known are {Server} {Inst"),
        "{text}"
    );
    for (template, brace) in [("{Database", '{'), ("x}", '}'), ("{a{b}", '{')] {
        assert_eq!(Template::parse(template), Err(TemplateError::LoneBrace { template: template.to_owned(), brace }));
    }
    for letter in ['/', '\\', ':', '%', '\n', '\u{202E}'] {
        let template = format!("{{Type}}{letter}x");
        assert_eq!(Template::parse(&template), Err(TemplateError::Letter { template: template.clone(), letter }));
    }
    for template in ["", " ", ".", ".."] {
        assert_eq!(Template::parse(template), Err(TemplateError::Empty), "{template}");
    }
}

#[test]
fn names_that_windows_cannot_hold_are_made_safe_and_stay_apart() {
    assert_eq!(safe_name("PayamGostar2"), "PayamGostar2");
    assert_eq!(safe_name("پیام‌گستر"), "پیام‌گستر");
    let odd = ["a/b", "a\\b", "a?b", "a%b", "a_b", "a\u{1}b", "a\u{202E}b", " a_b", "a_b.", "a_b ", ".a_b", "a:b"];
    let mut safe: Vec<String> = odd.iter().map(|name| safe_name(name)).collect();
    for name in &safe {
        assert!(!name.contains(['/', '\\', '?', '%', ':']) && !name.ends_with(['.', ' ']), "{name}");
    }
    safe.sort();
    safe.dedup();
    assert_eq!(safe.len(), odd.len());
    // A name made to look like another's safe form gets a mark of its own.
    assert_ne!(safe_name(&safe_name("a/b")), safe_name("a/b"));
}

#[test]
fn databases_that_differ_only_in_case_get_two_names() {
    let names = distinct_names(&["Crm", "CRM", "Sales"]);
    assert_ne!(names[0].to_lowercase(), names[1].to_lowercase());
    assert_eq!(names[2], "Sales");
    let one = name_of(ARCHIVE_TEMPLATE, &NameFacts { other_databases: &["Crm", "CRM"], ..facts("Crm") });
    let two = name_of(ARCHIVE_TEMPLATE, &NameFacts { other_databases: &["Crm", "CRM"], ..facts("CRM") });
    assert_ne!(one.to_lowercase(), two.to_lowercase());
    assert_eq!(name_of(ARCHIVE_TEMPLATE, &NameFacts { other_databases: &["Crm"], ..facts("Crm") }), "Crm.bak");
}

#[test]
fn device_names_are_not_used_as_file_names() {
    for device in ["CON", "nul", "Aux", "COM1", "lpt9", "COM²", "CONIN$", "CON.x"] {
        let name = name_of("{Database}", &facts(device));
        assert!(name.starts_with('_'), "{device}: {name}");
    }
    for fine in ["COM", "COM10", "CONSOLE", "xNUL"] {
        assert_eq!(name_of("{Database}", &facts(fine)), format!("{fine}.bak"));
    }
}

#[test]
fn a_dot_in_a_database_name_is_no_extension() {
    assert_eq!(name_of("{Database}", &facts("My.Db")), "My.Db.bak");
    assert_eq!(name_of("x.{Database}", &facts("y")), "x.y.bak");
    assert_eq!(name_of("{Database}.full", &facts("y")), "y.full");
}

#[test]
fn an_existing_name_is_never_taken_again() {
    let mut taken: TakenNames = ["PAYAMGOSTAR2.BAK", "x"].into_iter().collect();
    assert_eq!(names_of("PayamGostar2", &facts("d"), &taken), ["PayamGostar2_2.bak"]);
    taken.insert("payamgostar2_2.bak");
    assert!(taken.contains("PayamGostar2_2.bak"));
    assert_eq!(names_of("PayamGostar2", &facts("d"), &taken), ["PayamGostar2_3.bak"]);
    // One taken stripe moves the whole set on.
    let taken: TakenNames = ["d_2of3.bak"].into_iter().collect();
    let striped = NameFacts { stripes: 3, ..facts("d") };
    assert_eq!(names_of("{Database}", &striped, &taken), ["d_1of3_2.bak", "d_2of3_2.bak", "d_3of3_2.bak"]);
}

#[test]
fn limits_are_told_with_the_path() {
    let template = Template::parse("{Database}").expect("a template");
    let names = |folder: &str, stripes| {
        let facts = NameFacts { stripes, ..facts("d") };
        backup_file_names(&template, &facts, PathStyle::Windows, folder, &TakenNames::default())
    };
    for stripes in [0, 65, u16::MAX] {
        assert_eq!(names("D:\\B", stripes), Err(NameError::Stripes(stripes)));
    }
    assert_eq!(names("D:\\B", 64).map(|names| names.len()), Ok(64));
    let folder = |length: usize| format!("D:\\{}\\{}", "f".repeat(200), "g".repeat(length - 204));
    // `\d.bak` is 6 long.
    assert_eq!(names(&folder(253), 1).map(|names| names[0].len()), Ok(259));
    let too_long = names(&folder(254), 1).expect_err("260 characters").to_string();
    assert!(too_long.contains("has 260 characters, and SQL Server takes at most 259"), "{too_long}");
    let wide = format!("/{}", "پ".repeat(128));
    assert!(PathStyle::Windows.check(&format!("D:{wide}")).is_ok(), "128 letters of Windows");
    assert!(matches!(PathStyle::Posix.check(&wide), Err(PathError::ComponentTooLong { length: 256, .. })));
}

#[test]
fn a_path_that_cannot_hold_a_backup_is_told_why() {
    use PathStyle::{Posix, Windows};
    for (style, path) in [
        (Windows, r"D:\Backup\x.bak"),
        (Windows, r"D:/Backup/x.bak"),
        (Windows, r"\\host\share$\x.bak"),
        (Windows, r"\\?\D:\x.bak"),
        (Windows, r"D:\100% sure\x"),
        (Posix, "/var/opt/mssql/x: y?.bak"),
    ] {
        assert_eq!(style.check(path), Ok(()), "{path}");
    }
    let told = |style: PathStyle, path: &str| style.check(path).expect_err(path).to_string();
    assert!(told(Windows, "").contains(r"D:\Backup\PayamGostar2.bak"));
    assert!(told(Posix, " ").contains("/var/opt/mssql"));
    for path in ["x.bak", r"..\x.bak", "C:x.bak", r"\x.bak", "C:", "é:\\x"] {
        assert!(matches!(Windows.check(path), Err(PathError::Relative { .. })), "{path}");
    }
    assert!(matches!(Posix.check(r"D:\x.bak"), Err(PathError::Relative { .. })));
    assert!(matches!(Windows.check("https://x/y.bak"), Err(PathError::Url(_))));
    assert!(matches!(Windows.check("D:\\Backup\\"), Err(PathError::Folder(_))));
    assert!(matches!(Windows.check(r"D:\a\..\x.bak"), Err(PathError::Dots(_))));
    assert!(matches!(Windows.check(r"D:\a?\x.bak"), Err(PathError::Letter { letter: '?', .. })));
    assert!(matches!(Posix.check("/a\n/x.bak"), Err(PathError::Letter { letter: '\n', .. })));
    for path in ["NUL", "nul.bak", r"D:\NUL", r"D:\con\x.bak", r"\\h\s\com1.bak"] {
        assert!(told(Windows, path).contains("is a device of Windows"), "{path}");
    }
    assert!(matches!(Windows.check(r"D:\x."), Err(PathError::TrailingDotOrSpace { .. })));
}

#[test]
fn a_mapped_drive_is_told_apart_from_the_servers_own() {
    let path = r"Z:\Backup\x.bak";
    let told = PathStyle::Windows.check_drive(path, &['C', 'd']).expect_err("mapped").to_string();
    assert!(
        told.starts_with("drive Z: of `Z:\\Backup\\x.bak` is not a drive of the server, which has C: D:"),
        "{told}"
    );
    assert_eq!(PathStyle::Windows.check_drive(r"d:\x", &['C', 'D']), Ok(()));
    assert_eq!(PathStyle::Windows.check_drive(r"\\h\s\x", &[]), Ok(()));
    assert_eq!(PathStyle::Posix.check_drive("/x", &[]), Ok(()));
    assert_eq!((drive_letter(path), drive_letter("/x"), drive_letter("")), (Some('Z'), None, None));
    assert!(is_unc(r"\\h\s") && is_unc("//h/s") && !is_unc(r"\h") && !is_unc(r"\\"));
}

#[test]
fn folder_and_name_are_joined_as_the_server_writes_it() {
    let windows = PathStyle::from_separator('\\').expect("a style");
    let posix = PathStyle::from_separator('/').expect("a style");
    assert_eq!(PathStyle::from_separator(':'), None);
    assert_eq!((windows.separator(), posix.separator()), ('\\', '/'));
    assert_eq!(windows.join(r"D:\B", "x"), r"D:\B\x");
    assert_eq!(windows.join("D:\\", "x"), r"D:\x");
    assert_eq!(windows.join("D:/B/", "x"), "D:/B/x");
    assert_eq!(posix.join("/b", "x"), "/b/x");
    assert_eq!(windows.file_name(r"D:\B/x.bak"), "x.bak");
    assert_eq!(posix.file_name("/b/x\\y"), "x\\y");
    assert!(windows.is_relative("x") && !windows.is_relative("C:/x") && posix.is_relative("x"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_names_give_a_file_name_that_both_systems_hold(
        database in "\\PC{0,40}|[ .%/\\\\a~0-9]{0,20}|(con|nul|com1)[. ]?x?",
        server in "\\PC{0,15}",
        copy_only: bool,
        stripes in 1_u16..=4,
    ) {
        let facts = NameFacts { server: &server, copy_only, stripes, ..facts(&database) };
        for template in ["{Server}_{Database}_{CopyOnly}_{Type}_{Utc}", "{Database}", "{Database}.{Server}"] {
            for name in names_of(template, &facts, &TakenNames::default()) {
                let windows = PathStyle::Windows.check(&format!("D:\\{name}"));
                prop_assert!(windows.is_ok(), "{name}: {windows:?}");
                prop_assert!(!name.contains('%'));
                let posix = PathStyle::Posix.check(&format!("/{name}"));
                prop_assert!(posix.is_ok() || name.len() > 255, "{name}: {posix:?}");
            }
        }
    }

    #[test]
    fn two_databases_never_share_a_name(one in "[ab/?%.~ ]{1,4}", two in "[abAB/?%.~ ]{1,4}") {
        prop_assume!(one != two);
        let names = distinct_names(&[&one, &two]);
        prop_assert_ne!(names[0].to_lowercase(), names[1].to_lowercase());
    }

    #[test]
    fn no_template_panics(template in "\\PC{0,40}|[{}A-Za-z._]{0,30}") {
        if let Ok(parsed) = Template::parse(&template) {
            let _ = backup_file_names(&parsed, &facts("d"), PathStyle::Posix, "/b", &TakenNames::default());
        }
    }
}
