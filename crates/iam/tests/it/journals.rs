//! Files, folders and locks.

use std::fs;

use stackpass_iam::journal::{Folder, JournalError, Kind, Progress, Status, Wait, history, survey};
use stackpass_iam::run::Conflicts;

use crate::support::{Place, apply, id, model, roll_back, wants};

#[test]
fn journal_says_what_was_done() {
    let (model, place) = (model(), Place::new());
    apply(&model, &place, &wants("first", &[("Deploy", "A")])).unwrap().unwrap();
    apply(&model, &place, &wants("second", &[("Deploy", "B")])).unwrap().unwrap();
    roll_back(&model, &place, "second", "third", Conflicts::Refuse).unwrap().unwrap();

    let all = history(place.path()).unwrap();
    let seen: Vec<(&str, Status)> =
        all.iter().map(|journal| (journal.id().as_str(), journal.status(&all))).collect();
    assert_eq!(
        seen,
        [
            ("first", Status::Finished),
            ("second", Status::RolledBack(id("third"))),
            ("third", Status::Finished)
        ]
    );
    assert_eq!(all[2].header.kind, Kind::Rollback(id("second")));
    let made = |progress: &Progress| match progress {
        Progress::Done { made, .. } => made.map(|id| id.to_string()),
        other => panic!("{other:?}"),
    };
    assert_eq!(made(&all[1].progress[0]), Some("v2".to_owned()));
    let names: Vec<String> = all
        .iter()
        .map(|journal| journal.path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names, ["000001-first.jsonl", "000002-second.jsonl", "000003-third.jsonl"]);
}

#[test]
fn two_at_once_are_refused() {
    let place = Place::new();
    let first = place.folder();
    let second = Folder::open(place.path(), Wait::Refuse);
    assert!(matches!(second, Err(JournalError::Locked(_))));
    drop(first);
    assert!(Folder::open(place.path(), Wait::Refuse).is_ok());
}

#[test]
fn two_at_once_can_wait() {
    let place = Place::new();
    let first = place.folder();
    let path = place.path().to_owned();
    let second = std::thread::spawn(move || Folder::open(&path, Wait::Until).is_ok());
    drop(first);
    assert!(second.join().unwrap());
}

#[cfg(unix)]
#[test]
fn only_the_owner_reads_journals() {
    use std::os::unix::fs::PermissionsExt;

    let (model, place) = (model(), Place::new());
    apply(&model, &place, &wants("first", &[("Deploy", "A")])).unwrap().unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(place.path()), 0o700);
    assert_eq!(mode(&place.newest_file()), 0o600);
    assert_eq!(mode(&place.path().join("lock")), 0o600);
}

#[test]
fn ids_are_used_once() {
    let (model, place) = (model(), Place::new());
    apply(&model, &place, &wants("first", &[("Deploy", "A")])).unwrap().unwrap();
    let again = apply(&model, &place, &wants("first", &[("Deploy", "B")])).unwrap();
    assert_eq!(again.unwrap_err().to_string(), "there is a journal `first` already");
}

#[test]
fn line_in_the_middle_that_cannot_be_read_is_an_error() {
    let (model, place) = (model(), Place::new());
    apply(&model, &place, &wants("first", &[("Deploy", "A")])).unwrap().unwrap();
    let path = place.newest_file();
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"intent\"", "\"unknown\"", 1)).unwrap();
    assert!(matches!(history(place.path()), Err(JournalError::Corrupt { line: 2, .. })));
    fs::write(&path, "").unwrap();
    assert!(matches!(history(place.path()), Err(JournalError::Corrupt { line: 1, .. })));
}

#[test]
fn journal_of_a_newer_version_is_refused() {
    let (model, place) = (model(), Place::new());
    apply(&model, &place, &wants("first", &[("Deploy", "A")])).unwrap().unwrap();
    let path = place.newest_file();
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"format\":1", "\"format\":2,\"more\":true", 1)).unwrap();
    assert!(matches!(history(place.path()), Err(JournalError::Newer(_))));
}

#[test]
fn folder_that_is_not_there_has_no_history() {
    assert_eq!(history(Place::new().path()).unwrap(), []);
}

#[test]
fn file_that_was_being_created_is_not_a_journal() {
    let (model, place) = (model(), Place::new());
    drop(place.folder());
    fs::write(place.path().join("000001-first.tmp"), "{\"record\":\"begin\"").unwrap();
    apply(&model, &place, &wants("first", &[("Deploy", "A")])).unwrap().unwrap();
    assert_eq!(history(place.path()).unwrap().len(), 1);
}

#[test]
fn journals_beside_a_damaged_one_can_be_looked_at_but_not_trusted() {
    let (model, place) = (model(), Place::new());
    apply(&model, &place, &wants("first", &[("Deploy", "A")])).unwrap().unwrap();
    fs::write(place.path().join("000002-torn.jsonl"), "{\"record\":").unwrap();
    fs::create_dir(place.path().join("folder.jsonl")).unwrap();
    let (journals, damaged) = survey(place.path()).unwrap();
    assert_eq!(journals.len(), 1);
    assert!(matches!(damaged.as_slice(), [JournalError::Corrupt { line: 1, .. }]));
    assert!(matches!(history(place.path()), Err(JournalError::Corrupt { .. })));
}
