//! How PostgreSQL prints types and expressions.

use crate::schema::Type;

/// The type that `format_type` prints like this. Enums are known by more than their text and not found here.
pub fn kind(text: &str) -> Type {
    if let Some(element) = text.strip_suffix("[]") {
        return Type::array(kind(element));
    }
    match text {
        "character varying" => Type::Varchar(None),
        "text" => Type::Text,
        "smallint" => Type::SmallInteger,
        "integer" => Type::Integer,
        "bigint" => Type::BigInteger,
        "real" => Type::Float,
        "double precision" => Type::Double,
        "numeric" => Type::Decimal(None),
        "money" => Type::Money(None),
        "boolean" => Type::Boolean,
        "date" => Type::Date,
        "time without time zone" => Type::Time,
        "timestamp without time zone" => Type::Timestamp,
        "timestamp with time zone" => Type::TimestampWithTimeZone,
        "bytea" => Type::Blob,
        "json" => Type::Json,
        "jsonb" => Type::JsonBinary,
        "uuid" => Type::Uuid,
        _ => with_numbers(text).unwrap_or_else(|| Type::other(text)),
    }
}

fn with_numbers(text: &str) -> Option<Type> {
    let (name, numbers) = text.strip_suffix(')')?.split_once('(')?;
    let numbers: Option<Vec<u32>> = numbers.split(',').map(|number| number.parse().ok()).collect();
    match (name, numbers?.as_slice()) {
        ("character varying", [length]) => Some(Type::Varchar(Some(*length))),
        ("character", [length]) => Some(Type::Char(Some(*length))),
        ("numeric", [precision, scale]) => Some(Type::Decimal(Some((*precision, *scale)))),
        _ => None,
    }
}

/// An expression without the parentheses around the whole of it.
pub fn without_parentheses(expression: &str) -> &str {
    let mut inner = expression.trim();
    while let Some(length) = group_length(inner)
        && length == inner.len()
    {
        let opened = inner.strip_prefix('(').unwrap_or(inner);
        inner = opened.strip_suffix(')').unwrap_or(opened).trim();
    }
    inner
}

/// An expression in the spelling that PostgreSQL prints when it reads its own again: `(ARRAY['a'::x])::y[]` becomes
/// `ARRAY[('a'::x)::y]`, and `(- 1)` becomes `'-1'::integer`. Otherwise what is made from a printed text would differ from what the
/// text was printed of.
pub fn normalized(expression: &str) -> String {
    signed(&with_cast_elements(expression))
}

/// Whether two statements that PostgreSQL printed are the same once it has read them again.
pub fn are_alike(one: &str, other: &str) -> bool {
    one == other || normalized(one) == normalized(other)
}

/// Words after which a minus is a sign.
const BEFORE_A_SIGN: [&str; 18] = [
    "select", "then", "else", "when", "case", "and", "or", "not", "return", "between", "limit",
    "offset", "by", "from", "in", "where", "having", "like",
];

/// An expression whose numbers have their signs inside: PostgreSQL prints `(- 1)` for the negative of a number, and reads it as the
/// number `'-1'::integer`.
pub fn signed(expression: &str) -> String {
    let mut written = String::with_capacity(expression.len());
    let mut rest = expression;
    let mut after_operand = false;
    while let Some(next) = rest.chars().next() {
        let sign = if after_operand { None } else { sign(rest) };
        if let Some((number, after)) = sign {
            let bare = written.ends_with('(') && after.starts_with(')');
            // In front of a cast the parentheses stay.
            match after.strip_prefix(')').filter(|after| bare && !after.starts_with("::")) {
                Some(after) if !is_call(&written) => {
                    written.pop();
                    rest = after;
                }
                Some(_) | None => rest = after,
            }
            written.push_str(&number);
            after_operand = true;
            continue;
        }
        let length = match next {
            '\'' | '"' => quoted(rest, next),
            _ if is_word(next) => rest.find(|next| !is_word(next)).unwrap_or(rest.len()),
            _ => next.len_utf8(),
        };
        let (piece, after) = rest.split_at(length);
        if !next.is_whitespace() {
            let keyword = || BEFORE_A_SIGN.iter().any(|word| piece.eq_ignore_ascii_case(word));
            after_operand = matches!(next, '\'' | '"' | ')' | ']') || is_word(next) && !keyword();
        }
        written.push_str(piece);
        rest = after;
    }
    written
}

