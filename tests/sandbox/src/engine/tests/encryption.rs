//! Encrypted sets and the certificates that they need.

use super::asks::{backup_refused, copy, restore_refused, seeded, spec, take};
use super::customers;
use crate::engine::{BackupKind, BackupSpec, Encryption, Engine, EngineOptions, Value};

const FILE: &str = r"D:\Backup\secret.bak";

fn encrypted(certificate: &str) -> BackupSpec {
    let encryption = Encryption { algorithm: "AES_256".into(), certificate: certificate.into() };
    BackupSpec { encryption: Some(encryption), format: true, init: true, ..spec(BackupKind::Full, FILE) }
}

#[test]
fn a_set_is_restored_only_where_its_certificate_is() {
    let home = seeded();
    assert_eq!(backup_refused(&home, &encrypted("Keeper")).numbers(), [15151, 3013]);
    assert_eq!(home.engine.create_certificate("Keeper", "Backups").expect_err("no master key").numbers(), [15581]);
    home.engine.create_master_key().expect("a master key");
    home.engine.create_certificate("Keeper", "Backups").expect("a certificate");
    assert_eq!(home.engine.create_certificate("KEEPER", "x").expect_err("taken").numbers(), [15232]);
    take(&home, &encrypted("keeper"));
    let headers = home.engine.header_only(FILE, None).expect("a header");
    let column = |name: &str| headers.columns.iter().position(|column| column.name == name).expect("a column");
    let thumbprint = home.engine.certificates().expect("certificates")[0].thumbprint;
    assert_eq!(headers.rows[0][column("KeyAlgorithm")], Value::Text("aes_256".into()));
    assert_eq!(headers.rows[0][column("EncryptorThumbprint")], Value::Bytes(thumbprint.to_vec()));
    assert_eq!(headers.rows[0][column("EncryptorType")], Value::Text("CERTIFICATE".into()));
    // Nothing can be added to it, encrypted or not with FORMAT only.
    let more = BackupSpec { format: false, init: false, ..encrypted("Keeper") };
    assert_eq!(backup_refused(&home, &more).numbers(), [3098, 3013]);
    let again = Engine::open(home.folder.path(), EngineOptions::default()).expect("an engine");
    assert_eq!(again.certificates().expect("certificates").len(), 1, "kept over a restart");
    home.engine.restore(&copy(FILE, "Copy"), &mut Vec::new()).expect("a restore");
    assert_eq!(customers(&home.engine, "Copy"), customers(&home.engine, "PayamGostar2"));

    let elsewhere = super::home();
    let there = elsewhere.folder.path().join("D/Backup/secret.bak");
    std::fs::copy(home.folder.path().join("D/Backup/secret.bak"), there).expect("a copy");
    let refused = restore_refused(&elsewhere, &copy(FILE, "Copy"));
    assert_eq!(refused.numbers(), [33111, 3013]);
    assert!(refused.errors[0].text.contains("thumbprint '0x"), "{}", refused.errors[0].text);
    assert_eq!(elsewhere.engine.file_list_only(FILE, None).expect_err("a secret").numbers(), [33111, 3013]);
    let verify = elsewhere.engine.verify_only(&[FILE.into()], None, None, None, &mut Vec::new());
    assert_eq!(verify.expect_err("a secret").numbers(), [33111, 3013]);
    assert!(elsewhere.engine.header_only(FILE, None).is_ok(), "the header says which certificate to look for");
}
