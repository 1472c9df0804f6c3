"""Whether operations are noted on the tape: a matter of the thread, and of the block, that asks.

The law: `with no_grad():` touches nobody beside it.  It holds for its own thread, and in a generator while
that runs, not while others use what was yielded.
"""
import contextlib
import sys
from inspect import CO_GENERATOR
from threading import get_ident

blocks = []                                     # of no_grad, now open: their thread, their generator's frame

@contextlib.contextmanager
def no_grad():
    """Compute without recording."""
    frame = sys._getframe(2)                    # the block's own; a @contextmanager's is lent to its user
    lent = frame.f_back and frame.f_back.f_code.co_filename == contextlib.__file__
    block = get_ident(), frame if frame.f_code.co_flags & CO_GENERATOR and not lent else None
    blocks.append(block)
    try:
        yield
    finally:
        blocks.remove(block)

def recording():
    """Whether an operation, here and now, is to be noted."""
    return not any(thread == get_ident() and (frame is None or frame.f_back)    # no caller: it is suspended
                   for thread, frame in tuple(blocks))
