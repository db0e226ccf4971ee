//! Backup files on this machine, listed through the library without a server.

#[allow(unsafe_code, dead_code)] // A C ABI is called; not every test needs all of it.
#[path = "support/library.rs"]
mod library;

#[allow(dead_code)] // The media room's own tests need more of it.
#[path = "media/writer/mod.rs"]
mod writer;

use std::path::Path;

use library::Library;
use serde_json::{Value, json};
use writer::{Label, Medium, Set};

/// The row of a file: its error's code and message, or its set's status.
fn row_of<'r>(rows: &'r [Value], path: &Path) -> &'r Value {
    let name = path.display().to_string();
    rows.iter().find(|row| row["BackupFile"] == name).unwrap_or_else(|| panic!("{name} in {rows:#?}"))
}

fn sets(library: &Library, request: &Value) -> Vec<Value> {
    let (rows, end) = library.run(None, "query", request);
    end.expect("an end");
    rows
}

/// Everything that may lie where backups lie: each a row that says what it is, and none stops the others.
#[test]
fn whatever_lies_in_a_folder_is_a_row_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let sound = Medium::new(Label::default()).add(&Set::full("Sales", 1)).bytes;
    let torn = &Medium::new(Label::default()).add(&Set::log("Sales")).add(&Set::log("Sales")).bytes[..5000];
    let mut hole = sound.clone();
    let pages = hole.windows(4).position(|name| name == b"MQDA").expect("pages") + 24;
    hole[pages..pages + 65_536].fill(0);
    let bad: [(&str, &[u8], &str); 8] = [
        ("empty.bak", b"", "the file is empty"),
        ("three.bak", b"\x01\x02\x03", "too short"),
        ("packed.zip", b"PK\x03\x04 and so on", "a zip archive"),
        ("renamed.bak", b"%PDF-1.7 and so on", "a PDF document"),
        ("notes.txt", b"nothing but text\n", "a text file"),
        ("redgate.sqb", &[0x91; 600], "a Redgate SQL Backup file"),
        ("zeros.bak", &[0; 4096], "nothing but zeros"),
        ("noise", &[0x91; 600], "it is not a SQL Server backup"),
    ];
    // Good ones have any name: no extension, a wrong one, a bracket, Persian letters.
    let good = ["backup", "sales.pdf", "a]b[1].bak", "\u{67e}\u{634}\u{62a}\u{6cc}\u{628}\u{627}\u{646}.bak"];
    let path = |name: &str| folder.path().join(name);
    bad.iter().for_each(|(name, bytes, _)| std::fs::write(path(name), bytes).expect("a file"));
    good.iter().for_each(|name| std::fs::write(path(name), &sound).expect("a file"));
    std::fs::write(path("torn.bak"), torn).expect("a file");
    std::fs::write(path("hole.bak"), &hole).expect("a file");
    std::fs::write(path(".pgb-verified.json"), "{}").expect("a file");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("loop.bak", path("loop.bak")).expect("a link");
        std::os::unix::fs::symlink(".", path("up")).expect("a link");
    }
    let library = Library::load();
    let rows = sets(&library, &json!({ "v": 1, "kind": "backup_sets", "files": [folder.path()], "recurse": true }));
    for (name, _, said) in bad {
        let error = &row_of(&rows, &path(name))["error"];
        assert_eq!(error["code"], "media.corrupt", "{name}: {error}");
        assert!(error["message"].as_str().is_some_and(|message| message.contains(said)), "{name}: {error}");
        assert!(error["hint"].is_string(), "{name}: what next? {error}");
    }
    for name in good.into_iter().chain(["hole.bak"]) {
        assert_eq!(row_of(&rows, &path(name))["Status"], "complete", "{name}");
        // By its very name, whatever a pattern would make of it.
        let rows = sets(&library, &json!({ "v": 1, "kind": "backup_sets", "files": [path(name)] }));
        assert_eq!(rows.len(), 1, "{name}: {rows:#?}");
    }
    let torn: Vec<&Value> = rows.iter().filter(|row| row["BackupFile"] == json!(path("torn.bak"))).collect();
    assert!(
        torn.iter().any(|row| row["Status"] == "incomplete" || row["error"]["code"] == "media.incomplete"),
        "{torn:#?}"
    );
    let links = usize::from(cfg!(unix));
    if cfg!(unix) {
        let error = &row_of(&rows, &path("loop.bak"))["error"];
        assert!(error["message"].as_str().is_some_and(|message| message.contains("circle")), "{error}");
    }
    assert_eq!(
        rows.len(),
        bad.len() + good.len() + 1 + torn.len() + links,
        "nothing twice, nothing of ours: {rows:#?}"
    );

    // Verified, the same: an error or a verdict each.
    let (rows, end) = library.run(None, "verify", &json!({ "v": 1, "sources": [{ "file": folder.path() }] }));
    end.expect("an end");
    let verdict =
        |name: &str| rows.iter().find(|row| row["file"] == json!(path(name))).map(|row| row["verdict"].clone());
    good.iter().for_each(|name| assert_eq!(verdict(name), Some(json!("sound")), "{name}"));
    assert_eq!(verdict("hole.bak"), Some(json!("damaged")));
    assert_eq!(verdict("torn.bak"), Some(json!("incomplete")));
    assert_eq!(rows.iter().filter(|row| row["error"].is_object()).count(), bad.len() + links, "{rows:#?}");
}

