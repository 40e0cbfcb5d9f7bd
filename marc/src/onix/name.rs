//! The names of elements: reference names, and the short tags of those that hold a value. The short tag of a composite is its
//! reference name in small letters.

use crate::{text::some, xml::Element};

/// A reference name and its short tag.
pub(super) type Name = (&'static str, &'static str);

pub(super) const RECORD_REFERENCE: Name = ("RecordReference", "a001");
pub(super) const NOTIFICATION_TYPE: Name = ("NotificationType", "a002");
pub(super) const PRODUCT_ID_TYPE: Name = ("ProductIDType", "b221");
pub(super) const ID_VALUE: Name = ("IDValue", "b244");
pub(super) const TITLE_TYPE: Name = ("TitleType", "b202");
pub(super) const TITLE_ELEMENT_LEVEL: Name = ("TitleElementLevel", "x409");
pub(super) const PART_NUMBER: Name = ("PartNumber", "x410");
pub(super) const TITLE_TEXT: Name = ("TitleText", "b203");
pub(super) const TITLE_PREFIX: Name = ("TitlePrefix", "b030");
pub(super) const TITLE_WITHOUT_PREFIX: Name = ("TitleWithoutPrefix", "b031");
pub(super) const SUBTITLE: Name = ("Subtitle", "b029");
pub(super) const SEQUENCE_NUMBER: Name = ("SequenceNumber", "b034");
pub(super) const CONTRIBUTOR_ROLE: Name = ("ContributorRole", "b035");
pub(super) const PERSON_NAME: Name = ("PersonName", "b036");
pub(super) const PERSON_NAME_INVERTED: Name = ("PersonNameInverted", "b037");
pub(super) const NAMES_BEFORE_KEY: Name = ("NamesBeforeKey", "b039");
pub(super) const PREFIX_TO_KEY: Name = ("PrefixToKey", "b247");
pub(super) const KEY_NAMES: Name = ("KeyNames", "b040");
pub(super) const NAMES_AFTER_KEY: Name = ("NamesAfterKey", "b041");
pub(super) const SUFFIX_TO_KEY: Name = ("SuffixToKey", "b248");
pub(super) const CORPORATE_NAME: Name = ("CorporateName", "b047");
pub(super) const UNNAMED_PERSONS: Name = ("UnnamedPersons", "b249");
pub(super) const EDITION_NUMBER: Name = ("EditionNumber", "b057");
pub(super) const EDITION_STATEMENT: Name = ("EditionStatement", "b058");
pub(super) const LANGUAGE_ROLE: Name = ("LanguageRole", "b253");
pub(super) const LANGUAGE_CODE: Name = ("LanguageCode", "b252");
pub(super) const EXTENT_TYPE: Name = ("ExtentType", "b218");
pub(super) const EXTENT_VALUE: Name = ("ExtentValue", "b219");
pub(super) const EXTENT_UNIT: Name = ("ExtentUnit", "b220");
pub(super) const SUBJECT_SCHEME: Name = ("SubjectSchemeIdentifier", "b067");
pub(super) const SUBJECT_HEADING_TEXT: Name = ("SubjectHeadingText", "b070");
pub(super) const SEQUENCE_IN_COLLECTION: Name = ("CollectionSequenceNumber", "x481");
pub(super) const TEXT_TYPE: Name = ("TextType", "x426");
pub(super) const TEXT: Name = ("Text", "d104");
pub(super) const IMPRINT_NAME: Name = ("ImprintName", "b079");
pub(super) const PUBLISHING_ROLE: Name = ("PublishingRole", "b291");
pub(super) const PUBLISHER_NAME: Name = ("PublisherName", "b081");
pub(super) const CITY_OF_PUBLICATION: Name = ("CityOfPublication", "b209");
pub(super) const PUBLISHING_DATE_ROLE: Name = ("PublishingDateRole", "x448");
pub(super) const DATE_FORMAT: Name = ("DateFormat", "j260");
pub(super) const DATE: Name = ("Date", "b306");

impl Element {
    /// The children of a composite's reference name, or the same name in small letters.
    pub(super) fn composites<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.elements().filter(move |child| child.name.eq_ignore_ascii_case(name))
    }

    pub(super) fn composite(&self, name: &'static str) -> Option<&Self> {
        self.composites(name).next()
    }

    pub(super) fn values(&self, name: Name) -> impl Iterator<Item = &Self> {
        self.elements().filter(move |child| child.name == name.0 || child.name == name.1)
    }

    /// The text of the first child with a name, if it has any.
    pub(super) fn value(&self, name: Name) -> Option<String> {
        self.values(name).find_map(|child| some(&child.text()))
    }

    /// Whether the first child with a name has a value.
    pub(super) fn has(&self, name: Name, value: &str) -> bool {
        self.value(name).is_some_and(|text| text == value)
    }
}
