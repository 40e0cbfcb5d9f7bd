"""The books that every database of the comparison has, and the search terms. The same in every run."""

import itertools
import random

from run import isbn

FIRST = (
    "Ada Agatha Alice Amos Anton Arundhati Becky Brandon Chinua Doris Dorothy Elif Émile Flannery Fyodor Gabriel Haruki Iain "
    "Isabel Italo Jane Jorge José Kazuo Leo Liu Margaret Marie Martha Mary Nadine Naomi Natsume Neil Ngozi Octavia Orhan Philip "
    "Raymond Robin Salman Stephen Ted Terry Toni Umberto Ursula Virginia Wole Yoko Zadie Zoë"
).split()
BEGIN = "Ald Ash Bar Brad Cal Dun Ell Fair Gar Hart Ing Kirk Lang Mor Nor Os Pem Quin Rath Sel Thorn Up Vale Wes".split()
END = "berry bury by combe den field ford gate ham hurst ley man mere ning stead ton ville well wick worth".split()
SURNAMES = [begin + end for begin in BEGIN for end in END]
# Five rows of a table have each of these, however long it is.
RARE_BEGIN = "Fynar Joxel Kezin Oximo Quavi Vexor Wugha Zimre".split()
RARE = [begin + end for begin in RARE_BEGIN for end in "beck drick lund plum quist thorpe yard zano".split()]
RARE_ROWS = 5 * len(RARE)
ADJECTIVES = "Broken Bright Burning Crooked Distant Endless Forgotten Golden Hidden Hollow Last Northern Quiet Secret Silent".split()
NOUNS = "Archive City Clock Empire Forest Garden Harbour House Kingdom Lantern Letter Machine Mirror Orchard River Season".split()
COLUMNS = ("id", "title", "author", "year", "isbn", "page_count")


def books(rows):
    """Rows of COLUMNS with the ids from 1; some have no year, no ISBN or no number of pages."""
    dice = random.Random(20261126)
    # Common and less common names, from 0.1 to 1 % of the rows each.
    weights = list(itertools.accumulate(1 / (1 + place % 97) ** 0.35 for place in range(len(SURNAMES))))
    every = rows // RARE_ROWS
    for id in range(1, rows + 1):
        surname = dice.choices(SURNAMES, cum_weights=weights)[0]
        if every and id % every == 0 and id // every <= RARE_ROWS:
            surname = RARE[id // every % len(RARE)]
        title = f"The {dice.choice(ADJECTIVES)} {dice.choice(NOUNS)} of {dice.choice(SURNAMES)}, vol. {id % 9 + 1}"
        author = f"{dice.choice(FIRST)} {surname}"
        year = dice.randint(1900, 2026) if dice.random() < 0.97 else None
        number = isbn(id) if dice.random() < 0.95 else None
        pages = dice.randint(40, 1200) if dice.random() < 0.9 else None
        yield id, title, author, year, number, pages


def terms(rows):
    """What is searched, in lower case: terms with 0.1 to 1 % of the rows, with five rows, and with none."""
    count = dict.fromkeys(SURNAMES + RARE, 0)
    for book in books(rows):
        count[book[2].split()[-1]] += 1
    dice = random.Random(1)
    common = [name for name in SURNAMES if 0.001 <= count[name] / rows <= 0.01]
    return {
        "search": [name.lower() for name in common],
        "few": [name.lower() for name in RARE],
        # Every part but the joint is in some row, so that an index has to be searched.
        "none": [name.lower() + dice.choice(BEGIN).lower() for name in common],
    }
