"""What every lesson imports: its options, images, random numbers, pictures, checks, claims and result file.

A lesson is a script `lessons/NN_name.py`.  Its docstring, which `python -m lessons list` reads, is reST:

    LeNet-5: reading handwriting
    ============================

    The question, and whatever leads to it.

    Needs: lesson 03.
    From: the course notes (001), "Convolutional Neural Networks"; lessons/DOCUMENTS.md says what they are.
    New words: feature map, momentum.
    Time: quick 10 s, full 4 min on two cores.

The title comes first, underlined to its full length.  The Time line is a line of its own, exactly like this
one: twice a number and `s` or `min`.  Then come cells, each opened by `# %%`, of at most 15 lines of code:

    from lessons.lesson import begin
    lesson = begin("04_lenet5")
    # %%
    (x_train, y_train), (x_test, y_test) = lesson.images(size=32)
    lesson.rng("first network")                                 # this experiment's own random numbers
    …
    lesson.check("LeNet-5 has 61,706 parameters", n == 61_706, n)
    lesson.claim("errors on the test images, %", wrong, below=0.95, full=True, data="mnist")
    lesson.picture(figure, "filters", "What C1 has learned.")
    lesson.end()

A check is an identity: pencil = machine, two ways to one number.  It holds for every seed, or the code is
wrong.  A claim is a finding: a measured number, and the limit that theory, the literature or a document sets;
it says by which margin it holds.  `python -m lessons seeds 04` tries the claims with many seeds.  How sure a
difference is, and simple rivals, are in lessons/judge.py; networks of several lessons in lessons/networks.py.

Run as a script, a lesson takes its options from the command line.  In a notebook or a book build it takes
them from `begin("04_lenet5", "--quick")` or from the environment variable MINIDL_OPTIONS; there its figures
stay open, to be shown in place, and `end` does not exit.

Ctrl-C ends a script.  In a notebook `train.fit` returns with the model so far, and the lesson can go on; but
its result is marked as interrupted, and not as done.
"""
import hashlib
import json
import math
import os
import shlex
import signal
import sys
import textwrap
import threading
import time
import zlib
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from lessons import console, contents, progress
from lessons.console import plain, refuse, show


def begin(name, options=None):
    """The Lesson `name`, with its options read, its random numbers seeded and its device chosen."""
    script = _is_script(sys._getframe(1).f_globals)
    if options is None:
        words = sys.argv[1:] if script else shlex.split(os.environ.get("MINIDL_OPTIONS", ""))
    else:
        words = shlex.split(options)
    choice = console.parser(f"{name}.py", f"Lesson {name}.").parse_args(words)
    if script:
        sys.excepthook = console.told_briefly
        console.any_output()
        if missing := console.not_installed("numpy", "matplotlib"):
            refuse(f"{name}: {missing}")
        _plain_matplotlib(choice.show)
    return Lesson(name, choice, sys._getframe(1).f_globals, script)


def _plain_matplotlib(windows):
    """Matplotlib as it comes, whatever the reader's style or notebook has set; no windows but to show."""
    if not windows:
        os.environ["MPLBACKEND"] = "Agg"
    elif os.environ.get("MPLBACKEND", "").startswith("module:"):            # a notebook's, handed on by its !
        del os.environ["MPLBACKEND"]
    import matplotlib
    matplotlib.rcdefaults()
    if not windows:
        matplotlib.use("Agg")                   # it may have been imported before


def _is_script(caller):
    """Whether the caller is the file that was started: not a notebook, a book build or an importing test."""
    if caller["__name__"] != "__main__" or "__file__" not in caller or not sys.argv:
        return False
    return Path(caller["__file__"]).name == Path(sys.argv[0]).name


