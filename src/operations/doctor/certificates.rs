//! Whether the certificate is valid, how long still, and for all names of the machine.

use super::{Finding, RESTART, Seen};
use crate::config::Mode;
use crate::operations::certificate::{Certificate, present_certificate};
use crate::operations::remedy::quoted;

/// In days. The self-made one renews itself soon then, which many programs that have a copy of it do not survive.
const RENEWS_SOON: i64 = 60;
/// In days. It renews itself in its last 30; if it has less, it did not.
const SELF_MADE: i64 = 25;
/// In days: time enough to get another one.
const GIVEN: i64 = 14;

const CHECK: &str = "certificate";

pub(super) fn look(seen: &Seen<'_>) -> Finding {
    if seen.config.listen.mode == Mode::Plain {
        return Finding::fine(CHECK, "none is needed with --plain-http");
    }
    match present_certificate(seen.config.tls.as_ref(), seen.folder) {
        Ok(Some(certificate)) => judge(seen, &certificate, &certificate.lacks()),
        Ok(None) => Finding::fine(CHECK, "the next start makes one"),
        Err(error) => seen.refused(CHECK, &error),
    }
}

fn judge(seen: &Seen<'_>, certificate: &Certificate, lacks: &[String]) -> Finding {
    let (begin, end) = (certificate.not_before, certificate.not_after);
    let mut days = end.duration_since(seen.now).as_secs().div_euclid(86_400);
    let found = match days {
        _ if begin > seen.now => {
            days = 0;
            format!("it begins to be valid at {begin:.0}: until then browsers and apps refuse it")
        }
        0.. => format!("{days} days left, until {end:.0}"),
        _ => format!("it ended at {end:.0}: browsers and apps refuse it"),
    };
    match (certificate.self_made, days) {
        (true, SELF_MADE..) if !seen.running && !lacks.is_empty() => {
            let found = format!("it does not name {}: the next start makes one that does", lacks.join(", "));
            Finding::advice(CHECK, found, seen.verb("serve"))
        }
        (true, SELF_MADE..RENEWS_SOON) => renews_soon(seen, &found, certificate),
        (true, SELF_MADE..) | (false, GIVEN..) => Finding::fine(CHECK, found),
        // Who does not run cannot renew.
        (true, _) if !seen.running => {
            Finding::advice(CHECK, format!("{found}; the next start renews it"), seen.verb("serve"))
        }
        (true, _) => Finding::wrong(CHECK, format!("{found}; it should have renewed itself: see the log"), RESTART),
        (false, _) => Finding::wrong(CHECK, found, replace(seen)),
    }
}

/// Programs that pin its key notice nothing.
fn renews_soon(seen: &Seen<'_>, found: &str, certificate: &Certificate) -> Finding {
    let day = certificate.renewal().strftime("%F").to_string();
    Finding::advice(
        CHECK,
        format!(
            "{found}; on {day} the service makes another: programs with a copy of this one refuse it until they have a copy of that"
        ),
        format!("cp {} FOLDER   # for each of those programs, from {day} on", quoted(&seen.folder.join("tls.crt"))),
    )
}

fn replace(seen: &Seen<'_>) -> String {
    match &seen.config.tls {
        Some(files) => {
            format!(
                "cp NEW.crt {} && cp NEW.key {}   # taken up within seconds",
                quoted(&files.cert),
                quoted(&files.key)
            )
        }
        // It is self-made, and renews itself.
        None => seen.verb("serve"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::super::State;
    use super::super::tests_support::{NOW, seen};
    use super::*;
    use crate::operations::certificate::certificate;
    use crate::operations::folder::DataFolder;

    #[test]
    fn a_certificate_near_its_end_is_wrong_and_a_self_made_one_only_if_it_did_not_renew_itself() {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(parent.path()).unwrap();
        let now = NOW.parse().unwrap();
        let made = certificate(None, &folder, now, &mut Vec::new()).unwrap();
        let state = |self_made, running, days: i64| {
            let not_after = now + SignedDuration::from_hours(24 * days + 1);
            let certificate = Certificate { self_made, not_after, ..made.clone() };
            seen(&[], running, |seen| judge(seen, &certificate, &[])).state
        };
        let lacking = |running| {
            let lacks = ["192.168.0.7".to_owned()];
            seen(&[], running, |seen| judge(seen, &made, &lacks)).state
        };
        assert_eq!((lacking(false), lacking(true)), (State::Advice, State::Fine), "it takes them up while it runs");
        let too_early = |self_made, running| {
            let not_before = now + SignedDuration::from_secs(1);
            let certificate = Certificate { self_made, not_before, ..made.clone() };
            seen(&[], running, |seen| judge(seen, &certificate, &[])).state
        };
        assert_eq!((too_early(true, true), too_early(true, false)), (State::Wrong, State::Advice));
        assert_eq!((too_early(false, true), too_early(false, false)), (State::Wrong, State::Wrong));
        assert_eq!((state(true, true, 61), state(true, true, 59)), (State::Fine, State::Advice));
        assert_eq!((state(true, true, 26), state(true, true, 24)), (State::Advice, State::Wrong));
        assert_eq!((state(true, false, 24), state(true, false, -3)), (State::Advice, State::Advice));
        assert_eq!((state(false, true, 20), state(false, true, 13)), (State::Fine, State::Wrong));
        assert_eq!(state(false, false, -1), State::Wrong);
    }
}