#[test]
fn a_pattern_without_a_match_is_an_error_unless_allowed() {
    let folder = tempfile::tempdir().expect("a folder");
    let library = Library::load();
    let mut request = json!({ "v": 1, "kind": "backup_sets", "files": [folder.path().join("*.bak")] });
    let rows = sets(&library, &request);
    assert_eq!(rows[0]["error"]["code"], "media.file_not_found", "{rows:#?}");
    request["allow_none"] = json!(true);
    assert!(sets(&library, &request).is_empty());
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_or_is_no_file_says_so() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let shut = folder.path().join("shut.bak");
    std::fs::write(&shut, b"TAPE").expect("a file");
    std::fs::set_permissions(&shut, std::fs::Permissions::from_mode(0o000)).expect("a mode");
    let library = Library::load();
    let files = [shut.as_path(), Path::new("/dev/zero")];
    let rows = sets(&library, &json!({ "v": 1, "kind": "backup_sets", "files": files }));
    // Root may read everything.
    let expected = if std::fs::File::open(&shut).is_ok() { "media.corrupt" } else { "server.permission" };
    assert_eq!(row_of(&rows, &shut)["error"]["code"], expected, "{rows:#?}");
    let device = &row_of(&rows, Path::new("/dev/zero"))["error"];
    assert!(
        device["message"].as_str().is_some_and(|message| message.contains("device or pipe, not a file")),
        "{device}"
    );
}

#[test]
fn files_of_different_media_sets_are_not_taken_for_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let family = |number: u16| Label { families: 2, family: number, ..Label::default() };
    let (one, other) = (folder.path().join("1.bak"), folder.path().join("2.bak"));
    std::fs::write(&one, Medium::new(family(1)).add(&Set::log("Sales")).bytes).expect("a file");
    // The second of another media set: one byte of its identifier, and the name's checksum stays.
    let mut bytes = Medium::new(family(2)).add(&Set::log("Sales")).bytes;
    let raid = bytes.windows(4).position(|name| name == b"RAID").expect("a media set") + 22;
    let verify = |library: &Library| {
        let sources = json!([{ "file": one }, { "file": other }]);
        let (rows, end) = library.run(None, "verify", &json!({ "v": 1, "sources": sources }));
        end.expect("an end");
        rows
    };
    let library = Library::load();
    std::fs::write(&other, &bytes).expect("a file");
    let rows = verify(&library);
    assert!(rows.iter().all(|row| row["verdict"] == "sound" && row["missing_families"] == json!([])), "{rows:#?}");
    bytes[raid] ^= 1;
    std::fs::write(&other, &bytes).expect("a file");
    let rows = verify(&library);
    let missing: Vec<&Value> = rows.iter().map(|row| &row["missing_families"]).collect();
    assert_eq!(missing, [&json!([2]), &json!([1])], "{rows:#?}");
    assert!(rows.iter().all(|row| row["verdict"] == "incomplete"), "{rows:#?}");
}

#[test]
fn a_digest_tells_sets_apart_and_equals_that_of_their_bytes() {
    use sha2::{Digest, Sha256};
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("two.bak");
    let bytes = Medium::new(Label::default()).add(&Set::full("Sales", 1)).add(&Set::log("Sales")).bytes;
    std::fs::write(&path, &bytes).expect("a file");
    let library = Library::load();
    let rows = sets(&library, &json!({ "v": 1, "kind": "backup_sets", "files": [path], "digest": true }));
    assert_eq!(rows.len(), 2);
    for row in &rows {
        let at = |name: &str| row[name].as_u64().expect("a number") as usize;
        let range = at("Offset")..at("Offset") + at("Length");
        let digest: String = Sha256::digest(&bytes[range]).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(row["Sha256"], digest);
    }
    let rows = sets(&library, &json!({ "v": 1, "kind": "backup_sets", "files": [path] }));
    assert_eq!(rows[0]["Sha256"], Value::Null);
    let error = library.run(None, "query", &json!({ "v": 1, "kind": "label", "files": [path], "digest": true })).1;
    assert_eq!(error.expect_err("no digest of a label")["code"], "caller.request");
}

