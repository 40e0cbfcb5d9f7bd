//! What a product of ONIX 3 says about a book.

use super::{
    name::{self, Name},
    text::paragraphs,
};
use crate::{
    Contributor, Isbn, Kind, Part, Reason, Record, Role, Series, Subject, SubjectKind, text::some,
    unique, xml::Element,
};

/// Types of extents that are a number of pages, the best one first.
const EXTENTS: [&str; 8] = ["00", "11", "05", "07", "10", "08", "06", "03"];
/// Roles of dates, the best one first: publication, first publication, publication of the printed counterpart.
const DATES: [&str; 4] = ["01", "11", "19", "20"];
/// Types of texts that describe the book: a description, a short one, an abstract.
const DESCRIPTIONS: [&str; 3] = ["03", "02", "30"];

/// Elements of a product in ONIX 2: its form and title.
const OLD: [&str; 5] = ["ProductForm", "b012", "Title", "DistinctiveTitle", "b028"];

pub(super) fn record(product: &Element) -> Result<Record, Reason> {
    if product.has(name::NOTIFICATION_TYPE, "05") {
        return Err(Reason::Withdrawn);
    }
    let detail = product.composite("DescriptiveDetail").ok_or_else(|| without_detail(product))?;
    let mut record = Record {
        control_number: product.value(name::RECORD_REFERENCE),
        isbns: isbns(product),
        edition: detail
            .value(name::EDITION_STATEMENT)
            .or_else(|| detail.value(name::EDITION_NUMBER)),
        contributors: contributors(detail),
        pages: pages(detail),
        languages: languages(detail),
        subjects: subjects(detail),
        series: detail.composites("Collection").filter_map(collection).collect(),
        ..Record::default()
    };
    title(detail, &mut record);
    if let Some(publishing) = product.composite("PublishingDetail") {
        publication(publishing, &mut record);
    }
    if let Some(collateral) = product.composite("CollateralDetail") {
        record.description = best(collateral, "TextContent", name::TEXT_TYPE, &DESCRIPTIONS)
            .and_then(|content| content.values(name::TEXT).find_map(paragraphs));
    }
    Ok(record)
}

/// What describes a book stood in the product itself before release 3.
fn without_detail(product: &Element) -> Reason {
    let is_old = product
        .elements()
        .any(|child| OLD.iter().any(|name| child.name.eq_ignore_ascii_case(name)));
    if is_old { Reason::NotOnix3 } else { Reason::NoDescription }
}

/// The first composite whose type is the best one.
fn best<'a>(
    parent: &'a Element,
    composite: &'static str,
    kind: Name,
    order: &[&str],
) -> Option<&'a Element> {
    order
        .iter()
        .find_map(|value| parent.composites(composite).find(|element| element.has(kind, value)))
}

/// ISBN-13, EAN and ISBN-10, each number once.
fn isbns(product: &Element) -> Vec<Isbn> {
    let mut isbns: Vec<Isbn> = Vec::new();
    for kind in ["15", "03", "02"] {
        let identifiers = product.composites("ProductIdentifier");
        for text in identifiers
            .filter(|id| id.has(name::PRODUCT_ID_TYPE, kind))
            .filter_map(|id| id.value(name::ID_VALUE))
        {
            let is_book = kind != "03" || text.starts_with("978") || text.starts_with("979");
            if is_book {
                unique::add(Isbn { text, ..Isbn::default() }, &mut isbns);
            }
        }
    }
    isbns
}

fn title(detail: &Element, record: &mut Record) {
    let details = || detail.composites("TitleDetail");
    let distinctive = ["01", "00"]
        .iter()
        .find_map(|kind| details().find(|title| title.has(name::TITLE_TYPE, kind)));
    let Some(detail) = distinctive.or_else(|| details().next()) else { return };
    let elements: Vec<_> = detail.composites("TitleElement").collect();
    let is_product = |element: &&&Element| element.has(name::TITLE_ELEMENT_LEVEL, "01");
    let Some(own) = elements.iter().find(is_product).or_else(|| elements.first()) else { return };
    record.title = element_title(own).unwrap_or_default();
    record.subtitle = own.value(name::SUBTITLE);
    let number = own.value(name::PART_NUMBER);
    match number {
        // A part that has no title but its number is named after the whole.
        Some(number) if record.title.is_empty() => {
            let whole = elements.iter().find_map(|element| element_title(element));
            record.title = whole.unwrap_or_else(|| number.clone());
            record.parts.push(Part { number: Some(number), name: None });
        }
        Some(number) => record.parts.push(Part { number: Some(number), name: None }),
        None => {}
    }
    let collections = elements.iter().filter(|element| !std::ptr::eq(**element, *own));
    for element in collections {
        let number = element.value(name::PART_NUMBER);
        if let Some(name) = element_title(element)
            && !unique::last(&mut record.series).iter().any(|series| series.name == name)
        {
            record.series.push(Series { name, number });
        }
    }
}

fn element_title(element: &Element) -> Option<String> {
    let text = element.value(name::TITLE_TEXT);
    text.or_else(|| {
        match (element.value(name::TITLE_PREFIX), element.value(name::TITLE_WITHOUT_PREFIX)) {
            (Some(prefix), Some(rest)) => {
                let space = if prefix.ends_with(['\'', '’']) { "" } else { " " };
                Some(format!("{prefix}{space}{rest}"))
            }
            (prefix, rest) => rest.or(prefix),
        }
    })
}

fn collection(collection: &Element) -> Option<Series> {
    let elements = || {
        collection.composites("TitleDetail").flat_map(|detail| detail.composites("TitleElement"))
    };
    let name = elements().find_map(element_title)?;
    let sequence = collection.composite("CollectionSequence");
    let number = elements().find_map(|element| element.value(name::PART_NUMBER));
    Some(Series { name, number: number.or_else(|| sequence?.value(name::SEQUENCE_IN_COLLECTION)) })
}

