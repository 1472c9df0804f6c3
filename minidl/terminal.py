"""What a training run shows while it runs: a line that renews itself, or a line an epoch."""
import os
import shutil
import sys
import time

class Progress:
    """One line that renews itself on a terminal; elsewhere, on a dumb one and in IDLE, a line an epoch."""
    def __init__(self, epochs, steps, quiet=False):
        self.epochs, self.steps, self.quiet, self.start = epochs, steps, quiet, time.perf_counter()
        plain = os.environ.get("TERM", os.name) in ("", "dumb", "posix") or not hasattr(sys.stdout, "buffer")
        self.width = shutil.get_terminal_size().columns - 1 if sys.stdout.isatty() and not plain else 0

    def show(self, epoch, step, measured):
        """The state within an epoch: losses so far, and the time left; cut off where the line is full."""
        if self.width:
            left = (time.perf_counter() - self.start) * (self.epochs / (epoch - 1 + step / self.steps) - 1)
            text = f"epoch {epoch}/{self.epochs}  {step}/{self.steps}  {_words(measured)}  {left:.0f} s left"
            self.say(text[:self.width], end="")

    def epoch(self, epoch, measured):
        """The line of a finished epoch."""
        self.say(f"epoch {epoch:>{len(str(self.epochs))}}/{self.epochs}  {_words(measured)}  "
                 f"{time.perf_counter() - self.start:.1f} s")

    def say(self, text, end="\n"):
        if not self.quiet:                      # blanks cover the line before, as not all know an escape code
            print("\r" * bool(self.width) + text.ljust(self.width), end=end, flush=True)

def _words(measured):
    return "  ".join(f"{name} {number:.4g}" for name, number in measured.items())