#[test]
fn files_that_are_no_backups_are_rows_and_the_others_go_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let zip = folder.path().join("a.bak");
    std::fs::write(&zip, b"PK\x03\x04 and so on").expect("a file");
    let missing = folder.path().join("nothing.bak");
    let files = [zip.display().to_string(), missing.display().to_string(), folder.path().display().to_string()];
    let library = Library::load();
    let (rows, end) = library.run(None, "query", &json!({ "v": 1, "kind": "backup_sets", "files": files }));
    assert_eq!(end.expect("an end")["count"], 0);
    let codes: Vec<_> = rows.iter().map(|row| row["error"]["code"].clone()).collect();
    assert_eq!(codes[..2], ["media.corrupt", "media.file_not_found"], "{rows:#?}");
    // A folder stands for the backup files in it.
    let meant = [&files[0], &files[1], &files[0]];
    assert_eq!(rows.len(), meant.len(), "{rows:#?}");
    for (row, file) in rows.iter().zip(meant) {
        assert_eq!(row["BackupFile"], *file);
        assert!(row["error"]["message"].as_str().is_some_and(|message| message.contains(file)), "{row}");
    }
}

#[test]
fn what_needs_a_server_says_so() {
    let library = Library::load();
    let error = library.run(None, "query", &json!({ "v": 1, "kind": "databases" })).1.expect_err("no server");
    assert_eq!(error["code"], "caller.argument");
    let request = json!({ "v": 1, "database": "x", "type": "full", "destination": "D:\\" });
    let error = library.run(None, "backup", &request).1.expect_err("no server");
    assert_eq!(error["code"], "caller.argument");
}

/// As Microsoft's pages on the three statements print them.
const HEADER: &str = "BackupName BackupDescription BackupType ExpirationDate Compressed Position DeviceType UserName \
    ServerName DatabaseName DatabaseVersion DatabaseCreationDate BackupSize FirstLSN LastLSN CheckpointLSN \
    DatabaseBackupLSN BackupStartDate BackupFinishDate SortOrder CodePage UnicodeLocaleId UnicodeComparisonStyle \
    CompatibilityLevel SoftwareVendorId SoftwareVersionMajor SoftwareVersionMinor SoftwareVersionBuild MachineName \
    Flags BindingID RecoveryForkID Collation FamilyGUID HasBulkLoggedData IsSnapshot IsReadOnly IsSingleUser \
    HasBackupChecksums IsDamaged BeginsLogChain HasIncompleteMetaData IsForceOffline IsCopyOnly FirstRecoveryForkID \
    ForkPointLSN RecoveryModel DifferentialBaseLSN DifferentialBaseGUID BackupTypeDescription BackupSetGUID \
    CompressedBackupSize Containment KeyAlgorithm EncryptorThumbprint EncryptorType LastValidRestoreTime TimeZone \
    CompressionAlgorithm";
const FILES: &str = "LogicalName PhysicalName Type FileGroupName Size MaxSize FileId CreateLSN DropLSN UniqueId \
    ReadOnlyLSN ReadWriteLSN BackupSizeInBytes SourceBlockSize FileGroupId LogGroupGUID DifferentialBaseLSN \
    DifferentialBaseGUID IsReadOnly IsPresent TDEThumbprint SnapshotUrl";
const LABEL: &str = "MediaName MediaSetId FamilyCount FamilySequenceNumber MediaFamilyId MediaSequenceNumber \
    MediaLabelPresent MediaDescription SoftwareName SoftwareVendorId MediaDate Mirror_Count IsCompressed";

#[test]
fn columns_have_the_names_and_the_order_of_restore() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.bak");
    std::fs::write(&path, Medium::new(Label::default()).add(&Set::full("Sales", 1)).bytes).expect("a file");
    let library = Library::load();
    let requests = [
        (json!({ "v": 1, "kind": "backup_sets", "files": [path] }), HEADER),
        (json!({ "v": 1, "kind": "file_list", "file": path }), FILES),
        (json!({ "v": 1, "kind": "label", "files": [path] }), LABEL),
    ];
    for (request, columns) in requests {
        let rows = sets(&library, &request);
        let expected: Vec<&str> = columns.split_whitespace().collect();
        let names = rows[0].as_object().expect("a row").keys().map(String::as_str);
        let got: Vec<&str> = names.filter(|name| expected.contains(name)).collect();
        assert_eq!(got, expected, "{request}");
    }
}
