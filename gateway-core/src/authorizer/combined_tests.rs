use std::sync::atomic::{AtomicUsize, Ordering};

use http::{HeaderName, HeaderValue, StatusCode};
use proptest::prelude::*;

use super::*;
use crate::{clock::ManualClock, random::Random};

/// What an authorizer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Yes,
    Silent,
    Unknown,
    Invalid,
    Denied,
    Failed,
    /// Denied, and written down.
    Known,
}

use Says::{Denied, Failed, Invalid, Known, Silent, Unknown, Yes};

const ALL: [Says; 7] = [Yes, Silent, Unknown, Invalid, Denied, Failed, Known];

struct Scripted {
    says: Says,
    name: String,
    now: bool,
    asked: Arc<AtomicUsize>,
}

impl Scripted {
    fn answer(&self, context: &Context) -> Result<Authorization, Error> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let caller = Authorization::new(self.name.clone()).with_context("who", self.name.clone());
        let refused = |kind| Err(Error::new(kind).with_message(self.name.clone()));
        match self.says {
            Yes => Ok(caller.with_context(format!("only {}", self.name), true)),
            Silent => Ok(caller.silent()),
            Unknown => refused(ErrorKind::Unauthorized),
            Invalid => refused(ErrorKind::InvalidSignature),
            Denied => refused(ErrorKind::AccessDenied),
            Failed => refused(ErrorKind::AuthorizerConfigurationError),
            Known => {
                context.set_authorization(caller);
                refused(ErrorKind::AccessDenied)
            }
        }
    }
}

#[async_trait]
impl Authorizer for Scripted {
    async fn authorize(&self, _: &Parts, context: &Context) -> Result<Authorization, Error> {
        self.answer(context)
    }

    fn authorize_now(&self, _: &Parts, context: &Context) -> Option<Result<Authorization, Error>> {
        self.now.then(|| self.answer(context))
    }
}

type Combine = fn(Vec<Arc<dyn Authorizer>>) -> Arc<dyn Authorizer>;

/// Asks; gives the answer's name, and how many were asked.
fn ask_all(combine: Combine, says: &[Says], now: bool) -> (Result<Authorization, Error>, usize) {
    let asked = Arc::new(AtomicUsize::new(0));
    let all = says.iter().enumerate().map(|(place, says)| {
        let asked = Arc::clone(&asked);
        Arc::new(Scripted { says: *says, name: place.to_string(), now, asked }) as Arc<dyn Authorizer>
    });
    let combined = combine(all.collect());
    let (parts, ()) = http::Request::get("/").body(()).unwrap().into_parts();
    let context = Context::begin(&parts, Arc::new(ManualClock::default()), &Random::seeded(1));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let answer = runtime.block_on(ask(&*combined, &parts, &context));
    (answer, asked.load(Ordering::SeqCst))
}

fn any(all: Vec<Arc<dyn Authorizer>>) -> Arc<dyn Authorizer> {
    Arc::new(any_of(all))
}

fn every(all: Vec<Arc<dyn Authorizer>>) -> Arc<dyn Authorizer> {
    Arc::new(all_of(all))
}

fn said(answer: &Result<Authorization, Error>) -> String {
    match answer {
        Ok(caller) if caller.is_silent() => format!("silent {}", caller.principal_id()),
        Ok(caller) => format!("yes {}", caller.principal_id()),
        Err(error) => format!("no {}", error.message().unwrap_or("nobody")),
    }
}

#[test]
fn the_first_of_any_that_lets_in_says_who_calls() {
    for (says, expected, asked) in [
        (&[Unknown, Yes, Yes][..], "yes 1", 2),
        (&[Failed, Yes], "yes 1", 2),
        (&[Silent, Denied, Yes], "yes 2", 3),
        (&[Unknown, Unknown], "no 0", 2),
        (&[Unknown, Invalid, Invalid], "no 1", 3),
        (&[Invalid, Denied, Unknown], "no 1", 3),
        (&[Denied, Failed, Denied], "no 1", 3),
        (&[Silent, Unknown, Silent], "silent 0", 3),
        (&[Silent, Failed], "no 1", 2),
        (&[Known, Yes], "no 0", 1),
        (&[], "no nobody", 0),
    ] {
        for now in [true, false] {
            let (answer, count) = ask_all(any, says, now);
            assert_eq!((said(&answer).as_str(), count), (expected, asked), "{says:?}");
        }
    }
}

#[test]
fn the_first_of_all_that_refuses_is_the_answer() {
    for (says, expected, asked) in [
        (&[Yes, Yes][..], "yes 0", 2),
        (&[Yes, Unknown, Failed], "no 1", 2),
        (&[Yes, Silent], "silent 0", 2),
        (&[], "no nobody", 0),
    ] {
        for now in [true, false] {
            let (answer, count) = ask_all(every, says, now);
            assert_eq!((said(&answer).as_str(), count), (expected, asked), "{says:?}");
        }
    }
    let (answer, _) = ask_all(every, &[Yes, Yes], true);
    let context = answer.unwrap().context().clone();
    assert_eq!(context["who"], "0", "the first is right");
    assert!(context.contains_key("only 0") && context.contains_key("only 1"));
}

#[test]
fn of_different_kinds_the_strictest_policy_holds() {
    let of = |kinds: &[PolicyCombination]| {
        struct Kind(PolicyCombination);
        #[async_trait]
        impl Authorizer for Kind {
            async fn authorize(&self, _: &Parts, _: &Context) -> Result<Authorization, Error> {
                Ok(Authorization::new(""))
            }
            fn policy_combination(&self) -> PolicyCombination {
                self.0
            }
        }
        any_of(kinds.iter().map(|kind| Arc::new(Kind(*kind)) as Arc<dyn Authorizer>)).policy_combination()
    };
    use PolicyCombination::{BothAllow, EitherAllows, Iam, PolicyAlone};
    assert_eq!(of(&[Iam, Iam]), Iam);
    assert_eq!(of(&[EitherAllows, Iam]), BothAllow);
    assert_eq!(of(&[PolicyAlone, EitherAllows]), BothAllow);
}

#[test]
fn a_refusal_that_is_shared_keeps_its_answer_and_not_its_cause() {
    let error = Error::new(ErrorKind::Unauthorized)
        .with_message("who?")
        .with_status(StatusCode::IM_A_TEAPOT)
        .with_exception("OtherException")
        .with_header(HeaderName::from_static("www-authenticate"), HeaderValue::from_static("Bearer"))
        .with_source("secret");
    let copy = error.without_source();
    assert_eq!((copy.kind(), copy.message(), copy.status()), (error.kind(), error.message(), error.status()));
    assert_eq!((copy.exception(), copy.header()), (error.exception(), error.header()));
    assert!(!format!("{copy:?}").contains("secret"));
}

proptest! {
    #[test]
    fn any_lets_in_only_whom_one_lets_in(says in prop::collection::vec(prop::sample::select(&ALL[..]), 0..6)) {
        let (answer, _) = ask_all(any, &says, true);
        if let Ok(caller) = answer {
            let wanted = if caller.is_silent() { Silent } else { Yes };
            prop_assert!(says.contains(&wanted));
        }
        let (answer, _) = ask_all(every, &says, true);
        prop_assert_eq!(answer.is_ok(), !says.is_empty() && says.iter().all(|says| matches!(says, Yes | Silent)));
    }
}
