"""The exercises: a forward pass is given; its backward pass is to be written, or a wrong one to be mended.

The one law: an exercise is its solution with the answer taken out, so the two cannot drift apart, and a file
that was lost or spoilt can be made again.  In a solution, the comment `# Yours: …` begins the answer, and
`# As shipped: …` is the wrong line that the exercise has in place of the next one; what follows from
`# Hint 1.` on is told later.  Last come the usual slips, each with its name, a sentence that goes on after
"this is just what comes out", and what to replace in the solution to make it:

    # Slip sign, if w moves along the gradient, not against it:
    #   w - ETA => w + ETA
"""
import ast
import re
from pathlib import Path
from typing import NamedTuple

SLIP = re.compile(r"^# Slip ([\w/-]+), (.*):\n((?:#   .*\n?)+)", re.MULTILINE)
SECONDS = 20                                    # for one check: a student's loop may be endless
SOLUTIONS = Path(__file__).parent / "solutions"
NAMES = [path.stem for path in sorted(SOLUTIONS.glob("[0-9][0-9]_*.py"))]


class Exercise(NamedTuple):
    """What a file in solutions/ holds."""
    name: str
    title: str
    lesson: str                                 # the number of the lesson after which it can be done
    solved: str                                 # the file, without what is told later
    blank: str                                  # the file as the student gets it
    hints: list                                 # two
    why: str                                    # what to remember
    place: str                                  # where minidl does the same
    slips: list                                 # (name, sentence, the file with that slip)


def load(name):
    """The Exercise of that name."""
    text = (SOLUTIONS / f"{name}.py").read_text(encoding="utf-8")
    solved, _, later = text.partition("\n\n\n# Hint 1.")
    later, _, slips = later.partition("\n\n")
    parts = re.split(r"^# (?:Hint 2\.|Why\.|In minidl:)", later, flags=re.MULTILINE)
    *hints, why, place = (re.sub(r"\n#? *", " ", part).strip() for part in parts)
    slips = [(cause, sentence, slipped(solved, changes)) for cause, sentence, changes in SLIP.findall(slips)]
    task = ast.get_docstring(ast.parse(text))
    title = re.sub(r"^Exercise \d\d(: |, )", "", task.partition("\n")[0])
    title = title[0].upper() + title[1:]
    lesson = re.search(r"^After lesson (\d\d)\.", task, re.MULTILINE)[1]
    blank = without_answer(name, solved)
    return Exercise(name, title, lesson, solved + "\n", blank, hints, why, place, slips)


def without_answer(name, solved):
    """The exercise as the student gets it."""
    head, yours, answer = solved.partition("    # Yours: ")
    if yours:
        task = answer.partition("\n")[0]
        return f'{head}    # TODO: {task}\n    raise NotImplementedError("exercise {name[:2]}: {task}")\n'
    above, shipped, _ = solved.partition("# As shipped: ")
    above, word, begun = above.rpartition("\ndef ")
    spoilt = re.sub(r"# As shipped: (.*)\n.*", r"\1", solved[len(above + word):])
    return f"{above}\n# TODO: mend the one wrong line below{word}{spoilt}\n"


def slipped(solved, changes):
    """The solution with a slip: in its code, what stands before each => becomes what stands after it."""
    head, quotes, code = solved.partition('"""\nimport')
    for old, new in re.findall(r"^#   (.*\S) => ?(.*)$", changes, re.MULTILINE):
        if code.count(old) != 1:
            raise ValueError(f"{head.splitlines()[0]}: {old!r} is there {code.count(old)} times, not once")
        code = code.replace(old, new)
    return f"{head}{quotes}{code}\n"