/// The negative number that a text begins with as PostgreSQL prints the negative of one, and what comes after it.
fn sign(text: &str) -> Option<(String, &str)> {
    let number = text.strip_prefix("- ")?;
    let digit = |next: char| next.is_ascii_digit() || next == '.';
    let (number, after) =
        number.split_at(number.find(|next: char| !digit(next)).unwrap_or(number.len()));
    let whole = number.parse::<i32>().is_ok();
    let broken = number.contains('.') && number.parse::<f64>().is_ok();
    let ends = !after.starts_with(is_word) && !after.starts_with("::");
    let kind = if whole { "integer" } else { "numeric" };
    (ends && (whole || broken)).then(|| (format!("'-{number}'::{kind}"), after))
}

/// Whether the parenthesis at the end of a text is that of a call.
fn is_call(text: &str) -> bool {
    let before = text.strip_suffix('(').unwrap_or(text);
    let word = before.rsplit(|next: char| !is_word(next)).next().unwrap_or_default();
    before.ends_with('"')
        || !word.is_empty() && !BEFORE_A_SIGN.iter().any(|known| word.eq_ignore_ascii_case(known))
}

fn is_word(next: char) -> bool {
    next.is_alphanumeric() || next == '_' || next == '$'
}

/// How long a quoted text at the beginning is. A doubled quote ends it and begins the next one, which comes to the same.
fn quoted(text: &str, mark: char) -> usize {
    text.get(1..).and_then(|rest| rest.find(mark)).map_or(text.len(), |end| end + 2)
}

fn with_cast_elements(expression: &str) -> String {
    let mut normalized = String::with_capacity(expression.len());
    let mut rest = expression;
    while let Some(next) = rest.chars().next() {
        if let Some((array, after)) = cast_array(rest) {
            normalized.push_str(&array);
            rest = after;
            continue;
        }
        let quoted = matches!(next, '\'' | '"').then(|| rest.get(1..)?.find(next)).flatten();
        let (piece, after) = rest.split_at(quoted.map_or(next.len_utf8(), |end| end + 2));
        normalized.push_str(piece);
        rest = after;
    }
    normalized
}

/// The array that a text begins with, each element with the cast of the whole, and what comes after it.
fn cast_array(text: &str) -> Option<(String, &str)> {
    let (group, after) = text.split_at_checked(group_length(text)?)?;
    let list = group.strip_prefix("(ARRAY[")?.strip_suffix("])")?;
    let cast = after.strip_prefix("::")?;
    let (kind, after) = cast.split_at_checked(cast.find("[]")?)?;
    let plain = |next: char| next.is_alphanumeric() || matches!(next, ' ' | '_');
    kind.chars().all(plain).then_some(())?;
    let elements = elements(list).into_iter().map(|element| format!("({element})::{kind}"));
    let array = format!("ARRAY[{}]", elements.collect::<Vec<_>>().join(", "));
    Some((array, after.strip_prefix("[]")?))
}

/// The parts of a list between its commas.
fn elements(list: &str) -> Vec<&str> {
    let (mut elements, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0_usize, None);
    for (place, next) in list.char_indices() {
        match (quoted, next) {
            (Some(mark), _) if mark == next => quoted = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quoted = Some(next),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                elements.extend(list.get(start..place).map(str::trim));
                start = place + 1;
            }
            (None, _) => {}
        }
    }
    elements.extend(list.get(start..).map(str::trim));
    elements
}

/// How long the group in parentheses is that a text begins with.
pub fn group_length(text: &str) -> Option<usize> {
    if !text.starts_with('(') {
        return None;
    }
    let mut depth = 0_usize;
    let mut quoted = None;
    for (place, next) in text.char_indices() {
        match (quoted, next) {
            (Some(mark), _) if mark == next => quoted = None,
            (Some(_), _) => {}
            // A doubled quote ends a literal and begins the next one, which comes to the same.
            (None, '\'' | '"') => quoted = Some(next),
            (None, '(') => depth += 1,
            (None, ')') => {
                depth -= 1;
                if depth == 0 {
                    return Some(place + 1);
                }
            }
            (None, _) => {}
        }
    }
    None
}

/// A type without its length or precision.
pub fn base(kind: &str) -> String {
    let mut base = String::with_capacity(kind.len());
    let mut rest = kind;
    while let Some(next) = rest.chars().next() {
        let length = match next {
            '(' => group_length(rest).unwrap_or(rest.len()),
            '"' => rest.get(1..).and_then(|text| text.find('"')).map_or(rest.len(), |end| end + 2),
            _ => next.len_utf8(),
        };
        let (piece, after) = rest.split_at(length);
        if next != '(' {
            base.push_str(piece);
        }
        rest = after;
    }
    base
}