/// In the order of their numbers; those without one keep their place at the end.
fn contributors(detail: &Element) -> Vec<Contributor> {
    let mut numbered: Vec<_> = detail
        .composites("Contributor")
        .filter_map(|element| {
            let number =
                element.value(name::SEQUENCE_NUMBER).and_then(|number| number.parse::<u32>().ok());
            Some((number.unwrap_or(u32::MAX), contributor(element)?))
        })
        .collect();
    numbered.sort_by_key(|(number, _)| *number);
    let mut found: Vec<Contributor> = Vec::new();
    for (_, contributor) in numbered {
        match unique::last(&mut found).iter_mut().find(|known| known.name == contributor.name) {
            Some(known) => {
                contributor.roles.into_iter().for_each(|role| unique::add(role, &mut known.roles))
            }
            None => found.push(contributor),
        }
    }
    found
}

fn contributor(element: &Element) -> Option<Contributor> {
    let mut roles: Vec<Role> = Vec::new();
    for role in element.values(name::CONTRIBUTOR_ROLE).filter_map(|role| some(&role.text())) {
        unique::add(Role::from_onix(&role), &mut roles);
    }
    let person = |name, inverted| {
        Some(Contributor { name, inverted, roles: roles.clone(), ..Contributor::default() })
    };
    if let Some(name) = element.value(name::PERSON_NAME) {
        return person(name, false);
    }
    if let Some(name) = element.value(name::PERSON_NAME_INVERTED) {
        let inverted = name.contains(',');
        return person(name, inverted);
    }
    if element.value(name::KEY_NAMES).is_some() {
        let order = [
            name::NAMES_BEFORE_KEY,
            name::PREFIX_TO_KEY,
            name::KEY_NAMES,
            name::NAMES_AFTER_KEY,
            name::SUFFIX_TO_KEY,
        ];
        let parts: Vec<_> = order.into_iter().filter_map(|part| element.value(part)).collect();
        return person(parts.join(" "), false);
    }
    if let Some(name) = element.value(name::CORPORATE_NAME) {
        return Some(Contributor { name, kind: Kind::Corporate, roles, ..Contributor::default() });
    }
    let unnamed = match element.value(name::UNNAMED_PERSONS)?.as_str() {
        "01" => "Unknown",
        "02" => "Anonymous",
        "04" => "Various",
        // `et al.`, and voices of machines.
        _ => return None,
    };
    person(unnamed.to_owned(), false)
}

fn pages(detail: &Element) -> Option<String> {
    let extent = |kind: &&str| {
        let mut extents = detail.composites("Extent");
        let found = extents.find(|extent| {
            extent.has(name::EXTENT_TYPE, kind) && extent.has(name::EXTENT_UNIT, "03")
        });
        found.and_then(|extent| extent.value(name::EXTENT_VALUE))
    };
    EXTENTS.iter().find_map(extent)
}

fn languages(detail: &Element) -> Vec<String> {
    let of_text =
        detail.composites("Language").filter(|language| language.has(name::LANGUAGE_ROLE, "01"));
    let mut languages: Vec<String> = Vec::new();
    for code in of_text.filter_map(|language| language.value(name::LANGUAGE_CODE)) {
        unique::add(code, &mut languages);
    }
    languages
}

/// Subjects with a text; codes without one are of lists that this crate does not have.
fn subjects(detail: &Element) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for element in detail.composites("Subject") {
        let is_keywords = element.has(name::SUBJECT_SCHEME, "20");
        let kind = if is_keywords { SubjectKind::Keyword } else { SubjectKind::Topic };
        for text in element.values(name::SUBJECT_HEADING_TEXT).map(Element::text) {
            let separator = if is_keywords { ';' } else { '\u{1E}' };
            for text in text.split(separator).filter_map(some) {
                unique::add(Subject { text, kind }, &mut subjects);
            }
        }
    }
    subjects
}

fn publication(publishing: &Element, record: &mut Record) {
    let publishers = || publishing.composites("Publisher");
    let own = publishers()
        .find(|publisher| publisher.has(name::PUBLISHING_ROLE, "01"))
        .or_else(|| publishers().next());
    let imprint =
        || publishing.composite("Imprint").and_then(|imprint| imprint.value(name::IMPRINT_NAME));
    record.publisher =
        own.and_then(|publisher| publisher.value(name::PUBLISHER_NAME)).or_else(imprint);
    record.place = publishing.value(name::CITY_OF_PUBLICATION);
    record.year =
        best(publishing, "PublishingDate", name::PUBLISHING_DATE_ROLE, &DATES).and_then(date);
}

/// The date as its format says: a day or a month as ISO 8601 writes it, else a year, or the text as it is.
fn date(element: &Element) -> Option<String> {
    let date = element.values(name::DATE).next()?;
    let text = some(&date.text())?;
    let format = date
        .attribute("dateformat")
        .map(str::to_owned)
        .or_else(|| element.value(name::DATE_FORMAT));
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (Some(year), month, day) = (text.get(..4), text.get(4..6), text.get(6..8)) else {
        return Some(text);
    };
    Some(match (format.as_deref(), month, day) {
        (Some("12"), ..) => text,
        // Years of the Islamic calendar.
        (Some("20" | "21" | "25" | "32"), ..) => format!("{text} AH"),
        (None | Some("00" | "13" | "14"), Some(month), Some(day)) if digits >= 8 => {
            format!("{year}-{month}-{day}")
        }
        (None | Some("00" | "01"), Some(month), _) if digits == 6 => format!("{year}-{month}"),
        _ if digits >= 4 => year.to_owned(),
        _ => text,
    })
}
