//! A school's own return, as XML.
//!
//! The document is streamed: memory holds one pupil. Elements are known by their local names wherever they stand
//! within a pupil, as the groups between move from year to year; what is not read is passed over with everything
//! in it. That is how repeated blocks are kept apart, whose children share names with the pupil's own.

use std::collections::BTreeMap;

use kit::{
    Delivery, DeliveryFile, ReadError, Reading, Row, Sink, SnapshotScope, Verdict,
    report::{at, refuse, refused},
    table_set::Seen,
    tabular::LONGEST_RECORD,
    xml::{self, Element, XmlFile, XmlStep},
};
use records::{Location, Outcome, Version, finding::Effect};

use crate::{
    children::{self, Children},
    header::{self, Return},
    names::NameFacts,
    pupil::{self, Lists, Surroundings},
    rules,
    tables::{ADDRESSES, MEALS, NEEDS, OFF_ROLL, ON_ROLL, RETURNS},
};

mod part;

use part::{Building, Kind, Part, Texts, put};

/// What an element takes in memory besides its text, about: so that a million blank needs count too.
const ELEMENT_BYTES: usize = 64;

/// Reads a delivery of returns, one a file.
pub(crate) fn read(
    delivery: &Delivery,
    reading: &Reading<'_>,
    sink: &mut dyn Sink,
) -> Result<Vec<SnapshotScope>, ReadError> {
    let lists = Lists::load()?;
    let mut scopes: BTreeMap<String, Version> = BTreeMap::new();
    let mut upns = Seen::default();
    for file in &delivery.files {
        let document = Document {
            file,
            reading,
            lists: &lists,
            named: NameFacts::of_return(&file.name),
            header: Part::new(RETURNS, file, reading, sink)?,
            on_roll: Part::new(ON_ROLL, file, reading, sink)?,
            off_roll: Part::new(OFF_ROLL, file, reading, sink)?,
            needs: Part::new(NEEDS, file, reading, sink)?,
            meals: Part::new(MEALS[0], file, reading, sink)?,
            addresses: Part::new(ADDRESSES[0], file, reading, sink)?,
            current: None,
            pupils: 0,
        };
        document.read(&mut scopes, &mut upns, sink)?;
    }
    Ok(scopes
        .into_iter()
        .map(|(scope, version)| SnapshotScope { scope, version })
        .collect())
}

/// One return being read.
struct Document<'a> {
    file: &'a DeliveryFile,
    reading: &'a Reading<'a>,
    lists: &'a Lists,
    /// What the file's name says.
    named: NameFacts,
    header: Part,
    on_roll: Part,
    off_roll: Part,
    needs: Part,
    meals: Part,
    addresses: Part,
    /// The return that the pupils belong to, once its header was read.
    current: Option<Return>,
    /// Pupils of the current return.
    pupils: u64,
}

/// What stands in the blocks of one pupil.
#[derive(Default)]
struct Blocks {
    needs: Vec<children::Need>,
    meals: Vec<children::Meals>,
    addresses: Vec<children::Address>,
}

/// Where a document is being read.
#[derive(Default)]
struct Standing {
    /// How deep the element lies that is being passed over.
    skipping: Option<usize>,
    row: Option<Building>,
    /// A block of the row.
    block: Option<Building>,
}

