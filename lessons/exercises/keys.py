"""Single keys from a terminal, while something else goes on; none where there is no terminal."""
import os
import sys
import time
from contextlib import contextmanager

try:
    import select
    import termios
    import tty
except ImportError:                             # Windows
    termios = None
    import msvcrt


@contextmanager
def listening():
    """Within `with`: a function that waits so many seconds, and returns the key pressed meanwhile, or ""."""
    if not there():
        yield none
    elif not termios:
        yield on_windows
    else:
        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)
        try:
            tty.setcbreak(terminal)             # each key at once, and none is shown
            yield pressed
        finally:
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def there():
    """Whether keys can be pressed at all."""
    return bool(sys.stdin) and sys.stdin.isatty()


def none(seconds):
    time.sleep(seconds)
    return ""


def pressed(seconds):
    terminal = sys.stdin.fileno()
    if not select.select([terminal], [], [], seconds)[0]:
        return ""
    return os.read(terminal, 1).decode(errors="replace") or "q"                 # the terminal was closed


def on_windows(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if msvcrt.kbhit():
            return msvcrt.getwch()
        time.sleep(0.02)
    return ""
