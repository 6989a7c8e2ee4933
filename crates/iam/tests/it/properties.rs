//! Laws over random states and wishes.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use stackpass_iam::desired::Desired;
use stackpass_iam::model::{Fault, Model, Moment};
use stackpass_iam::run::{Conflicts, RunError};
use stackpass_iam::state::State;

use crate::arbitrary::{desired, holding_state, state};
use crate::support::{Place, apply, finish, id, normal, planned, roll_back};

/// The number of writes of the apply; a wish that cannot be planned is no case.
fn writes(state: &State, desired: &Desired) -> Result<usize, TestCaseError> {
    let model = holding_state(state);
    match planned(&model, desired) {
        Ok(steps) => Ok(steps.len()),
        Err(RunError::Problems(_)) => Err(TestCaseError::reject("cannot be planned")),
        Err(error) => Err(TestCaseError::fail(error.to_string())),
    }
}

/// The state after an apply that nothing disturbs.
fn applied(state: &State, desired: &Desired) -> State {
    let (model, place) = (holding_state(state), Place::new());
    apply(&model, &place, desired).unwrap().unwrap();
    model.state()
}

/// Kills whatever is done at this write, and takes up again until it is through.
fn killed(state: &State, desired: &Desired, at: usize, moment: Moment, lag: u64) -> (Model, Place) {
    let (model, place) = (holding_state(state), Place::new());
    model.set_lag(Duration::from_millis(lag));
    model.set_fault(at, Fault::Kill(moment));
    assert!(apply(&model, &place, desired).is_none(), "it should have been killed");
    (model, place)
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 20_000, failure_persistence: None, ..ProptestConfig::with_cases(40) })]

    #[test]
    fn second_apply_has_nothing_to_do(state in state(), desired in desired()) {
        writes(&state, &desired)?;
        let (model, place) = (holding_state(&state), Place::new());
        apply(&model, &place, &desired).unwrap().unwrap();
        prop_assert_eq!(planned(&model, &desired).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn rollback_brings_everything_back(state in state(), desired in desired()) {
        writes(&state, &desired)?;
        let (model, place) = (holding_state(&state), Place::new());
        let outcome = apply(&model, &place, &desired).unwrap().unwrap();
        if outcome.id.is_some() {
            roll_back(&model, &place, "new", "back", Conflicts::Refuse).unwrap().unwrap();
        }
        prop_assert_eq!(normal(model.state()), normal(state));
    }

    #[test]
    fn many_applies_are_taken_back_one_by_one(
        state in state(),
        wishes in proptest::collection::vec(desired(), 2..6),
    ) {
        let (model, place) = (holding_state(&state), Place::new());
        let mut done = Vec::new();
        for (index, mut desired) in wishes.into_iter().enumerate() {
            desired.id = id(&format!("new-{index}"));
            let before = normal(model.state());
            match apply(&model, &place, &desired).unwrap() {
                Err(RunError::Problems(_)) => {}
                outcome => if outcome.unwrap().id.is_some() {
                    done.push((desired.id, before));
                },
            }
        }
        for (apply, before) in done.into_iter().rev() {
            let back = format!("back-{apply}");
            roll_back(&model, &place, apply.as_str(), &back, Conflicts::Refuse).unwrap().unwrap();
            prop_assert_eq!(normal(model.state()), before);
        }
    }

    #[test]
    fn what_was_not_asked_for_stays(state in state(), desired in desired()) {
        writes(&state, &desired)?;
        let after = applied(&state, &desired);
        for (principal, held) in &state.principals {
            if !desired.holdings.iter().any(|holding| holding.principal == *principal) {
                prop_assert_eq!(&held.attached, &after.principals[principal].attached);
                prop_assert_eq!(&held.inline, &after.principals[principal].inline);
                prop_assert_eq!(&held.boundary, &after.principals[principal].boundary);
            }
        }
        for holding in &desired.holdings {
            let held = &after.principals[&holding.principal];
            prop_assert!(holding.attached.is_subset(&held.attached));
        }
    }

    #[test]
    fn killed_anywhere_it_ends_new_or_old(
        state in state(),
        desired in desired(),
        at in any::<proptest::sample::Index>(),
        again in any::<proptest::sample::Index>(),
        moments in (any::<bool>(), any::<bool>()),
        lag in prop_oneof![Just(0_u64), Just(4000)],
    ) {
        let count = writes(&state, &desired)?;
        prop_assume!(count > 0);
        let moment = |after| if after { Moment::After } else { Moment::Before };
        let at = at.index(count);
        let new = normal(applied(&state, &desired));
        let old = normal(state.clone());

        let (model, place) = killed(&state, &desired, at, moment(moments.0), lag);
        model.set_fault(again.index(count), Fault::Kill(moment(moments.1)));
        if finish(&model, &place, "new").is_none() {
            finish(&model, &place, "new").unwrap().unwrap();
        }
        prop_assert_eq!(&normal(model.state()), &new);

        let (model, place) = killed(&state, &desired, at, moment(moments.0), lag);
        model.set_fault(again.index(count), Fault::Kill(moment(moments.1)));
        match roll_back(&model, &place, "new", "back", Conflicts::Refuse) {
            Some(result) => drop(result.unwrap()),
            None => drop(finish(&model, &place, "back").unwrap().unwrap()),
        }
        prop_assert_eq!(&normal(model.state()), &old);
    }

    #[test]
    fn lost_answers_and_throttling_change_nothing(
        state in state(),
        desired in desired(),
        faults in proptest::collection::vec((0_usize..12, 0_usize..3), 0..6),
        lag in prop_oneof![Just(0_u64), Just(4000)],
    ) {
        writes(&state, &desired)?;
        let new = normal(applied(&state, &desired));
        let (model, place) = (holding_state(&state), Place::new());
        model.set_lag(Duration::from_millis(lag));
        for (at, kind) in faults {
            let fault = [Fault::Throttle, Fault::Disconnect(Moment::Before), Fault::Disconnect(Moment::After)][kind];
            model.set_fault(at, fault);
        }
        apply(&model, &place, &desired).unwrap().unwrap();
        prop_assert_eq!(normal(model.state()), new);
    }
}