impl Document<'_> {
    fn read(
        mut self,
        scopes: &mut BTreeMap<String, Version>,
        upns: &mut Seen,
        sink: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        let label = &self.file.label;
        let mut reader: XmlFile = xml::open(self.file, &self.reading.layout.file)
            .map_err(|fault| refused(fault.into_read_error(label), sink))?;
        let mut standing = Standing::default();
        loop {
            let step = reader
                .step()
                .map_err(|fault| refused(fault.into_read_error(label), sink))?;
            match step {
                XmlStep::Open { name, at } => {
                    let name = lower_case(name.to_owned());
                    let depth = reader.depth();
                    self.open(&mut standing, &name, depth, at.line);
                }
                XmlStep::Close(element) => {
                    let depth = reader.depth() + 1;
                    if let Some(row) = self.close(&mut standing, element, depth, sink) {
                        self.finish_row(row, scopes, upns, sink)?;
                    }
                }
                XmlStep::End => break,
            }
        }
        self.end_return(scopes, sink);
        if self.current.is_none() {
            return Err(self.no_return(sink));
        }
        for part in [
            self.header,
            self.on_roll,
            self.off_roll,
            self.needs,
            self.meals,
            self.addresses,
        ] {
            part.binding.finish(sink);
        }
        Ok(())
    }

    /// An element opens: it begins a row or a block of one, or is passed over.
    fn open(&self, standing: &mut Standing, name: &str, depth: usize, line: u64) {
        if standing.skipping.is_some() {
            return;
        }
        let Standing { row, block, .. } = standing;
        match (self.kind_of(name), &row, &block) {
            (Some(kind @ (Kind::Header | Kind::OnRoll | Kind::OffRoll)), None, _) => {
                *row = Some(Building::new(kind, depth, line));
            }
            (Some(kind @ (Kind::Need | Kind::Meals)), Some(_), None) => {
                *block = Some(Building::new(kind, depth, line));
            }
            (_, Some(outer), _) => {
                let kind = block.as_ref().map_or(outer.kind, |block| block.kind);
                if self.part(kind).ignored.contains(name) {
                    standing.skipping = Some(depth);
                }
            }
            _ => {}
        }
    }

    /// An element closes: it gives its row a text or a block, or ends the row, which is then returned.
    fn close(
        &mut self,
        standing: &mut Standing,
        element: Element,
        depth: usize,
        sink: &mut dyn Sink,
    ) -> Option<Building> {
        if let Some(skipped) = standing.skipping {
            standing.skipping = Some(skipped).filter(|skipped| *skipped != depth);
            return None;
        }
        let Some(row) = &mut standing.row else {
            if let Some(flaw) = element.flaw {
                let location = self.location(element.at.line, None);
                sink.finding(at(flaw.rule(), Effect::Accepted, location));
            }
            return None;
        };
        if row.depth == depth {
            self.note_flaw(row, &element, None);
            return standing.row.take();
        }
        match standing.block.take_if(|block| block.depth == depth) {
            Some(block) => {
                self.note_flaw(row, &element, None);
                if self.grow(row, 0) {
                    row.take_block(block);
                }
            }
            None => self.take_element(row, standing.block.as_mut(), element, sink),
        }
        None
    }

    fn kind_of(&self, name: &str) -> Option<Kind> {
        [Kind::Header, Kind::OnRoll, Kind::OffRoll, Kind::Need, Kind::Meals]
            .into_iter()
            .find(|kind| self.part(*kind).element.as_deref() == Some(name))
    }

    fn part(&self, kind: Kind) -> &Part {
        match kind {
            Kind::Header => &self.header,
            Kind::OnRoll => &self.on_roll,
            Kind::OffRoll => &self.off_roll,
            Kind::Need => &self.needs,
            Kind::Meals => &self.meals,
        }
    }

    /// Puts the text of an element into the row that it belongs to.
    fn take_element(
        &mut self,
        row: &mut Building,
        block: Option<&mut Building>,
        mut element: Element,
        sink: &mut dyn Sink,
    ) {
        let name = lower_case(std::mem::take(&mut element.name));
        let line = element.at.line;
        let kind = block.as_ref().map_or(row.kind, |block| block.kind);
        let is_pupil = matches!(kind, Kind::OnRoll | Kind::OffRoll);
        let address = self.addresses.columns.get(&name).copied().filter(|_| is_pupil);
        let known = |document: &Self| {
            let (part, column) = match address {
                Some(column) => (&document.addresses, Some(column)),
                None => {
                    let part = document.part(kind);
                    (part, part.columns.get(&name).copied())
                }
            };
            column.and_then(|column| part.header.get(column)).cloned()
        };
        if element.flaw.is_some() {
            self.note_flaw(row, &element, known(self).as_deref());
        }
        if !element.leaf || element.text.is_empty() {
            return;
        }
        let text = element.text;
        if !self.grow(row, text.len()) {
            return;
        }
        if let Some(column) = address {
            let taken = |texts: &Texts| texts.get(column).is_some_and(|text| !text.is_empty());
            if row.addresses.last().is_none_or(|(_, texts)| taken(texts)) {
                row.addresses.push((line, Texts::new()));
            }
            if let Some((_, texts)) = row.addresses.last_mut() {
                put(texts, column, text);
            }
            return;
        }
        let part = match kind {
            Kind::Header => &mut self.header,
            Kind::OnRoll => &mut self.on_roll,
            Kind::OffRoll => &mut self.off_roll,
            Kind::Need => &mut self.needs,
            Kind::Meals => &mut self.meals,
        };
        let column = part.column(&name);
        let texts = block.map_or(&mut row.texts, |block| &mut block.texts);
        if texts.get(column).is_some_and(|text| !text.is_empty()) {
            if let Some(known) = known(self) {
                let location = self.location(line, Some(&known));
                sink.finding(at(&rules::DOUBLE_ELEMENT, Effect::BlankedValue, location));
            }
            return;
        }
        put(texts, column, text);
    }

    /// Counts what another text or block takes. A row that grows without end costs itself, and what comes of it
    /// no longer counts.
    fn grow(&self, row: &mut Building, bytes: usize) -> bool {
        row.bytes += bytes + ELEMENT_BYTES;
        let fits = row.bytes <= LONGEST_RECORD;
        if !fits {
            let too_long = (&kit::rules::LONG_RECORD, self.location(row.line, None));
            row.spoilt.get_or_insert(too_long);
        }
        fits
    }

    /// A flaw in what is read costs the row; the first is the one that is told.
    fn note_flaw(&self, row: &mut Building, element: &Element, known: Option<&str>) {
        if let Some(flaw) = element.flaw
            && row.spoilt.is_none()
        {
            row.spoilt = Some((flaw.rule(), self.location(element.at.line, known)));
        }
    }

    fn finish_row(
        &mut self,
        row: Building,
        scopes: &mut BTreeMap<String, Version>,
        upns: &mut Seen,
        sink: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        if let Some((rule, location)) = row.spoilt {
            let table = self.part(row.kind).name;
            sink.rows_read(table, 1);
            sink.rows_without_record(table, Outcome::Quarantined, 1);
            sink.finding(at(rule, Effect::QuarantinedRow, location));
            // Pupils of a return whose header cannot be trusted belong nowhere.
            return if row.kind == Kind::Header {
                Err(self.no_return(sink))
            } else {
                Ok(())
            };
        }
        if row.kind == Kind::Header {
            self.end_return(scopes, sink);
            return self.read_header(&row, sink);
        }
        self.read_pupil(row, upns, sink)
    }

    fn read_header(&mut self, row: &Building, sink: &mut dyn Sink) -> Result<(), ReadError> {
        sink.rows_read(RETURNS, 1);
        let texts = Row::from_texts(row.line, row.texts.iter().map(|text| text.as_str()));
        let mut values = self.header.binding.values(&texts);
        let header = header::read(&mut values, self.reading, &self.named);
        let verdict = values.finish(sink)?;
        let Some(header) = header.filter(|_| verdict == Verdict::Keep) else {
            sink.rows_without_record(RETURNS, Outcome::Quarantined, 1);
            return Err(self.no_return(sink));
        };
        sink.rows_without_record(RETURNS, Outcome::OutOfScope, 1);
        self.current = Some(header);
        self.pupils = 0;
        Ok(())
    }

    /// Reports the scope of the return that ends here.
    fn end_return(&self, scopes: &mut BTreeMap<String, Version>, sink: &mut dyn Sink) {
        let Some(header) = &self.current else { return };
        if self.pupils == 0 {
            let location = Location {
                file: self.file.label.clone(),
                ..Location::default()
            };
            sink.finding(at(&rules::NO_PUPILS, Effect::Accepted, location));
        }
        let version = header.version(true);
        let latest = scopes.entry(header.scope()).or_insert(version);
        *latest = version.max(*latest);
    }

    /// A return without a header is known by its file's name, or not at all.
    fn header_from_name(&mut self, line: u64, sink: &mut dyn Sink) -> Result<Return, ReadError> {
        let Some(header) = header::from_name(&self.named) else {
            return Err(self.no_return(sink));
        };
        if header.census_date > self.reading.as_at {
            let location = self.location(line, None);
            return Err(refuse(
                at(&rules::FUTURE_CENSUS, Effect::RefusedDelivery, location),
                sink,
            ));
        }
        let location = Location {
            file: self.file.label.clone(),
            ..Location::default()
        };
        sink.finding(at(&rules::HEADER_FROM_NAME, Effect::Accepted, location));
        self.current = Some(header.clone());
        Ok(header)
    }

    fn read_pupil(&mut self, row: Building, upns: &mut Seen, sink: &mut dyn Sink) -> Result<(), ReadError> {
        let of = match self.current.clone() {
            Some(header) => header,
            None => self.header_from_name(row.line, sink)?,
        };
        self.pupils += 1;
        let on_roll = row.kind == Kind::OnRoll;
        let blocks = self.blocks(&row, &of, sink)?;
        let children = Children {
            needs: blocks.needs.iter().collect(),
            addresses: Some(blocks.addresses.iter().collect()),
            meals: Some(blocks.meals),
        };
        let scope = of.scope();
        let part = if on_roll {
            &mut self.on_roll
        } else {
            &mut self.off_roll
        };
        sink.rows_read(part.name, 1);
        let texts = Row::from_texts(row.line, row.texts.iter().map(|text| text.as_str()));
        let mut values = part.binding.values(&texts);
        let around = Surroundings {
            of: &of,
            on_roll,
            scope: &scope,
            lists: self.lists,
        };
        let incoming = pupil::read(&mut values, &children, &around, upns);
        let verdict = values.finish(sink)?;
        match incoming.filter(|_| verdict == Verdict::Keep) {
            Some(mut incoming) => {
                incoming.rows = vec![(part.name, 1)];
                sink.record(incoming)?;
            }
            None => sink.rows_without_record(part.name, Outcome::Quarantined, 1),
        }
        Ok(())
    }

    /// What stands in blocks of the pupil. A block that must be left out costs itself alone.
    fn blocks(&mut self, row: &Building, of: &Return, sink: &mut dyn Sink) -> Result<Blocks, ReadError> {
        let mut blocks = Blocks::default();
        let lists = self.lists;
        for_each_block(&mut self.needs, &row.needs, sink, |values| {
            blocks
                .needs
                .extend(children::need(values, &lists.need, Some(of.census)));
        })?;
        for_each_block(&mut self.meals, &row.meals, sink, |values| {
            blocks.meals.extend(children::meals(values));
        })?;
        let mut order = 0;
        for_each_block(&mut self.addresses, &row.addresses, sink, |values| {
            let address = children::Address {
                order,
                ..children::address(values)
            };
            order += 1;
            blocks.addresses.push(address);
        })?;
        Ok(blocks)
    }

    fn no_return(&self, sink: &mut dyn Sink) -> ReadError {
        let location = Location {
            file: self.file.label.clone(),
            ..Location::default()
        };
        refuse(
            at(&rules::NO_READABLE_RETURN, Effect::RefusedDelivery, location),
            sink,
        )
    }

    fn location(&self, line: u64, header: Option<&str>) -> Location {
        Location {
            file: self.file.label.clone(),
            line: Some(line),
            header: header.map(str::to_owned),
            ..Location::default()
        }
    }
}

/// A name in lower case.
fn lower_case(mut name: String) -> String {
    if name.is_ascii() {
        name.make_ascii_lowercase();
        name
    } else {
        name.to_lowercase()
    }
}

fn for_each_block(
    part: &mut Part,
    blocks: &[(u64, Texts)],
    sink: &mut dyn Sink,
    mut each: impl FnMut(&mut kit::Values<'_>),
) -> Result<(), ReadError> {
    for (line, texts) in blocks {
        let row = Row::from_texts(*line, texts.iter().map(|text| text.as_str()));
        let mut values = part.binding.values(&row);
        each(&mut values);
        values.finish(sink)?;
    }
    Ok(())
}