#[cfg(test)]
mod tests {
    use sea_orm::DbBackend;

    use super::*;

    #[test]
    fn a_type_that_was_read_is_written_as_it_was() {
        for (printed, written) in [
            ("character varying(20)", "varchar(20)"),
            ("character(3)", "char(3)"),
            ("numeric(12,2)", "numeric(12, 2)"),
            ("numeric(3,-2)", "numeric(3,-2)"),
            ("timestamp(3) without time zone", "timestamp(3) without time zone"),
            ("timestamp with time zone[]", "timestamptz[]"),
            ("character varying(5)[]", "varchar(5)[]"),
            ("inet", "inet"),
            ("\"odd (1)\"", "\"odd (1)\""),
        ] {
            assert_eq!(kind(printed).sql(DbBackend::Postgres), written, "{printed}");
        }
        assert_eq!(kind("timestamp without time zone"), Type::Timestamp);
        assert_eq!(kind("numeric(12,2)[]"), Type::array(Type::Decimal(Some((12, 2)))));
    }

    #[test]
    fn only_parentheses_around_the_whole_are_taken_away() {
        for (printed, bare) in [
            ("(price >= 0)", "price >= 0"),
            ("((a + b))", "a + b"),
            ("(a) + (b)", "(a) + (b)"),
            ("((a = ')') OR (b = '(''('))", "(a = ')') OR (b = '(''(')"),
            ("(\"a)\" > 0)", "\"a)\" > 0"),
            ("lower(a)", "lower(a)"),
            ("(unclosed", "(unclosed"),
        ] {
            assert_eq!(without_parentheses(printed), bare);
        }
    }

    #[test]
    fn an_array_is_cast_element_by_element() {
        for (printed, normalized_as) in [
            (
                "(c)::text = ANY ((ARRAY['a'::character varying, 'b, (c'::character varying])::text[])",
                "(c)::text = ANY (ARRAY[('a'::character varying)::text, ('b, (c'::character varying)::text])",
            ),
            ("c = ANY (ARRAY['a'::text, 'b'::text])", "c = ANY (ARRAY['a'::text, 'b'::text])"),
            ("'(ARRAY[1])::text[]'::text <> c", "'(ARRAY[1])::text[]'::text <> c"),
            ("c && (ARRAY[1, 2])::bigint[] AND d", "c && ARRAY[(1)::bigint, (2)::bigint] AND d"),
        ] {
            assert_eq!(normalized(printed), normalized_as);
            assert_eq!(normalized(normalized_as), normalized_as);
        }
    }

    #[test]
    fn a_number_has_its_sign_inside() {
        for (printed, read) in [
            ("(n > (- 1))", "(n > '-1'::integer)"),
            ("- 1", "'-1'::integer"),
            ("(n - 1)", "(n - 1)"),
            ("(n) - 1", "(n) - 1"),
            ("f((- 1.5), x)", "f('-1.5'::numeric, x)"),
            ("f(- 1)", "f('-1'::integer)"),
            ("((- 1))::bigint", "('-1'::integer)::bigint"),
            ("(- (1)::bigint)", "(- (1)::bigint)"),
            (
                "CASE WHEN a THEN - 1 ELSE (- 2) END",
                "CASE WHEN a THEN '-1'::integer ELSE '-2'::integer END",
            ),
            ("a = '(- 1)' AND \"b\" - 1", "a = '(- 1)' AND \"b\" - 1"),
            ("n = ANY (ARRAY[(- 1), 2])", "n = ANY (ARRAY['-1'::integer, 2])"),
            ("(- 99999999999)", "(- 99999999999)"),
            ("(- 1)::numeric", "('-1'::integer)::numeric"),
        ] {
            assert_eq!(normalized(printed), read);
            assert_eq!(normalized(read), read);
        }
    }

    #[test]
    fn a_base_has_no_length() {
        for (kind, bare) in [
            ("character varying(20)", "character varying"),
            ("timestamp(3) without time zone", "timestamp without time zone"),
            ("numeric(12,2)[]", "numeric[]"),
            ("\"odd (1)\"", "\"odd (1)\""),
        ] {
            assert_eq!(base(kind), bare);
        }
    }
}
