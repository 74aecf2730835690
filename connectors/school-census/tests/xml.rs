//! What a school's own return may look like, and what must not pass.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::{child, copy, data, delivery, edit, layout, payload, read_delivery, refused, taken};
use identity::{Held, Upn};
use jiff::civil::date;
use kit::{Layout, Mode, ReadError};
use records::finding::Effect;
use school_census::rules;

const FILE: &str = "0012001_SC1_001LL25_004.xml";

fn returns() -> Layout {
    layout("school-census/xml")
}

#[test]
fn repeated_blocks_are_kept_apart() {
    let (read, _) = taken(&data("xml"), &returns());
    let first = payload(read.incoming.first().expect("a pupil"));
    // Two exclusions have a provision of their own, and so has the school.
    assert_eq!(first.sen_provision.as_deref(), Some("E"));
    let needs: Vec<_> = first
        .needs
        .iter()
        .map(|need| (need.rank, need.need.as_str()))
        .collect();
    assert_eq!(needs, [(1, "ASD"), (2, "SLCN")]);
    assert!(
        !read
            .findings
            .iter()
            .any(|finding| finding.location.line.is_some_and(|line| line < 90))
    );
}

#[test]
fn a_former_upn_stays_with_the_pupil() {
    let (read, _) = taken(&data("xml"), &returns());
    let wren = child(read.incoming.first().expect("a pupil"));
    assert_eq!(wren.upn.valid().map(Upn::expose), Some("F001200113001"));
    assert_eq!(
        wren.former_upns.iter().map(Upn::expose).collect::<Vec<_>>(),
        ["N00120010701A"]
    );
    assert!(wren.former_upns.iter().all(Upn::is_temporary));
}

#[test]
fn needs_sent_in_autumn_are_left_out() {
    let folder = copy("xml");
    edit(folder.path(), FILE, |text| {
        text.replace("<Term>SPR</Term>", "<Term>AUT</Term>")
            .replace("2025-01-16", "2025-10-02")
    });
    let (read, scopes) = taken(folder.path(), &returns());
    assert!(
        read.incoming
            .iter()
            .all(|incoming| payload(incoming).needs.is_empty())
    );
    assert_eq!(
        scopes.first().map(|scope| scope.scope.as_str()),
        Some("2025-autumn/0012001")
    );
    let left_out: Vec<_> = read
        .findings
        .iter()
        .filter(|finding| finding.rule.id == rules::NEEDS_OUT_OF_TERM.id)
        .collect();
    assert_eq!(left_out.len(), 1);
    // Provision K without needs is no fault in autumn.
    assert!(
        !read
            .findings
            .iter()
            .any(|finding| finding.rule.id == rules::NO_NEEDS.id)
    );
}

#[test]
fn groups_may_move() {
    let folder = copy("xml");
    edit(folder.path(), FILE, |text| {
        [
            "PupilIdentifiers",
            "PupilStatus",
            "SpecialEducationalNeeds",
            "HomeInformation",
            "SENneeds",
            "FSMperiods",
        ]
        .iter()
        .fold(text, |text, group| {
            text.replace(&format!("<{group}>"), "<Group>")
                .replace(&format!("</{group}>"), "</Group>")
        })
        .replace("<Message>", "<sc:Message xmlns:sc=\"urn:made-up\">")
        .replace("</Message>", "</sc:Message>")
    });
    let (before, _) = taken(&data("xml"), &returns());
    let (after, _) = taken(folder.path(), &returns());
    assert_eq!(before.records(), after.records());
}

