//! The decision: see the table of the module.

use super::seen::{Access, Mode, Restoring, Seen, Server, Shape, Stage, State};

/// Where a broken-off restore is to end, where both ways are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// With the content of before.
    TakeBack,
    /// With the wanted content.
    Finish,
}

/// One thing to do on the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Look again a little later.
    Wait,
    /// Set the database online.
    SetOnline,
    /// Let it be changed again.
    SetReadWrite,
    /// Let people in as before.
    SetAccess(Access),
    /// The same for the old database that is kept under another name.
    SetKeptAccess(Access),
    /// Restore the safety copy over the database.
    RestoreCopy,
    /// Run the steps of the restore from the first one on.
    RestoreAgain,
    /// Drop the half database that the restore made.
    DropNew,
    /// Drop the side database.
    DropSide,
    /// Give the old database its name back.
    RenameBack,
    /// Rename the old database out of the way.
    RenameAway,
    /// Give the side database the name.
    RenameSide,
}

/// Which content the database ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// That of before; no database, if there was none.
    Before,
    /// The wanted one.
    Wanted,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Do this, then look again.
    Do(Act),
    /// Nothing is left to do: the journal may go.
    Done(End),
    /// The database waits in the middle of a restore, and nothing here can bring the old content back.
    Waits,
    /// What is there is not what this restore left: a person has to look.
    Foreign,
}

/// Decides what comes next.
pub fn next(restoring: &Restoring, server: &Server, wish: Wish) -> Next {
    let all = [server.database, server.side, server.kept];
    if all.iter().flatten().any(|seen| seen.state == State::Recovering) {
        return Next::Do(Act::Wait);
    }
    match restoring.shape {
        Shape::New => new(restoring, server.database, wish),
        Shape::InPlace => in_place(restoring, server.database, wish),
        Shape::Beside => beside(restoring, server, wish),
    }
}

fn new(restoring: &Restoring, database: Option<Seen>, wish: Wish) -> Next {
    let wanted = restoring.stage == Stage::Restored;
    match database.map(|seen| (seen.state, seen)) {
        None if wanted => Next::Foreign,
        None if wish == Wish::Finish => Next::Do(Act::RestoreAgain),
        None => Next::Done(End::Before),
        Some((State::Online, seen)) => access(seen, restoring.mode, End::Wanted),
        Some((State::Restoring, _)) if wanted && !restoring.leaves_online => Next::Done(End::Wanted),
        Some((State::Restoring | State::Broken, _)) if !wanted => {
            Next::Do(if wish == Wish::Finish { Act::RestoreAgain } else { Act::DropNew })
        }
        Some((State::Offline, _)) => Next::Do(Act::SetOnline),
        Some(_) => Next::Foreign,
    }
}

fn in_place(restoring: &Restoring, database: Option<Seen>, wish: Wish) -> Next {
    let state = database.map(|seen| seen.state);
    match (restoring.stage, state, database) {
        (Stage::Prepared, None | Some(State::Restoring | State::Broken), _) => Next::Foreign,
        (Stage::Overwriting, Some(State::Offline), _) if wish == Wish::Finish => Next::Do(Act::RestoreAgain),
        (Stage::Prepared | Stage::Overwriting | Stage::Restored, Some(State::Offline), _) => Next::Do(Act::SetOnline),
        (Stage::Prepared, Some(_), Some(seen)) => given_back(seen, restoring.mode),
        (Stage::Overwriting, Some(State::Online), Some(seen)) if seen.restored => {
            access(seen, restoring.mode, End::Wanted)
        }
        // RESTORE never began, and the database was set online again.
        (Stage::Overwriting, Some(State::Online), Some(seen)) => given_back(seen, restoring.mode),
        (Stage::Overwriting, _, _) => match (wish, restoring.has_copy) {
            (Wish::Finish, _) => Next::Do(Act::RestoreAgain),
            (Wish::TakeBack, true) => Next::Do(Act::RestoreCopy),
            (Wish::TakeBack, false) => Next::Waits,
        },
        (Stage::TakingBack, Some(State::Online), Some(seen)) => given_back(seen, restoring.mode),
        (Stage::TakingBack, _, _) => Next::Do(Act::RestoreCopy),
        (Stage::Restored, Some(State::Online), Some(seen)) => access(seen, restoring.mode, End::Wanted),
        (Stage::Restored, Some(State::Restoring), _) if !restoring.leaves_online => Next::Done(End::Wanted),
        (Stage::Restored, _, _) => Next::Foreign,
        // A state without a database is none.
        (Stage::Prepared, Some(_), None) => Next::Foreign,
    }
}

