//! Questions about schedules as JSON: answers, and mistakes answered by field and example.

use pgbackup::error::{Error, Result};
use pgbackup::{ops, wire};
use serde_json::{Value, json};

fn ask(question: &Value) -> Result<Value> {
    let query = wire::schedule_query(&question.to_string())?;
    let text = wire::schedule_text(&query.schedule, &ops::answer_schedule(&query));
    Ok(serde_json::from_str(&text).expect("JSON"))
}

fn refused(question: &Value) -> Error {
    ask(question).expect_err(&question.to_string())
}

/// A full on Saturdays at 02:30, differentials every four hours, Tehran time.
fn weekly() -> Value {
    json!({ "zone": "Asia/Tehran", "lines": [
        { "type": "full", "when": { "kind": "weekly", "days": ["Saturday"], "at": ["02:30"] } },
        { "type": "differential", "when": { "kind": "every", "minutes": 240, "from": "02:30" } },
    ] })
}

fn with_when(when: Value) -> Value {
    json!({ "v": 1, "kind": "next", "now": "2026-11-20T11:00:00Z",
        "schedule": { "zone": "UTC", "lines": [{ "type": "full", "when": when }] } })
}

#[test]
fn the_next_times_for_machines_and_for_people() {
    let reply = ask(&json!({ "v": 1, "kind": "next", "count": 2, "now": "2026-11-27T19:00:00Z", "schedule": weekly(),
        "backups": [{ "type": "full", "at": "2026-11-20T23:00:00Z" }] }))
    .expect("an answer");
    assert_eq!(reply["zone"], "Asia/Tehran");
    assert_eq!(reply["items"][0]["type"], "full");
    assert_eq!(reply["items"][0]["at"], "2026-11-27T23:00:00Z");
    assert_eq!(reply["items"][0]["local"], "2026-11-28T02:30:00+03:30");
    assert_eq!(reply["items"][0]["persian"], "1405/09/07 02:30:00");
    assert!(reply["items"][0]["persian_text"].as_str().is_some_and(|text| text.contains("آذر")), "{reply}");
    assert_eq!(reply["items"][1]["type"], "differential");
    assert_eq!(reply["items"][1]["local"], "2026-11-28T06:30:00+03:30");
}

#[test]
fn due_missed_and_in_words() {
    let due = |now: &str, backups: Value| {
        ask(&json!({ "v": 1, "kind": "due", "now": now, "since": "2026-11-01T00:00:00Z", "schedule": weekly(),
            "backups": backups }))
        .expect("an answer")
    };
    let none = due("2026-11-20T11:00:00Z", json!([]));
    assert_eq!((&none["due"], &none["runs"][0]["type"]), (&json!(true), &json!("full")), "{none}");
    let served = json!([{ "type": "full", "at": "2026-11-27T23:00:01Z" }]);
    let nothing = due("2026-11-28T01:00:00Z", served.clone());
    assert_eq!((&nothing["due"], &nothing["overdue"]), (&json!(false), &json!(false)), "{nothing}");
    assert_eq!(nothing["next"]["local"], "2026-11-28T06:30:00+03:30");
    let late = due("2026-11-28T12:00:00Z", served);
    assert_eq!(late["runs"][0]["type"], "differential");
    assert_eq!(late["runs"][0]["missed"]["count"], 3, "{late}");
    assert_eq!(late["overdue"], true);

    let missed = ask(&json!({ "v": 1, "kind": "missed", "from": "2026-11-27T23:00:00Z", "now": "2026-11-28T12:00:00Z",
        "count": 2, "schedule": weekly(), "backups": [{ "type": "full", "at": "2026-11-27T23:00:00Z" }] }))
    .expect("an answer");
    assert_eq!((missed["items"].as_array().map(Vec::len), &missed["more"]), (Some(2), &json!(true)));

    let words = ask(&json!({ "v": 1, "kind": "describe", "schedule": weekly() })).expect("an answer");
    assert!(words["english"].as_str().is_some_and(|text| text.contains("every Saturday at 02:30")), "{words}");
    assert!(words["persian"].as_str().is_some_and(|text| text.contains("شنبه ساعت ۰۲:۳۰")), "{words}");
}

#[test]
fn a_count_of_differentials_is_a_schedule_too() {
    let counted =
        json!({ "zone": "Iran Standard Time", "differentials": 2, "when": { "kind": "daily", "at": ["02:30"] } });
    let reply = ask(&json!({ "v": 1, "kind": "next", "count": 4, "now": "2026-11-20T11:00:00Z", "schedule": counted }))
        .expect("an answer");
    let kinds: Vec<&str> =
        reply["items"].as_array().into_iter().flatten().filter_map(|item| item["type"].as_str()).collect();
    assert_eq!(kinds, ["full", "differential", "differential", "full"]);
}