#[test]
fn a_return_without_a_header_is_known_by_its_file_name_or_not_at_all() {
    let folder = copy("xml");
    let without_header = |text: String| {
        let (start, rest) = text.split_once("<Header>").expect("a header");
        let (_, rest) = rest.split_once("<Pupils>").expect("pupils");
        let rest = rest.replace("</Message>", "");
        assert!(start.contains("<Message>"));
        format!("<Pupils>{rest}")
    };
    edit(folder.path(), FILE, without_header);
    let (read, scopes) = taken(folder.path(), &returns());
    assert_eq!(read.incoming.len(), 3);
    assert_eq!(
        scopes.first().map(|scope| scope.scope.as_str()),
        Some("2025-spring/0012001")
    );
    assert!(
        read.findings
            .iter()
            .any(|finding| finding.rule.id == rules::HEADER_FROM_NAME.id)
    );

    let early = read_delivery(
        &delivery(folder.path(), &returns()),
        &returns(),
        date(2025, 1, 15),
    )
    .1;
    let Err(ReadError::Refused(finding)) = early else {
        panic!("must be refused")
    };
    assert_eq!(finding.rule.id, rules::FUTURE_CENSUS.id);

    std::fs::rename(folder.path().join(FILE), folder.path().join("return.xml")).expect("renamed");
    assert_eq!(
        refused(folder.path(), &returns()).rule.id,
        rules::NO_READABLE_RETURN.id
    );
}

#[test]
fn a_header_that_cannot_be_trusted_refuses_the_return() {
    for (from, to) in [
        ("<Term>SPR</Term>", ""),
        ("<Term>SPR</Term>", "<Term>SPRUNG</Term>"),
        ("<Year>2025</Year>", "<Year>25</Year>"),
        ("<LEA>001</LEA>", "<LEA>1</LEA>"),
        ("<LEA>001</LEA>", "<LEA>&la;</LEA>"),
        ("<Estab>2001</Estab>", ""),
    ] {
        let folder = copy("xml");
        edit(folder.path(), FILE, |text| text.replace(from, to));
        assert_eq!(
            refused(folder.path(), &returns()).rule.id,
            rules::NO_READABLE_RETURN.id,
            "{to}"
        );
    }
}

#[test]
fn what_is_not_the_document_is_refused() {
    for (from, to, rule) in [
        ("<Message>", "<!DOCTYPE Message><Message>", &kit::xml::DOCTYPE),
        ("</Message>", "</Message><Message/>", &kit::xml::TRAILING),
        ("<Pupils>", "<Pupil>", &kit::xml::MALFORMED),
        ("UTF-8", "EBCDIC-XX", &kit::xml::NOT_UTF8),
    ] {
        let folder = copy("xml");
        edit(folder.path(), FILE, |text| text.replace(from, to));
        assert_eq!(refused(folder.path(), &returns()).rule.id, rule.id);
    }
    let folder = copy("xml");
    edit(folder.path(), FILE, |text| text.replace("Message>", "Census>"));
    assert_eq!(
        refused(folder.path(), &returns()).rule.id,
        kit::xml::WRONG_ROOT.id
    );
}

#[test]
fn the_declaration_decides_on_the_encoding() {
    let (before, _) = taken(&data("xml"), &returns());
    let folder = copy("xml");
    edit(folder.path(), FILE, |text| {
        text.replace("UTF-8", "ISO-8859-1")
            .replace("<Surname>Lark", "<Surname>Lårk")
    });
    let text = std::fs::read_to_string(folder.path().join(FILE)).expect("a text");
    let bytes: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(u32::from(c)).expect("Latin"))
        .collect();
    std::fs::write(folder.path().join(FILE), bytes).expect("written");
    let (after, _) = taken(folder.path(), &returns());
    assert_eq!(before.records(), after.records());

    let utf_16: Vec<u8> = std::iter::once(0xfeff)
        .chain(text.replace("ISO-8859-1", "UTF-16").encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    std::fs::write(folder.path().join(FILE), utf_16).expect("written");
    let (after, _) = taken(folder.path(), &returns());
    assert_eq!(before.records(), after.records());
}

#[test]
fn every_prefix_that_does_not_close_is_refused() {
    let folder = copy("xml");
    let layout = returns();
    let delivery = delivery(folder.path(), &layout);
    let path = folder.path().join(FILE);
    let whole = std::fs::read(&path).expect("bytes");
    let closed = whole.trim_ascii_end().len();
    for length in 0..=whole.len() {
        std::fs::write(&path, whole.get(..length).expect("a prefix")).expect("written");
        let (read, outcome) = read_delivery(&delivery, &layout, date(2026, 11, 23));
        if length < closed {
            assert!(matches!(outcome, Err(ReadError::Refused(_))), "{length} bytes");
            assert!(
                read.findings
                    .iter()
                    .any(|finding| finding.effect == Effect::RefusedDelivery)
            );
        } else {
            assert!(outcome.is_ok(), "{length} bytes");
            assert_eq!(read.incoming.len(), 3);
        }
    }
}