fn beside(restoring: &Restoring, server: &Server, wish: Wish) -> Next {
    let swaps = restoring.stage != Stage::Prepared;
    match (server.database, server.side, server.kept) {
        (Some(old), Some(_), None) if swaps && wish == Wish::Finish => {
            // The single user of the old database may be a session that is gone.
            if old.state == State::Online { Next::Do(Act::RenameAway) } else { Next::Do(Act::SetOnline) }
        }
        (Some(old), side, None) => match given_back(old, restoring.mode) {
            Next::Done(_) if side.is_some() => Next::Do(Act::DropSide),
            other => other,
        },
        (None, Some(_), Some(_)) => Next::Do(if wish == Wish::Finish { Act::RenameSide } else { Act::RenameBack }),
        (None, None, Some(_)) => Next::Do(Act::RenameBack),
        (Some(new), None, Some(kept)) => match access(new, restoring.mode, End::Wanted) {
            Next::Done(_) if kept.mode.access != restoring.mode.access => {
                Next::Do(Act::SetKeptAccess(restoring.mode.access))
            }
            other => other,
        },
        (Some(_), Some(_), Some(_)) | (None, _, None) => Next::Foreign,
    }
}

/// The old content: as it could be used before.
fn given_back(seen: Seen, mode: Mode) -> Next {
    match seen.state {
        State::Offline => Next::Do(Act::SetOnline),
        State::Online if seen.mode.read_only && !mode.read_only => Next::Do(Act::SetReadWrite),
        State::Online => access(seen, mode, End::Before),
        _ => Next::Foreign,
    }
}

