"""The errata: for each mistake a question, what is right, and a few lines that measure it.

A row is a function of at most six lines, under what it is asked for:

    @erratum("E12", "overclaim", lesson="08",
             ask="Each of four neurons is dropped with probability ½.  How often are exactly two dropped?",
             right="each neuron is dropped by itself: exactly two of four with probability 6/16",
             shows="share of draws in which exactly two are dropped", says=1, near=6 / 16, within=0.01)
    def exactly_two(rng):
        return ((rng.random((100_000, 4)) < 0.5).sum(axis=1) == 2).mean()

What the document says is not repeated here: it is quoted in lessons/DOCUMENTS.md, under the same number.
"""
import re
from functools import cache
from importlib import import_module
from pathlib import Path
from textwrap import fill

FILES = ("slides", "exam", "encoders", "report", "networks", "problems", "autoencoders", "figures")
KINDS = ("sign", "factor", "word", "overclaim", "left out")
FIGURE = "figure"                               # the kind of F1, F2 …: a number of the cube report
ROWS = {}                                       # by number, in the order in which they were written


class Row:
    """One erratum, as `erratum` takes it, and its experiment: a function rng → number."""

    def __init__(self, number, kind, ask, right, lesson, shows, says, limit, experiment):
        if kind not in (*KINDS, FIGURE):
            raise ValueError(f"erratum {number}: a kind is one of {', '.join(KINDS)}, not {kind!r}")
        if number in ROWS:
            raise ValueError(f"erratum {number} has two rows")
        self.number, self.kind, self.ask, self.right, self.lesson = number, kind, ask, right, lesson
        self.shows, self.says, self.limit, self.experiment = shows, says, limit, experiment

    @property
    def document(self):
        """The document in which it stands, or of several the first: "001"."""
        return QUOTES[self.number][0][0]

    @property
    def label(self):
        """Its number and a few words: "E12 exactly two"."""
        return f"{self.number} {self.experiment.__name__.replace('_', ' ')}"

    def question(self):
        """The document's sentences, each with its place, and the question."""
        told = [f"{document}, {section}: {text}" for document, section, text in QUOTES[self.number]]
        return "\n".join(map(paragraph, [f"{self.number}  {told[0]}", *told[1:], self.ask]))

    def answer(self, lesson):
        """Prints what is right, claims what is measured, and returns it."""
        print(paragraph(f"{self.number}  {self.right[0].upper()}{self.right[1:]} (lesson {self.lesson})."))
        found = float(self.experiment(lesson.rng(self.number)))     # its own stream: no row changes another
        lesson.claim(f"{self.number}: {self.shows}", found, **self.limit)
        return found


def erratum(number, kind, *, ask, right, lesson, shows, says=None, **limit):
    """Makes a row of the function below it.

    number: "E12", as in DOCUMENTS.md.  kind: one of KINDS.  ask: a question, answered with a pencil or a
    guess.  right: the right statement.  lesson: the number of the one that shows it at length.  shows: what
    the function measures; limit: where that lies, in the words of Lesson.claim.  says: what would be measured
    if the document were right, where it gives a number.
    """
    def keep(experiment):
        ROWS[number] = Row(number, kind, ask, right, lesson, shows, says, limit, experiment)
        return experiment
    return keep


@cache
def groups():
    """The rows, file by file, in the order in which the lesson asks them: {"slides": [Row, …], …}."""
    modules = {name: import_module(f"{__name__}.{name}").__name__ for name in FILES}
    return {name: [row for row in ROWS.values() if row.experiment.__module__ == module]
            for name, module in modules.items()}


def paragraph(text):
    """The text in lines of a page's width, all but its number indented."""
    start = "" if re.match(r"[EF]\d+  ", text) else "     "
    return fill(text, 108, initial_indent=start, subsequent_indent="     ")


def _quotes():
    """What DOCUMENTS.md quotes: {"E12": [("001", "Example of Dropout", "“During …”"), …], …}."""
    found, document = {}, None
    for line in (Path(__file__).parents[1] / "DOCUMENTS.md").read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"## (00\d), ", line):
            document = heading[1]
        elif row := re.match(r"\| ([EF][EF\d, ]+) \| (.+?) \| (.+) \|$", line):
            for number in row[1].split(", "):
                found.setdefault(number, []).append((document, row[2], row[3].replace(r"\|", "|")))
    return found


QUOTES = _quotes()
