//! The list of notices that are not matched, for the people who can do something about it.

use jiff::civil::Date;

use crate::{Assessed, Reason, Settings, Standing, Tier, assess::days};

/// One message that is not a matched notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmatched {
    /// Names the record; the program finds the sender's own reference, or the place in the file, by it.
    pub record_id: String,
    /// The feed that it came by.
    pub feed: String,
    /// The body that answers for it today.
    pub provider: String,
    /// When it reached the area.
    pub received: Date,
    /// Why it is not matched.
    pub reason: Reason,
    /// How far linkage came.
    pub tier: Tier,
    /// Whole days from receipt to the as-at date; 0 for one that is dated after it.
    pub days_open: u32,
    /// Nights on which it was tried.
    pub tries: u32,
    /// Whether it is a valid notice and so counts against the match rate.
    pub counts: bool,
    /// What to do.
    pub todo: String,
    /// Who should: `sender`, `local authority`, `nobody`.
    pub who: String,
}

/// Lists what is not matched: by provider, then reason in the order of the table, then the longest open first.
pub fn unmatched(assessed: &[Assessed<'_>], settings: &Settings<'_>) -> Vec<Unmatched> {
    let mut list = Vec::new();
    for message in assessed {
        let Standing::Current(judgement) = &message.standing else {
            continue;
        };
        let Some((reason, row)) = judgement
            .reason
            .and_then(|reason| Some((reason, settings.reasons.row(reason)?)))
        else {
            continue;
        };
        let days_open = days(message.notice.received, settings.as_at).max(0);
        list.push(Unmatched {
            record_id: message.notice.record_id.clone(),
            feed: message.notice.feed.clone(),
            provider: message.provider.clone(),
            received: message.notice.received,
            reason,
            tier: judgement.stated.link.tier,
            days_open: days_open.unsigned_abs(),
            tries: judgement.stated.tries,
            counts: judgement.is_eligible(),
            todo: row.todo_after(days_open).to_owned(),
            who: row.who.clone(),
        });
    }
    let rank = |reason| settings.reasons.rows().iter().position(|row| row.id == reason);
    list.sort_by(|a, b| {
        (&a.provider, rank(a.reason), a.received, &a.record_id).cmp(&(
            &b.provider,
            rank(b.reason),
            b.received,
            &b.record_id,
        ))
    });
    list
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use records::IdentifierState;

    use super::*;
    use crate::{
        SchoolFacts, assess,
        testing::{changed, with_settings},
    };

    #[test]
    fn the_list_is_ordered_for_work() {
        let mut waiting = changed("a", |_| {});
        waiting.received = date(2026, 4, 1); // 90 days before the as-at date
        let mut later = changed("b", |s| s.has_need = false);
        later.received = date(2026, 4, 2);
        let broken = changed("c", |s| s.identifiers.nhs_number = IdentifierState::Invalid);
        let mut other = changed("d", |_| {});
        other.provider = "QH8".into();
        let matched = changed("e", |s| s.link.tier = Tier::T1);
        let notices = [matched, later, waiting, broken, other];
        with_settings(|settings| {
            let list = unmatched(
                &assess::assess(&notices, &SchoolFacts::default(), &settings),
                &settings,
            );
            let lines: Vec<String> = list
                .iter()
                .map(|row| {
                    let counts = if row.counts { "" } else { " not valid" };
                    format!(
                        "{} {} {} {}{counts}",
                        row.provider, row.reason, row.record_id, row.days_open
                    )
                })
                .collect();
            assert_eq!(
                lines,
                [
                    "QH8 R03 d 118",
                    "RAJ R02 c 118",
                    "RAJ R03 a 90",
                    "RAJ R03 b 89 not valid"
                ]
            );
            assert!(
                list[2].todo.starts_with("Ask the health visiting service"),
                "{}",
                list[2].todo
            );
            assert!(list[3].todo.starts_with("Wait"), "{}", list[3].todo);
            assert_eq!(list[2].tries, 3);
        });
    }
}