fn access(seen: Seen, mode: Mode, end: End) -> Next {
    if seen.mode.access == mode.access { Next::Done(end) } else { Next::Do(Act::SetAccess(mode.access)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Mode = Mode { access: Access::Multi, read_only: false };

    fn restoring(shape: Shape, stage: Stage) -> Restoring {
        Restoring { shape, stage, mode: OPEN, has_copy: true, leaves_online: true }
    }

    fn seen(state: State) -> Option<Seen> {
        Some(Seen { state, mode: OPEN, restored: false })
    }

    /// Does what is decided on a server of the mind, until it ends.
    fn played(restoring: Restoring, mut server: Server, wish: Wish) -> (Next, Server) {
        let mut restoring = restoring;
        for _ in 0..12 {
            let Next::Do(act) = next(&restoring, &server, wish) else { break };
            let database = server.database;
            let with = |mode: Mode| database.map(|seen| Seen { mode, ..seen });
            let mode = database.map_or(OPEN, |seen| seen.mode);
            match act {
                Act::Wait => panic!("nothing is on its way"),
                Act::SetOnline => server.database = database.map(|seen| Seen { state: State::Online, ..seen }),
                Act::SetReadWrite => server.database = with(Mode { read_only: false, ..mode }),
                Act::SetAccess(access) => server.database = with(Mode { access, ..mode }),
                Act::SetKeptAccess(access) => {
                    server.kept = server.kept.map(|seen| Seen { mode: Mode { access, ..seen.mode }, ..seen });
                }
                Act::RestoreCopy => {
                    restoring.stage = Stage::TakingBack;
                    let mode = Mode { read_only: true, ..OPEN };
                    server.database = Some(Seen { state: State::Online, mode, restored: true });
                }
                Act::RestoreAgain => {
                    server.database = Some(Seen { state: State::Online, mode: OPEN, restored: true });
                }
                Act::DropNew => server.database = None,
                Act::DropSide => server.side = None,
                Act::RenameBack => server.database = server.kept.take(),
                Act::RenameAway => server.kept = server.database.take(),
                Act::RenameSide => server.database = server.side.take(),
            }
        }
        (next(&restoring, &server, wish), server)
    }

    #[test]
    fn from_every_state_that_can_be_left_the_database_comes_back_as_it_was_open() {
        let access = [Access::Multi, Access::Restricted, Access::Single];
        let states = [State::Online, State::Offline, State::Restoring, State::Broken];
        let mut played_out = 0;
        for stage in [Stage::Prepared, Stage::Overwriting, Stage::TakingBack, Stage::Restored] {
            for state in states {
                for access in access {
                    for read_only in [false, true] {
                        for wish in [Wish::TakeBack, Wish::Finish] {
                            let database = Some(Seen { state, mode: Mode { access, read_only }, restored: false });
                            let server = Server { database, ..Server::default() };
                            let (end, server) = played(restoring(Shape::InPlace, stage), server, wish);
                            let foreign = matches!(state, State::Restoring | State::Broken)
                                && matches!(stage, Stage::Prepared | Stage::Restored);
                            match end {
                                Next::Foreign => assert!(foreign, "{stage:?} {state:?}"),
                                Next::Done(end) => {
                                    let seen = server.database.expect("a database");
                                    assert_eq!((seen.state, seen.mode.access), (State::Online, Access::Multi));
                                    assert!(end == End::Wanted || !seen.mode.read_only, "{stage:?} {state:?}");
                                    played_out += 1;
                                }
                                other => panic!("{stage:?} {state:?} {wish:?}: {other:?}"),
                            }
                        }
                    }
                }
            }
        }
        assert_eq!(played_out, 144);
    }

    #[test]
    fn without_a_copy_a_half_restored_database_waits_and_is_not_touched() {
        let without = Restoring { has_copy: false, ..restoring(Shape::InPlace, Stage::Overwriting) };
        let server = Server { database: seen(State::Restoring), ..Server::default() };
        assert_eq!(next(&without, &server, Wish::TakeBack), Next::Waits);
        assert_eq!(next(&without, &server, Wish::Finish), Next::Do(Act::RestoreAgain));
    }

    #[test]
    fn a_new_database_that_was_half_made_goes_and_a_whole_one_stays() {
        let half = Server { database: seen(State::Restoring), ..Server::default() };
        let new = restoring(Shape::New, Stage::Overwriting);
        assert_eq!(played(new, half, Wish::TakeBack), (Next::Done(End::Before), Server::default()));
        let whole = Server { database: seen(State::Online), ..Server::default() };
        assert_eq!(next(&new, &whole, Wish::TakeBack), Next::Done(End::Wanted));
        // Asked for a database that waits: that is its end.
        let waits = Restoring { leaves_online: false, ..restoring(Shape::New, Stage::Restored) };
        assert_eq!(next(&waits, &half, Wish::TakeBack), Next::Done(End::Wanted));
    }

    #[test]
    fn between_the_two_renames_there_is_a_way_back_and_a_way_on() {
        let shut = Some(Seen {
            state: State::Online,
            mode: Mode { access: Access::Single, read_only: false },
            restored: false,
        });
        let between = Server { database: None, side: seen(State::Online), kept: shut };
        let swapping = restoring(Shape::Beside, Stage::Overwriting);
        let (end, server) = played(swapping, between, Wish::TakeBack);
        assert_eq!((end, server.side, server.kept), (Next::Done(End::Before), None, None));
        assert_eq!(server.database.map(|seen| seen.mode), Some(OPEN));
        let (end, server) = played(swapping, between, Wish::Finish);
        assert_eq!((end, server.side), (Next::Done(End::Wanted), None));
        assert_eq!(server.kept.map(|seen| seen.mode), Some(OPEN), "the old one can be used under its other name");
    }

    #[test]
    fn a_side_database_goes_and_the_old_one_was_never_touched() {
        let half = Server { database: seen(State::Online), side: seen(State::Restoring), kept: None };
        let (end, server) = played(restoring(Shape::Beside, Stage::Prepared), half, Wish::Finish);
        assert_eq!((end, server.side), (Next::Done(End::Before), None));
    }

    #[test]
    fn what_recovers_is_waited_for() {
        let server = Server { database: seen(State::Recovering), ..Server::default() };
        assert_eq!(next(&restoring(Shape::InPlace, Stage::Overwriting), &server, Wish::TakeBack), Next::Do(Act::Wait));
    }
}