class Lesson:
    """One run of a lesson: `quick`, `seed`, `data`, `device`, and the folder `out` for whatever it writes."""

    def __init__(self, name, options, caller, script):
        from minidl import backend, plot
        from minidl.data import have_mnist
        self.name, self.quick, self.seed, self.device = name, options.quick, options.seed, options.device
        self.data = options.data or ("mnist" if not self.quick and have_mnist() else "digits")
        self.out = Path(options.out) / name
        self.show, self.script = options.show, script
        self.claims, self.checks, self.figures, self.pictures = [], [], {}, []
        self.interrupted, self.ended = False, False
        self._no_choice, self._start = options.data is None, time.perf_counter()
        self._watch_ctrl_c()
        try:
            backend.use(self.device)
        except backend.DeviceError as error:
            self._refuse(error)
        with self._writing():
            self.out.mkdir(parents=True, exist_ok=True)
        backend.seed(self.seed)
        backend.keep_memory()
        plot.house_style()
        print(f"{name}: {'quick' if self.quick else 'full'} run, seed {self.seed}, {self.device}")
        self._path = Path(caller["__file__"]) if "__file__" in caller else None
        self._echo = console.Echo.of(caller) if script else None

    def _refuse(self, error, sentence=None):
        """One sentence and exit status 2; in a notebook, the error itself."""
        if not self.script:
            raise error
        refuse(f"{self.name}: {sentence or error}")

    @contextmanager
    def _writing(self):
        """Refuses a folder that cannot be written, and a disk that is full."""
        try:
            yield
        except BrokenPipeError:                 # that is the output, and no folder
            raise
        except OSError as error:
            self._refuse(error, f"{self.out} cannot be written ({error.strerror or error}); "
                                "--out DIR names another folder")

    def _watch_ctrl_c(self):
        """From now on Ctrl-C ends a script; in a notebook it does what it did, and is noted."""
        if threading.current_thread() is threading.main_thread():       # the only one that may
            self._take_ctrl_c()
        shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
        if shell and not self.script:
            shell.events.register("pre_run_cell", self._take_ctrl_c)    # each cell begins with Python's own

    def _take_ctrl_c(self, *_):
        """From Python or from the lesson before; where Ctrl-C is ignored, as by a job, it stays so."""
        held = signal.getsignal(signal.SIGINT)
        if held is signal.default_int_handler or getattr(held, "__func__", None) is Lesson._ctrl_c:
            signal.signal(signal.SIGINT, self._ctrl_c)

    def _ctrl_c(self, *_):
        self.interrupted = True
        if not self.script:
            raise KeyboardInterrupt
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print("\ninterrupted" + ": nothing was marked done" * (not self.ended), file=sys.stderr)
        sys.exit(130)                           # `fit` would take a KeyboardInterrupt for its own

    def rng(self, name):
        """The experiment's own stream of random numbers, a numpy.random.Generator; minidl draws from it, too.

        A stream begins anew from the run's seed and its name.  So an edit in one experiment changes no other.
        """
        from minidl import backend
        backend.seed([self.seed, zlib.crc32(name.encode())])
        return backend.rng()

    def pick(self, *, digits, mnist, quick=None):
        """The setting for this run's data; in quick mode `quick`, where it is given."""
        if self.quick and quick is not None:
            return quick
        return mnist if self.data == "mnist" else digits

    def images(self, size=None, flat=False):
        """(x_train, y_train), (x_test, y_test) of MNIST or the digits: x (N, 1, S, S), pixels 0–1, y (N,).

        size: the side S, if it is to be another than 28 or 8.  flat: x (N, S²).
        """
        from minidl import data
        load = data.mnist if self.data == "mnist" else data.digits
        try:
            halves = load() if size is None else load(size=size)
            print("data: " + (f"MNIST from {data.find_mnist()}" if self.data == "mnist" else self._digits()))
        except data.DataError as error:
            self._refuse(error)
        return tuple((x.reshape(len(x), -1), y) for x, y in halves) if flat else halves

    def _digits(self):
        """Names the bundled digits, and says why it is not MNIST where that was to be expected."""
        from minidl import data
        if self._no_choice and not self.quick:
            try:
                data.find_mnist()
            except data.DataError as error:
                return f"the bundled digits.  {error}"
        return "the bundled digits"

    def picture(self, figure, name, caption):
        """Saves a matplotlib figure as out/NN_name/`name`.png, its caption written below it."""
        from minidl import plot
        self._write_below(figure, caption)
        self._keep(f"{name}.png", caption, figure,
                   lambda path: figure.savefig(path, dpi=150, bbox_inches="tight"), plot.STYLE)

    def film(self, figure, draw, frames, name, caption, fps=10):
        """Saves out/NN_name/`name`.gif: draw(frame) changes the figure, for each of `frames`, a list."""
        from matplotlib.animation import PillowWriter
        from minidl import plot
        text, inches = self._write_below(figure, caption)
        width, height = figure.get_size_inches()                # every frame has one size: room is made in it
        share = inches / (height + inches)
        figure.set_size_inches(width, height + inches)
        text.set_y(share)
        if layout := figure.get_layout_engine():
            layout.set(rect=(0, share, 1, 1 - share))
            draw(frames[0])
            figure.canvas.draw()
            figure.set_layout_engine("none")                    # places found once: nothing jumps

        def write(path):
            writer = PillowWriter(fps=fps)
            with writer.saving(figure, path, dpi=100):
                for frame in frames:
                    draw(frame)
                    writer.grab_frame()
        self._keep(f"{name}.gif", caption, figure, write, plot.STYLE | {"savefig.bbox": None})

    def _write_below(self, figure, caption):
        """Writes the caption under what is drawn: its text, and the inches that it takes."""
        from minidl import plot
        lines = textwrap.wrap(caption, width=int(14.5 * figure.get_size_inches()[0]))
        text = figure.text(0.01, 0, "\n".join(lines), ha="left", va="top", fontsize=9, color=plot.INK,
                           linespacing=1.3)
        return text, 0.17 * len(lines) + 0.1

    def _keep(self, file, caption, figure, write, style):
        """Has `write` write aside, takes the old file's place with it, and notes the picture."""
        import matplotlib.pyplot as plt
        path = self.out / file
        aside = path.with_name(f"{path.stem}.{os.getpid()}{path.suffix}")
        with self._writing(), plt.rc_context(style):
            try:
                write(aside)
                os.replace(aside, path)
            finally:
                aside.unlink(missing_ok=True)
        self.pictures.append({"file": file, "caption": caption})
        print(f"picture: {path}  {caption}")
        if self.script and not self.show:       # elsewhere it stays open: an open figure is shown in place
            plt.close(figure)

    def record(self, text, value, unit=""):
        """Prints a number and keeps it for result.json."""
        self.figures[text] = {"value": plain(value), "unit": unit}
        print(f"{text}: {show(value)} {unit}".rstrip())

    def check(self, text, holds, value=None):
        """An identity, true for every seed: prints ✓ or ✗, and the value.  A value that is NaN fails."""
        holds, value = plain(holds), plain(value)
        if not isinstance(holds, bool):
            raise TypeError(f"check {text!r}: the second argument says whether it holds, True or False, "
                            f"as in `error < 1e-12`, but it is {holds!r}")
        holds = holds and '"nan"' not in json.dumps(value, default=str)         # plain's word for NaN
        self.checks.append({"text": text, "holds": holds, "value": value})
        print(f"{console.mark(holds)} {text}" + ("" if value is None else f": {show(value)}"))

    def claim(self, text, value, *, below=None, above=None, near=None, within=None, full=False, data=None):
        """A finding: a number `below` or `above` a limit > 0, or `near` a theory, `within` a distance.

        Prints ✓ or ✗, and the margin: how many times over it holds, 1 at the limit.  Where it needs a `full`
        run or other `data`, it prints –.  A number that is NaN fails.
        """
        limit, value = Limit(text, below, above, near, within), plain(value)
        if isinstance(value, (list, dict, bool)):
            raise TypeError(f"claim {text!r}: a finding is one number, but this is {value!r}; "
                            "what is true or false is a check")
        if (self.quick and full) or data not in (None, self.data):
            holds = margin = None
            where = "in quick mode" if self.quick and full else f"on the {self.data}"
            print(f"{console.mark(None)} {text} (not tested {where})")
        else:
            value = float(value)
            margin = limit.margin(value)
            holds = margin > 1
            print(f"{console.mark(holds)} {text}: {show(value)} {limit}, margin {show_margin(margin)}")
        self.claims.append(plain({"text": text, "holds": holds, "value": value, **limit.named,
                                  "margin": margin}))

    def table(self, rows, header=None):
        """Prints rows in columns under a header, numbers to the right and words to the left."""
        console.table(rows, header)

    def end(self):
        """Writes result.json and sums up; run as a script, a ✗ makes the exit status 1."""
        seconds = time.perf_counter() - self._start
        verdicts = [claim["holds"] for claim in self.claims]
        held, tested = verdicts.count(True), len(verdicts) - verdicts.count(None)
        right = sum(check["holds"] for check in self.checks)
        well = held == tested and right == len(self.checks)
        with self._writing():
            progress.write_json(self.out / "result.json", self._result(seconds))
            if well and not self.interrupted:
                progress.mark_done(self.out.parent, self.name, self.quick, f"{held}/{tested}")
        pictures = f"{len(self.pictures)} picture{'s' * (len(self.pictures) != 1)} in {self.out}{os.sep}"
        if self.interrupted:
            print(f"interrupted: nothing was marked done; {pictures}.  Run it again from its first cell.")
        else:
            mode = "quick mode" if self.quick else f"a run on the {self.data}"
            untested = f", {verdicts.count(None)} not tested in {mode}" * (tested < len(verdicts))
            print(f"{held} of {tested} claims hold{untested}; {right} of {len(self.checks)} checks; "
                  f"{pictures}; {seconds:.0f} s")
        if well and (now := contents.exercises_after(self.name[:2])):
            print(f"Now: {now}")
        self.ended = True
        if self.show:
            import matplotlib.pyplot as plt
            plt.show()
        if self.script and (self.interrupted or not well):
            sys.exit(130 if self.interrupted else 1)

    def _result(self, seconds):
        """What result.json says; `printed` is [line of the script, text], for pages made from it."""
        return {"lesson": self.name, "claims": self.claims, "checks": self.checks, "figures": self.figures,
                "pictures": self.pictures, "seed": self.seed, "quick": self.quick, "data": self.data,
                "device": self.device, "interrupted": self.interrupted,
                "versions": {p: console.version(p) for p in ("python", "numpy", "minidl")},
                "script": fingerprint([self._path] if self._path else []), "engine": fingerprint(engine()),
                "printed": self._echo.lines() if self._echo else [],
                "seconds": round(seconds, 1), "finished": datetime.now().isoformat(timespec="seconds")}


