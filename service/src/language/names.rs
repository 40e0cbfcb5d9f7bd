//! Names of the commonest languages in German, French, Spanish and Portuguese, as the programs of their readers write them.

/// The code of each language, and its names in small letters, also without accents.
pub(super) const ELSEWHERE: [(&str, &[&str]); 18] = [
    ("en", &["englisch", "anglais", "inglés", "ingles", "inglês"]),
    ("de", &["german", "allemand", "alemán", "aleman", "alemão"]),
    ("fr", &["französisch", "franzoesisch", "francais", "francés", "frances", "francês"]),
    ("es", &["spanisch", "espagnol", "espanol", "espanhol", "castellano"]),
    ("pt", &["portugiesisch", "portugais", "portugués", "portugues"]),
    ("it", &["italienisch", "italien", "italiano"]),
    ("nl", &["niederländisch", "néerlandais", "neerlandais", "neerlandés", "holandés", "holandês"]),
    ("ru", &["russisch", "russe", "ruso", "russo"]),
    ("pl", &["polnisch", "polonais", "polaco", "polonês"]),
    ("la", &["latein", "lateinisch", "latin", "latín", "latim"]),
    ("el", &["greek", "griechisch", "grec", "griego", "grego"]),
    ("ja", &["japanisch", "japonais", "japonés", "japonês"]),
    ("zh", &["chinesisch", "chinois", "chino", "chinês"]),
    ("ar", &["arabisch", "arabe", "árabe"]),
    ("tr", &["türkisch", "turc", "turco"]),
    ("sv", &["schwedisch", "suédois", "suedois", "sueco"]),
    ("da", &["dänisch", "danois", "danés", "dinamarquês"]),
    ("ca", &["katalanisch", "catalan", "catalán", "catalão"]),
];