#[test]
fn mistakes_name_their_field_and_show_a_right_example() {
    let cases = [
        (json!({ "kind": "daily", "at": ["25:61"] }), "schedule.lines[0].when.at[0]", "25:61"),
        (json!({ "kind": "daily", "at": [] }), "schedule.lines[0].when", "time of day"),
        (json!({ "kind": "daily" }), "schedule.lines[0].when.at", "missing"),
        (
            json!({ "kind": "weekly", "days": ["Satuday"], "at": ["02:30"] }),
            "schedule.lines[0].when.days[0]",
            "Satuday",
        ),
        (json!({ "kind": "weekly", "days": [], "at": ["02:30"] }), "schedule.lines[0].when", "day of the week"),
        (json!({ "kind": "monthly", "days": [0], "at": ["02:30"] }), "schedule.lines[0].when.days[0]", "`0`"),
        (json!({ "kind": "monthly", "days": [32], "at": ["02:30"] }), "schedule.lines[0].when.days[0]", "`32`"),
        (json!({ "kind": "monthly", "days": [-1], "at": ["02:30"] }), "schedule.lines[0].when.days[0]", "`-1`"),
        (json!({ "kind": "every", "minutes": 0 }), "schedule.lines[0].when", "0 minutes"),
        (json!({ "kind": "every", "minutes": -5 }), "schedule.lines[0].when.minutes", "-5"),
        (json!({ "kind": "every", "minutes": 9_000_000_000_u64 }), "schedule.lines[0].when.minutes", "9000000000"),
        (json!({ "kind": "every", "minutes": 5, "window": "22-6" }), "schedule.lines[0].when.window", "22-6"),
        (
            json!({ "kind": "every", "minutes": 5, "window": "22:00-06:00", "from": "01:00" }),
            "schedule.lines[0].when.from",
            "window",
        ),
        (json!({ "kind": "cron", "cron": "0 30 2 * * SAT" }), "schedule.lines[0].when.cron", "five fields"),
        (json!({ "kind": "cron", "cron": "0 0 30 2 *" }), "schedule.lines[0].when.cron", "never"),
        (json!({ "kind": "none", "at": ["02:30"] }), "schedule.lines[0].when.at", "no such field"),
    ];
    for (when, field, part) in cases {
        let error = refused(&with_when(when.clone()));
        assert_eq!(error.target.as_deref(), Some(field), "{when}: {error}");
        assert!(error.message.contains(part), "{when}: {error}");
        assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("like") || hint.contains("give")), "{when}");
    }
}

#[test]
fn the_examples_in_the_hints_are_right() {
    let examples = [
        json!({ "kind": "every", "minutes": 240, "from": "02:30" }),
        json!({ "kind": "daily", "at": ["02:30", "14:30"] }),
        json!({ "kind": "monthly", "days": [1, "Last", "First Friday"], "calendar": "persian", "at": ["23:00"] }),
        json!({ "kind": "cron", "cron": "30 2 * * SAT" }),
    ];
    for when in examples {
        let reply = ask(&with_when(when.clone())).expect("an answer");
        assert_eq!(reply["items"].as_array().map(Vec::len), Some(1), "{when}");
        // The hint of a mistake of that kind shows the example as it stands here.
        let mut wrong = when.clone();
        wrong["calendar"] = json!("lunar");
        assert!(ask(&with_when(wrong)).is_err(), "{when}");
    }
}

#[test]
fn what_a_question_would_not_heed_is_refused() {
    for (question, field) in [
        (json!({ "v": 1, "kind": "describe", "schedule": weekly(), "now": "2026-11-20T11:00:00Z" }), "now"),
        (json!({ "v": 1, "kind": "next", "schedule": weekly() }), "now"),
        (json!({ "v": 1, "kind": "next", "schedule": weekly(), "now": "2026-11-20 11:00" }), "now"),
        (json!({ "v": 1, "kind": "next", "schedule": weekly(), "now": "2026-11-20T11:00:00Z", "count": 0 }), "count"),
        (
            json!({ "v": 1, "kind": "next", "schedule": weekly(), "now": "2026-11-20T11:00:00Z", "count": 10_001 }),
            "count",
        ),
        (
            json!({ "v": 1, "kind": "due", "schedule": weekly(), "now": "2026-11-20T11:00:00Z", "grace_minutes": -1 }),
            "grace_minutes",
        ),
        (json!({ "v": 1, "kind": "missed", "schedule": weekly(), "now": "2026-11-20T11:00:00Z" }), "from"),
        (json!({ "v": 1, "kind": "describe", "schedule": { "zone": "Mars/Base", "lines": [] } }), "schedule.zone"),
        (json!({ "v": 1, "kind": "describe", "schedule": { "zone": "UTC" } }), "schedule"),
        (json!({ "v": 1, "kind": "describe", "schedule": { "zone": "UTC", "lines": [] } }), "schedule"),
        (
            json!({ "v": 1, "kind": "describe", "schedule": { "zone": "UTC", "differentials": 0, "when": { "kind": "none" } } }),
            "schedule",
        ),
    ] {
        assert_eq!(refused(&question).target.as_deref(), Some(field), "{question}");
    }
}

#[test]
fn a_clock_at_either_end_of_time_is_no_panic() {
    for now in ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"] {
        for kind in ["next", "due"] {
            let question = json!({ "v": 1, "kind": kind, "now": now, "schedule": weekly() });
            assert_eq!(ask(&question).expect("an answer")["kind"], kind);
        }
    }
}