class Limit:
    """Where a claim's number has to lie: below or above a limit, or near a number."""

    def __init__(self, text, below, above, near, within):
        named = {"below": below, "above": above, "near": near, "within": within}
        self.named = {word: float(plain(number)) for word, number in named.items() if number is not None}
        if list(self.named) not in (["below"], ["above"], ["near", "within"]):
            raise TypeError(f"claim {text!r}: say below=…, above=…, or near=… and within=…; "
                            f"it has {', '.join(self.named) or 'none of them'}")
        self.word, self.limit = list(self.named)[-1], list(self.named.values())[-1]
        if not self.limit > 0:
            raise ValueError(f"claim {text!r}: {self.word} is a number > 0, as the margin is a ratio, but it "
                             f"is {self.limit}: claim a difference in standard errors, or a ratio")

    def margin(self, value):
        """How many times over the value keeps the limit, 1 at the limit; NaN where the value is NaN."""
        if self.word == "above":
            return value / self.limit
        distance = value if self.word == "below" else abs(value - self.named["near"])
        return self.limit / distance if distance > 0 else math.inf if distance <= 0 else math.nan

    def __str__(self):
        if self.word == "within":
            return f"near {show(self.named['near'])}, within {show(self.limit)}"
        return f"{'<' if self.word == 'below' else '>'} {show(self.limit)}"


def show_margin(margin):
    """A margin for reading: 1.32, 17, or > 1000."""
    return "> 1000" if margin > 1000 else f"{margin:.3g}"


def engine():
    """The files that every lesson's result depends on: minidl's, and what the lessons share."""
    import minidl
    here, shared = Path(__file__).parent, ("lesson.py", "judge.py", "networks.py")
    return sorted(Path(minidl.__file__).parent.glob("*.py")) + [here / name for name in shared]


def fingerprint(paths):
    """A short hash of some files' text, "" of none: has anything changed since?"""
    texts = [path.read_text(encoding="utf-8") for path in paths]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16] if texts else ""