#[test]
fn unknown_elements_follow_the_contract() {
    let mut layout = returns();
    layout.contract.unknown_column = Mode::QuarantineRow;
    let (read, _) = taken(&data("xml"), &layout);
    assert_eq!(read.incoming.len(), 2);
    layout.contract.unknown_column = Mode::RefuseDelivery;
    let finding = refused(&data("xml"), &layout);
    assert_eq!(finding.rule.id, kit::rules::UNKNOWN_COLUMN.id);
    // A name that nobody agreed is not shown: it may hold anything.
    assert_eq!(finding.location.header, None);
}

#[test]
fn thousands_of_unknown_names_do_not_fill_memory() {
    let folder = copy("xml");
    edit(folder.path(), FILE, |text| {
        let unknown: String = (0..5000).map(|n| format!("<X{n}>1</X{n}>")).collect();
        text.replace("<FavouriteColour>Teal</FavouriteColour>", &unknown)
    });
    let (read, _) = taken(folder.path(), &returns());
    assert_eq!(read.incoming.len(), 3);
    let unknown = read
        .findings
        .iter()
        .filter(|finding| finding.rule.id == kit::rules::UNKNOWN_COLUMN.id)
        .count();
    assert!(unknown <= 300, "{unknown}");
}

#[test]
fn a_pupil_without_end_costs_itself() {
    let folder = copy("xml");
    edit(folder.path(), FILE, |text| {
        let needs = "<SENneed/><SENneed><SENtype>ASD</SENtype></SENneed>".repeat(10_000);
        text.replace("<SENneeds>", &format!("<SENneeds>{needs}"))
    });
    let (read, _) = taken(folder.path(), &returns());
    assert_eq!(read.incoming.len(), 2);
    let kept_out: Vec<&str> = read
        .findings
        .iter()
        .filter(|finding| finding.effect == Effect::QuarantinedRow)
        .map(|finding| finding.rule.id)
        .collect();
    assert_eq!(kept_out, [kit::rules::LONG_RECORD.id, kit::xml::ENTITY.id]);
}

#[test]
fn a_pupil_without_a_upn_is_known_by_names_and_birth_date() {
    let folder = copy("xml");
    edit(folder.path(), FILE, |text| {
        text.replace("<UPN>H001200112009</UPN>", "<UPN>UN1</UPN>")
    });
    let (read, _) = taken(folder.path(), &returns());
    let lark = read.incoming.last().expect("a pupil");
    assert_eq!(child(lark).upn, Held::Placeholder);
    let expected = identity::BusinessKey::new(
        "names-and-birth-date",
        &["2025-spring", "0012001", "LARK", "JOY", "2014-07-07"],
    );
    assert!(lark.key == expected);

    edit(folder.path(), FILE, |text| {
        text.replace("<DOB>2014-07-07</DOB>", "")
    });
    let (read, _) = taken(folder.path(), &returns());
    assert_eq!(read.incoming.len(), 2);
    assert!(
        read.findings
            .iter()
            .any(|finding| finding.rule.id == rules::NOBODY.id)
    );
}

#[test]
fn no_finding_or_error_holds_a_value() {
    let folder = copy("xml");
    edit(folder.path(), FILE, |text| {
        text.replace("Wren", "C4NARY")
            .replace("Lark", "C4NARY")
            .replace("FavouriteColour", "C4NARY")
    });
    let mut strict = returns();
    strict.contract.bad_value = Mode::RefuseDelivery;
    for layout in [returns(), strict] {
        let (read, outcome) = common::read(folder.path(), &layout);
        let mut said = format!("{:?} {:?} {outcome:?}", read.findings, read.incoming);
        if let Err(error) = outcome {
            said.push_str(&error.to_string());
        }
        for secret in ["C4NARY", "F001200113001", "O'F", "ZZ1 1ZZ", "Teal"] {
            assert!(!said.contains(secret), "{secret}");
        }
    }
}
