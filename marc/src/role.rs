//! Roles of contributors, with their codes in MARC's list of relators and in ONIX's list 17.

/// What a contributor did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names say it")]
pub enum Role {
    Author,
    Creator,
    Editor,
    Translator,
    Illustrator,
    Narrator,
    Photographer,
    Artist,
    Compiler,
    Composer,
    Lyricist,
    Adapter,
    Abridger,
    IntroductionWriter,
    PrefaceWriter,
    AfterwordWriter,
    CommentaryWriter,
    Annotator,
    Contributor,
    CoverDesigner,
    Colorist,
    Performer,
    Interviewer,
    Interviewee,
    Director,
    /// A role without a name here: a relator code of three letters, a code of ONIX, or a term as written.
    Other(String),
}

/// A role, its relator code, the codes of ONIX, and the terms that records have for it, of which the first is the relator term.
type Row = (Role, &'static str, &'static [&'static str], &'static [&'static str]);

static ROWS: &[Row] = &[
    (
        Role::Author,
        "aut",
        &["A01", "A02", "A14", "A38"],
        &[
            "author",
            "joint author",
            "auth",
            "writer",
            "verfasser",
            "verfasserin",
            "auteur",
            "autor",
            "autora",
            "autore",
        ],
    ),
    (Role::Creator, "cre", &["A09", "A10"], &["creator"]),
    (
        Role::Editor,
        "edt",
        &[
            "B01", "B02", "B09", "B10", "B11", "B12", "B13", "B16", "B19", "B20", "B21", "B24",
            "B26", "B29", "B31",
        ],
        &[
            "editor",
            "ed",
            "joint editor",
            "volume editor",
            "general editor",
            "herausgeber",
            "herausgeberin",
            "hrsg",
            "éditeur scientifique",
            "editora",
            "curatore",
        ],
    ),
    (
        Role::Translator,
        "trl",
        &["B06", "B08"],
        &[
            "translator",
            "tr",
            "trans",
            "joint translator",
            "übersetzer",
            "übersetzerin",
            "traducteur",
            "traductrice",
            "traductor",
            "traductora",
            "traduttore",
        ],
    ),
    (
        Role::Illustrator,
        "ill",
        &["A12", "A35"],
        &[
            "illustrator",
            "ill",
            "illus",
            "illustratorin",
            "illustrateur",
            "illustratrice",
            "ilustrador",
            "ilustradora",
        ],
    ),
    (
        Role::Narrator,
        "nrt",
        &["E03", "E07", "E11"],
        &["narrator", "reader", "sprecher", "sprecherin", "narrateur"],
    ),
    (
        Role::Photographer,
        "pht",
        &["A08", "A13"],
        &["photographer", "photog", "fotograf", "fotografin", "photographe"],
    ),
    (Role::Artist, "art", &["A07", "A46"], &["artist"]),
    (Role::Compiler, "com", &["C01", "C02"], &["compiler", "comp"]),
    (Role::Composer, "cmp", &["A06"], &["composer", "komponist", "compositeur"]),
    (Role::Lyricist, "lyr", &["A05"], &["lyricist"]),
    (Role::Adapter, "adp", &["B03", "B05", "B22"], &["adapter"]),
    (Role::Abridger, "abr", &["B04"], &["abridger"]),
    (
        Role::IntroductionWriter,
        "win",
        &["A24"],
        &["writer of introduction", "author of introduction, etc", "author of introduction"],
    ),
    (Role::PrefaceWriter, "wpr", &["A15", "A23"], &["writer of preface", "préfacier", "prefacer"]),
    (
        Role::AfterwordWriter,
        "aft",
        &["A19", "A22"],
        &["author of afterword, colophon, etc", "author of afterword"],
    ),
    (Role::CommentaryWriter, "wac", &["A21"], &["writer of added commentary", "commentator"]),
    (Role::Annotator, "ann", &["A20", "A25"], &["annotator"]),
    (Role::Contributor, "ctb", &["A32"], &["contributor", "mitwirkender", "mitwirkende", "mitarb"]),
    (Role::CoverDesigner, "cov", &["A36"], &["cover designer"]),
    (Role::Colorist, "clr", &["A40", "A47"], &["colorist"]),
    (Role::Performer, "prf", &["E99", "E08"], &["performer"]),
    (Role::Interviewer, "ivr", &["A43"], &["interviewer"]),
    (Role::Interviewee, "ive", &["A44"], &["interviewee"]),
    (Role::Director, "drt", &["D02"], &["director", "regisseur"]),
];

impl Role {
    /// The role with a code of MARC's relators, which may be the end of an address.
    pub fn from_code(code: &str) -> Self {
        let code = code.rsplit('/').next().unwrap_or(code);
        Self::find(|row| row.1.eq_ignore_ascii_case(code), code)
    }

    /// The role with a code of ONIX's list 17.
    pub fn from_onix(code: &str) -> Self {
        Self::find(|row| row.2.contains(&code), code)
    }

    /// The role that a term is the name of, in English, German, French, Spanish or Italian.
    pub fn from_term(term: &str) -> Self {
        let lower = term.to_lowercase();
        let lower = lower.trim_end_matches('.');
        Self::find(|row| row.3.contains(&lower), term)
    }

    fn find(is_it: impl Fn(&Row) -> bool, text: &str) -> Self {
        ROWS.iter()
            .find(|row| is_it(row))
            .map_or_else(|| Self::Other(text.to_owned()), |row| row.0.clone())
    }

    /// Its code in MARC's list of relators, if it is in this list of roles.
    pub fn code(&self) -> Option<&'static str> {
        ROWS.iter().find(|row| row.0 == *self).map(|row| row.1)
    }

    /// Its relator term, or as it was written.
    pub fn term(&self) -> &str {
        match self {
            Self::Other(text) => text,
            _ => ROWS
                .iter()
                .find(|row| row.0 == *self)
                .and_then(|row| row.3.first())
                .copied()
                .unwrap_or_default(),
        }
    }

    /// Whether it is that of an author or creator.
    pub fn is_author(&self) -> bool {
        matches!(self, Self::Author | Self::Creator)
    }
}
