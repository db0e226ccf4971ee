//! The base guard: a differential is made only on a full of ours that is on the disk and whole.

use serde_json::{Value, json};

use crate::world::{World, unique};

/// A database with a full of ours, after which `act` happened; then a differential, by this choice.
fn differential_after(act: impl FnOnce(&World, &str, &Value), on_foreign_base: &str) -> Result<Value, Value> {
    let world = World::sandbox(|builder| builder);
    let name = unique("guard");
    world.database(&name, 10);
    let ours = world.done("backup", world.full(&name));
    act(&world, &name, &ours);
    let request = json!({
        "v": 1, "database": name, "type": "differential", "destination": world.folder,
        "on_foreign_base": on_foreign_base,
    });
    let end = world.run("backup", request).1;
    if let Ok(made) = &end {
        assert_eq!(made["requested_type"], "differential");
    }
    end
}

fn stray(world: &World, name: &str, to: &str) {
    world.sql(r"EXEC master.dbo.xp_create_subdir N'C:\Temp'");
    world.sql(&format!("BACKUP DATABASE [{name}] TO DISK = N'{to}' WITH NAME = N'by hand'"));
}

#[test]
fn our_own_full_serves() {
    let made = differential_after(|_, _, _| {}, "stop").expect("a differential");
    assert_eq!((&made["type"], &made["foreign_base"]), (&json!("differential"), &Value::Null), "{made:#}");
}

#[test]
fn a_copy_only_full_moves_no_base() {
    let copy = |world: &World, name: &str, _: &Value| {
        world.sql(&format!("BACKUP DATABASE [{name}] TO DISK = N'{}' WITH COPY_ONLY", world.path("copy.bak")));
    };
    assert_eq!(differential_after(copy, "stop").expect("a differential")["type"], "differential");
}

#[test]
fn trap_2_a_stray_full_becomes_the_base_and_who_made_it_is_named() {
    let by_hand = |world: &World, name: &str, _: &Value| stray(world, name, r"C:\Temp\stray.bak");
    let made = differential_after(by_hand, "full").expect("a full");
    assert_eq!((&made["type"], &made["promoted"]["code"]), (&json!("full"), &json!("foreign_base")), "{made:#}");
    let who = &made["foreign_base"];
    assert_eq!(
        (&who["user"], &who["set_name"], &who["snapshot"]),
        (&json!("tester"), &json!("by hand"), &json!(false))
    );
    assert_eq!(who["files"], json!([r"C:\Temp\stray.bak"]));
    assert!(who["machine"].is_string() && who["program"].is_string() && who["finished_at"].is_string(), "{who:#}");
    let reason = made["promoted"]["reason"].as_str().expect("a reason");
    assert!(reason.contains("tester") && reason.contains(r"C:\Temp\stray.bak"), "{reason}");

    let made = differential_after(by_hand, "differential").expect("a differential");
    assert_eq!((&made["type"], &made["foreign_base"]["user"]), (&json!("differential"), &json!("tester")), "{made:#}");

    let error = differential_after(by_hand, "stop").expect_err("nothing");
    assert_eq!((&error["code"], &error["status"]), (&json!("chain.foreign_base"), &json!(26)), "{error:#}");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("tester")), "{error:#}");
}

#[test]
fn trap_2_a_full_to_nul_keeps_nothing_and_is_no_base() {
    let made = differential_after(|world, name, _| stray(world, name, "NUL"), "full").expect("a full");
    assert_eq!((&made["type"], &made["promoted"]["code"]), (&json!("full"), &json!("foreign_base")), "{made:#}");
    assert!(made["foreign_base"]["files"][0].as_str().is_some_and(|file| file.ends_with("NUL")), "{made:#}");
}

#[test]
fn a_full_of_ours_that_was_deleted_by_hand_counts_as_missing() {
    let delete = |world: &World, _: &str, ours: &Value| {
        let file = ours["files"][0].as_str().expect("a file");
        std::fs::remove_file(world.only_sandbox().host_path(file).expect("a path")).expect("deleted");
    };
    let made = differential_after(delete, "full").expect("a full");
    assert_eq!((&made["type"], &made["promoted"]["code"]), (&json!("full"), &json!("missing_base")), "{made:#}");
    assert_eq!(differential_after(delete, "stop").expect_err("nothing")["code"], "chain.foreign_base");
}

#[test]
fn a_full_of_ours_that_was_overwritten_counts_as_missing() {
    let overwrite = |world: &World, _: &str, ours: &Value| {
        let file = world.only_sandbox().host_path(ours["files"][0].as_str().expect("a file")).expect("a path");
        std::fs::write(file, b"no backup any more").expect("overwritten");
    };
    assert_eq!(differential_after(overwrite, "full").expect("a full")["promoted"]["code"], "missing_base");
}

#[test]
fn a_full_of_which_the_history_was_cleared_is_nobodys() {
    let clear = |world: &World, _: &str, _: &Value| {
        world.sql("DELETE FROM msdb.dbo.backupset");
    };
    let made = differential_after(clear, "full").expect("a full");
    assert_eq!(made["promoted"]["code"], "foreign_base", "{made:#}");
    assert!(made["promoted"]["reason"].as_str().is_some_and(|text| text.contains("history tells nothing")));
}
