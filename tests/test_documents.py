"""The page on the five documents: a lesson shows what they hold, and a row of the errata each mistake."""
import ast
import inspect
import re

import pytest

from lessons import contents, errata
from lessons.exercises import NAMES

PAGE = (contents.FOLDER / "DOCUMENTS.md").read_text(encoding="utf-8")
OUTSIDE = {"38", "39", "40"}                    # lessons of their own, outside the documents


def plain(text):
    """Text in one line, without the marks of comments."""
    return " ".join(re.sub(r"^ *#( |$)", "", text, flags=re.MULTILINE).split())


LESSONS = {path.name[:2]: plain(path.read_text(encoding="utf-8"))
           for path in contents.find(contents.FOLDER).values()}
LESSONS["37"] += "".join(path.read_text(encoding="utf-8")
                         for path in (contents.FOLDER / "errata").glob("*.py"))
TABLES = {document: re.findall(r"^\| (.+) \|$", table, re.MULTILINE)[2:] for document, table in re.findall(
    r"^## (00\d), (?:(?!^## ).*\n)*?### What it holds, and which lesson shows it\n((?:(?!^##).*\n?)*)", PAGE,
    re.MULTILINE)}
ROWS = [(document, *row.split(" | ")) for document in TABLES for row in TABLES[document]]


def test_every_document_has_a_table():
    assert list(TABLES) == ["000", "001", "002", "003", "004"]
    assert all(len(row) == 5 for row in ROWS), [row for row in ROWS if len(row) != 5]
    assert len(ROWS) > 300 and all(cell.strip() for row in ROWS for cell in row)


@pytest.mark.parametrize("document", TABLES)
def test_what_a_document_holds_is_shown_where_the_table_says(document):
    for _, section, says, shown, how in (row for row in ROWS if row[0] == document):
        for place in re.split(r"; (?=\d\d: |exercise )", shown):
            if exercise := re.fullmatch(r"exercise (\d\d)", place):
                assert any(name.startswith(exercise[1]) for name in NAMES), (says, place)
            elif place == "–":
                assert len(how.split()) >= 4, f"{says}: shown by none, and why?"
            else:
                number, _, text = place.partition(": ")
                assert plain(text) in LESSONS.get(number, ""), f"{section}, {says}: {place} is not there"


def test_every_lesson_shows_something_of_the_documents():
    assert set(LESSONS) - OUTSIDE <= {number for row in ROWS for number in re.findall(r"\b(\d\d): ", row[3])}


# --- the errata ---------------------------------------------------------------------------------------------


GROUPS = errata.groups()


def test_every_erratum_and_every_figure_is_quoted_and_has_a_row():
    numbers = {f"E{i}" for i in range(1, 79)} | {f"F{i}" for i in range(1, 15)}
    assert set(errata.ROWS) == set(errata.QUOTES) == numbers
    assert [row for rows in GROUPS.values() for row in rows] == list(errata.ROWS.values())


@pytest.mark.parametrize("number", errata.ROWS)
def test_a_row_asks_and_measures_in_six_lines(number):
    row = errata.ROWS[number]
    assert row.lesson in LESSONS, row.lesson
    assert row.ask.endswith("?") and not row.right.endswith(".")
    function, = ast.parse(inspect.getsource(row.experiment)).body
    body = function.body[1:] if ast.get_docstring(function) else function.body
    assert body[-1].end_lineno - body[0].lineno < 6


def test_a_row_of_no_known_kind_and_a_second_row_of_one_number_are_refused():
    words = dict(ask="?", right="so", lesson="01", shows="1", near=1, within=1)
    with pytest.raises(ValueError, match="E99: a kind is one of sign, factor"):
        errata.erratum("E99", "slip", **words)(len)
    with pytest.raises(ValueError, match="E12 has two rows"):
        errata.erratum("E12", "word", **words)(len)
